import Codecs
import Foundation
public import Media

/// A short sweep of sound that is found again to the sample after it was encoded, mixed and encoded once more.
public enum Chirp {
    /// Samples at 48 kHz: 10 ms.
    public static let length = 480

    /// From 1 to 4 kHz, swelling and fading; its peak is 0.5.
    public static let samples: [Float] = (0..<length).map { index in
        let time = Double(index) / 48_000
        let duration = Double(length) / 48_000
        let phase = 2 * Double.pi * (1000 * time + 3000 * time * time / (2 * duration))
        let swell = 0.5 - 0.5 * cos(2 * Double.pi * time / duration)
        return Float(0.5 * swell * sin(phase))
    }

    private static let norm = samples.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()

    /// Where in `sound` a chirp begins, of the first `positions` positions; nil if none does.
    static func find(in sound: ArraySlice<Float>, positions: Int) -> Int? {
        let sound = Array(sound)
        guard sound.count >= positions + length else { return nil }
        var best: (position: Int, score: Float) = (0, 0)
        for position in 0..<positions {
            // Loud parts only: most of the time there is silence.
            guard abs(sound[position + length / 2]) > 0.01 || abs(sound[position + length / 2 + 3]) > 0.01 else {
                continue
            }
            var product: Float = 0
            var energy: Float = 0
            for index in 0..<length {
                product += sound[position + index] * samples[index]
                energy += sound[position + index] * sound[position + index]
            }
            let score = product / max(norm * energy.squareRoot(), 1e-9)
            if score > best.score { best = (position, score) }
        }
        return best.score > 0.6 ? best.position : nil
    }

    /// Where chirps begin once Opus chunks are decoded: by the chunk's index, in samples from its first.
    public static func positions(in chunks: [EncodedChunk]) -> [Int: Int] {
        guard let decoder = try? OpusDecoder(channels: 1) else { return [:] }
        var finder = ChirpFinder<Int>()
        var found: [Int: Int] = [:]
        var decoded = [Float](repeating: 0, count: OpusDecoder.longestPacket)
        for (index, chunk) in chunks.enumerated() {
            let frames = decoded.withUnsafeMutableBufferPointer { output in
                chunk.data.withUnsafeBufferPointer { (try? decoder.decode($0, into: output)) ?? 0 }
            }
            if let (index, offset) = finder.add(decoded[..<frames], tag: index) { found[index] = offset }
        }
        return found
    }
}

/// Finds chirps in sound that comes packet by packet, each with a tag such as when it came.
struct ChirpFinder<Tag> {
    private var before: (samples: [Float], tag: Tag)?
    /// Packets to leave out, since a chirp is found once.
    private var rest = 0

    /// The tag of the packet before, and where in it a chirp begins, if one does.
    mutating func add(_ samples: ArraySlice<Float>, tag: Tag) -> (tag: Tag, offset: Int)? {
        defer { before = (Array(samples), tag) }
        guard let before, rest == 0 else {
            rest = max(0, rest - 1)
            return nil
        }
        let sound = before.samples + samples
        guard let offset = Chirp.find(in: sound[...], positions: min(before.samples.count, sound.count - Chirp.length))
        else { return nil }
        rest = 5
        return (before.tag, offset)
    }
}
