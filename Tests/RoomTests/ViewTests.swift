import Layout
import Room
import Testing
import Timing

@Suite struct ViewTests {
    @Test func whoChooseAlikeShare() throws {
        var room = Room(now: .zero)
        var runner = Runner()
        for id in ["a", "b", "c"] { runner.carryOut(try room.enter(id)) }
        #expect(runner.views.count == 1)
        // To name the room's own layout is to choose it.
        runner.carryOut(try room.enter("d", choice: ViewChoice(layout: "grid")))
        #expect(runner.views.count == 1)
        runner.carryOut(try room.setView(ViewChoice(layout: "speaker"), of: "a", now: .at(1)))
        runner.carryOut(try room.setView(ViewChoice(layout: "speaker"), of: "b", now: .at(1)))
        #expect(runner.views.count == 2)
        #expect(runner.watches["a"] == runner.watches["b"] && runner.watches["a"] != runner.watches["c"])
        // Other pins are other views; so are other layouts.
        runner.carryOut(try room.setView(ViewChoice(layout: "speaker", pinned: "c"), of: "b", now: .at(2)))
        #expect(runner.views.count == 3)
        for id in ["a", "b", "c", "d"] { runner.carryOut(room.leave(id, now: .at(3))) }
        #expect(runner.views.isEmpty && runner.faults.isEmpty)
    }

    @Test func aFifthViewIsRefusedAndTheViewerKeepsTheirs() throws {
        var room = Room(now: .zero)
        for (id, layout) in [("a", "grid"), ("b", "speaker"), ("c", "pip"), ("d", "single"), ("e", "grid")] {
            try room.enter(id, choice: ViewChoice(layout: layout))
        }
        let before = room.participant("e")
        do {
            _ = try room.setView(ViewChoice(layout: "filmstrip"), of: "e", now: .at(1))
            Issue.record("a fifth view was made")
        } catch {
            #expect(error.code == .tooManyViews)
        }
        #expect(room.participant("e") == before && room.views.count == 4)
        #expect(throws: RoomError.self) { try room.enter("f", choice: ViewChoice(layout: "filmstrip")) }
        #expect(room.participant("f") == nil)
        try room.enter("f", choice: ViewChoice(layout: "pip"))
        // Somebody who alone watches a view may change it.
        let changed = try room.setView(ViewChoice(layout: "filmstrip"), of: "d", now: .at(2))
        #expect(
            changed.actions == [
                .changeView(try #require(room.participant("d")?.view), ViewContent(layout: "filmstrip"))
            ])
        // And an existing one may be joined.
        let joined = try room.setView(ViewChoice(layout: "pip"), of: "e", now: .at(3))
        #expect(joined.actions.count == 2)
    }

    @Test func withoutSelfIsAViewOfOnesOwn() throws {
        var room = Room(now: .zero)
        try room.enter("a", choice: ViewChoice(withoutSelf: true))
        try room.enter("b", choice: ViewChoice(withoutSelf: true))
        #expect(room.views.count == 2)
        // Who has no tile has none to leave out.
        try room.enter("c", .viewer, choice: ViewChoice(withoutSelf: true))
        try room.enter("d", .viewer)
        #expect(room.views.count == 3)
    }

    @Test func theRoomsLayoutTakesItsFollowersAlongWithoutANewEncode() throws {
        var room = Room(now: .zero)
        var runner = Runner()
        for id in ["a", "b"] { runner.carryOut(try room.enter(id)) }
        let view = try #require(room.participant("a")?.view)
        let outcome = try room.setLayout("speaker", now: .at(1))
        #expect(outcome.actions == [.changeView(view, ViewContent(layout: "speaker"))])
        #expect(outcome.kinds == [.layout("speaker")])
        runner.carryOut(outcome)
        // Who wants the old one gets a view of their own, and who then follows the new layout into one that exists
        // shares that.
        runner.carryOut(try room.setView(ViewChoice(layout: "grid"), of: "a", now: .at(2)))
        #expect(runner.views.count == 2)
        runner.carryOut(try room.setLayout("grid", now: .at(3)))
        #expect(runner.views.count == 1 && runner.watches["a"] == runner.watches["b"])
        #expect(try room.setLayout("grid", now: .at(4)) == RoomOutcome())
        #expect(runner.faults.isEmpty)
    }

