import Archive
import Foundation

/// Refuses outputs that would replace something of value, before any work is done.
struct OutputCheck {
    private let output: String
    private let report: String?
    private let inputs: [String]
    private let layout: String?
    private let replaces: Bool

    init(_ request: RenderRequest) {
        output = request.job.output
        report = request.report
        inputs = request.job.inputs.map(\.path)
        layout = request.layoutPath
        replaces = request.job.overwrites
    }

    func check() throws(CommandFailure) {
        try refuseInputs(output)
        try refuseExisting(output)
        guard let report else { return }
        try refuseInputs(report)
        if OutputCheck.isSame(report, output) {
            throw .misuse("--report \(report): that is the output itself; name another file")
        }
        if let layout, OutputCheck.isSame(report, layout) {
            throw .failed("\(report): is the layout and would be lost; name another file")
        }
        try refuseExisting(report)
        // Better refused now than after an hour of rendering.
        let folder = (report as NSString).deletingLastPathComponent
        guard FileManager.default.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
            throw .failed("\(report): the report cannot be written there; name another place")
        }
    }

    /// Not even with `--force` is an input replaced by what is made from it.
    private func refuseInputs(_ path: String) throws(CommandFailure) {
        for input in inputs where OutputCheck.isSame(input, path) {
            throw .failed("\(path): is one of the inputs and would be lost; name another file")
        }
    }

    private func refuseExisting(_ path: String) throws(CommandFailure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
            throw .failed("\(path): is \(kind); name a file")
        }
        guard replaces else { throw .failed("\(path): exists already; use --force to replace it") }
    }

    /// Whether two paths lead to one file, through whatever links, or will once they exist.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        var first = stat()
        var second = stat()
        if stat(left, &first) == 0, stat(right, &second) == 0 {
            return first.st_dev == second.st_dev && first.st_ino == second.st_ino
        }
        return URL(fileURLWithPath: left).standardizedFileURL == URL(fileURLWithPath: right).standardizedFileURL
    }
}
