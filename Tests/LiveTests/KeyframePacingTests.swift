import Live
import Testing
import Timing

@Suite struct KeyframePacingTests {
    private func pacing(usual: Int64, keyframe: Int64) -> KeyframePacing {
        var pacing = KeyframePacing()
        pacing.note(.milliseconds(keyframe), isKeyframe: true)
        for _ in 0..<3 { pacing.note(.milliseconds(usual), isKeyframe: false) }
        return pacing
    }

    @Test func thePictureBeforeAKeyframeIsHeldForHalfOfWhatThatTakesLonger() {
        var pacing = pacing(usual: 4, keyframe: 14)
        #expect(pacing.next(wantsKeyframe: false, caresForOthers: true) == .plain)
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) == .hold(.milliseconds(5)))
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) == .keyframe)
        // The next wish is another one.
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) == .hold(.milliseconds(5)))
    }

    @Test func aSlowKeyframeIsNotMadeUpForAtAnyPrice() {
        var pacing = pacing(usual: 4, keyframe: 90)
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) == .hold(.milliseconds(8)))
    }

    @Test func nobodyWaitsWhereThereIsNothingToEven() {
        var first = KeyframePacing()
        #expect(first.next(wantsKeyframe: true, caresForOthers: true) == .keyframe)
        var alone = pacing(usual: 4, keyframe: 14)
        #expect(alone.next(wantsKeyframe: true, caresForOthers: false) == .keyframe)
        var even = pacing(usual: 4, keyframe: 5)
        #expect(even.next(wantsKeyframe: true, caresForOthers: true) == .keyframe)
    }

    @Test func aWishThatIsWithdrawnLeavesNothingBehind() {
        var pacing = pacing(usual: 4, keyframe: 14)
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) != .keyframe)
        #expect(pacing.next(wantsKeyframe: false, caresForOthers: true) == .plain)
        #expect(pacing.next(wantsKeyframe: true, caresForOthers: true) != .keyframe)
    }
}
