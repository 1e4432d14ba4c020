import Layout
import Testing
import Timing

/// Runs an engine in virtual time, a tick of 1/30 s at a time.
struct Meeting {
    var engine: LayoutEngine
    var stage: Stage
    var now = MediaTime.zero
    var scene: Scene

    init(_ layout: Layout, _ stage: Stage) {
        engine = LayoutEngine(layout)
        self.stage = stage
        scene = engine.step(stage, canvas: hd, at: .zero)
    }

    /// Lets `seconds` pass; the level of each participant is asked for at every tick.
    mutating func run(_ seconds: Double, level: (String) -> Float = { _ in -127 }) {
        let end = now + MediaTime(seconds: seconds)
        while now < end {
            now = now + MediaTime(nanoseconds: 33_333_333)
            for index in stage.participants.indices {
                stage.participants[index].level = level(stage.participants[index].id)
            }
            scene = engine.step(stage, canvas: hd, at: now)
        }
    }

    mutating func join(_ number: Int) {
        stage.participants.append(
            Stage.Participant(id: "p\(number)", name: "Person \(number)", joined: now + MediaTime(seconds: 1000)))
    }

    mutating func leave(_ number: Int) {
        stage.participants.removeAll { $0.id == "p\(number)" }
    }

    /// Where each of those who are shown is.
    var places: [String: PixelRect] { Dictionary(uniqueKeysWithValues: scene.tiles.map { ($0.id, $0.rect) }) }

    /// How many of those who were there before and still are have moved.
    func moved(since before: [String: PixelRect]) -> Int {
        places.count { id, rect in before[id].map { $0 != rect } ?? false }
    }
}

@Suite struct StabilityTests {
    @Test func joiningIntoAFullRowMovesNobodyElsewhere() throws {
        var meeting = Meeting(try builtIn("grid"), stage(8))
        let before = meeting.places
        meeting.join(9)
        meeting.run(1)
        // The last row is centred, so that its two move over; the other six stay.
        #expect(meeting.moved(since: before) == 2)
        #expect(meeting.scene.tiles.count == 9)
    }

    @Test func leavingLeavesAGapThenTheLastOneMovesIn() throws {
        var meeting = Meeting(try builtIn("grid"), stage(9))
        let before = meeting.places
        meeting.leave(2)
        meeting.run(1)
        #expect(meeting.scene.tiles.count == 8)
        #expect(meeting.moved(since: before) == 0)
        meeting.run(3)
        #expect(meeting.places["camera:p9"] == before["camera:p2"])
        // p9 fills the gap, and the two that are left of the last row are centred.
        #expect(meeting.moved(since: before) == 3)
    }

    @Test func whoComesSoonTakesTheFreePlace() throws {
        var meeting = Meeting(try builtIn("grid"), stage(9))
        let before = meeting.places
        meeting.leave(5)
        meeting.run(1)
        meeting.join(20)
        meeting.run(4)
        #expect(meeting.moved(since: before) == 0)
        #expect(meeting.places["camera:p20"] == before["camera:p5"])
    }

    @Test func theGridGrowsAtOnceAndShrinksLate() throws {
        var meeting = Meeting(try builtIn("grid"), stage(4))
        let width = meeting.scene.tiles[0].rect.width
        meeting.join(5)
        meeting.run(0.5)
        let small = meeting.scene.tiles[0].rect.width
        #expect(small < width)
        meeting.leave(5)
        meeting.run(1.8)
        #expect(meeting.scene.tiles[0].rect.width == small)
        meeting.run(0.6)
        #expect(meeting.scene.tiles[0].rect.width == width)
    }

    @Test func variantsFollowFewerParticipantsLate() throws {
        let layout = try layout(
            """
            {"version": 1, "transition": {"duration": 0}, "root": {"type": "grid", "columns": 2},
             "variants": [{"when": {"participants": {"max": 2}}, "root": {"type": "tile"}}]}
            """)
        var meeting = Meeting(layout, stage(3))
        meeting.leave(3)
        meeting.run(1.8)
        #expect(meeting.scene.tiles.count == 2)
        meeting.run(0.4)
        #expect(meeting.scene.tiles.count == 1)
        meeting.join(7)
        meeting.run(0.04)
        #expect(meeting.scene.tiles.count == 3)
    }

    @Test func speakingInAGridMovesNobody() throws {
        for name in ["grid", "audio-only", "interview"] {
            var meeting = Meeting(try builtIn(name), stage(9))
            let before = meeting.places
            meeting.run(4) { $0 == "p7" ? -20 : -127 }
            #expect(meeting.moved(since: before) == 0, "\(name)")
        }
    }

    @Test func aNewSpeakerChangesPlacesWithTheOldOne() throws {
        for name in ["speaker", "filmstrip"] {
            var meeting = Meeting(try builtIn(name), stage(5))
            let before = meeting.places
            meeting.run(4) { $0 == "p4" ? -20 : -127 }
            #expect(meeting.moved(since: before) == 2, "\(name)")
            #expect(meeting.places["camera:p4"] == before["camera:p1"])
            #expect(meeting.places["camera:p1"] == before["camera:p4"])
        }
    }

