import Foundation
import Glibc

/// The file that an archive job makes. It is written under another name beside it, and named when it is whole.
struct ArchiveOutput {
    let path: String
    let job: String

    /// What it is called while it is written.
    var unfinished: String {
        let name = path as NSString
        return name.deletingPathExtension + "." + job + "." + name.pathExtension
    }

    /// What tells one file from all others; nil if there is none.
    static func identity(of path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return "\(status.st_dev)-\(status.st_ino)"
    }

    static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Refuses what would replace something of value, or cannot be written; before any work is done.
    func check(_ plan: ArchivePlan) throws(ArchiveError) {
        guard plan.request.output != nil else { return }
        let folder = (path as NSString).deletingLastPathComponent
        guard FileManager.default.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
            throw ArchiveError(
                .badRequest, place: "$.output", "\(path): cannot be written there; name a folder that exists")
        }
        guard let identity = ArchiveOutput.identity(of: path) else { return }
        if plan.session.tracks.contains(where: { ArchiveOutput.identity(of: $0.path) == identity }) {
            throw ArchiveError(
                .conflict, place: "$.output", "\(path): is one of the files to be composited and would be lost")
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw ArchiveError(.badRequest, place: "$.output", "\(path): is a folder; name a file")
        }
        guard plan.request.overwrites else {
            throw ArchiveError(
                .conflict, place: "$.output", "\(path): exists already; say \"overwrite\": true to replace it")
        }
    }

    /// Gives the finished file its name.
    func publish(overwrites: Bool) throws(ArchiveError) {
        if !overwrites {
            // A second name, unlike a change of names, is refused if a file appeared there meanwhile.
            if link(unfinished, path) == 0 {
                unlink(unfinished)
                return
            }
            if errno == EEXIST || ArchiveOutput.identity(of: path) != nil {
                throw ArchiveError(
                    .conflict, "\(path): appeared while it was being made; the whole composite is \(unfinished)")
            }
        }
        guard rename(unfinished, path) == 0 else {
            throw ArchiveError(
                .failed,
                "\(path): cannot be given its name (\(String(cString: strerror(errno)))); the whole composite is "
                    + unfinished)
        }
    }
}
