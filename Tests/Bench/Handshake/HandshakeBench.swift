import Foundation
import SecureTransport
import Timing
import WebRTC

/// What a pending DTLS handshake holds in memory, by what its peer sends before it falls silent: one line of JSON, in
/// bytes. Fails if any is above 64 KB.
@main
enum HandshakeBench {
    static let count = 400
    static let limit = 65_536

    static func main() throws {
        let identity = try Identity()
        func association(isClient: Bool) throws -> DTLSAssociation {
            DTLSAssociation(
                engine: try identity.makeDTLS(isClient: isClient), isClient: isClient,
                fingerprints: [identity.fingerprint])
        }
        var kept: [[DTLSAssociation]] = []
        // One honest client for all: of what a server holds nothing is the client's.
        var client = try association(isClient: true)
        client.start(now: .zero)
        let hello = client.takeDatagrams()
        func measure(_ more: [[UInt8]], sendsHello: Bool = true) throws -> Int {
            var pending: [DTLSAssociation] = []
            pending.reserveCapacity(count)
            let before = resident
            for _ in 0..<count {
                var server = try association(isClient: false)
                for datagram in (sendsHello ? hello : []) + more {
                    _ = server.receive(datagram.span, now: .zero)
                }
                // As the network thread does at once.
                _ = server.takeDatagrams()
                pending.append(server)
            }
            // None is freed, so that no later measure uses its memory again.
            kept.append(pending)
            return (resident - before) / count
        }
        // Tables that are made once.
        _ = try measure([])
        let silent = try measure([], sendsHello: false)
        let honest = try measure([])
        // As much as is let through: messages that never become whole, as long and as many as may be, in the smallest
        // and in the largest pieces, and records that come too early.
        let small = try measure(unfinished(pieces: 16) + early)
        let large = try measure(unfinished(pieces: 1_100) + early)
        print(#"{"silent":\#(silent),"hello":\#(honest),"fragmentsOf16":\#(small),"fragmentsOf1100":\#(large)}"#)
        withExtendedLifetime(kept) {}
        let worst = max(silent, honest, small, large)
        guard worst <= limit else {
            print("a pending handshake holds \(worst) bytes; at most \(limit) are expected")
            exit(1)
        }
    }

    /// Bytes of this process in memory.
    private static var resident: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }

    /// A handshake message of 6,000 bytes, and one of what is left of 8,000, without their last bytes; the pieces of each
    /// from its end to its beginning, with every second one left out.
    private static func unfinished(pieces: Int) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        var number: UInt16 = 1
        for (sequence, length) in [(1, 6_000), (2, 1_600)] {
            for start in stride(from: length - 2 * pieces, through: 0, by: -2 * pieces) {
                let body =
                    [11] + three(length) + [0, UInt8(sequence)] + three(start) + three(pieces)
                    + [UInt8](repeating: 1, count: pieces)
                datagrams.append(record(type: 22, epoch: 0, number: number, body))
                number += 1
            }
        }
        return datagrams
    }

    /// Encrypted records ahead of the flight that they belong to.
    private static var early: [[UInt8]] {
        (0..<16).map { record(type: 22, epoch: 1, number: $0, [UInt8](repeating: 7, count: 200)) }
    }

    private static func record(type: UInt8, epoch: UInt8, number: UInt16, _ body: [UInt8]) -> [UInt8] {
        [type, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, UInt8(number >> 8), UInt8(number & 255)]
            + [UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    private static func three(_ value: Int) -> [UInt8] { [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
}
