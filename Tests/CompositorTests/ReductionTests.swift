import Compositor
import Layout
import Media
import MediaTesting
import Testing

@Suite struct ReductionTests {
    private func noise(_ size: PictureSize, seed: UInt64) -> Picture {
        var random = SeededRandom(seed: seed)
        let picture = WritablePicture(size: size)
        for plane in [picture.luma, picture.cb, picture.cr] {
            for index in 0..<plane.height * plane.stride where index % plane.stride < plane.width {
                plane.base[index] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        return picture.freeze(colour: .bt601Limited)
    }

    /// `picture` with other samples in one block.
    private func changing(_ picture: Picture, column: Int, row: Int) -> Picture {
        let result = WritablePicture(size: picture.size)
        for (source, target, block) in [
            (picture.luma, result.luma, 16), (picture.cb, result.cb, 8), (picture.cr, result.cr, 8),
        ] {
            for y in 0..<target.height {
                for x in 0..<target.width {
                    let isInside = x / block == column && y / block == row
                    target.base[y * target.stride + x] = source.base[y * source.stride + x] ^ (isInside ? 0xff : 0)
                }
            }
        }
        return result.freeze(colour: .bt601Limited)
    }

    /// Whatever differs between the small pictures lies in blocks that are said to have changed.
    @Test(arguments: [
        PictureSize(width: 640, height: 360), PictureSize(width: 320, height: 180),
        PictureSize(width: 960, height: 540),
        PictureSize(width: 428, height: 240),
    ]) func changesAreMapped(size: PictureSize) {
        let source = PictureSize(width: 1280, height: 720)
        let first = noise(source, seed: 1)
        let reduction = PictureReduction(from: source, to: size)
        let all = MacroblockMap(size: source, allSet: true)
        func composite(_ picture: Picture, _ changed: MacroblockMap) -> Composite {
            Composite(picture: picture, changed: changed, isUnchanged: false)
        }
        let before = reduction.reduce(composite(first, all))
        #expect(before.picture.size == size)
        #expect(before.changed.count == before.changed.cells.count)
        for (column, row) in [(0, 0), (79, 44), (40, 22), (13, 7)] {
            let second = changing(first, column: column, row: row)
            var changed = MacroblockMap(size: source)
            changed[column, row] = true
            let after = reduction.reduce(composite(second, changed))
            var differing = 0
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let one = before.picture.luma.base[y * before.picture.luma.stride + x]
                    let other = after.picture.luma.base[y * after.picture.luma.stride + x]
                    guard one != other else { continue }
                    differing += 1
                    #expect(after.changed[x / 16, y / 16], "\(x),\(y) of \(size)")
                }
            }
            #expect(differing > 0)
            #expect(after.changed.count <= 9)
        }
    }

    @Test func anUnchangedPictureIsReducedOnce() {
        let source = PictureSize(width: 1280, height: 720)
        let reduction = PictureReduction(from: source, to: PictureSize(width: 640, height: 360))
        let picture = noise(source, seed: 2)
        let composite = Composite(
            picture: picture, changed: MacroblockMap(size: source), isUnchanged: true)
        let first = reduction.reduce(composite)
        #expect(reduction.reduce(composite).picture === first.picture)
    }
}
