import Foundation
import Layout
import Live
import Media
import Service

/// All that `tessera serve` is told by its command line, the environment and the configuration file, checked.
struct ServeConfiguration {
    var live = LiveConfiguration()
    var http = HTTPConfiguration()
    /// Replaced by a reload.
    var access: Access
    var iceServers: ICEServers
    /// Where key, catalogue and recordings live.
    var data: String
    var quota: Recordings.Quota
    /// Pieces of archive jobs that are made at a time.
    var archiveWorkers: Int
    var webhooks: [WebhookTarget]
    /// URLs by name.
    var outputTargets: [String: String]
    var log: EventLog.Format
    var hasDemo: Bool
    /// From SIGTERM to the end.
    var drainSeconds: Int
    /// What only the start takes, by option.
    private var fixed: [String: [String]]

    /// `file` is the configuration's path, if there is one.
    init(_ arguments: Arguments, file: String?) throws(CommandFailure) {
        let settings = try ServeSettings(arguments, options: ServeCommand.options, file: file)
        let keys = try TokenCommand.keys(
            flag: arguments.value("--key-file"), file: settings.value("--key-file")?.text,
            data: settings.value("--data")?.text)
        hasDemo = settings.has("--demo")
        access = Access(keys: keys, isOpenOnLoopback: settings.has("--open") || hasDemo)
        iceServers = try ServeConfiguration.iceServers(settings)
        let given = settings.value("--data")?.text ?? "tessera-data"
        // Jobs are worked on by other processes, too, which may run elsewhere.
        data = given.hasPrefix("/") ? given : FileManager.default.currentDirectoryPath + "/" + given
        archiveWorkers = try settings.integer("--archive-workers", in: 0...64) ?? 1
        webhooks = try ServeConfiguration.webhooks(settings)
        outputTargets = try ServeConfiguration.targets(settings)
        quota = Recordings.Quota(
            age: try settings.integer("--keep-days", in: 1...100_000).map { Double($0) * 86_400 },
            bytes: try settings.integer("--keep-gigabytes", in: 1...1_000_000).map { Int64($0) * 1_000_000_000 })
        drainSeconds = try settings.integer("--drain", in: 0...3600) ?? 5
        log = .human
        if let value = settings.value("--log") {
            guard let format = EventLog.Format(rawValue: value.text) else { throw value.wrong("human or json") }
            log = format
        }
        let reloaded = ["--key-file", "--open", "--ice-server", "--turn-urls", "--turn-secret", "--turn-life"]
        fixed = [:]
        for option in ServeCommand.options where !reloaded.contains(option.name) {
            fixed[option.name] = settings.all(option.name)
        }
        live = try ServeConfiguration.live(settings)
        http = try ServeConfiguration.http(settings)
    }

    /// Options that are others in `newer`, which only the next start takes.
    func waiting(in newer: ServeConfiguration) -> [String] {
        fixed.keys.filter { fixed[$0] != newer.fixed[$0] }.sorted()
    }

    /// What to open in a browser. Its token opens this one room, with all grants, for half a day: the line may end up in
    /// a log. It stands in the fragment, which is sent nowhere.
    func url(port: UInt16) -> String {
        let host =
            switch http.address {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let address: address.contains(":") ? "[\(address)]" : address
            }
        let room = hasDemo ? Demo.room : "lobby"
        let base = "\(http.tls == nil ? "http" : "https")://\(host):\(port)/?room=\(room)"
        if access.isOpenOnLoopback { return base }
        let claims = TokenClaims(
            room: room, grants: Grant.allCases, exp: Int(Date().timeIntervalSince1970) + 43_200)
        return base + "#token=" + access.keys.sign(claims)
    }

    private static func targets(_ settings: ServeSettings) throws(CommandFailure) -> [String: String] {
        var targets: [String: String] = [:]
        for text in settings.all("--output-target") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].range(of: "^[A-Za-z0-9_-]{1,64}$", options: .regularExpression) != nil,
                parts[0] != "hls", ["rtmp://", "rtmps://", "srt://"].contains(where: parts[1].hasPrefix)
            else {
                // Not the whole text: there are keys in it.
                let name = text.prefix { $0 != "=" }
                throw .misuse("--output-target \(name): expected NAME=URL with rtmp, rtmps or srt")
            }
            targets[parts[0]] = parts[1]
        }
        return targets
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

    private static func live(_ settings: ServeSettings) throws(CommandFailure) -> LiveConfiguration {
        var live = LiveConfiguration()
        if let port = try settings.integer("--media-port", in: 0...65_535) { live.mediaPort = UInt16(port) }
        live.publicAddress = settings.value("--public-address")?.text
        if let layout = settings.value("--layout")?.text {
            _ = try LayoutsCommand.open(layout)
            live.defaultLayout = layout
        }
        if let size = settings.value("--size") { live.canvas = try ServeConfiguration.size(size) }
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

    private static func iceServers(_ settings: ServeSettings) throws(CommandFailure) -> ICEServers {
        func urls(_ option: String, _ schemes: [String], _ example: String) throws(CommandFailure) -> [String] {
            let all = settings.all(option)
            for url in all {
                let isURL = schemes.contains { url.hasPrefix($0 + ":") }
                guard isURL, url.utf8.allSatisfy({ (33...126).contains($0) && $0 != 60 && $0 != 62 && $0 != 34 })
                else { throw .misuse("\(option) \(url): expected a URL such as \(example)") }
            }
            return all
        }
        var servers = ICEServers(
            urls: try urls("--ice-server", ["stun", "stuns", "turn", "turns"], "stun:stun.example.net:3478"))
        let relays = try urls("--turn-urls", ["turn", "turns"], "turn:turn.example.net:3478?transport=udp")
        let secret = settings.value("--turn-secret")
        let life = try settings.integer("--turn-life", in: 60...2_592_000)
        guard !relays.isEmpty else {
            if secret != nil || life != nil {
                throw .misuse("--turn-secret and --turn-life are for --turn-urls: which servers?")
            }
            return servers
        }
        guard let secret, !secret.text.isEmpty else {
            throw .misuse("--turn-urls: a secret is needed, the static-auth-secret of the servers: TESSERA_TURN_SECRET")
        }
        servers.relay = ICEServers.Relay(urls: relays, secret: secret.text, life: life ?? 3600)
        return servers
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
