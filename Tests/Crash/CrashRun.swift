import Containers
import Foundation
import Glibc
import Media
import Recording
import Store
import Synchronization
import Timing

/// Kills recordings and looks at what they leave.
struct CrashRun {
    let times: Int
    let kinds: [String]

    private struct Figures {
        var missing = 0.0
        var apart = 0.0
        var faults: [String] = []
    }

    private final class Kept: Sendable {
        private let figures = Mutex(Figures())

        func add(_ other: Figures) {
            figures.withLock {
                $0.missing = max($0.missing, other.missing)
                $0.apart = max($0.apart, other.apart)
                $0.faults += other.faults
            }
        }

        var sum: Figures { figures.withLock { $0 } }
    }

    /// True if all was well.
    func run() throws -> Bool {
        let root = NSTemporaryDirectory() + "/tessera-crash-\(getpid())"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        _ = try SQLiteStore(path: root + "/catalogue.db")
        var isWell = true
        for kind in kinds {
            let figures = Kept()
            let lanes = min(16, times)
            let group = DispatchGroup()
            for lane in 0..<lanes {
                group.enter()
                // These wait, mostly: more of them than there are cores.
                Thread {
                    for index in stride(from: lane, to: times, by: lanes) {
                        // Spread evenly, and then by chance: so many moments of the half-second pieces are met.
                        let moment = 0.4 + 2.6 * (Double(index) + .random(in: 0..<1)) / Double(times)
                        figures.add(CrashRun.kill(kind, root: root, id: "\(kind)-\(index)", after: moment))
                    }
                    group.leave()
                }.start()
            }
            group.wait()
            let found = figures.sum
            print(
                String(
                    format:
                        "%@: %d killed; at most %.3f s missing; sound and picture end at most %.0f ms apart; %d faults",
                    kind, times, found.missing, found.apart, found.faults.count))
            for fault in found.faults.prefix(5) { print("  " + fault) }
            isWell = isWell && found.faults.isEmpty
        }
        let faults = try reconcile(root)
        print("catalogue: \(times * kinds.count) recordings; \(faults.count) faults")
        for fault in faults.prefix(5) { print("  " + fault) }
        return isWell && faults.isEmpty
    }

    private static func kill(_ kind: String, root: String, id: String, after seconds: Double) -> Figures {
        var result = Figures()
        let folder = root + "/" + id
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/a." + (kind == "tracks" ? "webm" : kind)
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return Figures(faults: ["\(id): no pipe"]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let arguments = ["crash", "record", kind, path, "1"]
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let spawned = posix_spawn(&process, own, &actions, nil, words, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard spawned == 0 else { return Figures(faults: ["\(id): cannot be started"]) }
        // The clock starts with the first chunk.
        var output = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let first = read(ends[0], &buffer, buffer.count)
        output += Data(buffer[..<max(0, first)])
        usleep(UInt32(seconds * 1_000_000))
        Glibc.kill(process, SIGKILL)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count <= 0 { break }
            output += Data(buffer[..<count])
        }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        let said = output.split(separator: 10).dropLast(output.last == 10 ? 0 : 1).last
        let given = MediaTime(nanoseconds: said.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0)
        let files =
            kind == "tracks" ? ["1-camera.webm.part", "2-sound.webm.part"] : ["a.\(kind).part"]
        var streamEnds: [Double] = []
        for file in files {
            let part = folder + "/" + file
            guard FileManager.default.fileExists(atPath: part) else {
                if given > MediaTime(seconds: 1) { result.faults.append("\(id): \(file) is not there after \(given)") }
                continue
            }
            do {
                let check = try FileCheck(path: part)
                // A track's own timeline begins with its first chunk.
                if check.info.video != nil { streamEnds.append((check.pictureEnd + origin(check, kind)).seconds) }
                if check.info.sound != nil { streamEnds.append((check.soundEnd + origin(check, kind)).seconds) }
                if check.corruptPackets > 1 { result.faults.append("\(id): \(check.corruptPackets) damaged packets") }
            } catch {
                // Less than a piece was written.
                if given > MediaTime(seconds: 1) { result.faults.append("\(id) after \(given): \(error)") }
            }
        }
        if let least = streamEnds.min(), let most = streamEnds.max() {
            result.missing = max(0, given.seconds - least)
            result.apart = (most - least) * 1000
            if result.missing > 1 { result.faults.append("\(id): lacks \(result.missing) s of \(given)") }
            if result.apart > 200 { result.faults.append("\(id): sound and picture end \(result.apart) ms apart") }
        }
        return result
    }

    private static func origin(_ check: FileCheck, _ kind: String) -> MediaTime {
        kind == "tracks" ? check.info.origin : .zero
    }

    /// What the next start of a service does.
    private func reconcile(_ root: String) throws -> [String] {
        var faults: [String] = []
        let store = try SQLiteStore(path: root + "/catalogue.db")
        try store.check()
        for round in 0..<2 {
            let findings = try Reconciliation(folder: root).run(store, now: 2) { path in
                let outcome = try Recovery.run(path: path)
                return Reconciliation.Repaired(
                    bytes: outcome.file.bytes, duration: outcome.file.duration.nanoseconds / 1_000_000)
            } measure: { path in
                (try? FileReader(path: path)).map {
                    Reconciliation.Repaired(
                        bytes: $0.info.bytes, duration: ($0.info.duration ?? .zero).nanoseconds / 1_000_000)
                }
            }
            if round == 1, findings.contains(where: { if case .repaired = $0 { true } else { false } }) {
                faults.append("something was repaired twice")
            }
        }
        let records = try store.recordings()
        if records.count != times * kinds.count { faults.append("the catalogue has \(records.count) recordings") }
        for record in records where record.state != .finished && record.bytes > 2000 {
            faults.append("\(record.id) is \(record.state): \(record.error ?? "")")
        }
        for record in records where record.state == .finished {
            for file in record.files where file.state == .whole {
                let path = root + "/" + file.path
                let check = try FileCheck(path: path)
                if !check.isSound { faults.append(contentsOf: check.warnings) }
                if check.info.duration == nil { faults.append("\(path) has no duration") }
                if FileManager.default.fileExists(atPath: path + ".part") {
                    faults.append("\(path).part is still there")
                }
            }
        }
        return faults
    }

    private static let own: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
