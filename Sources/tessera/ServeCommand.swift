import Foundation
import Layout
import Live
import Media
import Service

/// `tessera serve`: rooms over WebRTC, with HTTP for joining and the web app.
enum ServeCommand {
    static let about = "runs rooms: everybody sends one stream and receives one"

    private static let options = [
        Option("--http", value: "ADDR:PORT", "where HTTP listens (127.0.0.1:8080)"),
        Option("--media-port", value: "PORT", "UDP port of all media (40000)"),
        Option("--public-address", value: "IP", "what candidates carry behind 1:1 NAT and in containers"),
        Option("--tls", value: "CERT,KEY", "PEM files; browsers give a camera to other machines only over HTTPS"),
        Option("--data", value: "DIR", "where the key lives (tessera-data)"),
        Option("--key-file", value: "FILE", "the key that signs tokens, instead of that of --data or TESSERA_KEY"),
        Option("--ice-server", value: "URL", repeatable: true, "told to clients, as stun:stun.example.net"),
        Option("--layout", value: "NAME", "layout of new rooms (grid)"),
        Option("--size", value: "WxH", "size of the mixed picture (1280x720)"),
        Option("--open", "asks nobody on loopback for a token"),
        Option("--demo", "fills the room demo with participants who play Samples/; is open"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "serve")
        if read.asksForHelp {
            let usage = helpText(
                usage: "tessera serve [options]", about: "Runs rooms until it is interrupted.", options: options)
            print(usage, terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("serve takes options only, but got '\(word)'") }
        var live = LiveConfiguration()
        if let port = try read.integer("--media-port", in: 0...65_535) { live.mediaPort = UInt16(port) }
        live.publicAddress = read.value("--public-address")
        if let layout = read.value("--layout") {
            _ = try LayoutsCommand.open(layout)
            live.defaultLayout = layout
        }
        if let size = read.value("--size") { live.canvas = try ServeCommand.size(size) }
        var http = HTTPConfiguration()
        if let text = read.value("--http") { (http.address, http.port) = try endpoint(text) }
        if let text = read.value("--tls") {
            let files = text.split(separator: ",").map(String.init)
            guard files.count == 2 else { throw .misuse("--tls \(text): expected CERT,KEY") }
            http.tls = (files[0], files[1])
        }
        let key = try TokenCommand.key(read, mayGenerate: true)
        let isOpen = read.has("--open") || read.has("--demo")
        try serve(
            live, http, Access(key: key, isOpenOnLoopback: isOpen), read.all("--ice-server"),
            hasDemo: read.has("--demo"))
    }

    private static func serve(
        _ live: LiveConfiguration, _ http: HTTPConfiguration, _ access: Access, _ iceServers: [String],
        hasDemo: Bool
    ) throws(CommandFailure) {
        // Blocked before any thread starts, so that only sigwait sees them.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        let rooms: LiveServer
        let server: HTTPServer
        do throws(LiveError) {
            rooms = try LiveServer(live)
        } catch {
            throw .failed(error.description)
        }
        var layouts = BuiltInLayouts.names
        if !layouts.contains(live.defaultLayout) { layouts.append(live.defaultLayout) }
        let router = Router(rooms: rooms, access: access, iceServers: iceServers, layouts: layouts)
        do throws(ServiceError) {
            server = try HTTPServer(http) { router.respond(to: $0) }
        } catch {
            throw .failed(error.description)
        }
        rooms.start()
        server.start()
        let demo = hasDemo ? try Demo(server: rooms) : nil
        let room = hasDemo ? Demo.room : "lobby"
        FileHandle.standardOutput.write(Data("ready: \(url(http, port: server.port, access, room: room))\n".utf8))
        var signal: Int32 = 0
        sigwait(&signals, &signal)
        server.stop()
        demo?.stop()
        rooms.stop()
    }

    /// What to open in a browser, with a token that is good for a day. It stands in the fragment, which is sent nowhere.
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
            room: "*", grants: Grant.allCases, exp: Int(Date().timeIntervalSince1970) + 86_400)
        return base + "#token=" + access.key.sign(claims)
    }

    private static func endpoint(_ text: String) throws(CommandFailure) -> (String, UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .misuse("--http \(text): expected an address and a port, as 127.0.0.1:8080")
        }
        let address = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        var four = in_addr()
        var six = in6_addr()
        guard inet_pton(AF_INET, address, &four) == 1 || inet_pton(AF_INET6, address, &six) == 1 else {
            throw .misuse("--http \(text): expected an IP address of this machine, as 127.0.0.1:8080 or [::1]:8080")
        }
        return (address, port)
    }

    private static func size(_ text: String) throws(CommandFailure) -> PictureSize {
        let parts = text.split(separator: "x").map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (64...3840).contains(width),
            (64...2160).contains(height), width % 2 == 0, height % 2 == 0
        else { throw .misuse("--size \(text): expected even numbers from 64x64 to 3840x2160, as 1280x720") }
        return PictureSize(width: width, height: height)
    }
}
