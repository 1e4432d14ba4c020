import Foundation
import Layout
import Live
import Media
import MediaTesting
import Testing
import Timing

/// What hosts and participants do to a room, and what happens to it, seen by real clients.
@Suite(.serialized) struct ConferenceTests {
    /// The status with which `body` is refused; 200 if it is not.
    private func status(_ body: () throws -> Void) -> Int {
        do {
            try body()
            return 200
        } catch {
            return (error as? LiveError)?.status ?? -1
        }
    }

    /// How colourful a part of a picture is: mean distance of its chroma from grey.
    private func colour(of picture: Picture, in tile: PixelRect) -> Double {
        let mosaic = TileComparison.mosaic(of: picture, in: tile)
        let chroma = mosaic.dropFirst(TileComparison.columns * TileComparison.rows)
        return chroma.reduce(0) { $0 + abs($1 - 128) } / Double(chroma.count)
    }

    @Test func whoVanishesIsGreyThenGoneAndWhoLeavesIsGoneAtOnce() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<4).map { try rig.join($0, decodes: $0 == 0) }
        let size = PictureSize(width: 1280, height: 720)
        let four = try TileComparison.tiles("grid", count: 4, size: size)
        let two = try TileComparison.tiles("grid", count: 2, size: size)
        func colours(_ tiles: [PixelRect]) -> [Double] {
            members[0].client.picture.map { picture in tiles.map { colour(of: picture, in: $0) } } ?? []
        }
        #expect(eventually { colours(four).allSatisfy { $0 > 4 } && members[0].client.report.decoded > 30 })
        #expect(eventually { rigDetail(rig)?.participants.count { $0.hasCamera } == 4 })
        for member in members { member.client.restartFigures() }

        // One says goodbye and one loses power, at once.
        let began = MonotonicClock.now
        members[3].client.leave()
        members[1].client.vanish()
        #expect(eventually { rigDetail(rig)?.participants.map(\.id).contains(members[3].joined.participant) == false })
        #expect(eventually { rigDetail(rig)?.participants[1].isFrozen == true })
        #expect(MonotonicClock.now - began >= MediaTime(seconds: 1.9))
        #expect(eventually { colours(four).count == 4 && colours(four)[1] < 1.5 && colours(four)[0] > 4 })
        #expect(eventually { rigDetail(rig)?.participants[1].presence == "lost" })
        #expect(MonotonicClock.now - began < MediaTime(seconds: 9))
        #expect(eventually { colours(two).allSatisfy { $0 > 4 } && rigDetail(rig)?.participants.count == 3 })
        for index in [0, 2] {
            #expect(members[index].client.report.freezes == 0)
            #expect(members[index].client.report.isConnected)
        }
    }

    private func rigDetail(_ rig: Rig) -> RoomDetail? { try? rig.server.room("test") }

    @Test func aHostsMuteIsSilenceThatOnlyAHostEnds() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<2).map { try rig.join($0) }
        let tone = Samples.participants[1].tone
        func hears(_ limit: (Double) -> Bool) -> Bool {
            eventually {
                let sound = members[0].client.sound(seconds: 1)
                return sound.count == 48_000 && limit(ToneMeter.level(of: tone, in: sound))
            }
        }
        #expect(hears { $0 > -50 })
        let (id, session) = (members[1].joined.participant, members[1].joined.session)
        try rig.server.setMuted(room: "test", participant: id, media: .audio, muted: true)
        #expect(hears { $0 < -75 })
        #expect(
            status { try rig.server.setMuted(session: session, in: "test", media: .audio, muted: false) } == 403)
        #expect(try rig.server.room("test").participants[1].mutedByHost == ["audio"])
        try rig.server.setMuted(room: "test", participant: id, media: .audio, muted: false)
        #expect(hears { $0 > -50 })
        // Muted cameras are not decoded and not shown.
        try rig.server.setMuted(session: session, in: "test", media: .video, muted: true)
        #expect(eventually { rigDetail(rig)?.participants[1].hasCamera == false })
        try rig.server.setMuted(session: session, in: "test", media: .video, muted: false)
        #expect(eventually { rigDetail(rig)?.participants[1].hasCamera == true })
    }

    @Test func aFifthViewIsRefused() throws {
        let rig = try Rig { $0.canvas = PictureSize(width: 320, height: 180) }
        defer { rig.stop() }
        _ = try rig.join(0, kind: .publish)
        let layouts = ["grid", "speaker", "pip", "single"]
        let viewers = try layouts.indices.map { try rig.join($0, kind: .view, view: layouts[$0]) }
        #expect(eventually { viewers.allSatisfy { $0.client.report.decoded > 10 } })
        #expect(status { _ = try rig.join(4, kind: .view, view: "filmstrip") } == 409)
        let fifth = try rig.join(5, kind: .view, view: "pip")
        let view = ViewSettings(layout: "filmstrip")
        #expect(status { try rig.server.setView(session: fifth.joined.session, in: "test", view) } == 409)
        #expect(eventually { fifth.client.report.decoded > 10 })
        #expect(try rig.server.room("test").participants.last?.view == "pip")
        #expect(rig.server.metrics().contains("\ntessera_video_encodes 4.0\n"))
        // The one who alone has it changes it, and goes on without a new encode.
        let before = viewers[3].client.report.decoded
        try rig.server.setView(session: viewers[3].joined.session, in: "test", view)
        #expect(eventually { viewers[3].client.report.decoded > before + 30 })
        #expect(try rig.server.room("test").views == ["filmstrip", "grid", "pip", "speaker"])
        for viewer in viewers { #expect(viewer.client.report.undecodable == 0) }
    }

    /// Before the network thread has followed.
    @Test func aPlaceIsFreeAsSoonAsSomebodyHasLeft() throws {
        let rig = try Rig { $0.participantLimit = 1 }
        defer { rig.stop() }
        for index in 0..<5 {
            let member = try rig.join(index, kind: .view)
            #expect(status { _ = try rig.join(index, kind: .view) } == 503)
            try rig.server.leave(session: member.joined.session)
            #expect(rig.server.listRooms().isEmpty)
        }
    }

    @Test func viewersOfOneRoomAreNotOfAnother() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let here = try rig.join(0, room: "here").joined.session
        _ = try rig.join(1, room: "there")
        #expect(status { try rig.server.leave(session: here, in: "there") } == 404)
        #expect(
            status { _ = try rig.server.trickle(session: here, in: "there", fragment: "", ifMatch: nil) } == 404)
        #expect(status { try rig.server.setView(session: here, in: "there", ViewSettings()) } == 404)
        #expect(status { _ = try rig.server.sessionStatistics(here, in: "there") } == 404)
        #expect(status { try rig.server.setMuted(session: here, in: "there", media: .audio, muted: true) } == 404)
        #expect(rig.server.listRooms().map(\.participants) == [1, 1])
        try rig.server.leave(session: here, in: "here")
        #expect(eventually { rig.server.listRooms().map(\.name) == ["there"] })
    }

    @Test func observersAreToldInOrderAndOfWhatTheyMissed() throws {
        let rig = try Rig()
        defer { rig.stop() }
        try rig.server.createRoom("test", RoomOptions(participantLimit: 2, layout: "speaker"))
        #expect(status { try rig.server.createRoom("test") } == 409)
        #expect(status { try rig.server.createRoom("other", RoomOptions(layout: "nonsense")) } == 422)
        #expect(status { _ = try rig.server.observe(room: "other") } == 404)
        let attentive = try rig.server.observe(room: "test")
        let slow = try rig.server.observe(room: "test", limit: 2)
        #expect(attentive.start.layout == "speaker" && attentive.start.participants.isEmpty)

        let member = try rig.join(0)
        let id = member.joined.participant
        var events: [LiveEvent] = []
        #expect(
            eventually {
                events += attentive.take().events
                return events.contains { $0.type == "active-speaker" }
            })
        _ = try rig.join(1)
        #expect(status { _ = try rig.join(2) } == 503)
        try rig.server.setRole(room: "test", participant: id, role: "host")
        try rig.server.pin(room: "test", participant: id)
        try rig.server.setLayout(room: "test", layout: "grid")
        try rig.server.recordingStarted(room: "test", recording: "r1", by: "Ada")
        #expect(rig.server.listRooms().first?.isRecorded == true)
        try rig.server.remove(room: "test", participant: id)
        #expect(eventually { !member.client.report.isConnected })
        try rig.server.closeRoom("test")
        let (rest, lost) = attentive.take()
        events += rest
        #expect(lost == 0)
        #expect(events.first?.type == "participant-joined")
        let types = events.map(\.type)
        for (before, after) in [
            ("participant-joined", "active-speaker"), ("active-speaker", "pinned"), ("pinned", "layout"),
            ("layout", "recordings"), ("recordings", "participant-left"), ("participant-left", "closed"),
        ] {
            let (first, second) = (types.firstIndex(of: before), types.lastIndex(of: after))
            #expect(first != nil && second != nil && first ?? 0 < second ?? 0, "\(before) \(after) \(types)")
        }
        #expect(types.last == "closed")
        #expect(events.map(\.time) == events.map(\.time).sorted())
        let missed = slow.take()
        #expect(missed.events.map(\.type).last == "closed" && missed.events.count == 2)
        #expect(missed.lost == events.count - 2)
        let json = try JSONEncoder().encode(events)
        #expect(String(decoding: json, as: UTF8.self).contains("\"type\":\"closed\""))
        #expect(rig.server.listRooms().isEmpty)
    }

    @Test func layoutsComeByNameAndNeverByPath() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "layouts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try #require(BuiltInLayouts.text(of: "pip"))
        try Data(text.utf8).write(to: folder.appending(path: "house.json"))
        try Data("{".utf8).write(to: folder.appending(path: "broken.json"))
        let rig = try Rig { $0.layoutFolders = [folder.path] }
        defer { rig.stop() }
        try rig.server.createRoom("test")
        #expect(rig.server.layoutNames.contains("house"))
        for bad in [
            "../house", folder.path + "/house", folder.path + "/house.json", "house.json", "", ".", "/etc/passwd",
            "house\u{0}", "%2e%2e/house", String(repeating: "a", count: 5000), "broken",
        ] {
            do {
                try rig.server.setLayout(room: "test", layout: bad)
                Issue.record("\(bad.prefix(80)) was taken")
            } catch {
                #expect(error.status == 422 && !error.detail.contains(folder.path))
            }
        }
        try rig.server.setLayout(room: "test", layout: "house")
        // Or as the text of a layout file.
        let name = try rig.server.addLayout(Array(text.utf8))
        #expect(try rig.server.addLayout(Array(text.utf8)) == name)
        try rig.server.setLayout(room: "test", layout: name)
        #expect(try rig.server.room("test").layout == name)
        #expect(status { _ = try rig.server.addLayout(Array("{\"root\": 3}".utf8)) } == 422)
    }

    @Test func withoutSelfLeavesOutOnesOwnTile() throws {
        let rig = try Rig()
        defer { rig.stop() }
        let members = try (0..<2).map { try rig.join($0, decodes: $0 == 0) }
        #expect(eventually { members[0].client.report.decoded > 10 })
        try rig.server.setView(
            session: members[0].joined.session, in: "test", ViewSettings(withoutSelf: true))
        let sample = try TileComparison.picture(of: try Samples.media(1))
        let whole = PixelRect(x: 0, y: 0, width: 1280, height: 720)
        #expect(
            eventually {
                guard let picture = members[0].client.picture else { return false }
                let tile = (try? TileComparison.tiles("grid", count: 1, size: picture.size))?.first ?? whole
                return TileComparison.distance(
                    TileComparison.mosaic(of: sample, covering: tile), TileComparison.mosaic(of: picture, in: tile))
                    < 12
            })
    }
}
