/// The web app's files, which the program carries in itself.
package enum WebFiles {
    /// The text of every file of the folder Web, by its name.
    package static let files: [(name: String, text: String)] = [
        ("connection.js", PackageResources.connection_js),
        ("devices.js", PackageResources.devices_js),
        ("icon.svg", PackageResources.icon_svg),
        ("index.html", PackageResources.index_html),
        ("layouts.js", PackageResources.layouts_js),
        ("main.js", PackageResources.main_js),
        ("operator.html", PackageResources.operator_html),
        ("operator.js", PackageResources.operator_js),
        ("people.js", PackageResources.people_js),
        ("recording.js", PackageResources.recording_js),
        ("signalling.js", PackageResources.signalling_js),
        ("statistics.js", PackageResources.statistics_js),
        ("style.css", PackageResources.style_css),
        ("symbols.js", PackageResources.symbols_js),
    ].map { ($0, String(decoding: $1, as: UTF8.self)) }

    static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a of the text: changes when the file does.
    static func tag(of text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Nothing is loaded from elsewhere, and nobody frames the page. `host` is where the page came from: not all browsers
    /// take `'self'` for its WebSockets too.
    static func policy(host: String?) -> [(name: String, value: String)] {
        let isPlain = host?.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        let sockets = if let host, isPlain == true, !host.isEmpty { " ws://\(host) wss://\(host)" } else { "" }
        return [
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
                    + "connect-src 'self'\(sockets); base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)"),
        ]
    }
}
