import Media

extension SourcePlanes {
    /// Copies these planes to `target`, turned clockwise; its size is theirs, with sides swapped for quarter turns.
    func turn(by rotation: Rotation, to target: TargetPlanes) {
        luma.turn(by: rotation, to: target.luma)
        cb.turn(by: rotation, to: target.cb)
        cr.turn(by: rotation, to: target.cr)
    }
}

extension Plane {
    /// Works in blocks, so that neither reading nor writing leaves the cache row by row.
    func turn(by rotation: Rotation, to target: WritablePlane) {
        switch rotation {
        case .none:
            target.copy(self)
        case .half:
            for y in 0..<height {
                let from = base + y * stride
                let to = target.base + (height - 1 - y) * target.stride
                for x in 0..<width { to[width - 1 - x] = from[x] }
            }
        case .quarter, .threeQuarters:
            let block = 32
            for top in Swift.stride(from: 0, to: height, by: block) {
                for left in Swift.stride(from: 0, to: width, by: block) {
                    for x in left..<min(left + block, width) {
                        let row = rotation == .quarter ? x : width - 1 - x
                        let to = target.base + row * target.stride
                        for y in top..<min(top + block, height) {
                            to[rotation == .quarter ? height - 1 - y : y] = base[y * stride + x]
                        }
                    }
                }
            }
        }
    }
}
