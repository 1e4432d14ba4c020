import COpenSSL
import Foundation

/// ICE servers that clients are told of. Those of TURN come with credentials that hold for a while: a name that begins with
/// the second at which it ends, and as password its HMAC-SHA-1 by a secret that is shared with the servers
/// (draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`).
public struct ICEServers: Sendable, Equatable {
    /// TURN servers that share a secret with the service.
    public struct Relay: Sendable, Equatable {
        /// Such as `turn:turn.example.net:3478?transport=udp`.
        public var urls: [String]
        public var secret: String
        /// Seconds for which credentials let somebody in; what was allocated with them may go on.
        public var life: Int

        public init(urls: [String], secret: String, life: Int = 3600) {
            (self.urls, self.secret, self.life) = (urls, secret, life)
        }
    }

    /// Those that ask for no credentials.
    public var urls: [String]
    public var relay: Relay?

    public init(urls: [String] = [], relay: Relay? = nil) { (self.urls, self.relay) = (urls, relay) }

    /// What somebody is told who was let into `room`, at `now` in seconds since 1970.
    func list(for room: String, now: Int = Int(Date().timeIntervalSince1970)) -> [ICEServer] {
        var list = open
        if let relay {
            // A name of its own for each client, so that coturn's quotas tell them apart.
            let client = String(UInt32.random(in: .min ... .max), radix: 36)
            let name = "\(now + relay.life):\(room).\(client)"
            list.append(
                ICEServer(urls: relay.urls, username: name, credential: ICEServers.password(name, relay.secret)))
        }
        return list
    }

    /// What anybody may know.
    var open: [ICEServer] { urls.isEmpty ? [] : [ICEServer(urls: urls)] }

    package static func password(_ name: String, _ secret: String) -> String {
        let (key, message) = (Array(secret.utf8), Array(name.utf8))
        var result = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 20
        HMAC(EVP_sha1(), key, Int32(key.count), message, message.count, &result, &length)
        return Data(result).base64EncodedString()
    }
}

/// As browsers take it in RTCConfiguration.
struct ICEServer: Encodable, Equatable {
    var urls: [String]
    var username: String?
    var credential: String?

    /// Link headers (RFC 9725, section 4.6).
    var links: [(name: String, value: String)] {
        var suffix = "; rel=\"ice-server\""
        if let username, let credential {
            suffix += "; username=\"\(username)\"; credential=\"\(credential)\"; credential-type=\"password\""
        }
        return urls.map { ("Link", "<\($0)>\(suffix)") }
    }
}
