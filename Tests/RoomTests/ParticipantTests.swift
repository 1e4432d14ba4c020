import Layout
import Room
import Testing
import Timing

@Suite struct ParticipantTests {
    @Test func whoJoinsIsAnnouncedAndHasATileOnceConnected() throws {
        var room = Room(now: .zero)
        let joined = try room.join(.init(id: "a", name: "Ada", role: "host"), now: .at(1))
        let ada = try #require(room.participant("a"))
        #expect(joined.kinds == [.joined(ada)])
        #expect(ada.presence == .joining && ada.joined == .at(1) && ada.role == "host")
        room.liveTick(1.1)
        #expect(room.stage.participants.isEmpty)

        let connected = room.connected("a", now: .at(2))
        #expect(connected.changed.map(\.presence) == [.present])
        #expect(connected.actions == [.requestKeyframe(try #require(ada.view))])
        room.liveTick(2.1)
        #expect(room.stage.participants.map(\.id) == ["a"])
        #expect(room.stage.participants[0].role == "host" && room.stage.participants[0].hasPicture)
    }

    @Test func whoOnlyWatchesHasNoTileAndWhoOnlySendsNoView() throws {
        var room = Room(now: .zero)
        let sender = try room.enter("sender", .sender)
        #expect(!sender.actions.contains { if case .makeView = $0 { true } else { false } })
        try room.enter("viewer", .viewer)
        room.liveTick(1)
        #expect(room.stage.participants.map(\.id) == ["sender"])
        #expect(room.participant("sender")?.view == nil)
        #expect(room.viewers(of: try #require(room.participant("viewer")?.view)) == ["viewer"])
    }

