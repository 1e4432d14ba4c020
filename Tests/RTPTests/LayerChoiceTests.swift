import RTP
import Testing
import Timing

/// A source of three layers whose packets come every 33 ms, as told.
private struct Layers {
    var choice = LayerChoice(count: 3)
    var now = MediaTime.zero
    /// Heights, in the order in which the peer named its layers; nil for one that does not send.
    var heights: [Int?] = [180, 360, 720]
    var tellsHeights = true
    private(set) var switches: [(layer: Int?, at: MediaTime)] = []

    mutating func run(_ milliseconds: Int64) {
        let end = now + .milliseconds(milliseconds)
        while now < end {
            for (layer, height) in heights.enumerated() {
                guard let height else { continue }
                choice.receive(layer: layer, bytes: height * 4, height: tellsHeights ? height : nil, now: now)
            }
            let before = choice.current
            if choice.choose(now: now) != before { switches.append((choice.current, now)) }
            now = now + .milliseconds(33)
        }
    }
}

@Suite struct LayerChoiceTests {
    @Test(arguments: [(100, 0), (180, 0), (198, 0), (240, 1), (360, 1), (390, 1), (500, 2), (1080, 2)])
    func theSmallestLayerThatFillsTheTileIsTaken(wish: Int, layer: Int) {
        var layers = Layers()
        layers.choice.wishedHeight = wish
        layers.run(5_000)
        #expect(layers.choice.current == layer)
    }

    @Test func theOrderOfLayersIsTheirHeightNotTheirPlace() {
        var layers = Layers()
        layers.heights = [720, 180, 360]
        layers.choice.wishedHeight = 300
        layers.run(5_000)
        #expect(layers.choice.current == 2)
    }

    @Test func withoutAWishOrHeightsTheTallestIsTaken() {
        var layers = Layers()
        layers.tellsHeights = false
        layers.run(3_000)
        #expect(layers.choice.current == 2)
        layers.choice.wishedHeight = 180
        layers.run(3_000)
        #expect(layers.choice.current == 2)
    }

    @Test func aTileThatGrowsIsServedSoonAndOneThatShrinksLater() {
        var layers = Layers()
        layers.choice.wishedHeight = 180
        layers.run(3_000)
        layers.choice.wishedHeight = 720
        var change = layers.now
        layers.run(3_000)
        #expect(layers.choice.current == 2)
        #expect(layers.switches.last.map { $0.at - change < .milliseconds(600) } == true)
        layers.choice.wishedHeight = 180
        change = layers.now
        layers.run(1_500)
        #expect(layers.choice.current == 2)
        layers.run(1_500)
        #expect(layers.choice.current == 0)
        #expect(layers.switches.last.map { $0.at - change >= LayerChoice.downAfter } == true)
    }

    @Test func aTileThatMovesForAMomentCostsNoSwitch() {
        var layers = Layers()
        layers.choice.wishedHeight = 720
        layers.run(3_000)
        let switches = layers.switches.count
        for wish in [180, 720, 360, 720, 180, 720] {
            layers.choice.wishedHeight = wish
            layers.run(1_000)
        }
        #expect(layers.switches.count == switches)
    }

    @Test func aLayerThatStopsIsLeftAndComesBackWhenItIsSteady() {
        var layers = Layers()
        layers.choice.wishedHeight = 720
        layers.run(3_000)
        layers.heights[2] = nil
        let stopped = layers.now
        layers.run(1_000)
        #expect(layers.choice.current == 1)
        #expect(layers.switches.last.map { $0.at - stopped <= .milliseconds(800) } == true)
        // Comes for a tenth of a second now and then.
        let switches = layers.switches.count
        for _ in 0..<5 {
            layers.heights[2] = 720
            layers.run(100)
            layers.heights[2] = nil
            layers.run(900)
        }
        #expect(layers.switches.count == switches)
        layers.heights[2] = 720
        layers.run(1_000)
        #expect(layers.choice.current == 2)
    }

    @Test func nothingComesOfNothing() {
        var choice = LayerChoice(count: 2)
        var chosen = choice.choose(now: .zero)
        #expect(chosen == nil)
        choice.receive(layer: 7, bytes: 100, height: 100, now: .zero)
        choice.receive(layer: -1, bytes: 100, height: 100, now: .zero)
        chosen = choice.choose(now: .zero)
        #expect(chosen == nil)
        choice.receive(layer: 1, bytes: .max / 4, height: .max / 16, now: .zero)
        chosen = choice.choose(now: .zero)
        #expect(chosen == 1)
        // All have stopped: the last one stays.
        chosen = choice.choose(now: .milliseconds(60_000))
        #expect(chosen == 1)
    }
}
