import Codecs
import Compositor
import Containers
import Foundation
import Media
import Mixing
import Recording
import Synchronization
import Timing

/// The far end of a render: encodes pictures on a thread of its own, sound on the caller's, and records both.
final class RenderWriter: @unchecked Sendable {
    /// What was written, when all is done.
    struct Written {
        var file: FileWriter.Finished
        var video: VideoStatistics
        var soundBytes: Int64
        var encodeSound: DurationHistogram
    }

    struct VideoStatistics {
        var encode = DurationHistogram()
        var write = DurationHistogram()
        var bytes: Int64 = 0
        var keyframes = 0
        var held = 0
        var psnr: Double?
    }

    private struct Item: Sendable {
        let composite: Composite
        let time: MediaTime
    }

    /// Composites that may wait for the encoder.
    private static let queueLength = 4

    private let recorder: CompositeRecorder
    private let rendition: VideoRendition
    private let soundEncoder: any SoundEncoder
    private let queue = Handoff<Item>(capacity: queueLength)
    private let failure = Mutex<RenderError?>(nil)
    private let done = DispatchSemaphore(value: 0)
    /// Touched by the encoding thread only, until it is done.
    private var video = VideoStatistics()
    private var soundChunks: [EncodedChunk] = []
    private var soundBytes: Int64 = 0
    private var encodeSound = DurationHistogram()
    /// The newest tick of sound waits here, since it may turn out to be the last and reach too far.
    private var heldSound: [Float] = []
    private var heldTime = MediaTime.zero

    init(_ job: RenderJob) throws(RenderError) {
        do throws(CodecError) {
            var configuration = VideoEncoderConfiguration(
                codec: job.videoCodec, size: job.size, frameRate: job.frameRate, bitrate: job.videoBitrate)
            configuration.measuresQuality = job.measuresQuality
            rendition = try VideoRendition(configuration)
            soundEncoder = try SoundEncoders.make(
                SoundEncoderConfiguration(codec: job.soundCodec, channels: 2, bitrate: job.soundBitrate))
        } catch {
            throw RenderError(error.description)
        }
        do throws(ContainerError) {
            var options = FileWriter.Options()
            options.overwrite = job.overwrites
            recorder = try CompositeRecorder(
                path: job.output, video: rendition.encoder.parameters, sound: soundEncoder.parameters,
                options: options, whenFull: .wait)
        } catch {
            throw RenderWriter.refusal(error)
        }
        let thread = Thread { [self] in
            encodeVideo()
            done.signal()
        }
        thread.name = "encode-video"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// What refuses an output that exists, in the words of the command line.
    private static func refusal(_ error: ContainerError) -> RenderError {
        switch error.code {
        case .outputExists: RenderError("\(error.path): exists already; use --force to replace it")
        case .unfinishedExists:
            RenderError(
                "\(error.path): is left from a render that was killed, and plays; move it away, or use --force to replace it"
            )
        default: RenderError(error.description)
        }
    }

    /// Waits while the encoder is behind. False once encoding or writing has failed.
    func give(_ composite: Composite, time: MediaTime) -> Bool {
        queue.give(Item(composite: composite, time: time))
    }

    /// Takes a tick of sound, interleaved stereo; encodes and records the one before it.
    func encode(_ samples: UnsafeBufferPointer<Float>, time: MediaTime) throws(RenderError) {
        try encodeHeldSound()
        heldSound.append(contentsOf: samples)
        heldTime = time
    }

    /// Cuts the newest tick of sound off at `end`, so that sound and pictures end together.
    func cutSound(at end: MediaTime) {
        let frames = max(0, (end - heldTime).count(per: Int64(SoundBlock.sampleRate)))
        heldSound.removeLast(max(0, heldSound.count - 2 * Int(frames)))
    }

    private func encodeHeldSound() throws(RenderError) {
        guard !heldSound.isEmpty else { return }
        let began = MonotonicClock.now
        do {
            try heldSound.withUnsafeBufferPointer { samples throws(CodecError) in
                try soundEncoder.encode(samples, time: heldTime, into: &soundChunks)
            }
        } catch {
            throw RenderError(error.description)
        }
        heldSound.removeAll(keepingCapacity: true)
        encodeSound.record(MonotonicClock.now - began)
        try writeSound()
    }

    private func writeSound() throws(RenderError) {
        for chunk in soundChunks {
            soundBytes += Int64(chunk.data.count)
            do {
                try recorder.write(chunk, to: .sound)
            } catch {
                throw RenderError(error.description)
            }
        }
        soundChunks.removeAll(keepingCapacity: true)
    }

    private func encodeVideo() {
        do throws(RenderError) {
            var heldLast: Item?
            while let item = queue.take() {
                let began = MonotonicClock.now
                let chunk = try RenderWriter.translating { () throws(CodecError) in
                    try rendition.encode(item.composite, time: item.time)
                }
                video.encode.record(MonotonicClock.now - began)
                if let chunk { try record(chunk) }
                heldLast = chunk == nil ? item : nil
            }
            if let heldLast {
                let chunk = try RenderWriter.translating { () throws(CodecError) in
                    try rendition.encodeHeld(heldLast.composite, time: heldLast.time)
                }
                if let chunk { try record(chunk) }
            }
            let rest = try RenderWriter.translating { () throws(CodecError) in try rendition.encoder.flush() }
            for chunk in rest { try record(chunk) }
        } catch {
            failure.withLock { $0 = $0 ?? error }
            queue.close()
        }
        video.held = rendition.heldFrames
        video.psnr = rendition.encoder.quality?.psnr
    }

    private func record(_ chunk: EncodedChunk) throws(RenderError) {
        let began = MonotonicClock.now
        video.bytes += Int64(chunk.data.count)
        if chunk.isKeyframe { video.keyframes += 1 }
        try RenderWriter.translating { () throws(ContainerError) in try recorder.write(chunk, to: .video) }
        video.write.record(MonotonicClock.now - began)
    }

    private static func translating<Value, Failure: Error & CustomStringConvertible>(
        _ body: () throws(Failure) -> Value
    ) throws(RenderError) -> Value {
        do {
            return try body()
        } catch {
            throw RenderError(error.description)
        }
    }

    /// Ends both streams and the file. What was recorded is finished even if the mix has failed; then, or if encoding
    /// or writing failed, throws the first failure.
    func finish(after outcome: Result<Int64, RenderError>) throws(RenderError) -> Written {
        queue.close()
        done.wait()
        if failure.withLock({ $0 }) == nil {
            do throws(RenderError) {
                try encodeHeldSound()
                try RenderWriter.translating { () throws(CodecError) in try soundEncoder.flush(into: &soundChunks) }
                try writeSound()
            } catch {
                failure.withLock { $0 = error }
            }
        }
        let file: FileWriter.Finished
        do {
            file = try recorder.finish()
        } catch {
            throw failure.withLock { $0 } ?? RenderError(error.description)
        }
        if case .failure(let error) = outcome { throw error }
        if let error = failure.withLock({ $0 }) { throw error }
        return Written(file: file, video: video, soundBytes: soundBytes, encodeSound: encodeSound)
    }
}
