import Media
import Mixing
import Testing

@Suite struct RefinementPlanTests {
    private let size = PictureSize(width: 64, height: 32)

    private func changed(_ cells: [Int]) -> MacroblockMap {
        var map = MacroblockMap(size: size)
        map.assign { cells.contains($0) }
        return map
    }

    @Test func aChangedBlockIsEncodedAndThenRefined() {
        var plan = RefinementPlan(size: size, refinements: 2)
        #expect(plan.activeMap() == nil)
        plan.didEncode(isKeyframe: true)
        for _ in 0..<2 {
            plan.add(changed([]))
            #expect(plan.activeMap() == nil)
            plan.didEncode(isKeyframe: false)
        }
        #expect(plan.isSettled)
        plan.add(changed([3]))
        for _ in 0..<3 {
            #expect(plan.activeMap()?.cells == [0, 0, 0, 1, 0, 0, 0, 0])
            plan.didEncode(isKeyframe: false)
        }
        #expect(plan.isSettled)
    }

    @Test func droppedFramesLeaveTheirChangesOwed() {
        var plan = RefinementPlan(size: size, refinements: 0)
        plan.didEncode(isKeyframe: true)
        plan.add(changed([1]))
        _ = plan.activeMap()
        plan.add(changed([2]))
        #expect(plan.activeMap()?.cells == [0, 1, 1, 0, 0, 0, 0, 0])
        plan.didEncode(isKeyframe: false)
        #expect(plan.isSettled)
    }
}
