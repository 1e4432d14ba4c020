import Layout
import MediaTesting
import Room
import Testing
import Timing

/// Long random histories, from seeds, with what must hold after every step.
@Suite struct RandomRoomTests {
    private static let layouts = ["grid", "speaker", "pip", "single", "filmstrip"]

    @Test(arguments: 0..<40) func whateverHappens(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var settings = RoomSettings()
        settings.participantLimit = Int.random(in: 1...12, using: &random)
        settings.viewLimit = Int.random(in: 1...4, using: &random)
        settings.emptyFor = nil
        var room = Room(settings, now: .zero)
        var runner = Runner()
        var now = MediaTime.zero
        var joinedEver = 0
        var announced: Set<String> = []

        func choice() -> ViewChoice {
            ViewChoice(
                layout: Bool.random(using: &random) ? nil : RandomRoomTests.layouts.randomElement(using: &random),
                pinned: Int.random(in: 0..<4, using: &random) == 0
                    ? room.participants.randomElement(using: &random)?.id : nil,
                withoutSelf: Int.random(in: 0..<4, using: &random) == 0)
        }
        func step() throws -> RoomOutcome {
            let somebody = room.participants.randomElement(using: &random)?.id ?? "nobody"
            switch Int.random(in: 0..<16, using: &random) {
            case 0...2:
                joinedEver += 1
                let attendance: Attendance =
                    [.full, .full, .sender, .viewer].randomElement(using: &random) ?? .full
                return try room.join(
                    .init(id: "p\(joinedEver)", name: "P", attendance: attendance, choice: choice()), now: now)
            case 3: return room.leave(somebody, now: now)
            case 4: return try room.remove(somebody, now: now)
            case 5, 6: return room.connected(somebody, now: now)
            case 7: return room.lost(somebody, now: now)
            case 8: return room.heardAgain(somebody, now: now)
            case 9, 10: return try room.setView(choice(), of: somebody, now: now)
            case 11:
                return try room.setLayout(RandomRoomTests.layouts.randomElement(using: &random) ?? "grid", now: now)
            case 12: return try room.pin(Bool.random(using: &random) ? somebody : nil, now: now)
            case 13:
                return try room.setMuted(
                    Bool.random(using: &random), Bool.random(using: &random) ? .audio : .video, of: somebody,
                    by: Bool.random(using: &random) ? .host : .oneself, now: now)
            case 14: return try room.setRole(Bool.random(using: &random) ? "host" : nil, of: somebody, now: now)
            default: return room.recordingStarted("r\(joinedEver)", by: nil, now: now)
            }
        }

        var order: [String] = []
        for _ in 0..<400 {
            now += .milliseconds(Int64.random(in: 0...500, using: &random))
            let before = room.participants
            let views = room.views
            var outcome = RoomOutcome()
            do {
                outcome = try step()
            } catch {
                #expect(error is RoomError)
                #expect(room.participants == before && room.views == views, "a refusal changed something: \(error)")
            }
            runner.carryOut(outcome)
            outcome = room.tick(
                room.participants.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }.map {
                    MediaFacts(
                        participant: $0.id, camera: now - .milliseconds(Int64.random(in: 0...10_000, using: &random)),
                        screen: Bool.random(using: &random) ? now : nil,
                        level: Float(Int.random(in: -127...0, using: &random)))
                }, at: now)
            runner.carryOut(outcome)
            for event in outcome.events { #expect(event.time == now) }

            // Views: as many as are watched, no more than allowed, all of them known to the runner.
            #expect(runner.faults.isEmpty, "\(runner.faults)")
            #expect(runner.views == room.views)
            #expect(room.views.count <= settings.viewLimit)
            #expect(Set(room.views.values).count == room.views.count, "two views show the same")
            #expect(Set(room.participants.compactMap(\.view)) == Set(room.views.keys))
            for participant in room.participants {
                #expect((participant.view != nil) == (participant.attendance != .sender))
                #expect(runner.watches[participant.id] == participant.view)
            }
            #expect(room.participants.count <= settings.participantLimit)

            // The stage: those who are present, in the order in which they came.
            let present = room.participants.filter(\.isOnStage).map(\.id)
            #expect(room.stage.participants.map(\.id) == present)
            let stayed = room.participants.map(\.id)
            #expect(order.filter(stayed.contains) == Array(stayed.prefix { order.contains($0) }))
            order = stayed
            let times = room.participants.map(\.joined)
            #expect(times == times.sorted())
            #expect(room.pinned.map { stayed.contains($0) } ?? true)
            #expect(room.activeSpeaker.map { present.contains($0) } ?? present.isEmpty)
            announced.formUnion(stayed)
        }
        #expect(announced.count > 20)
        runner.carryOut(room.close(now: now))
        #expect(runner.views.isEmpty && runner.watches.isEmpty && runner.faults.isEmpty)
    }
}
