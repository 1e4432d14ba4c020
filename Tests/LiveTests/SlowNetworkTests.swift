import Foundation
import Live
import Media
import MediaTesting
import RTP
import Testing
import Timing
import WebRTC

/// A viewer behind a slow or lossy link gets what that takes, and the others what they always got.
@Suite(.serialized) struct SlowNetworkTests {
    private func rendition(of participant: String, _ rig: Rig) -> String? {
        let lines = rig.server.metrics().split(separator: "\n").filter { $0.hasPrefix("tessera_session_layers{") }
        let line = lines.first { $0.contains("participant=\"\(participant)\"") }
        return line?.split(separator: "rendition=\"").last?.split(separator: "\"").first.map(String.init)
    }

    private func value(_ metric: String, of participant: String, _ rig: Rig) -> Double? {
        let lines = rig.server.metrics().split(separator: "\n").filter { $0.hasPrefix(metric + "{") }
        return lines.first { $0.contains("participant=\"\(participant)\"") }?.split(separator: " ").last
            .flatMap { Double($0) }
    }

    private func number(_ metric: String, _ rig: Rig) -> Double {
        let line = rig.server.metrics().split(separator: "\n").first { $0.hasPrefix(metric + " ") }
        return line?.split(separator: " ").last.flatMap { Double($0) } ?? -1
    }

    @Test(arguments: ["rate=300k,delay=20", "rate=100k,delay=20,loss=20"])
    func slowViewersGetALowerRung(network: String) throws {
        let rig = try Rig()
        defer { rig.stop() }
        let publisher = try rig.join(0)
        let fast = try rig.join(1, kind: .view)
        let full = PictureSize(width: 1280, height: 720)
        #expect(eventually { fast.client.picture?.size == full })
        let slow = try rig.join(2, kind: .view, impairment: Impairment(parsing: network))
        let name = slow.joined.participant
        #expect(eventually { rendition(of: name, rig).map { $0 != "720p30" } ?? false })
        #expect(rendition(of: fast.joined.participant, rig) == "720p30")
        #expect(rendition(of: publisher.joined.participant, rig) == "720p30")
        let before = slow.client.report.soundPackets
        #expect(eventually { slow.client.report.soundPackets > before + 100 })
        #expect(eventually { slow.client.report.decoded > 0 })
        #expect(fast.client.picture?.size == full)
    }

    @Test func soundAloneComesThroughTheSlowest() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let slow = try rig.join(1, kind: .view, impairment: Impairment(parsing: "rate=32k,delay=20"))
        let name = slow.joined.participant
        #expect(eventually { rendition(of: name, rig) == "audio" })
        #expect(eventually { value("tessera_session_lean_sound", of: name, rig) == 1 })
        // What was sent before that has come through, and a second has passed.
        #expect(eventually { slow.client.report.soundPackets > 50 })
        let before = slow.client.currentReport
        #expect(eventually { slow.client.report.soundPackets > before.soundPackets + 100 })
        #expect(slow.client.currentReport.soundLost <= before.soundLost + 5)
        let tone = Samples.participants[0].tone
        #expect(eventually { ToneMeter.level(of: tone, in: slow.client.sound(seconds: 1)) > -50 })
    }

    /// Each variant of the mix is encoded once for all who get it, and only then.
    @Test func lossIsAnsweredByCopiesOfTheSound() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        _ = try rig.join(1, kind: .view)
        #expect(eventually { number("tessera_sound_encodes", rig) == 1 })
        for index in 2..<4 { _ = try rig.join(index, kind: .view, impairment: Impairment(parsing: "loss=15")) }
        #expect(eventually { number("tessera_sound_encodes", rig) == 2 })
    }

    @Test func qualityIsToldOfWhoLosesMuch() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let good = try rig.join(0)
        let poor = try rig.join(1, impairment: Impairment(parsing: "loss=20"))
        let name = poor.joined.participant
        #expect(
            try eventually {
                try rig.server.room("test").participants.contains { $0.id == name && $0.hasPoorNetwork }
            })
        #expect(try rig.server.sessionStatistics(poor.joined.session).quality == .poor)
        #expect(try rig.server.sessionStatistics(good.joined.session).quality == .good)
    }

    /// Estimates of 10 Gbit/s, feedback for what was never sent, reports of loss that there was not.
    @Test func liesChangeNothingForOthers() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let other = try rig.join(0).client
        let liar = try WirePeer(rig.server, over: .udp)
        #expect(liar.run { liar.pictures >= 10 })
        #expect(eventually { other.report.frames >= 30 })
        var (before, frames) = (liar.bytesIn, other.report.frames)
        liar.run(for: 1)
        let usual = liar.bytesIn - before
        (before, frames) = (liar.bytesIn, other.report.frames)
        var base = UInt16(0)
        liar.run(for: 3) {
            base &+= 400
            try? liar.send(isControl: true) { writer in
                try TransportFeedback(
                    sender: SSRC(5), media: SSRC(6), base: base, referenceTime: Int32(base), number: UInt8(base & 255),
                    arrivals: [Int16?](repeating: 0, count: 300)
                ).write(into: &writer)
                try ReceiverBandwidthEstimate(sender: SSRC(5), bitrate: 10_000_000_000, sources: [SSRC(6)])
                    .write(into: &writer)
            }
            return false
        }
        #expect(liar.bytesIn - before < 3 * usual + 1_500_000)
        #expect(other.report.frames >= frames + 45)
        let estimate = value("tessera_session_estimate_bytes_per_second", of: liar.joined.participant, rig) ?? 0
        #expect(estimate <= 20_000_000 / 8)
        #expect(liar.peer.end == nil)
    }

    @Test func goodNetworksAreFoundOutAtOnce() throws {
        let rig = try Rig()
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let viewer = try rig.join(1, kind: .view)
        #expect(
            eventually {
                rig.server.metrics().split(separator: "\n").contains { line in
                    line.hasPrefix("tessera_session_estimate_bytes_per_second{")
                        && line.contains("\"\(viewer.joined.participant)\"")
                        && (line.split(separator: " ").last.flatMap { Double($0) } ?? 0) > 250_000
                }
            })
        #expect(rendition(of: viewer.joined.participant, rig) == "720p30")
        #expect(viewer.client.report.undecodable == 0)
    }
}
