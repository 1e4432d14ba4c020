import Archive
import Foundation
import Live
import Mixing
import Service
import Store
import Timing

/// A service from its start to its end.
struct Serving {
    private let configuration: ServeConfiguration
    /// Reads the configuration again.
    private let reread: () throws(CommandFailure) -> ServeConfiguration
    private let log: EventLog

    init(_ configuration: ServeConfiguration, reread: @escaping () throws(CommandFailure) -> ServeConfiguration) {
        self.configuration = configuration
        self.reread = reread
        log = EventLog(configuration.log) { StandardError.write($0 + "\n") }
    }

    /// What runs.
    private struct Parts {
        let rooms: LiveServer
        let recordings: Recordings
        let router: Router
        let signalling: Signalling
        let server: HTTPServer
        let figures: HTTPFigures
        let journal: RoomJournal
        let archives: Archives
        let webhooks: Webhooks
        let watch: RoomWatch
        let outputs: Outputs
    }

    /// Returns when the service has ended.
    func run() throws(CommandFailure) {
        // Blocked before any thread starts, so that only sigwait sees them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        ProcessFigures.raiseFileLimit()
        let parts = try build()
        parts.rooms.start()
        parts.server.start()
        parts.webhooks.start()
        parts.archives.start()
        let demo = configuration.hasDemo ? try Demo(server: parts.rooms) : nil
        log.note(
            "started",
            [
                "http": .text("\(configuration.http.address):\(parts.server.port)"),
                "tls": configuration.http.tls == nil ? "no" : "yes",
                "media": .text(parts.rooms.addresses.joined(separator: ",")),
                "open": configuration.access.isOpenOnLoopback ? "yes" : "no",
            ])
        FileHandle.standardOutput.write(Data("ready: \(configuration.url(port: parts.server.port))\n".utf8))
        parts.rooms.onCapacity { capacity in
            let line =
                "good for about \(capacity.participants) participants in one room (decoding "
                + "\(milliseconds(capacity.decode)), drawing \(milliseconds(capacity.composite)), encoding "
                + "\(milliseconds(capacity.encode)) a picture)\n"
            FileHandle.standardOutput.write(Data(line.utf8))
        }
        wait(for: signals, parts)
        log.note("stopping", [:])
        parts.server.stop()
        parts.outputs.stopAll()
        parts.recordings.stopAll()
        parts.archives.stop()
        demo?.stop()
        parts.rooms.stop()
        parts.watch.settle()
        parts.webhooks.stop()
        parts.journal.settle()
        log.note("stopped", [:])
    }

    private func build() throws(CommandFailure) -> Parts {
        let folder = configuration.data
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let catalogue: SQLiteStore
        do throws(StoreError) {
            catalogue = try SQLiteStore(path: folder + "/catalogue.db")
        } catch {
            throw .failed("\(folder)/catalogue.db: \(error.description)")
        }
        let rooms: LiveServer
        do throws(LiveError) {
            rooms = try LiveServer(configuration.live)
        } catch {
            throw .failed(error.description)
        }
        let log = self.log
        rooms.onDegradation { change in
            log.note(
                "overload",
                [
                    "step": .number(change.to.rawValue), "before": .number(change.from.rawValue),
                    "load": .text(String((change.load * 100).rounded() / 100)),
                ])
        }
        let webhooks = Webhooks(
            targets: configuration.webhooks, outbox: catalogue, log: { log.note("webhooks", ["what": .text($0)]) })
        let recordings = Recordings(
            recorder: rooms, catalogue: catalogue, folder: folder + "/recordings", quota: configuration.quota,
            webhooks: webhooks, log: { log.note("recordings", ["what": .text($0)]) })
        let archives = Archives(
            jobs: ArchiveJobs(store: catalogue, folder: folder + "/archive"), recordings: recordings,
            workers: configuration.archiveWorkers, webhooks: webhooks,
            log: { log.note("archive", ["what": .text($0)]) })
        let watch = RoomWatch(rooms: rooms, webhooks: webhooks)
        rooms.onOpen = { [watch] room in watch.opened(room) }
        do throws(StoreError) {
            try recordings.reconcile()
        } catch {
            throw .failed("\(folder)/recordings: \(error.description)")
        }
        let outputs = Outputs(rooms, folder: folder + "/hls", targets: configuration.outputTargets, log: log)
        let figures = HTTPFigures()
        let router = Router(
            rooms: rooms, access: configuration.access, iceServers: configuration.iceServers,
            layouts: rooms.layoutNames, figures: figures, recordings: recordings, archives: archives,
            outputs: outputs, log: log)
        let signalling = Signalling(router: router)
        do throws(ServiceError) {
            let server = try HTTPServer(configuration.http, figures: figures, signalling: signalling) {
                router.respond(to: $0)
            }
            return Parts(
                rooms: rooms, recordings: recordings, router: router, signalling: signalling, server: server,
                figures: figures, journal: RoomJournal(rooms, log: log), archives: archives, webhooks: webhooks,
                watch: watch, outputs: outputs)
        } catch {
            throw .failed(error.description)
        }
    }

