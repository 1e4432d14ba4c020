import Foundation
import Glibc

/// The way to the person at the terminal. Nothing that goes wrong here may end the work.
enum StandardError {
    /// Writes as much as can be written.
    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }

    /// Called once, before any file is opened. A file must not get the number of a standard stream that was closed,
    /// or progress would be written into it; and a write that fails (nobody reads, the file may grow no further) is
    /// to be an error that is told and dealt with, not the end of the process.
    static func prepare() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDWR)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
