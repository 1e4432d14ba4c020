import Foundation
import Live
import Media
import MediaTesting
import Testing
import Timing

/// Real clients over real sockets on loopback.
@Suite(.serialized) struct RoomTests {
    @Test func oneClientConnectsAndWatchesItself() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let member = try rig.join(0)
        #expect(eventually { member.client.report.decoded >= 30 })
        let report = member.client.report
        #expect(report.isConnected)
        #expect(report.undecodable == 0)
        #expect(report.framesPerSecond > 20)
    }

    /// What the last comparison that failed found.
    nonisolated(unsafe) private static var miss = ""

    /// Whether every tile of the mix that `client` sees shows the sample it should.
    private func shows(
        _ client: LoadClient, _ indices: [Int], samples: [Picture], layout: String = "grid"
    ) throws -> Bool {
        guard let picture = client.picture else { return false }
        let tiles = try TileComparison.tiles(layout, count: indices.count, size: picture.size)
        var found: [Int] = []
        for tile in tiles {
            let seen = TileComparison.mosaic(of: picture, in: tile)
            let distances = samples.map {
                TileComparison.distance(TileComparison.mosaic(of: $0, covering: tile), seen)
            }
            guard let nearest = distances.indices.min(by: { distances[$0] < distances[$1] }), distances[nearest] < 12
            else {
                RoomTests.miss = "\(tile): \(distances)"
                return false
            }
            found.append(nearest)
        }
        RoomTests.miss = "\(found)"
        // Who leaves does not make the others change places more than needed: their order is the layout's affair.
        return found.sorted() == indices
    }

    @Test func fiveSeeEveryTileAndHearEverybodyButThemselves() throws {
        let rig = try Rig { $0.loudest = 5 }
        defer { rig.stop() }
        let members = try (0..<5).map { try rig.join($0, decodes: $0 < 2) }
        let samples = try (0..<5).map { try TileComparison.picture(of: try Samples.media($0)) }
        #expect(eventually { members.allSatisfy(\.client.report.isConnected) })
        #expect(try eventually { try shows(members[0].client, [0, 1, 2, 3, 4], samples: samples) })
        #expect(
            try eventually { try shows(members[1].client, [0, 1, 2, 3, 4], samples: samples) }, "\(RoomTests.miss)")
        #expect(rig.server.metrics().contains("\ntessera_video_encodes 1.0\n"))
        // Everybody else's tone is there, under what they say.
        for own in 0..<2 {
            var levels: [Double] = []
            #expect(
                eventually {
                    let sound = members[own].client.sound(seconds: 4)
                    guard sound.count >= 4 * 48_000 else { return false }
                    levels = (0..<5).map { ToneMeter.level(of: Samples.participants[$0].tone, in: sound) }
                    return (0..<5).allSatisfy { $0 == own || levels[$0] > -50 }
                }, "\(levels)")
        }
        // One goes, and so does the tile.
        members[2].client.leave()
        #expect(try eventually { try shows(members[0].client, [0, 1, 3, 4], samples: samples) }, "\(RoomTests.miss)")
    }

    /// With tones alone, since voices have something of every frequency.
    @Test func nobodyHearsThemselves() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let tones = [437.0, 1013.0, 1709.0]
        let members = try tones.indices.map {
            try rig.join($0, media: try Samples.tone(tones[$0], name: "Tone \($0)", like: try Samples.media($0)))
        }
        for own in tones.indices {
            var levels: [Double] = []
            #expect(
                eventually {
                    let sound = members[own].client.sound(seconds: 2)
                    guard sound.count >= 2 * 48_000 else { return false }
                    levels = tones.map { ToneMeter.level(of: $0, in: sound) }
                    return tones.indices.allSatisfy { $0 == own ? levels[$0] < -80 : levels[$0] > -20 }
                }, "\(own): \(levels)")
        }
    }

    @Test func whoIsMutedIsNotHeard() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<2).map { try rig.join($0) }
        let tone = Samples.participants[1].tone
        #expect(
            eventually {
                ToneMeter.level(of: tone, in: members[0].client.sound(seconds: 1)) > -50
            })
        try rig.server.setMuted(room: "test", participant: members[1].joined.participant, muted: true)
        #expect(
            eventually {
                let sound = members[0].client.sound(seconds: 1)
                return sound.count == 48_000 && ToneMeter.level(of: tone, in: sound) < -75
            })
        try rig.server.setMuted(room: "test", participant: members[1].joined.participant, muted: false)
        #expect(
            eventually {
                ToneMeter.level(of: tone, in: members[0].client.sound(seconds: 1)) > -50
            })
    }

    @Test func whoVanishesLosesTheirTile() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<3).map { try rig.join($0, decodes: $0 == 0) }
        let samples = try (0..<3).map { try TileComparison.picture(of: try Samples.media($0)) }
        #expect(try eventually { try shows(members[0].client, [0, 1, 2], samples: samples) })
        members[1].client.vanish()
        // Eight seconds of patience, and the grid's own before it shrinks.
        let began = MonotonicClock.now
        #expect(try eventually(within: 20) { try shows(members[0].client, [0, 2], samples: samples) })
        #expect(MonotonicClock.now - began < MediaTime(seconds: 12))
        // Nobody else noticed.
        #expect(members[0].client.report.freezes == 0)
    }

    @Test func whoOnlyPublishesIsSeenByWhoOnlyWatches() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let publisher = try rig.join(0, kind: .publish)
        let viewers = try (0..<3).map { try rig.join(1 + $0, kind: .view) }
        let samples = try (0..<3).map { try TileComparison.picture(of: try Samples.media($0)) }
        for viewer in viewers {
            #expect(try eventually { try shows(viewer.client, [0], samples: samples) })
            #expect(
                eventually {
                    ToneMeter.level(of: Samples.participants[0].tone, in: viewer.client.sound(seconds: 1)) > -50
                })
        }
        #expect(publisher.client.report.frames == 0)
        let metrics = rig.server.metrics()
        #expect(metrics.contains("\ntessera_video_encodes 1.0\n"))
        #expect(metrics.contains("\ntessera_sound_encodes 1.0\n"))
    }

    @Test func refusalsSayWhatIsWrong() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let valid = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        for (room, offer, statuses) in [
            ("test", "nonsense", [400]), ("test", "", [400]), ("no/room", valid, [400]), ("test", valid, [400, 406]),
        ] {
            do {
                _ = try rig.server.join(JoinRequest(room: room, kind: .session, offer: offer))
                Issue.record("\(offer) was accepted")
            } catch {
                #expect(statuses.contains(error.status), "\(error.status) \(error.detail)")
                #expect(!error.detail.isEmpty && !error.detail.contains("\n"))
            }
        }
        #expect(throws: LiveError.self) { try rig.server.leave(session: "0123") }
        #expect(throws: LiveError.self) { try rig.join(0, view: "no-such-layout") }
    }

    @Test func garbageDisturbsNobody() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let member = try rig.join(0)
        #expect(eventually { member.client.report.decoded > 10 })
        let port = try #require(rig.server.addresses.first { $0.hasPrefix("127.0.0.1") }?.split(separator: ":").last)
        var random = SeededRandom(seed: 7)
        let before = member.client.report.decoded
        let sender = try Garbage(port: try #require(UInt16(port)))
        for _ in 0..<2000 {
            let count = Int(random.next() % 1400) + 1
            sender.send((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        #expect(eventually { member.client.report.decoded > before + 60 })
        #expect(member.client.report.freezes == 0)
        #expect(member.client.report.isConnected)
    }
}

/// A stranger's socket.
private final class Garbage {
    private let descriptor: Int32
    private var address = sockaddr_in()

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, bytes, bytes.count, 0, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
