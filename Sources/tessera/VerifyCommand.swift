import Foundation
import Recording
import Timing

/// `tessera verify`: decodes a file whole and says what is right and wrong with it.
enum VerifyCommand {
    static let about = "decodes a file whole and checks it: lip-sync, drift, gaps, damage"

    private static let options = [
        Option("--json", "prints the report as JSON"),
        Option("--max-offset", value: "MS", "fails if sound and picture are further apart (no bound)"),
        Option("--quiet", "prints nothing but what is wrong"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "verify")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera verify FILE [--json] [--max-offset MS]",
                    about: "Decodes FILE from end to end. Sound and picture are measured against each other by flashes "
                        + "and beeps that\nbegin together, where there are any, else by timestamps. Exit status 1 if "
                        + "anything is damaged or missing.",
                    options: options), terminator: "")
            return
        }
        guard let file = read.words.first else { throw .misuse("verify: which file? see 'tessera verify --help'") }
        guard read.words.count == 1 else { throw .misuse("verify takes one file, but got '\(read.words[1])' too") }
        let bound = try read.number("--max-offset", in: 0...10_000)
        let isTerminal = isatty(STDERR_FILENO) == 1
        let report: CheckReport
        do {
            let check = try FileCheck(path: file) { reached in
                if isTerminal { StandardError.write("\r\(file): \(reached) ") }
            }
            report = CheckReport(check)
        } catch {
            throw .failed(error.description)
        }
        if isTerminal { StandardError.write("\r\u{1B}[K") }
        if read.has("--json") {
            print(String(decoding: report.json, as: UTF8.self))
        } else if !read.has("--quiet") {
            print(report.text, terminator: "")
        }
        if let warning = report.warnings.first { throw .failed(warning) }
        guard report.isSound else { throw .failed("\(file): not everything in it could be decoded") }
        if let bound, let worst = report.sync?.worst, abs(worst) > bound {
            throw .failed("\(file): sound and picture are \(worst) ms apart; at most \(bound) ms is permitted")
        }
    }
}
