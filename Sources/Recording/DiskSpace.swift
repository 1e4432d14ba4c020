import Containers
import Glibc

/// What is looked at before and while something is recorded.
enum DiskSpace {
    /// Bytes that this process may still write where `path` is or will be; nil if the system does not say.
    static func free(at path: String) -> Int64? {
        var status = statvfs()
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard statvfs(folder, &status) == 0 else { return nil }
        let blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail
        let (bytes, overflow) = Int64(clamping: blocks).multipliedReportingOverflow(
            by: Int64(clamping: status.f_frsize))
        return overflow ? .max : bytes
    }

    /// Whether the name still leads to a file: writing goes on in a file that was deleted, but for nobody.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Why nothing can be recorded at `path`; nil if it can.
    static func refusal(path: String, least: Int64) -> ContainerError? {
        guard let free = free(at: path) else { return nil }
        guard free < least else { return nil }
        return ContainerError(
            .noSpace, path: path, cause: "only \(free >> 20) MB are free on its disk",
            remedy: "recording needs \(least >> 20) MB; free some or name another place")
    }
}
