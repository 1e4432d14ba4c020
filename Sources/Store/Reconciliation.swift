import Foundation
import Glibc

/// Makes catalogue and disk agree at start-up, before anything is recorded. Every recording has a folder of its own, named
/// by its identifier, in the folder of all recordings.
///
/// - What should still be written is interrupted; each of its unfinished files (`.part`) is repaired, and it is finished.
/// - A file that is there but not in the catalogue is added to its recording; a folder that is not becomes a recording.
/// - A file that is in the catalogue but not there is marked as missing, and so is a recording with none left.
///
/// It may be interrupted at any moment and run again; whatever was done is not done twice.
public struct Reconciliation: Sendable {
    /// What a repair gave.
    public struct Repaired: Sendable {
        public var bytes: Int64
        /// Milliseconds.
        public var duration: Int64

        public init(bytes: Int64, duration: Int64) {
            self.bytes = bytes
            self.duration = duration
        }
    }

    /// What was found and done, for the log.
    public enum Finding: Hashable, Sendable {
        case interrupted(recording: String)
        case repaired(recording: String, path: String)
        case unrepairable(recording: String, path: String, error: String)
        case missing(recording: String, path: String)
        case adopted(recording: String, path: String)
    }

    private let folder: String
    private let extensions: Set<String>

    /// - Parameters:
    ///   - folder: of all recordings.
    ///   - extensions: of the files that are recordings.
    public init(folder: String, extensions: Set<String> = ["webm", "mkv", "mka", "mp4", "m4a", "ogg", "opus"]) {
        self.folder = folder
        self.extensions = extensions
    }

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - repair: finishes `path`, which ends in `.part`, under its name without that; what it throws is kept as the
    ///     recording's error.
    ///   - measure: size and duration of a whole file.
    public func run(
        _ catalogue: any RecordingCatalogue, now: Int64, repair: (_ path: String) throws -> Repaired,
        measure: (_ path: String) -> Repaired?
    ) throws(StoreError) -> [Finding] {
        var findings: [Finding] = []
        let records = try catalogue.recordings()
        let known = Set(records.map(\.id))
        for record in records {
            try settle(record, catalogue, now: now, repair: repair, measure: measure, &findings)
        }
        for name in list(folder) where !known.contains(name) && !files(of: name).isEmpty {
            var record = RecordingRecord(id: name, room: "unknown", state: .interrupted, started: now)
            record.wasInterrupted = true
            try catalogue.insert(record)
            try settle(record, catalogue, now: now, repair: repair, measure: measure, &findings)
        }
        return findings
    }

    private func settle(
        _ record: RecordingRecord, _ catalogue: any RecordingCatalogue, now: Int64,
        repair: (String) throws -> Repaired, measure: (String) -> Repaired?, _ findings: inout [Finding]
    ) throws(StoreError) {
        let id = record.id
        let wasOpen = record.state.isOpen
        if wasOpen {
            try catalogue.update(id) {
                $0.state = .interrupted
                $0.wasInterrupted = true
            }
            findings.append(.interrupted(recording: id))
        }
        var listed = record.files
        for path in files(of: id) where !listed.contains(where: { $0.path == path }) {
            listed.append(RecordingRecord.File(path: path))
            findings.append(.adopted(recording: id, path: path))
        }
        var failure: String?
        for index in listed.indices {
            if let error = settle(&listed[index], of: id, repair: repair, measure: measure, &findings) {
                failure = error
            }
        }
        let files = listed
        let error = failure
        try catalogue.update(id) { record in
            record.files = files
            if record.state == .interrupted {
                record.state = files.contains { $0.state == .whole } ? .finished : .failed
                record.ended = record.ended ?? now
                record.error = record.error ?? error ?? (files.isEmpty ? "nothing was written" : nil)
            }
            if record.state == .finished, !files.isEmpty, files.allSatisfy({ $0.state == .missing }) {
                record.state = .missing
            } else if record.state == .missing, files.contains(where: { $0.state == .whole }) {
                record.state = .finished
            }
        }
    }

    /// The error, if the file cannot be repaired.
    private func settle(
        _ file: inout RecordingRecord.File, of id: String, repair: (String) throws -> Repaired,
        measure: (String) -> Repaired?, _ findings: inout [Finding]
    ) -> String? {
        let path = folder + "/" + file.path
        if exists(path + ".part") {
            do {
                let repaired = try repair(path + ".part")
                (file.state, file.bytes, file.duration) = (.whole, repaired.bytes, repaired.duration)
                findings.append(.repaired(recording: id, path: file.path))
                return nil
            } catch {
                findings.append(.unrepairable(recording: id, path: file.path, error: "\(error)"))
                if !exists(path) {
                    file.state = .damaged
                    return "\(error)"
                }
            }
        }
        guard exists(path) else {
            guard file.state != .missing else { return nil }
            file.state = .missing
            findings.append(.missing(recording: id, path: file.path))
            return nil
        }
        if file.state != .whole || file.bytes == 0 {
            let found = measure(path)
            file.state = found == nil ? .damaged : .whole
            (file.bytes, file.duration) = (found?.bytes ?? size(path), found?.duration ?? 0)
        }
        return nil
    }

    // MARK: - The disk

    private func list(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// A recording's files, each once, relative to the folder of all and without «.part».
    private func files(of id: String) -> [String] {
        var found: [String] = []
        for name in list(folder + "/" + id) {
            let whole = name.hasSuffix(".part") ? String(name.dropLast(5)) : name
            // The copy that gets an MP4's index; it is made anew.
            guard !whole.hasSuffix(".index"), let dot = whole.lastIndex(of: "."),
                extensions.contains(whole[whole.index(after: dot)...].lowercased())
            else { continue }
            let path = id + "/" + whole
            if !found.contains(path) { found.append(path) }
        }
        return found
    }

    private func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
