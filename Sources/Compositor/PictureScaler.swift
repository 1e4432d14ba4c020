import CSwscale
package import Media

/// How samples are weighted when a picture changes its size.
package enum ScalingFilter: Hashable, Sendable {
    /// Every source sample counts by the area it covers: the cheapest that is right for reduction.
    case area
    case bicubic

    /// The filter for a change from one size to another. Enlarging needs bicubic to look smooth; for reduction the area
    /// filter costs 0.6 of what bicubic does.
    package static func best(from source: PictureSize, to target: PictureSize) -> ScalingFilter {
        let enlarges = target.width > source.width || target.height > source.height
        return enlarges ? .bicubic : .area
    }

    fileprivate var flags: Int32 {
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
package final class PictureScaler {
    private struct Key: Equatable {
        var source: PictureSize
        var target: PictureSize
        var filter: ScalingFilter
        var isGrey: Bool
    }

    private struct Entry {
        var key: Key
        /// Nil if libswscale refuses this change.
        var context: OpaquePointer?
        var lastUse: UInt64
    }

    /// Contexts that are kept; a context of nine tiles takes about 100 kB.
    private static let limit = 64
    private static let smallestSide = 16

    private var entries: [Entry] = []
    private var uses: UInt64 = 0
    private let tiny = Scratch()

    package init() {}

    deinit {
        for entry in entries { sws_freeContext(entry.context) }
    }

    /// Scales `source` to the size of `target`.
    func scale(_ source: SourcePlanes, to target: TargetPlanes) {
        let from = PictureSize(width: source.luma.width, height: source.luma.height)
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
            let width = max(from.width, min(to.width, 64))
            let height = max(from.height, min(to.height, 64))
            let larger = tiny.planes(width: width, height: height)
            PlainScaler.scale(source, to: larger)
            scale(larger.readOnly, to: target)
            return
        }
        let filter = ScalingFilter.best(from: from, to: to)
        let key = Key(source: from, target: to, filter: filter, isGrey: false)
        guard let context = context(for: key) else {
            PlainScaler.scale(source, to: target)
            return
        }
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: 4) { sources in
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: 4) { targets in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 8) { strides in
                    sources.initialize(repeating: nil)
                    targets.initialize(repeating: nil)
                    strides.initialize(repeating: 0)
                    sources[0] = source.luma.base
                    sources[1] = source.cb.base
                    sources[2] = source.cr.base
                    targets[0] = target.luma.base
                    targets[1] = target.cb.base
                    targets[2] = target.cr.base
                    strides[0] = Int32(source.luma.stride)
                    strides[1] = Int32(source.cb.stride)
                    strides[2] = Int32(source.cr.stride)
                    strides[4] = Int32(target.luma.stride)
                    strides[5] = Int32(target.cb.stride)
                    strides[6] = Int32(target.cr.stride)
                    _ = sws_scale(
                        context, sources.baseAddress, strides.baseAddress, 0, Int32(from.height), targets.baseAddress,
                        strides.baseAddress! + 4)
                }
            }
        }
    }

    /// Scales one plane for itself.
    func scale(_ source: Plane, to target: WritablePlane) {
        let from = PictureSize(width: source.width, height: source.height)
        let to = PictureSize(width: target.width, height: target.height)
        if from == to {
            target.copy(source)
            return
        }
        let smallest = min(min(from.width, from.height), min(to.width, to.height))
        let filter = ScalingFilter.best(from: from, to: to)
        guard smallest >= PictureScaler.smallestSide,
            let context = context(for: Key(source: from, target: to, filter: filter, isGrey: true))
        else {
            PlainScaler.scale(source, to: target)
            return
        }
        var input: UnsafePointer<UInt8>? = source.base
        var output: UnsafeMutablePointer<UInt8>? = target.base
        var inputStride = Int32(source.stride)
        var outputStride = Int32(target.stride)
        _ = sws_scale(context, &input, &inputStride, 0, Int32(from.height), &output, &outputStride)
    }

    private func context(for key: Key) -> OpaquePointer? {
        uses += 1
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index].lastUse = uses
            return entries[index].context
        }
        let format = key.isGrey ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_YUV420P
        let context = sws_getContext(
            Int32(key.source.width), Int32(key.source.height), format, Int32(key.target.width),
            Int32(key.target.height), format, key.filter.flags, nil, nil, nil)
        let entry = Entry(key: key, context: context, lastUse: uses)
        if entries.count < PictureScaler.limit {
            entries.append(entry)
        } else if let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) {
            sws_freeContext(entries[oldest].context)
            entries[oldest] = entry
        }
        return context
    }
}
