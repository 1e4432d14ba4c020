import CSwscale
import Media

/// How much work goes into the scaling of pictures.
public enum ScalingQuality: Hashable, Sendable {
    /// Reduction averages areas: 0.075 ms for 640x360 to 426x240 where ``fine`` takes 0.105.
    case fast
    /// Reduction to more than half is bicubic in luma, where the eye and the encoder are served by it: nine drawn
    /// people at 1.5 Mbit/s in VP8 are 2.8 dB nearer to a Lanczos reference (0.4 dB with noise) than by averages.
    case fine
}

/// How samples are weighted when a picture changes its size.
private enum ScalingFilter: Hashable {
    case area
    case bicubic

    var flags: Int32 {
        switch self {
        case .area: SWS_AREA
        case .bicubic: SWS_BICUBIC
        }
    }
}

/// Scales I420 pictures and single planes by libswscale, and keeps its contexts.
///
/// Luma and chroma planes are scaled each for itself with chroma samples in the centre of their four luma samples, as
/// WebRTC's converters place them; so a picture does not shift. libswscale is fast only where every row begins at a
/// multiple of 32 bytes, and writes up to 7 bytes beyond the width where that is no multiple of 8: callers give such
/// targets, or scratch memory. It is not asked for sides under 16 samples, nor for what it refuses; a plain scaler
/// does those.
final class PictureScaler {
    private struct Key: Equatable {
        var source: PictureSize
        var target: PictureSize
        var filter: ScalingFilter
    }

    /// What changes a plane of one size to another.
    private enum Means {
        case reduction(PlaneReduction)
        case library(OpaquePointer)
        /// libswscale refuses this change.
        case plain
    }

    private struct Entry {
        var key: Key
        var means: Means
        var lastUse: UInt64
    }

    /// Contexts that are kept; each takes some 50 kB.
    private static let limit = 128
    private static let smallestSide = 16
    /// Of reductions of luma that are to be fine: as near to a plain average as to a cubic. After encoding at 1.5 Mbit/s
    /// nine drawn people are within 0.15 dB of what either of the two gives against its own kind, and 0.5 to 0.6 dB
    /// better than it against the other.
    private static let sharpness = 0.5

    private var entries: [Entry] = []
    private var uses: UInt64 = 0
    private let tiny = Scratch()
    private let halves = [Scratch(), Scratch()]
    var quality: ScalingQuality

    init(quality: ScalingQuality) {
        self.quality = quality
    }

    deinit {
        for entry in entries { PictureScaler.close(entry.means) }
    }

    /// Scales `source` to the size of `target`.
    func scale(_ source: SourcePlanes, to target: TargetPlanes) {
        let from = source.size
        let to = PictureSize(width: target.width, height: target.height)
        if from == to {
            target.copy(source)
            return
        }
        let enlarges = to.width > from.width || to.height > from.height
        let isMild = to.width * 2 > from.width && to.height * 2 > from.height
        let luma: ScalingFilter = enlarges || (isMild && quality == .fine) ? .bicubic : .area
        let start = halved(source, to: target)
        if start.size == to { return }
        scale(start.luma, to: target.luma, luma)
        scale(start.cb, to: target.cb, enlarges ? .bicubic : .area)
        scale(start.cr, to: target.cr, enlarges ? .bicubic : .area)
    }

    /// Whether all planes of such a change are written to the sample, at any address, so that no scratch memory is
    /// needed.
    func isExact(from source: PictureSize, to target: PictureSize) -> Bool {
        // A plane that is halved on its way is still large enough if the target is.
        let isLarge = min(target.chroma.width, target.chroma.height) >= PlaneReduction.smallestSource
        return source == target || (isLarge && PlaneReduction.offers(source, target))
    }

    /// Scales one plane for itself.
    func scale(_ source: Plane, to target: WritablePlane) {
        let enlarges = target.width > source.width || target.height > source.height
        scale(source, to: target, enlarges ? .bicubic : .area)
    }

    /// Halves `source` as long as it has at least twice the sides of `target`, the last time into `target` itself if
    /// its size is met. Gives `source` where that cannot be.
    private func halved(_ source: SourcePlanes, to target: TargetPlanes) -> SourcePlanes {
        var planes = source
        var turn = 0
        while true {
            let size = planes.size
            guard size.width % 4 == 0, size.height % 4 == 0, size.width >= 2 * target.width,
                size.height >= 2 * target.height, target.width >= 2, target.height >= 2
            else { return planes }
            let isLast = size.width == 2 * target.width && size.height == 2 * target.height
            let half = isLast ? target : halves[turn].planes(width: size.width / 2, height: size.height / 2)
            Halving.halve(planes.luma, to: half.luma)
            Halving.halve(planes.cb, to: half.cb)
            Halving.halve(planes.cr, to: half.cr)
            planes = half.readOnly
            turn = 1 - turn
        }
    }

    private func scale(_ source: Plane, to target: WritablePlane, _ filter: ScalingFilter) {
        let from = PictureSize(width: source.width, height: source.height)
        let to = PictureSize(width: target.width, height: target.height)
        if from == to {
            target.copy(source)
            return
        }
        guard min(to.width, to.height) >= PictureScaler.smallestSide else {
            PlainScaler.scale(source, to: target)
            return
        }
        guard min(from.width, from.height) >= PictureScaler.smallestSide else {
            // A handful of samples first becomes a small picture, so that the plain scaler never fills a large one.
            let larger = tiny.planes(
                width: max(from.width, min(to.width, 64)), height: max(from.height, min(to.height, 64))
            ).luma
            PlainScaler.scale(source, to: larger)
            scale(larger.readOnly, to: target, filter)
            return
        }
        switch means(for: Key(source: from, target: to, filter: filter)) {
        case .reduction(let reduction): reduction.reduce(source, to: target)
        case .library(let context):
            var input: UnsafePointer<UInt8>? = source.base
            var output: UnsafeMutablePointer<UInt8>? = target.base
            var inputStride = Int32(source.stride)
            var outputStride = Int32(target.stride)
            _ = sws_scale(context, &input, &inputStride, 0, Int32(from.height), &output, &outputStride)
        case .plain: PlainScaler.scale(source, to: target)
        }
    }

    private func means(for key: Key) -> Means {
        uses += 1
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index].lastUse = uses
            return entries[index].means
        }
        let entry = Entry(key: key, means: PictureScaler.make(key), lastUse: uses)
        if entries.count < PictureScaler.limit {
            entries.append(entry)
        } else if let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) {
            PictureScaler.close(entries[oldest].means)
            entries[oldest] = entry
        }
        return entry.means
    }

    private static func make(_ key: Key) -> Means {
        if PlaneReduction.offers(key.source, key.target) {
            let sharpness = key.filter == .area ? 0 : PictureScaler.sharpness
            return .reduction(PlaneReduction(source: key.source, target: key.target, sharpness: sharpness))
        }
        let context = sws_getContext(
            Int32(key.source.width), Int32(key.source.height), AV_PIX_FMT_GRAY8, Int32(key.target.width),
            Int32(key.target.height), AV_PIX_FMT_GRAY8, key.filter.flags, nil, nil, nil)
        return context.map { .library($0) } ?? .plain
    }

    private static func close(_ means: Means) {
        if case .library(let context) = means { sws_freeContext(context) }
    }
}
