import Media
import Mixing
import Testing
import Timing

/// A machine in virtual time: the work of a frame by what is given up.
@Suite struct OverloadControllerTests {
    /// Runs `controller` for `seconds` at up to 30 frames a second, `work` being what a frame takes in milliseconds with
    /// nothing given up. Each step does as much for that as it says of itself.
    private func run(
        _ controller: inout OverloadController, from start: MediaTime, seconds: Double, work: Double
    ) -> [OverloadController.Change] {
        var changes: [OverloadController.Change] = []
        var due = 0
        for tick in 0..<Int(seconds * 60) {
            let step = controller.step
            if tick >= due {
                due = tick + step.tickStride
                var frame = work
                if step >= .fasterEncoding { frame *= 0.75 }
                if step >= .fastestEncoding { frame *= 0.9 }
                if step >= .slowerSmallTiles { frame *= 0.85 }
                if step >= .halfPictures { frame *= 0.35 } else if step >= .smallerPictures { frame *= 0.6 }
                // Every tenth frame is dearer, as keyframes and cuts are.
                if tick % 20 < step.tickStride { frame *= 1.15 }
                controller.note(load: frame / (1000.0 / 60 * Double(step.tickStride)))
            }
            if let change = controller.advance(to: start + FrameRate(60).time(ofFrame: Int64(tick))) {
                changes.append(change)
            }
        }
        return changes
    }

    @Test func whatFitsChangesNothing() {
        var controller = OverloadController()
        #expect(run(&controller, from: .zero, seconds: 600, work: 24).isEmpty)
    }

    @Test func oneLongFrameChangesNothing() {
        var controller = OverloadController()
        for tick in 0..<3000 {
            controller.note(load: tick % 100 == 0 ? 3 : 0.5)
            #expect(controller.advance(to: FrameRate.fps30.time(ofFrame: Int64(tick))) == nil)
        }
    }

    @Test func stepsAreTakenInOrderAndTakenBackInReverse() throws {
        var controller = OverloadController()
        let up = run(&controller, from: .zero, seconds: 30, work: 3000)
        #expect(up.map(\.to) == Array(Degradation.allCases.dropFirst()))
        #expect(controller.step == .refusal)
        let down = run(&controller, from: MediaTime(seconds: 30), seconds: 3.6, work: 5)
        #expect(down.map(\.to) == Array(Degradation.allCases.dropLast().reversed()))
        #expect(controller.step == .none)
    }

    /// Twice of what the machine can do, for a minute: it settles, and comes back.
    @Test(arguments: [36.0, 45, 60, 70]) func theBudgetIsHeldAndTheLadderDoesNotSwing(work: Double) {
        var controller = OverloadController()
        let early = run(&controller, from: .zero, seconds: 10, work: work)
        #expect(!early.isEmpty)
        let late = run(&controller, from: MediaTime(seconds: 10), seconds: 600, work: work)
        // Few tries to go back, and fewer as they fail.
        #expect(late.count < 60, "\(late.map { "\($0.from) to \($0.to)" })")
        let after = run(&controller, from: MediaTime(seconds: 610), seconds: 60, work: 8)
        #expect(controller.step == .none)
        #expect(after.allSatisfy { $0.to < $0.from })
    }

    @Test func nothingMixedIsNoLoad() {
        var controller = OverloadController()
        _ = run(&controller, from: .zero, seconds: 10, work: 100)
        #expect(controller.step > .none)
        for tick in 0..<600 { _ = controller.advance(to: MediaTime(seconds: 10 + Double(tick) / 30)) }
        #expect(controller.step == .none)
    }

    @Test func stepsAreFixed() {
        #expect(Degradation.none.speed(of: .vp8) == -8)
        #expect(Degradation.refusal.speed(of: .vp8) == -16)
        #expect(Degradation.smallerPictures.size(of: PictureSize(width: 1280, height: 720)).description == "960x540")
        #expect(Degradation.refusal.size(of: PictureSize(width: 1280, height: 720)).description == "640x360")
        #expect(Degradation.halfFrameRate.size(of: PictureSize(width: 1280, height: 720)).description == "1280x720")
        #expect(Degradation.allCases.filter(\.refusesParticipants) == [.refusal])
        // 30, 20, 15 and 10 frames of 30.
        #expect(Set(Degradation.allCases.map { 60 / $0.tickStride }) == [30, 20, 15, 10])
    }
}