    /// Returns when the service is to end. SIGHUP reads configuration, keys and certificate anew, as a change of the
    /// certificate's files does for it. SIGTERM lets nobody in any more and gives those who are in some seconds to leave;
    /// SIGINT, or a second signal, ends at once.
    private func wait(for signals: sigset_t, _ parts: Parts) {
        var nextSweep = Date().addingTimeInterval(600)
        var signals = signals
        var changes = configuration.http.tls?.changes
        var present = configuration
        var limited = 0
        var ticksToGo: Int?
        while true {
            var interval = timespec(tv_sec: ticksToGo == nil ? 5 : 0, tv_nsec: ticksToGo == nil ? 0 : 100_000_000)
            let signal = sigtimedwait(&signals, nil, &interval)
            if Date() > nextSweep {
                nextSweep = Date().addingTimeInterval(600)
                parts.recordings.sweep()
            }
            let refused = parts.figures.turnedAway
            if refused > limited {
                log.note("limited", ["count": .number(refused - limited)])
                limited = refused
            }
            let isFirst = ticksToGo == nil
            if signal == SIGINT || (signal == SIGTERM && !isFirst) { return }
            if signal == SIGTERM {
                log.note("draining", ["seconds": .number(configuration.drainSeconds)])
                parts.router.drain()
                parts.signalling.drain(seconds: configuration.drainSeconds)
                ticksToGo = configuration.drainSeconds * 10
            }
            if let left = ticksToGo {
                if left == 0 || parts.rooms.listRooms().isEmpty { return }
                if signal < 0 { ticksToGo = left - 1 }
            }
            if signal == SIGHUP { present = reload(present, parts) }
            let files = configuration.http.tls?.changes
            guard signal == SIGHUP || files != changes else { continue }
            changes = files
            do throws(ServiceError) {
                try parts.server.reloadCertificate()
                if configuration.http.tls != nil { log.note("certificate-reloaded", [:]) }
            } catch {
                log.note("certificate-refused", ["why": .text(error.description)])
            }
        }
    }

    /// What is in force then: what was before, if there is something wrong with the new.
    private func reload(_ present: ServeConfiguration, _ parts: Parts) -> ServeConfiguration {
        do throws(CommandFailure) {
            let fresh = try reread()
            parts.router.replace(access: fresh.access, iceServers: fresh.iceServers)
            let waiting = configuration.waiting(in: fresh)
            log.note(
                "reloaded",
                ["atNextStart": waiting.isEmpty ? nil : .text(waiting.joined(separator: " "))])
            return fresh
        } catch {
            log.note("reload-refused", ["why": .text(error.message)])
            return present
        }
    }
}

private func milliseconds(_ time: MediaTime) -> String { "\((time.milliseconds * 10).rounded() / 10) ms" }
