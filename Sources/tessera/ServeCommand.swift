import Archive
import Foundation
import Layout
import Live
import Media
import Service
import Store

/// `tessera serve`: rooms over WebRTC, with HTTP for joining and the web app.
enum ServeCommand {
    static let about = "runs rooms: everybody sends one stream and receives one"

    private static let configuration = Option(
        "--config", value: "FILE",
        "settings as JSON, such as {\"mediaPort\": 40000}; TESSERA_MEDIA_PORT and options win")

    private static let options = [
        Option("--http", value: "ADDR:PORT", "where HTTP listens (127.0.0.1:8080)"),
        Option("--media-port", value: "PORT", "UDP port of all media (40000)"),
        Option("--public-address", value: "IP", "what candidates carry behind 1:1 NAT and in containers"),
        Option("--tls", value: "CERT,KEY", "PEM files; browsers give a camera to other machines only over HTTPS"),
        Option("--data", value: "DIR", "where key, catalogue and recordings live (tessera-data)"),
        Option("--key-file", value: "FILE", "the key that signs tokens, instead of that of --data or TESSERA_KEY"),
        Option("--ice-server", value: "URL", repeatable: true, "told to clients, as stun:stun.example.net"),
        Option("--layout", value: "NAME", "layout of new rooms (grid)"),
        Option("--size", value: "WxH", "size of the mixed picture (1280x720)"),
        Option("--max-rooms", value: "N", "more are refused (200)"),
        Option("--max-participants", value: "N", "of a room (100)"),
        Option("--max-views", value: "N", "of a room that differ (4)"),
        Option("--join-rate", value: "N", "joins a second of one address (20)"),
        Option("--trusted-proxy", value: "IP", repeatable: true, "a proxy whose X-Forwarded-For is believed"),
        Option("--keep-days", value: "N", "deletes recordings that ended longer ago (never)"),
        Option("--keep-gigabytes", value: "N", "deletes the oldest recordings beyond that (never)"),
        Option(
            "--archive-workers", value: "N", "pieces of archive jobs made at a time, when rooms leave time (1; 0 none)"),
        Option(
            "--webhooks", value: "JSON",
            "whom to tell what happens, [{\"url\", \"secret\", \"events\"}]; best kept in the file"),
        Option("--drain", value: "SECONDS", "from SIGTERM, when nobody is let in any more, to the end (5)"),
        Option("--open", "asks nobody on loopback for a token"),
        Option("--demo", "fills the room demo with participants who play Samples/; is open"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: [configuration] + options, command: "serve")
        if read.asksForHelp {
            let usage = helpText(
                usage: "tessera serve [options]", about: "Runs rooms until it is interrupted.",
                options: [configuration] + options)
            print(usage, terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("serve takes options only, but got '\(word)'") }
        let file = read.value("--config") ?? ProcessInfo.processInfo.environment["TESSERA_CONFIG"]
        let settings = try ServeSettings(read, options: options, file: file)
        let live = try live(settings)
        let http = try http(settings)
        let keys = try TokenCommand.keys(
            flag: read.value("--key-file"), file: settings.value("--key-file")?.text,
            data: settings.value("--data")?.text)
        let isOpen = settings.has("--open") || settings.has("--demo")
        try serve(
            live, http, Access(keys: keys, isOpenOnLoopback: isOpen), try iceServers(settings),
            try store(settings), hasDemo: settings.has("--demo"),
            drainSeconds: try settings.integer("--drain", in: 0...3600) ?? 5)
    }

    private static func live(_ settings: ServeSettings) throws(CommandFailure) -> LiveConfiguration {
        var live = LiveConfiguration()
        if let port = try settings.integer("--media-port", in: 0...65_535) { live.mediaPort = UInt16(port) }
        live.publicAddress = settings.value("--public-address")?.text
        if let layout = settings.value("--layout")?.text {
            _ = try LayoutsCommand.open(layout)
            live.defaultLayout = layout
        }
        if let size = settings.value("--size") { live.canvas = try ServeCommand.size(size) }
        live.roomLimit = try settings.integer("--max-rooms", in: 1...10_000) ?? live.roomLimit
        live.participantLimit = try settings.integer("--max-participants", in: 1...10_000) ?? live.participantLimit
        live.viewLimit = try settings.integer("--max-views", in: 1...64) ?? live.viewLimit
        return live
    }

    private static func http(_ settings: ServeSettings) throws(CommandFailure) -> HTTPConfiguration {
        var http = HTTPConfiguration()
        if let value = settings.value("--http") { (http.address, http.port) = try endpoint(value) }
        if let value = settings.value("--tls") {
            let files = value.text.split(separator: ",").map(String.init)
            guard files.count == 2 else { throw value.wrong("CERT,KEY") }
            http.tls = TLSFiles(certificate: files[0], key: files[1])
        }
        for proxy in settings.all("--trusted-proxy") {
            var four = in_addr()
            var six = in6_addr()
            guard inet_pton(AF_INET, proxy, &four) == 1 || inet_pton(AF_INET6, proxy, &six) == 1 else {
                throw .misuse("--trusted-proxy \(proxy): expected an IP address, as 10.0.0.2")
            }
            http.trustedProxies.insert(proxy)
        }
        if let rate = try settings.integer("--join-rate", in: 1...10_000) {
            http.limits.joinRate = Double(rate)
            http.limits.joinBurst = max(http.limits.joinBurst, Double(rate))
        }
        return http
    }

    /// Where recordings go, and how long they stay.
    private struct RecordingStore {
        var folder: String
        var catalogue: SQLiteStore
        var quota: Recordings.Quota
        /// Pieces of archive jobs that are made at a time.
        var archiveWorkers: Int
        var webhooks: [WebhookTarget]
        /// Where jobs have their folders.
        var archive: String
    }

    private static func webhooks(_ settings: ServeSettings) throws(CommandFailure) -> [WebhookTarget] {
        guard let value = settings.value("--webhooks") else { return [] }
        // Not the text itself: there are secrets in it.
        let source = value.source.prefix { $0 != "=" && $0 != "'" }.trimmingCharacters(in: .whitespaces)
        do {
            return try WebhookTarget.read(try JSONParser.parse(Array(value.text.utf8)))
        } catch {
            throw .misuse("\(source): \(error)")
        }
    }

    private static func store(_ settings: ServeSettings) throws(CommandFailure) -> RecordingStore {
        let given = settings.value("--data")?.text ?? "tessera-data"
        // Jobs are worked on by other processes, too, which may run elsewhere.
        let folder = given.hasPrefix("/") ? given : FileManager.default.currentDirectoryPath + "/" + given
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let days = try settings.integer("--keep-days", in: 1...100_000)
        let workers = try settings.integer("--archive-workers", in: 0...64) ?? 1
        let webhooks = try webhooks(settings)
        let gigabytes = try settings.integer("--keep-gigabytes", in: 1...1_000_000)
        do throws(StoreError) {
            return RecordingStore(
                folder: folder + "/recordings", catalogue: try SQLiteStore(path: folder + "/catalogue.db"),
                quota: Recordings.Quota(
                    age: days.map { Double($0) * 86_400 }, bytes: gigabytes.map { Int64($0) * 1_000_000_000 }),
                archiveWorkers: workers, webhooks: webhooks, archive: folder + "/archive")
        } catch {
            throw .failed("\(folder)/catalogue.db: \(error.description)")
        }
    }

    private static func iceServers(_ settings: ServeSettings) throws(CommandFailure) -> [String] {
        let servers = settings.all("--ice-server")
        for server in servers {
            let isURL = ["stun:", "stuns:", "turn:", "turns:"].contains { server.hasPrefix($0) }
            guard isURL, server.utf8.allSatisfy({ (33...126).contains($0) && $0 != 60 && $0 != 62 && $0 != 34 }) else {
                throw .misuse("--ice-server \(server): expected a URL such as stun:stun.example.net:3478")
            }
        }
        return servers
    }

    private static func serve(
        _ live: LiveConfiguration, _ http: HTTPConfiguration, _ access: Access, _ iceServers: [String],
        _ store: RecordingStore, hasDemo: Bool, drainSeconds: Int
    ) throws(CommandFailure) {
        // Blocked before any thread starts, so that only sigwait sees them.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        let rooms: LiveServer
        let server: HTTPServer
        do throws(LiveError) {
            rooms = try LiveServer(live)
        } catch {
            throw .failed(error.description)
        }
        let figures = HTTPFigures()
        let log: @Sendable (String) -> Void = { StandardError.write("tessera: \($0)\n") }
        let webhooks = Webhooks(targets: store.webhooks, outbox: store.catalogue, log: log)
        let recordings = Recordings(
            recorder: rooms, catalogue: store.catalogue, folder: store.folder, quota: store.quota, webhooks: webhooks,
            log: log)
        let archives = Archives(
            jobs: ArchiveJobs(store: store.catalogue, folder: store.archive), recordings: recordings,
            workers: store.archiveWorkers, webhooks: webhooks, log: log)
        let watch = RoomWatch(rooms: rooms, webhooks: webhooks)
        rooms.onOpen = { [watch] room in watch.opened(room) }
        do throws(StoreError) {
            try recordings.reconcile()
        } catch {
            throw .failed("\(store.folder): \(error.description)")
        }
        let router = Router(
            rooms: rooms, access: access, iceServers: iceServers, layouts: rooms.layoutNames, figures: figures,
            recordings: recordings, archives: archives)
        let signalling = Signalling(router: router)
        do throws(ServiceError) {
            server = try HTTPServer(http, figures: figures, signalling: signalling) { router.respond(to: $0) }
        } catch {
            throw .failed(error.description)
        }
        rooms.start()
        server.start()
        webhooks.start()
        archives.start()
        let demo = hasDemo ? try Demo(server: rooms) : nil
        let room = hasDemo ? Demo.room : "lobby"
        FileHandle.standardOutput.write(Data("ready: \(url(http, port: server.port, access, room: room))\n".utf8))
        wait(for: signals, http, server, signalling, router, rooms, recordings, drainSeconds: drainSeconds)
        server.stop()
        recordings.stopAll()
        archives.stop()
        demo?.stop()
        rooms.stop()
        watch.settle()
        webhooks.stop()
    }

    /// Returns when the service is to end. SIGHUP, or a change of the files, takes the certificate anew. SIGTERM lets
    /// nobody in any more and gives those who are in some seconds to leave; SIGINT, or a second signal, ends at once.
    private static func wait(
        for signals: sigset_t, _ http: HTTPConfiguration, _ server: HTTPServer, _ signalling: Signalling,
        _ router: Router, _ rooms: LiveServer, _ recordings: Recordings, drainSeconds: Int
    ) {
        var nextSweep = Date().addingTimeInterval(600)
        var signals = signals
        var changes = http.tls?.changes
        var ticksToGo: Int?
        while true {
            var interval = timespec(tv_sec: ticksToGo == nil ? 5 : 0, tv_nsec: ticksToGo == nil ? 0 : 100_000_000)
            let signal = sigtimedwait(&signals, nil, &interval)
            if Date() > nextSweep {
                nextSweep = Date().addingTimeInterval(600)
                recordings.sweep()
            }
            let isFirst = ticksToGo == nil
            if signal == SIGINT || (signal == SIGTERM && !isFirst) { return }
            if signal == SIGTERM {
                router.drain()
                signalling.drain(seconds: drainSeconds)
                ticksToGo = drainSeconds * 10
            }
            if let left = ticksToGo {
                if left == 0 || rooms.listRooms().isEmpty { return }
                if signal < 0 { ticksToGo = left - 1 }
            }
            let present = http.tls?.changes
            guard signal == SIGHUP || present != changes else { continue }
            changes = present
            do throws(ServiceError) {
                try server.reloadCertificate()
                if http.tls != nil { StandardError.write("tessera: the certificate was read anew\n") }
            } catch {
                StandardError.write("tessera: \(error.description); the one before stays in use\n")
            }
        }
    }

    /// What to open in a browser. Its token opens this one room, with all grants, for half a day: the line may end up in
    /// a log. It stands in the fragment, which is sent nowhere.
    private static func url(_ http: HTTPConfiguration, port: UInt16, _ access: Access, room: String) -> String {
        let host =
            switch http.address {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let address: address.contains(":") ? "[\(address)]" : address
            }
        let base = "\(http.tls == nil ? "http" : "https")://\(host):\(port)/?room=\(room)"
        if access.isOpenOnLoopback { return base }
        let claims = TokenClaims(
            room: room, grants: Grant.allCases, exp: Int(Date().timeIntervalSince1970) + 43_200)
        return base + "#token=" + access.keys.sign(claims)
    }

    private static func endpoint(_ value: ServeSettings.Value) throws(CommandFailure) -> (String, UInt16) {
        let text = value.text
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw value.wrong("an address and a port, as 127.0.0.1:8080")
        }
        let address = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        var four = in_addr()
        var six = in6_addr()
        guard inet_pton(AF_INET, address, &four) == 1 || inet_pton(AF_INET6, address, &six) == 1 else {
            throw value.wrong("an IP address of this machine, as 127.0.0.1:8080 or [::1]:8080")
        }
        return (address, port)
    }

    private static func size(_ value: ServeSettings.Value) throws(CommandFailure) -> PictureSize {
        let parts = value.text.split(separator: "x").map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (64...3840).contains(width),
            (64...2160).contains(height), width % 2 == 0, height % 2 == 0
        else { throw value.wrong("even numbers from 64x64 to 3840x2160, as 1280x720") }
        return PictureSize(width: width, height: height)
    }
}
