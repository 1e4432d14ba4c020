public import Foundation
import Timing

/// What a render did: for `--report`, and for the last line on the terminal.
public struct RenderReport: Sendable, Codable {
    public struct Input: Sendable, Codable {
        public var name: String
        public var path: String
        /// Of the pictures and the sound; nil for what the file lacks.
        public var videoCodec: String?
        public var soundCodec: String?
        /// As in `640x360`, before rotation.
        public var size: String?
        /// Seconds; where it began and ended on the composite's timeline.
        public var start: Double
        public var end: Double?
        /// Pictures of the file that at least one tick showed.
        public var framesUsed: Int
        /// Ticks that showed the same picture as the tick before.
        public var framesRepeated: Int
        /// Decoded pictures that no tick showed.
        public var framesSkipped: Int
        /// Pictures that were not even decoded, since no tile showed their source.
        public var framesNotDecoded: Int
        /// Packets that could not be decoded.
        public var corruptPackets: Int
        /// How much earlier (negative) or later than its sound a picture was shown: mean and 95th percentile of the
        /// magnitude, in milliseconds. Nil without pictures.
        public var offsetMean: Double?
        public var offsetP95: Double?
        /// What was wrong with the file, in words.
        public var warnings: [String]
    }

    public struct Stage: Sendable, Codable {
        public var count: UInt64
        /// Milliseconds.
        public var mean: Double
        public var p50: Double
        public var p99: Double
        public var maximum: Double
    }

    public struct Output: Sendable, Codable {
        public var path: String
        public var videoCodec: String
        public var soundCodec: String
        public var size: String
        public var framesPerSecond: Double
        /// Seconds.
        public var duration: Double
        public var bytes: Int64
        /// Ticks, and how many of them stood still so that no frame was encoded for them.
        public var ticks: Int64
        public var framesHeld: Int
        public var keyframes: Int
        /// Bits per second over the whole file.
        public var videoBitrate: Double
        public var soundBitrate: Double
        /// dB of luma and chroma together against the composite before encoding; nil if not measured, as with H.264.
        public var psnr: Double?
    }

    public var output: Output
    public var inputs: [Input]
    /// By stage of the pipeline; see README.
    public var stages: [String: Stage]
    /// Seconds of wall time.
    public var elapsed: Double
    /// Media seconds for each second of wall time.
    public var speed: Double
    /// Most bytes of memory that the process held at a time; nil where the system does not tell.
    public var peakMemory: Int64?
    /// The render was ended early.
    public var wasCancelled: Bool

    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
