import Containers
import Foundation
import Glibc
import Timing

/// The markers of a recording that is not finished yet, beside it: containers take their chapters at the end, and what
/// was marked is not to be lost with the process. One JSON object a line.
struct MarkFile {
    private struct Line: Codable {
        var at: Double
        var title: String
    }

    /// Of the recording that is to be named `recording`.
    static func path(for recording: String) -> String { recording + ".marks" }

    /// Adds a marker; what cannot be written is only lost if the process dies.
    static func append(_ chapter: Chapter, for recording: String) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? encoder.encode(Line(at: chapter.start.seconds, title: chapter.title)) else { return }
        bytes.append(10)
        let descriptor = open(path(for: recording), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return }
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    /// What is there; lines that make no sense are passed over, the last may be cut off.
    static func read(for recording: String) -> [Chapter] {
        guard let data = FileManager.default.contents(atPath: path(for: recording)), data.count < 4 << 20 else {
            return []
        }
        return data.split(separator: 10).compactMap { line in
            guard let line = try? JSONDecoder().decode(Line.self, from: line), line.at >= 0 else { return nil }
            return Chapter(start: MediaTime(seconds: line.at), title: line.title)
        }.sorted { $0.start < $1.start }
    }

    static func delete(for recording: String) {
        unlink(path(for: recording))
    }
}
