import Layout
import Testing
import Timing

/// Who has the floor, over time.
@Suite struct SpeechTests {
    private func meeting(_ count: Int = 3) throws -> Meeting { Meeting(try builtIn("single"), stage(count)) }

    @Test func untilSomebodySpeaksTheFirstHasTheFloor() throws {
        var meeting = try meeting()
        #expect(meeting.engine.state.activeSpeaker == "p1")
        meeting.stage.participants[0].hasPicture = false
        meeting.run(1)
        #expect(meeting.engine.state.activeSpeaker == "p1")
        #expect(try Meeting(builtIn("single"), Stage()).engine.state.activeSpeaker == nil)
    }

    @Test func speechTakesTheFloorAndKeepsItInSilence() throws {
        var meeting = try meeting()
        meeting.run(0.5) { $0 == "p2" ? -25 : -127 }
        #expect(meeting.engine.state.activeSpeaker == "p1")
        meeting.run(0.5) { $0 == "p2" ? -25 : -127 }
        #expect(meeting.engine.state.activeSpeaker == "p2")
        meeting.run(20)
        #expect(meeting.engine.state.activeSpeaker == "p2")
    }

    @Test(arguments: [0.03, 0.1, 0.3, 0.5])
    func shortNoisesChangeNothing(length: Double) throws {
        var meeting = try meeting()
        for _ in 0..<5 {
            meeting.run(length) { $0 == "p3" ? -5 : -127 }
            meeting.run(1.5)
        }
        #expect(meeting.engine.state.activeSpeaker == "p1")
    }

    @Test func pausesBetweenWordsDoNotEndSpeech() throws {
        var meeting = try meeting()
        var tick = 0
        // A third of a second of speech, a fifth of silence.
        meeting.run(2) { id in
            tick += 1
            return id == "p2" && tick % 48 < 30 ? -25 : -127
        }
        #expect(meeting.engine.state.activeSpeaker == "p2")
    }

    @Test func theFloorIsHeldAtLeastForAWhile() throws {
        var meeting = try meeting()
        meeting.run(1) { $0 == "p2" ? -25 : -127 }
        let taken = meeting.now
        var switched: MediaTime?
        for _ in 0..<120 where switched == nil {
            meeting.run(0.03) { $0 == "p3" ? -15 : -127 }
            if meeting.engine.state.activeSpeaker == "p3" { switched = meeting.now }
        }
        let time = try #require(switched)
        // p2 had it for about 0.35 s when p3 began.
        #expect((time - taken).seconds > 1.4 && (time - taken).seconds < 2.2)
    }

    @Test func whileTwoSpeakTheLouderMustBeClearlyLouder() throws {
        var meeting = try meeting()
        meeting.run(3) { $0 == "p1" ? -25 : -127 }
        meeting.run(6) { ["p1": -25, "p2": -24][$0] ?? -127 }
        #expect(meeting.engine.state.activeSpeaker == "p1")
        meeting.run(3) { ["p1": -25, "p2": -15][$0] ?? -127 }
        #expect(meeting.engine.state.activeSpeaker == "p2")
    }

    @Test func equalSpeakersDoNotTakeTurns() throws {
        var meeting = try meeting()
        meeting.run(3) { $0 == "p1" ? -25 : -127 }
        var random = SplitMix(seed: 5)
        var changes = 0
        var last = meeting.engine.state.activeSpeaker
        for _ in 0..<900 {
            meeting.run(0.03) { $0 == "p3" ? -127 : Float.random(in: -32 ... -22, using: &random) }
            if meeting.engine.state.activeSpeaker != last { changes += 1 }
            last = meeting.engine.state.activeSpeaker
        }
        #expect(changes == 0)
    }

    @Test func whoLeavesLosesTheFloorAtOnceToWhoSpokeBefore() throws {
        var meeting = try meeting()
        meeting.run(3) { $0 == "p3" ? -25 : -127 }
        meeting.run(3) { $0 == "p2" ? -25 : -127 }
        meeting.leave(2)
        meeting.run(0.03)
        #expect(meeting.engine.state.activeSpeaker == "p3")
    }

    @Test func theMutedAreNotHeardAndNoiseIsNotSpeech() throws {
        var meeting = try meeting()
        meeting.stage.participants[1].isMuted = true
        meeting.run(3) { ["p2": -10, "p3": -55][$0] ?? .nan }
        #expect(meeting.engine.state.activeSpeaker == "p1")
    }

    @Test func thePinnedOneIsShownWhoeverSpeaks() throws {
        var meeting = try meeting()
        meeting.stage.pinned = "p3"
        meeting.run(3) { $0 == "p2" ? -25 : -127 }
        #expect(meeting.engine.state.activeSpeaker == "p2")
        #expect(meeting.scene.tiles.last?.content == .camera(participant: "p3"))
        meeting.stage.pinned = "nobody"
        meeting.run(1)
        #expect(meeting.scene.tiles.last?.content == .camera(participant: "p2"))
    }

    @Test func theHighlightComesSoonAndGoesLate() throws {
        var meeting = Meeting(try builtIn("grid"), stage(3))
        func isLit() -> Bool { meeting.scene.tiles[1].highlight != nil }
        meeting.run(0.06) { $0 == "p2" ? -25 : -127 }
        #expect(!isLit())
        meeting.run(0.12) { $0 == "p2" ? -25 : -127 }
        #expect(isLit())
        meeting.run(0.4)
        #expect(isLit())
        meeting.run(0.2)
        #expect(!isLit())
    }

    @Test func theLoudestAreThoseWhoSpokeLast() throws {
        let layout = try layout(
            """
            {"version": 1, "transition": {"duration": 0},
             "root": {"type": "grid", "order": "loudness", "max": 3, "overflow": false}}
            """)
        var meeting = Meeting(layout, stage(8))
        for id in ["p6", "p7", "p8"] { meeting.run(3) { $0 == id ? -25 : -127 } }
        #expect(Set(meeting.scene.tiles.map(\.id)) == ["camera:p6", "camera:p7", "camera:p8"])
        let before = meeting.places
        meeting.run(3) { $0 == "p1" ? -25 : -127 }
        #expect(Set(meeting.scene.tiles.map(\.id)) == ["camera:p1", "camera:p7", "camera:p8"])
        #expect(meeting.moved(since: before) == 0)
    }
}
