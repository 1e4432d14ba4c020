/// A gain on its way between 0 and 1 along a smooth curve, which can turn back at any point without a jump.
struct Fade {
    /// 0 for closed, 1 for open; the gain is ``Samples/smooth(_:)`` of it.
    private(set) var way: Float
    private let opening: Float
    private let closing: Float

    /// The times are in frames.
    init(isOpen: Bool, opening: Int, closing: Int) {
        way = isOpen ? 1 : 0
        self.opening = 1 / Float(opening)
        self.closing = 1 / Float(closing)
    }

    var isClosed: Bool { way == 0 }
    var isOpen: Bool { way == 1 }

    mutating func jump(open: Bool) { way = open ? 1 : 0 }

    /// Whether moving towards `open` would change nothing and leave samples as they are.
    func rests(open: Bool) -> Bool { open && way == 1 }

    /// Multiplies the envelope by this gain as it moves towards `open`. `count` is a multiple of 8.
    mutating func multiply(_ envelope: UnsafeMutablePointer<Float>, count: Int, towards open: Bool) {
        let slope = open ? opening : -closing
        var line = Samples.Vector(1, 2, 3, 4, 5, 6, 7, 8) * slope + way
        for index in stride(from: 0, to: count, by: Samples.lanes) {
            let held = line.replacing(with: 1, where: line .> 1).replacing(with: 0, where: line .< 0)
            Samples.store(Samples.load(envelope + index) * Samples.smooth(held), at: envelope + index)
            line += Float(Samples.lanes) * slope
        }
        way = min(max(way + Float(count) * slope, 0), 1)
    }
}