    @Test func ofTwoSpeakersSideBySideOnlyTheOlderGives() throws {
        var meeting = Meeting(try builtIn("side-by-side"), stage(5))
        meeting.run(4) { $0 == "p1" ? -20 : -127 }
        meeting.run(4) { $0 == "p2" ? -20 : -127 }
        let before = meeting.places
        meeting.run(4) { $0 == "p5" ? -20 : -127 }
        #expect(meeting.places["camera:p2"] == before["camera:p2"])
        #expect(meeting.places["camera:p5"] == before["camera:p1"])
        #expect(meeting.moved(since: before) == 2)
    }

    @Test func changingASlidesOwnerOrMuteMovesNobody() throws {
        var meeting = Meeting(try builtIn("grid"), stage(6))
        let before = meeting.places
        meeting.stage.participants[2].isMuted = true
        meeting.stage.participants[3].isFrozen = true
        meeting.run(1)
        #expect(meeting.moved(since: before) == 0)
        #expect(meeting.scene.tiles[2].label?.isMuted == true)
        #expect(meeting.scene.tiles[3].isFrozen)
    }

    @Test func anIdleStepKeepsTheScene() throws {
        var meeting = Meeting(try builtIn("speaker"), stage(100))
        meeting.run(5)
        let before = meeting.scene
        #expect(!before.isAnimating)
        meeting.run(5) { $0 == "p1" ? -20 : -127 }
        #expect(meeting.scene.tiles.map(\.rect) == before.tiles.map(\.rect))
    }
}

@Suite struct TransitionTests {
    @Test func theFirstStepIsInPlaceAtOnce() throws {
        let scene = still(try builtIn("grid"), stage(5))
        #expect(!scene.isAnimating)
        #expect(scene.tiles.allSatisfy { $0.opacity == 1 })
    }

    @Test func tilesMoveFromPlaceToPlaceAndNewcomersFadeIn() throws {
        var meeting = Meeting(try builtIn("grid"), stage(4))
        let before = meeting.places
        meeting.join(5)
        var widths: [Int] = []
        var opacities: [Double] = []
        for _ in 0..<15 {
            meeting.run(0.03)
            widths.append(meeting.places["camera:p1"]!.width)
            opacities.append(meeting.scene.tiles.first { $0.id == "camera:p5" }!.opacity)
        }
        #expect(widths.first! <= before["camera:p1"]!.width)
        #expect(widths == widths.sorted(by: >))
        #expect(Set(widths).count > 5)
        #expect(opacities == opacities.sorted())
        #expect(opacities.first! < 0.1)
        #expect(opacities.last == 1)
        #expect(!meeting.scene.isAnimating)
    }

    @Test func whoLeavesFadesOutAndIsGone() throws {
        var meeting = Meeting(try builtIn("grid"), stage(4))
        meeting.leave(3)
        meeting.run(0.15)
        let leaving = try #require(meeting.scene.tiles.first { $0.id == "camera:p3" })
        #expect(leaving.opacity > 0 && leaving.opacity < 1)
        #expect(meeting.scene.isAnimating)
        meeting.run(0.3)
        #expect(!meeting.scene.tiles.contains { $0.id == "camera:p3" })
        #expect(!meeting.scene.isAnimating)
    }

    @Test func aNewSpeakerFadesInOverTheOldOne() throws {
        var meeting = Meeting(try builtIn("single"), stage(3))
        var sawBoth = false
        for _ in 0..<60 {
            meeting.run(0.03) { $0 == "p2" ? -20 : -127 }
            guard meeting.scene.tiles.count == 2 else { continue }
            sawBoth = true
            // The old one is opaque below, so that the background never shows through.
            #expect(meeting.scene.tiles[0].id == "camera:p1")
            #expect(meeting.scene.tiles[0].opacity == 1)
        }
        #expect(sawBoth)
        #expect(meeting.scene.tiles.map(\.id) == ["camera:p2"])
    }

    @Test func withoutATransitionAllIsInPlaceAtOnce() throws {
        var meeting = Meeting(try builtIn("plain-grid"), stage(4))
        meeting.join(5)
        meeting.run(0.03)
        #expect(!meeting.scene.isAnimating)
        #expect(meeting.scene.tiles.allSatisfy { $0.opacity == 1 })
    }

    @Test func aChangeOnTheWayTurnsRoundWithoutAJump() throws {
        var meeting = Meeting(try builtIn("speaker"), stage(2))
        meeting.join(3)
        meeting.run(0.12)
        var last = meeting.places
        meeting.leave(3)
        for _ in 0..<90 {
            meeting.run(0.03)
            for (id, rect) in meeting.places {
                guard let before = last[id] else { continue }
                #expect(abs(rect.x - before.x) < 200 && abs(rect.width - before.width) < 300, "\(id) jumped")
            }
            last = meeting.places
        }
    }
}
