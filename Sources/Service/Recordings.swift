import Containers
import Foundation
public import Live
import Recording
public import Store
import Synchronization
public import Timing

/// What records rooms; tests put another in its place.
public protocol Recorder: Sendable {
    func beginRecording(
        room: String, _ options: RecordingOptions, onEvent: @escaping @Sendable (RecordingEvent) -> Void
    ) throws(LiveError) -> any RunningRecording
}

/// A recording under way.
public protocol RunningRecording: Sendable {
    func pause() throws(LiveError)
    func resume() throws(LiveError)
    func mark(_ title: String) throws(LiveError)
    func stop() throws(LiveError)
    var progress: (duration: MediaTime, bytes: Int64) { get }
}

extension RoomRecording: RunningRecording {}

extension LiveServer: Recorder {
    public func beginRecording(
        room: String, _ options: RecordingOptions, onEvent: @escaping @Sendable (RecordingEvent) -> Void
    ) throws(LiveError) -> any RunningRecording {
        try record(room: room, options, onEvent: onEvent)
    }
}

/// All recordings of a service: those under way, and those that the catalogue and the disk hold.
public final class Recordings: Sendable {
    /// For how long recordings are kept, and how much of them.
    public struct Quota: Sendable {
        /// Seconds since their end.
        public var age: Double?
        public var bytes: Int64?
        public init(age: Double? = nil, bytes: Int64? = nil) { (self.age, self.bytes) = (age, bytes) }
    }

    private let recorder: any Recorder
    let catalogue: any RecordingCatalogue
    /// Of all recordings; each has a folder of its own in it.
    let folder: String
    private let quota: Quota
    private let active = Mutex<[String: any RunningRecording]>([:])
    /// Where the catalogue is told what recordings tell, in its order.
    private let queue = DispatchQueue(label: "recordings")
    private let webhooks: Webhooks?
    private let log: @Sendable (String) -> Void

    public init(
        recorder: any Recorder, catalogue: any RecordingCatalogue, folder: String, quota: Quota = Quota(),
        webhooks: Webhooks? = nil, log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.webhooks = webhooks
        (self.recorder, self.catalogue, self.folder) = (recorder, catalogue, folder)
        (self.quota, self.log) = (quota, log)
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    // MARK: - Start and end of the service

    /// Makes catalogue and disk agree, and finishes what was cut off. Before anything is recorded.
    public func reconcile() throws(StoreError) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let open = try catalogue.recordings(
            room: nil, states: [.recording, .paused, .interrupted], limit: .max)
        let findings = try Reconciliation(folder: folder).run(catalogue, now: Recordings.now) { path in
            let outcome = try Recovery.run(path: path)
            return Reconciliation.Repaired(
                bytes: outcome.file.bytes, duration: outcome.file.duration.nanoseconds / 1_000_000)
        } measure: { path in
            (try? FileReader(path: path)).map {
                Reconciliation.Repaired(
                    bytes: $0.info.bytes, duration: ($0.info.duration ?? .zero).nanoseconds / 1_000_000)
            }
        }
        for finding in findings { log("recordings: \(finding)") }
        for cutOff in open {
            if let record = try catalogue.recording(cutOff.id), !record.state.isOpen { tellEnd(record) }
        }
        sweep()
    }

    /// Stops all, and waits until their files are whole, for so many seconds at most.
    public func stopAll(patience: Double = 10) {
        for recording in active.withLock({ Array($0.values) }) { try? recording.stop() }
        let end = Date().addingTimeInterval(patience)
        while !active.withLock(\.isEmpty), Date() < end { Thread.sleep(forTimeInterval: 0.02) }
        queue.sync {}
    }

    /// Deletes what the quota does not allow, the oldest first.
    public func sweep() {
        guard quota.age != nil || quota.bytes != nil else { return }
        guard let records = try? catalogue.recordings() else { return }
        var bytes = records.reduce(0) { $0 + $1.bytes }
        for record in records.reversed() where !record.state.isOpen && !isRunning(record.id) {
            let age = Double(Recordings.now - (record.ended ?? record.started)) / 1000
            guard quota.age.map({ age > $0 }) ?? false || quota.bytes.map({ bytes > $0 }) ?? false else { continue }
            bytes -= record.bytes
            delete(record.id)
            log("recordings: \(record.id) was deleted, as the quota says")
        }
    }

    private func delete(_ id: String) {
        // First the files: what is left of them without an entry would be adopted again.
        try? FileManager.default.removeItem(atPath: folder + "/" + id)
        _ = try? catalogue.remove(id)
    }

    // MARK: - What is asked for

    private static func freshID() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = String(generator.next(), radix: 16)
        return "r" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What is kept with a recording.
    struct Details: Codable {
        var name: String?
        var container: String?
        var rendition: String?
        var layout: String?
        var by: String?
    }

