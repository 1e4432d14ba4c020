import Layout
import Room
import Testing
import Timing

@Suite struct TickTests {
    private func tick(_ room: inout Room, _ seconds: Double, camera: Double?, screen: Double? = nil) -> RoomOutcome {
        room.tick(
            [
                MediaFacts(
                    participant: "a", camera: camera.map { .at($0) }, screen: screen.map { .at($0) }, aspect: 1.5)
            ], at: .at(seconds))
    }

    @Test func aPictureThatStopsIsFrozenThenGone() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        _ = tick(&room, 0.1, camera: nil)
        #expect(!room.stage.participants[0].hasPicture && !room.stage.participants[0].isFrozen)
        #expect(tick(&room, 1, camera: 1).changed.map(\.hasPicture) == [true])
        #expect(room.stage.participants[0].pictureAspect == 1.5)
        #expect(tick(&room, 2.99, camera: 1) == RoomOutcome())
        #expect(!room.stage.participants[0].isFrozen)
        #expect(tick(&room, 3, camera: 1).changed.map(\.isFrozen) == [true])
        #expect(room.stage.participants[0].isFrozen && room.stage.participants[0].hasPicture)
        _ = tick(&room, 8.9, camera: 1)
        #expect(room.stage.participants[0].isFrozen)
        #expect(tick(&room, 9, camera: 1).changed.map(\.hasPicture) == [false])
        // Still there, with an avatar: they may have only stopped their camera.
        #expect(room.stage.participants.count == 1 && !room.stage.participants[0].isFrozen)
        _ = tick(&room, 20, camera: 20)
        #expect(room.stage.participants[0].hasPicture)
    }

    @Test func whoIsSilentStaysWithAnAvatar() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        for second in stride(from: 0.0, to: 3600, by: 60) { _ = tick(&room, second, camera: nil) }
        #expect(room.stage.participants.map(\.id) == ["a"])
    }

    @Test func whoIsLostHasNoTileUntilHeardAgain() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        try room.enter("b")
        room.liveTick(1)
        #expect(room.lost("a", now: .at(8)).changed.map(\.presence) == [.lost])
        #expect(room.lost("a", now: .at(8.5)) == RoomOutcome())
        room.liveTick(8.1)
        #expect(room.stage.participants.map(\.id) == ["b"])
        _ = room.heardAgain("a", now: .at(9))
        room.liveTick(9.1)
        #expect(room.stage.participants.map(\.id) == ["a", "b"])
    }

    @Test func whoHasNotComeCannotBeLost() throws {
        var room = Room(now: .zero)
        _ = try room.join(.init(id: "a", name: "A"), now: .zero)
        #expect(room.lost("a", now: .at(8)) == RoomOutcome())
        #expect(room.participant("a")?.presence == .joining)
    }

    @Test func aScreenIsASecondPicture() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        _ = tick(&room, 1, camera: 1)
        #expect(!room.stage.participants[0].sharesScreen)
        #expect(tick(&room, 2, camera: 2, screen: 2).changed.map(\.sharesScreen) == [true])
        #expect(room.stage.participants[0].sharesScreen && room.stage.participants[0].hasPicture)
        // A still slide sends little, but never nothing for so long.
        _ = tick(&room, 9.9, camera: 9.9, screen: 2)
        #expect(room.stage.participants[0].sharesScreen)
        #expect(tick(&room, 10, camera: 10, screen: 2).changed.map(\.sharesScreen) == [false])
    }

    @Test func theFloorChangesWithHysteresis() throws {
        var room = Room(now: .zero)
        for id in ["a", "b", "c"] { try room.enter(id) }
        var changes: [String?] = []
        var seconds = 0.0
        func run(_ room: inout Room, for duration: Double, _ levels: [String: Float]) {
            let end = seconds + duration
            while seconds < end {
                for case .activeSpeaker(let id) in room.liveTick(seconds, levels: levels).kinds { changes.append(id) }
                seconds += 1.0 / 30
            }
        }
        run(&room, for: 1, [:])
        #expect(changes == ["a"])
        run(&room, for: 0.3, ["b": -20])
        run(&room, for: 1, [:])
        #expect(changes == ["a"], "a cough")
        run(&room, for: 2, ["b": -20])
        #expect(changes == ["a", "b"])
        run(&room, for: 2, ["b": -20, "c": -21])
        #expect(room.activeSpeaker == "b", "two at once: the one who has it keeps it")
        run(&room, for: 3, ["c": -21])
        #expect(changes == ["a", "b", "c"])
        _ = try room.setMuted(true, .audio, of: "c", by: .host, now: .at(seconds))
        run(&room, for: 3, ["a": -40, "c": -10])
        #expect(changes == ["a", "b", "c", "a"], "who is muted does not speak")
        _ = room.leave("a", now: .at(seconds))
        run(&room, for: 1, [:])
        #expect(room.activeSpeaker == "c", "whoever spoke last before")
    }

    @Test func factsOfWhoIsGoneAndOfWhoIsNewAreNoTrouble() throws {
        var room = Room(now: .zero)
        for id in ["a", "b", "c"] { try room.enter(id) }
        let facts = ["a", "b", "c"].map { MediaFacts(participant: $0, camera: .at(1)) }
        _ = room.leave("b", now: .at(1))
        try room.enter("d", at: 1)
        _ = room.tick(facts, at: .at(1))
        #expect(room.stage.participants.map(\.id) == ["a", "c", "d"])
        #expect(room.stage.participants.map(\.hasPicture) == [true, true, false])
    }

    @Test func onlyWhatIsSeenIsDecoded() throws {
        var room = Room(now: .zero)
        for id in ["a", "b"] { try room.enter(id) }
        room.liveTick(1)
        let both: Set<TileContent> = [.camera(participant: "a"), .camera(participant: "b")]
        #expect(room.show(both).isEmpty, "who is new is decoded already")
        #expect(
            room.show([.camera(participant: "a"), .avatar(participant: "b")])
                == [.setSeen(participant: "b", isScreen: false, false)])
        #expect(room.show([.camera(participant: "a")]).isEmpty)
        #expect(room.show(both) == [.setSeen(participant: "b", isScreen: false, true)])
    }

    @Test func pinsAndOmissionsAreTheViewsOwn() throws {
        var room = Room(now: .zero)
        for id in ["a", "b"] { try room.enter(id) }
        room.liveTick(1)
        #expect(room.stage(for: ViewContent(layout: "grid")).pinned == nil)
        #expect(room.stage(for: ViewContent(layout: "grid", pinned: "b")).pinned == "b")
        #expect(room.stage(for: ViewContent(layout: "grid", omitted: "a")).participants.map(\.id) == ["b"])
        #expect(try room.pin("a", now: .at(2)).kinds == [.pinned("a")])
        #expect(room.stage(for: ViewContent(layout: "grid")).pinned == "a")
        #expect(room.stage(for: ViewContent(layout: "grid", pinned: "b")).pinned == "b")
        #expect(room.leave("a", now: .at(3)).kinds.contains(.pinned(nil)))
        #expect(throws: RoomError.self) { try room.pin("a", now: .at(4)) }
    }
}
