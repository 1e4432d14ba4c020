public import Foundation
import Glibc
public import Timing

/// What happened in a recorded session, beside the files of its tracks: JSON lines, described in Recording.md. Lines
/// are in the order of their times; the first is the session.
public struct Manifest: Hashable, Sendable {
    /// What is wrong with a manifest.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public var path: String
        /// Counted from one; nil if it concerns the whole file.
        public var line: Int?
        public var cause: String
        public var description: String { path + (line.map { ", line \($0)" } ?? "") + ": \(cause)" }
    }

    /// The version that is written and read.
    public static let version = 1
    /// The usual name of the file.
    public static let fileName = "manifest.jsonl"
    private static let byteLimit = 512 << 20
    private static let lineLimit = 1 << 20

    public private(set) var entries: [ManifestEntry]
    /// The last line is incomplete, and left out: the process ended while it was written.
    public private(set) var isCutOff = false

    /// Reads a manifest. A last line without its end is left out; any other line that is wrong is an error that names
    /// its number.
    public init(path: String) throws(Fault) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw Fault(path: path, cause: "cannot be read; check the path")
        }
        try self.init(data, path: path)
    }

    public init(_ data: Data, path: String) throws(Fault) {
        entries = []
        guard data.count <= Manifest.byteLimit else { throw Fault(path: path, cause: "is too large for a manifest") }
        let decoder = JSONDecoder()
        var number = 0
        var rest = data[...]
        while !rest.isEmpty {
            number += 1
            guard let end = rest.firstIndex(of: 10) else {
                isCutOff = true
                break
            }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
            guard line.count <= Manifest.lineLimit else { throw Fault(path: path, line: number, cause: "is too long") }
            entries.append(try Manifest.entry(line, decoder, path: path, number: number, isFirst: entries.isEmpty))
            if entries.count > 1, entries[entries.count - 1].at < entries[entries.count - 2].at {
                throw Fault(path: path, line: number, cause: "is earlier than the line before")
            }
        }
        guard !entries.isEmpty else {
            throw Fault(path: path, cause: isCutOff ? "was cut off before its first line ended" : "is empty")
        }
    }

    private static func entry(
        _ line: Data, _ decoder: JSONDecoder, path: String, number: Int, isFirst: Bool
    ) throws(Fault) -> ManifestEntry {
        let read: ManifestLine
        do {
            read = try decoder.decode(ManifestLine.self, from: line)
        } catch DecodingError.keyNotFound(let key, _) {
            throw Fault(path: path, line: number, cause: "lacks '\(key.stringValue)'")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw Fault(
                path: path, line: number,
                cause: key.isEmpty ? "is no JSON object" : "'\(key)' has a value of the wrong kind")
        } catch {
            throw Fault(path: path, line: number, cause: "is no JSON object")
        }
        if isFirst {
            guard read.event == "session" else {
                throw Fault(path: path, line: number, cause: "is '\(read.event)', but a manifest begins with 'session'")
            }
            guard read.manifest == version else {
                throw Fault(
                    path: path, line: number,
                    cause: "is of version \(read.manifest.map(String.init) ?? "unknown"); \(version) is understood")
            }
        }
        do {
            return try read.entry()
        } catch {
            throw Fault(path: path, line: number, cause: error.cause)
        }
    }

    /// The files of the tracks, each with when it begins.
    public var tracks: [(start: MediaTime, file: ManifestEvent.TrackFile)] {
        entries.compactMap { entry in
            if case .track(let file) = entry.event { (file.start, file) } else { nil }
        }
    }

    /// Whether the session ended as it should.
    public var hasEnded: Bool {
        if case .end? = entries.last?.event { true } else { false }
    }

    /// A line, with its end.
    package static func line(_ entry: ManifestEntry) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = (try? encoder.encode(ManifestLine(entry))) ?? Data()
        data.append(10)
        return data
    }
}

/// Writes a manifest line by line, each handed to the system at once. On one thread.
final class ManifestWriter {
    private var descriptor: Int32
    private var newest = MediaTime.zero
    /// The system's number of the first write that failed; nothing is written after it.
    private(set) var failure: Int32?

    /// Creates the file; nil if it cannot be, or is there already.
    init?(path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 { return nil }
    }

    deinit { close() }

    /// Times never run back in a manifest: what is told late gets the time of the line before.
    func write(_ entry: ManifestEntry) {
        guard descriptor >= 0, failure == nil else { return }
        newest = max(newest, entry.at)
        let data = Manifest.line(ManifestEntry(at: newest, event: entry.event))
        let written = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written != data.count { failure = written < 0 ? errno : ENOSPC }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