    func start(
        room: String, _ details: Details, kind: RecordingOptions.Kind, change: (inout RecordingOptions) -> Void
    ) throws(Problem) -> RecordingRecord {
        let id = Recordings.freshID()
        var options = RecordingOptions(
            id: id, folder: "\(folder)/\(id)", fileName: details.name ?? room, started: Recordings.now)
        options.kind = kind
        options.container = details.container ?? "webm"
        options.rendition = details.rendition
        options.layout = details.layout
        options.title = details.name
        options.by = details.by
        change(&options)
        var record = RecordingRecord(
            id: id, room: room, kind: RecordingRecord.Kind(rawValue: kind.rawValue) ?? .composite,
            started: options.started)
        if let data = try? JSONEncoder().encode(details) { record.details = String(decoding: data, as: UTF8.self) }
        // Known before it is there, so that nothing is ever there unknown.
        let entry = record
        try ask { () throws(StoreError) in try catalogue.insert(entry) }
        do throws(LiveError) {
            let begun = try recorder.beginRecording(room: room, options) { [self] event in
                queue.async { self.take(event, of: id) }
            }
            active.withLock { $0[id] = begun }
            queue.sync {}
            // It may have ended at once.
            if let now = try? catalogue.recording(id), !now.state.isOpen {
                active.withLock { $0[id] = nil }
                return now
            }
        } catch {
            queue.sync {}
            delete(id)
            throw Problem(error)
        }
        return try find(id) ?? record
    }

    func find(_ id: String) throws(Problem) -> RecordingRecord? {
        try ask { () throws(StoreError) in try catalogue.recording(id) }
    }

    func list(room: String?, limit: Int) throws(Problem) -> [RecordingRecord] {
        try ask { () throws(StoreError) in
            try catalogue.recordings(room: room, states: Set(RecordingRecord.State.allCases), limit: limit)
        }
    }

    /// Throws 409 if it has ended.
    func running(_ id: String) throws(Problem) -> any RunningRecording {
        guard let recording = active.withLock({ $0[id] }) else {
            throw Problem(409, "the recording has ended already")
        }
        return recording
    }

    func isRunning(_ id: String) -> Bool { active.withLock { $0[id] != nil } }
    func progress(_ id: String) -> (duration: MediaTime, bytes: Int64)? { active.withLock { $0[id] }?.progress }

    func remove(_ record: RecordingRecord) throws(Problem) {
        if isRunning(record.id) { throw Problem(409, "the recording is under way; stop it first") }
        delete(record.id)
    }

    /// Waits until the catalogue knows all that has been told.
    func settle() { queue.sync {} }

    func ask<Result>(_ body: () throws(StoreError) -> Result) throws(Problem) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            throw Problem(error.code == .noSpace ? 507 : 500, "the catalogue: \(error.description)")
        }
    }

    // MARK: - What recordings tell

    private func take(_ event: RecordingEvent, of id: String) {
        if case .dropped(let count) = event {
            log("recordings: \(id): the disk is too slow; \(count) chunks were left out so far")
            return
        }
        let path = folder
        do throws(StoreError) {
            let record = try catalogue.update(id) { record throws(StoreError) in
                Recordings.apply(event, to: &record, folder: path)
            }
            if case .began = event, record.files.count == 1 {
                webhooks?.tell("recording.started", room: record.room, Router.RecordingReport(record, progress: nil))
            }
            if case .ended = event { tellEnd(record) }
        } catch {
            if error.code != .notFound { log("recordings: \(id): \(error.description)") }
        }
        if case .failed(let why) = event { log("recordings: \(id) ended by itself: \(why)") }
        if case .ended = event {
            active.withLock { $0[id] = nil }
            sweep()
        }
    }

    private func tellEnd(_ record: RecordingRecord) {
        webhooks?.tell(
            record.state == .finished ? "recording.finished" : "recording.failed", room: record.room,
            Router.RecordingReport(record, progress: nil))
    }

    private static func apply(_ event: RecordingEvent, to record: inout RecordingRecord, folder: String) {
        func place(_ file: String) -> Int {
            let path = file.hasPrefix(folder + "/") ? String(file.dropFirst(folder.count + 1)) : file
            if let index = record.files.firstIndex(where: { $0.path == path }) { return index }
            record.files.append(RecordingRecord.File(path: path))
            return record.files.count - 1
        }
        switch event {
        case .began(let file): _ = place(file)
        case .finished(let file, let bytes, let duration):
            let index = place(file)
            record.files[index].state = .whole
            record.files[index].bytes = bytes
            record.files[index].duration = duration.nanoseconds / 1_000_000
        case .paused(let isPaused):
            if record.state.isOpen { record.state = isPaused ? .paused : .recording }
        case .failed(let why): record.error = record.error ?? why
        case .dropped: break
        case .ended:
            record.ended = Recordings.now
            record.state = record.error == nil ? .finished : .failed
        }
    }
}