    @Test func leavingTakesTheTileAtOnceAndHappensOnce() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        try room.enter("b")
        room.liveTick(1)
        let left = room.leave("a", now: .at(2))
        #expect(room.stage.participants.map(\.id) == ["b"])
        guard case .left(let who, .left) = left.events.first?.kind else {
            Issue.record("\(left)")
            return
        }
        #expect(who.id == "a" && left.events[0].time == .at(2))
        #expect(room.leave("a", now: .at(3)) == RoomOutcome())
    }

    @Test func removingDisconnects() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        let outcome = try room.remove("a", now: .at(1))
        #expect(outcome.actions.first == .disconnect(participant: "a"))
        #expect(room.participants.isEmpty)
        // The connection's own end comes later, and means nothing any more.
        #expect(room.leave("a", now: .at(2)) == RoomOutcome())
        #expect(throws: RoomError.self) { try room.remove("a", now: .at(3)) }
    }

    @Test func aFullRoomRefuses() throws {
        var settings = RoomSettings()
        settings.participantLimit = 2
        var room = Room(settings, now: .zero)
        try room.enter("a")
        try room.enter("b", .viewer)
        do {
            try room.enter("c")
            Issue.record("a third came in")
        } catch let error as RoomError {
            #expect(error.code == .full)
        }
        #expect(room.participants.count == 2)
        _ = room.leave("a", now: .at(1))
        try room.enter("c")
    }

    @Test func whoeverIsLostMakesWayInAFullRoom() throws {
        var settings = RoomSettings()
        settings.participantLimit = 2
        var room = Room(settings, now: .zero)
        try room.enter("a")
        try room.enter("b")
        _ = room.lost("b", now: .at(1))
        let outcome = try room.join(Room.Newcomer(id: "c", name: "c"), now: .at(2))
        #expect(outcome.actions.contains(.disconnect(participant: "b")))
        #expect(room.participants.map(\.id) == ["a", "c"])
        #expect(throws: RoomError.self) { try room.enter("d") }
    }

    @Test func identifiersAreNotSharedAndOrderIsThatOfJoining() throws {
        var room = Room(now: .zero)
        try room.enter("a", at: 5)
        // Clocks are read before locks are taken: who comes second is second whatever time they bring.
        try room.enter("b", at: 4.9)
        #expect(throws: RoomError.self) { try room.enter("a") }
        room.liveTick(6)
        #expect(room.stage.participants.map(\.id) == ["a", "b"])
        #expect(room.stage.participants[0].joined <= room.stage.participants[1].joined)
    }

    // MARK: Mutes

    @Test func ownMuteIsOnesOwn() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        let muted = try room.setMuted(true, .audio, of: "a", by: .oneself, now: .at(1))
        #expect(muted.actions == [.setHeard(participant: "a", false)])
        #expect(muted.changed.first?.mutedByThemselves == [.audio])
        // Nothing new, nothing to be told.
        #expect(try room.setMuted(true, .audio, of: "a", by: .oneself, now: .at(1)) == RoomOutcome())
        // No host opens anybody's microphone.
        _ = try room.setMuted(false, .audio, of: "a", by: .host, now: .at(2))
        #expect(room.participant("a")?.isMuted(.audio) == true)
        let unmuted = try room.setMuted(false, .audio, of: "a", by: .oneself, now: .at(3))
        #expect(unmuted.actions == [.setHeard(participant: "a", true)])
    }

    @Test func whatAHostMutesOnlyAHostLifts() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        _ = try room.setMuted(true, .audio, of: "a", by: .host, now: .at(1))
        do {
            _ = try room.setMuted(false, .audio, of: "a", by: .oneself, now: .at(2))
            Issue.record("undone")
        } catch {
            #expect(error.code == .forbidden)
        }
        room.liveTick(2.5)
        #expect(room.stage.participants[0].isMuted)
        // Muted twice over: the second hand on it changes nothing to hear.
        let both = try room.setMuted(true, .audio, of: "a", by: .oneself, now: .at(3))
        #expect(both.actions.isEmpty && both.changed.count == 1)
        let lifted = try room.setMuted(false, .audio, of: "a", by: .host, now: .at(4))
        #expect(lifted.actions.isEmpty)
        #expect(room.participant("a")?.isMuted(.audio) == true)
        #expect(
            try room.setMuted(false, .audio, of: "a", by: .oneself, now: .at(5)).actions
                == [.setHeard(participant: "a", true)])
    }

    @Test func aRoomMayLeaveItToItsParticipants() throws {
        var settings = RoomSettings()
        settings.allowsOwnUnmute = true
        var room = Room(settings, now: .zero)
        try room.enter("a")
        _ = try room.setMuted(true, .audio, of: "a", by: .host, now: .at(1))
        _ = try room.setMuted(false, .audio, of: "a", by: .oneself, now: .at(2))
        #expect(room.participant("a")?.isMuted(.audio) == false)
    }

    @Test func aMutedCameraIsAnAvatarAtOnce() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        room.liveTick(1)
        #expect(room.stage.participants[0].hasPicture)
        let muted = try room.setMuted(true, .video, of: "a", by: .host, now: .at(1))
        #expect(!muted.actions.contains(.setHeard(participant: "a", false)))
        room.liveTick(1.033)
        #expect(!room.stage.participants[0].hasPicture && !room.stage.participants[0].isFrozen)
        // And is not decoded, whatever tile it has.
        let seen: Set<TileContent> = [.camera(participant: "a")]
        #expect(room.show(seen) == [.setSeen(participant: "a", isScreen: false, false)])
        _ = try room.setMuted(false, .video, of: "a", by: .host, now: .at(2))
        #expect(room.show(seen) == [.setSeen(participant: "a", isScreen: false, true)])
    }

    @Test func rolesChange() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        #expect(try room.setRole("host", of: "a", now: .at(1)).changed.map(\.role) == ["host"])
        #expect(try room.setRole("host", of: "a", now: .at(1)) == RoomOutcome())
        room.liveTick(2)
        #expect(room.stage.participants[0].role == "host")
        #expect(throws: RoomError.self) { try room.setRole("host", of: "z", now: .at(1)) }
    }

    // MARK: The room itself

    @Test func closingSendsEverybodyAway() throws {
        var room = Room(now: .zero)
        var runner = Runner()
        runner.carryOut(try room.enter("a"))
        runner.carryOut(try room.enter("b", choice: ViewChoice(layout: "speaker")))
        _ = room.recordingStarted("r", by: "A", now: .at(1))
        let outcome = room.close(now: .at(2))
        runner.carryOut(outcome)
        #expect(runner.disconnected == ["a", "b"] && runner.views.isEmpty && runner.faults.isEmpty)
        #expect(outcome.kinds.last == .closed)
        #expect(outcome.kinds.contains(.recording([])))
        #expect(room.close(now: .at(3)) == RoomOutcome())
        do {
            try room.enter("c")
            Issue.record("a closed room was entered")
        } catch let error as RoomError {
            #expect(error.code == .closed)
        }
    }

    @Test func anAbandonedRoomCloses() throws {
        var room = Room(now: .zero)
        // Whoever opened it may need a while to come.
        #expect(room.closeIfAbandoned(now: .at(20)) == RoomOutcome())
        try room.enter("a", at: 21)
        #expect(room.closeIfAbandoned(now: .at(100)) == RoomOutcome())
        _ = room.leave("a", now: .at(101))
        #expect(room.closeIfAbandoned(now: .at(101)).kinds == [.closed])

        var settings = RoomSettings()
        settings.emptyFor = .at(300)
        var kept = Room(settings, now: .zero)
        try kept.enter("a")
        _ = kept.leave("a", now: .at(10))
        #expect(kept.closeIfAbandoned(now: .at(309)) == RoomOutcome())
        #expect(kept.closeIfAbandoned(now: .at(310)).kinds == [.closed])

        settings.emptyFor = nil
        var lasting = Room(settings, now: .zero)
        #expect(lasting.closeIfAbandoned(now: .at(1e6)) == RoomOutcome())
    }

    @Test func recordingIsShownToEverybody() throws {
        var room = Room(now: .zero)
        try room.enter("a")
        let started = room.recordingStarted("r1", by: "Ada", now: .at(1))
        guard case .recording(let marks) = started.kinds.first else {
            Issue.record("\(started)")
            return
        }
        #expect(marks.map(\.id) == ["r1"] && marks[0].by == "Ada" && marks[0].since == .at(1))
        #expect(room.recordingStarted("r1", by: "Ada", now: .at(2)) == RoomOutcome())
        #expect(try room.recordingEnded("r1", now: .at(3)).kinds == [.recording([])])
        #expect(throws: RoomError.self) { try room.recordingEnded("r1", now: .at(4)) }
    }
}