    @Test func aLayoutThatMakesOneViewTooManyIsRefused() throws {
        var settings = RoomSettings()
        settings.viewLimit = 2
        var room = Room(settings, now: .zero)
        try room.enter("a")
        try room.enter("b", choice: ViewChoice(layout: "grid"))
        try room.enter("c", choice: ViewChoice(layout: "pip"))
        #expect(throws: RoomError.self) { try room.setLayout("speaker", now: .at(1)) }
        #expect(room.layout == "grid" && room.views.count == 2)
        _ = try room.setLayout("pip", now: .at(2))
        #expect(room.participant("a")?.view == room.participant("c")?.view)
    }

    @Test func aPinEndsWithWhomItPinned() throws {
        var room = Room(now: .zero)
        var runner = Runner()
        for id in ["a", "b", "c"] { runner.carryOut(try room.enter(id)) }
        runner.carryOut(try room.setView(ViewChoice(pinned: "c"), of: "a", now: .at(1)))
        #expect(runner.views.count == 2)
        runner.carryOut(room.leave("c", now: .at(2)))
        #expect(runner.views.count == 1 && runner.watches["a"] == runner.watches["b"])
        #expect(throws: RoomError.self) { try room.setView(ViewChoice(pinned: "c"), of: "a", now: .at(3)) }
        // Who arrives with a pin that is out of date comes in all the same.
        try room.enter("d", choice: ViewChoice(pinned: "c"))
        #expect(room.participant("d")?.choice == ViewChoice())
    }

    @Test func whoOnlySendsWatchesNothing() throws {
        var room = Room(now: .zero)
        try room.enter("a", .sender, choice: ViewChoice(layout: "speaker"))
        #expect(room.views.isEmpty)
        do {
            _ = try room.setView(ViewChoice(), of: "a", now: .at(1))
            Issue.record("a sender watches")
        } catch {
            #expect(error.code == .watchesNothing)
        }
    }

    @Test func itIsNeverLeavingThatMakesAView() throws {
        var room = Room(now: .zero)
        // The only two viewers pin each other's neighbour; nobody watches the room's own view.
        for id in ["a", "b"] { try room.enter(id, .sender) }
        try room.enter("c", .viewer, choice: ViewChoice(pinned: "a"))
        try room.enter("d", .viewer, choice: ViewChoice(pinned: "b"))
        let outcome = room.leave("a", now: .at(1))
        #expect(!outcome.actions.contains { if case .makeView = $0 { true } else { false } })
    }

    @Test func aRecordingIsAViewer() throws {
        var settings = RoomSettings()
        settings.viewLimit = 2
        var room = Room(settings, now: .zero)
        var runner = Runner()
        runner.carryOut(try room.enter("a"))
        // What is watched already is shared.
        runner.carryOut(try room.record("r", by: nil, choice: ViewChoice(), now: .at(1)))
        #expect(room.views.count == 1 && room.recorders.map(\.view) == [room.participants[0].view])
        #expect(throws: RoomError.self) { try room.record("s", by: nil, choice: nil, now: .at(2)) }
        // It follows the room's layout, and keeps its view when nobody else is left.
        runner.carryOut(try room.setLayout("speaker", now: .at(3)))
        #expect(room.views.values.map(\.layout) == ["speaker"])
        runner.carryOut(try room.setView(ViewChoice(layout: "pip"), of: "a", now: .at(4)))
        #expect(Set(room.views.values.map(\.layout)) == ["speaker", "pip"])
        #expect(throws: RoomError.self) { _ = try room.enter("b", choice: ViewChoice(layout: "single")) }
        runner.carryOut(try room.recordingPaused("r", true, now: .at(5)))
        #expect(room.recordings.map(\.isPaused) == [true])
        runner.carryOut(try room.recordingEnded("r", now: .at(6)))
        #expect(room.views.values.map(\.layout) == ["pip"] && room.recorders.isEmpty)
        runner.carryOut(try room.record("t", by: nil, choice: ViewChoice(layout: "grid"), now: .at(7)))
        runner.carryOut(room.close(now: .at(8)))
        #expect(runner.views == room.views && runner.views.isEmpty && runner.faults.isEmpty)
    }
}
