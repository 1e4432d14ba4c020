import Foundation

/// `tessera serve`: rooms over WebRTC, with HTTP for joining and the web app.
enum ServeCommand {
    static let about = "runs rooms: everybody sends one stream and receives one"

    private static let configuration = Option(
        "--config", value: "FILE",
        "settings as JSON, such as {\"mediaPort\": 40000}; TESSERA_MEDIA_PORT and options win")

    static let options = [
        Option("--http", value: "ADDR:PORT", "where HTTP listens (127.0.0.1:8080)"),
        Option("--media-port", value: "PORT", "UDP port of all media (40000)"),
        Option("--public-address", value: "IP", "what candidates carry behind 1:1 NAT and in containers"),
        Option("--tls", value: "CERT,KEY", "PEM files; browsers give a camera to other machines only over HTTPS"),
        Option("--data", value: "DIR", "where key, catalogue and recordings live (tessera-data)"),
        Option("--key-file", value: "FILE", "the key that signs tokens, instead of that of --data or TESSERA_KEY"),
        Option("--ice-server", value: "URL", repeatable: true, "told to clients, as stun:stun.example.net"),
        Option("--turn-urls", value: "URL", repeatable: true, "of TURN servers that share a secret with the service"),
        Option("--turn-secret", value: "TEXT", "that secret, better kept in the file or in TESSERA_TURN_SECRET"),
        Option("--turn-life", value: "SECONDS", "how long their credentials are good (3600)"),
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
            "--output-target", value: "NAME=URL", repeatable: true,
            "where rooms may be pushed to, as main=rtmp://live.example.net/app/key; best kept in the file"),
        Option(
            "--webhooks", value: "JSON",
            "whom to tell what happens, [{\"url\", \"secret\", \"events\"}]; best kept in the file"),
        Option("--log", value: "FORMAT", "human or json, a line on stderr for each event (human)"),
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
        let reread = { () throws(CommandFailure) in try ServeConfiguration(read, file: file) }
        try Serving(try reread(), reread: reread).run()
    }
}
