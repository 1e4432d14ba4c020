import Foundation
import Glibc

// Recordings whose process is killed at random moments, see «crash --help».
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "record":
    guard arguments.count == 4, let speed = Double(arguments[3]) else { fatalError("record KIND PATH SPEED") }
    try Victim(kind: arguments[1], path: arguments[2], speed: speed).run()
case "run":
    let times = arguments.count > 1 ? Int(arguments[1]) ?? 200 : 200
    let kinds = arguments.count > 2 ? Array(arguments[2...]) : Victim.kinds
    exit(try CrashRun(times: times, kinds: kinds).run() ? 0 : 1)
default:
    print(
        """
        usage: crash run [TIMES] [KIND …]

        Starts recordings, kills each at a random moment, and looks whether what is left plays as it is, lacks at most its
        last second, has sound and picture end within 200 ms of each other, and is finished by recovery; and whether the
        catalogue then lists each once.
        """)
}
