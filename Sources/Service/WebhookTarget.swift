import COpenSSL
import Foundation
package import Layout

/// Where webhooks go. Only the configuration names targets, never a request.
public struct WebhookTarget: Sendable {
    /// http or https; also what its messages are filed under while they wait.
    public let url: String
    private let secret: [UInt8]
    /// What it is told; all if empty.
    private let events: [String]

    /// All that there are.
    public static let events = [
        "room.started", "room.ended", "participant.joined", "participant.left", "recording.started",
        "recording.finished", "recording.failed", "archive.finished", "archive.failed", "archive.cancelled",
    ]

    /// - Parameters:
    ///   - secret: what messages are signed with, of 16 bytes at least; after `whsec_` it is read as base64.
    ///   - events: of ``events``, or as `room.*`; empty for all.
    public init(url: String, secret: String, events: [String] = []) throws(ServiceError) {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme?.lowercased()),
            let host = parts.host, !host.isEmpty, parts.user == nil, url.utf8.count <= 2000,
            url.utf8.allSatisfy({ (33...126).contains($0) })
        else { throw ServiceError("url: expected as https://example.net/hook, without a user") }
        let bytes =
            secret.hasPrefix("whsec_")
            ? Data(base64Encoded: String(secret.dropFirst(6))).map { Array($0) } : Array(secret.utf8)
        guard let bytes, bytes.count >= 16 else {
            throw ServiceError("secret: expected 16 bytes or more, or whsec_ and their base64")
        }
        for event in events where !WebhookTarget.matches(event) {
            throw ServiceError("events: '\(event)' is none of \(WebhookTarget.events.joined(separator: ", "))")
        }
        (self.url, self.secret, self.events) = (url, bytes, events)
    }

    /// Reads `[{"url", "secret", "events"}]`, as it stands in a configuration.
    package static func read(_ value: JSONValue) throws(ServiceError) -> [WebhookTarget] {
        guard case .array(let values) = value else { throw ServiceError("expected a list of objects") }
        var targets: [WebhookTarget] = []
        for (index, value) in values.enumerated() {
            do throws(ServiceError) {
                let target = try WebhookTarget(value)
                guard !targets.contains(where: { $0.url == target.url }) else {
                    throw ServiceError("url: is there twice; name all events of it in one object")
                }
                targets.append(target)
            } catch {
                throw ServiceError("[\(index)].\(error.description)")
            }
        }
        return targets
    }

    private init(_ value: JSONValue) throws(ServiceError) {
        guard case .object(let members) = value else {
            throw ServiceError("url: expected an object with url and secret")
        }
        var (url, secret, events): (String?, String?, [String]) = (nil, nil, [])
        for member in members {
            switch (member.name, member.value) {
            case ("url", .string(let text)): url = text
            case ("secret", .string(let text)): secret = text
            case ("events", .array(let list)):
                for value in list {
                    guard case .string(let text) = value else { throw ServiceError("events: expected texts") }
                    events.append(text)
                }
            case ("url", _), ("secret", _): throw ServiceError("\(member.name): expected text")
            case ("events", _): throw ServiceError("events: expected a list of texts")
            default: throw ServiceError("\(member.name): unknown; expected url, secret or events")
            }
        }
        guard let url else { throw ServiceError("url: is missing") }
        guard let secret else { throw ServiceError("secret: is missing; messages are signed with it") }
        try self.init(url: url, secret: secret, events: events)
    }

    private static func matches(_ wish: String) -> Bool {
        events.contains { wish == $0 || (wish.hasSuffix(".*") && $0.hasPrefix(wish.dropLast())) }
    }

    func wants(_ event: String) -> Bool {
        events.isEmpty || events.contains { $0 == event || ($0.hasSuffix(".*") && event.hasPrefix($0.dropLast())) }
    }

    /// By the rules of standardwebhooks.com: `v1,` and the base64 of an HMAC-SHA-256 of identifier, time and body.
    package func signature(id: String, time: Int, body: String) -> String {
        let message = Array("\(id).\(time).\(body)".utf8)
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        HMAC(EVP_sha256(), secret, Int32(secret.count), message, message.count, &code, &length)
        return "v1," + Data(code).base64EncodedString()
    }
}
