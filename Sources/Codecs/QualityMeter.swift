import Media
import Timing

/// Compares what an encoder wrote with the pictures it was given, by decoding it: for encoders that do not say
/// themselves how far off they are. It costs a decode of every frame.
final class QualityMeter {
    private(set) var quality = EncodedQuality()
    private let decoder: any VideoDecoder
    /// Pictures whose chunks have not been decoded yet.
    private var originals: [(time: MediaTime, picture: Picture)] = []
    private var decoded: [DecodedPicture] = []

    /// Pictures that an encoder and a decoder together hold back at most.
    private static let limit = 16

    init(_ parameters: VideoParameters) throws(CodecError) {
        decoder = try VideoDecoders.make(for: parameters)
    }

    /// A picture that goes into the encoder.
    func willEncode(_ picture: Picture, at time: MediaTime) {
        if originals.count == QualityMeter.limit { originals.removeFirst() }
        originals.append((time, picture))
    }

    /// A chunk that came out. One that cannot be decoded counts as no frame.
    func didEncode(_ chunk: EncodedChunk) {
        decoded.removeAll(keepingCapacity: true)
        try? decoder.decode(chunk, wantsPicture: true, into: &decoded)
        compare()
    }

    /// No more chunks come.
    func end() {
        decoded.removeAll(keepingCapacity: true)
        try? decoder.flush(into: &decoded)
        compare()
    }

    private func compare() {
        for result in decoded {
            // Times went through the units of the codec.
            let near = originals.firstIndex { abs(($0.time - result.time).seconds) < 0.001 }
            guard let index = near, originals[index].picture.size == result.picture.size else { continue }
            quality.add(originals.remove(at: index).picture, result.picture)
        }
    }
}

extension EncodedQuality {
    /// Counts a picture in; both are of one size.
    mutating func add(_ original: Picture, _ coded: Picture) {
        for (a, b) in [(original.luma, coded.luma), (original.cb, coded.cb), (original.cr, coded.cr)] {
            for y in 0..<a.height {
                let left = a.base + y * a.stride
                let right = b.base + y * b.stride
                var sum: UInt32 = 0
                for x in 0..<a.width {
                    let difference = Int32(left[x]) - Int32(right[x])
                    sum &+= UInt32(truncatingIfNeeded: difference &* difference)
                }
                squaredError += UInt64(sum)
            }
            samples += UInt64(a.width * a.height)
        }
        withExtendedLifetime((original, coded)) {}
    }
}
