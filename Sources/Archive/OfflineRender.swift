import Codecs
import Compositor
public import Containers
import Foundation
import Layout
public import Media
import Mixing
import Recording
public import Timing

/// Drives the mixing pipeline by a virtual clock, from files into a file, as fast as the machine allows.
///
/// Four kinds of threads work side by side: a crew decodes ahead, the calling thread lays out, composites and mixes,
/// one encodes pictures, one writes. All that waits between them is bounded, so memory does not grow with the length.
public final class OfflineRender {
    /// How far a render has come.
    public struct Progress: Sendable {
        /// On the composite's timeline.
        public var time: MediaTime
        /// Where it will end, as far as that is known yet.
        public var total: MediaTime?
        /// Wall time since the start.
        public var elapsed: MediaTime
    }

    private let job: RenderJob
    private let cancel: CancelFlag
    private let cast: RenderCast
    private let crew: DecodeCrew
    private let view: ViewPipeline
    private let sound: SoundPipeline
    private var timings = RenderTimings()

    /// Opens the inputs; throws for one that cannot be used, before anything is written.
    public init(_ job: RenderJob, cancel: CancelFlag = CancelFlag()) throws(RenderError) {
        self.job = job
        self.cancel = cancel
        cast = try RenderCast(job, cancel: cancel)
        let canvas = CanvasSize(width: job.size.width, height: job.size.height)
        let images = try LayoutImages.load(job.layout)
        do {
            view = try ViewPipeline(layout: job.layout.layout, canvas: canvas, images: images)
        } catch {
            throw RenderError(error.description)
        }
        sound = SoundPipeline()
        for source in cast.sources {
            guard let timeline = source.sound else { continue }
            sound.add(id: source.soundID, timeline: timeline, canBeSilenced: false)
        }
        crew = DecodeCrew(lanes: cast.sources.flatMap(\.lanes))
    }

    /// What is known of the inputs' defects before rendering: for each that was cut off or lacks something, one line.
    public var warnings: [String] { cast.warnings }

    /// Renders. Cancelling ends the composite early, as a finished file.
    ///
    /// - Parameter progress: called on this thread a few times a second.
    public func run(progress: (Progress) -> Void = { _ in }) throws(RenderError) -> RenderReport {
        let began = MonotonicClock.now
        let writer = try RenderWriter(job)
        crew.start(threads: max(1, min(ProcessInfo.processInfo.activeProcessorCount, 8)))
        let outcome: Result<Int64, RenderError>
        do throws(RenderError) {
            outcome = .success(try mix(into: writer, began: began, progress: progress))
        } catch {
            outcome = .failure(error)
        }
        crew.stop()
        let written = try writer.finish(after: outcome)
        return report(written, ticks: (try? outcome.get()) ?? 0, elapsed: MonotonicClock.now - began)
    }

    /// The composite at `time`, without encoding anything.
    public func still(at time: MediaTime) throws(RenderError) -> Picture {
        crew.start(threads: max(1, min(ProcessInfo.processInfo.activeProcessorCount, 8)))
        defer { crew.stop() }
        let last = job.frameRate.frames(before: time + MediaTime(nanoseconds: 1)) - 1
        var soundTick: Int64 = -1
        var tick: Int64 = 0
        while true {
            let now = job.frameRate.time(ofFrame: tick)
            try mixSound(upTo: now + job.frameRate.interval, next: &soundTick) { _, _ throws(RenderError) in }
            let scene = try settle(tick: tick, now: now)
            if tick >= last { return try compose(scene, now: now).picture }
            if cancel.isSet { throw RenderError("ended before the still was reached") }
            tick += 1
        }
    }

    /// A tick shows the picture that is nearest to it: at most half an interval early or late.
    private var lead: MediaTime { MediaTime(nanoseconds: job.frameRate.interval.nanoseconds / 2) }

    private func mix(
        into writer: RenderWriter, began: MediaTime, progress: (Progress) -> Void
    ) throws(RenderError) -> Int64 {
        var soundTick: Int64 = -1
        var tick: Int64 = 0
        var lastProgress = began
        while !cancel.isSet {
            let now = job.frameRate.time(ofFrame: tick)
            if let duration = job.duration, now >= duration { break }
            try mixSound(upTo: now + job.frameRate.interval, next: &soundTick) { samples, time throws(RenderError) in
                try writer.encode(samples, time: time)
            }
            let scene = try settle(tick: tick, now: now)
            if job.duration == nil, let end = cast.end, now >= end { break }
            let composite = try compose(scene, now: now)
            let composed = MonotonicClock.now
            guard writer.give(composite, time: now) else { break }
            tick += 1
            let wall = MonotonicClock.now
            timings.waitForEncoder.record(wall - composed)
            if wall - lastProgress > .milliseconds(200) {
                lastProgress = wall
                progress(Progress(time: now, total: job.duration ?? cast.expectedEnd, elapsed: wall - began))
            }
        }
        return tick
    }

    private func mixSound(
        upTo end: MediaTime, next: inout Int64,
        sink: (UnsafeBufferPointer<Float>, MediaTime) throws(RenderError) -> Void
    ) throws(RenderError) {
        while MediaTime(nanoseconds: next * SoundPipeline.tickDuration.nanoseconds) < end {
            let index = next
            let waiting = MonotonicClock.now
            crew.wait { sound.isDecided(tick: index) }
            let began = MonotonicClock.now
            timings.waitForDecoders.record(began - waiting)
            sound.mix(tick: index)
            crew.consumed()
            timings.mixSound.record(MonotonicClock.now - began)
            next += 1
            guard index >= 0 else { continue }
            let time = MediaTime(nanoseconds: index * SoundPipeline.tickDuration.nanoseconds)
            try sound.withMix { samples throws(RenderError) in try sink(samples, time) }
        }
    }

    /// Waits for what the tick shows, and lays it out.
    private func settle(tick: Int64, now: MediaTime) throws(RenderError) -> Scene {
        let waiting = MonotonicClock.now
        let deadline = now + lead
        crew.wait { cast.isDecided(at: deadline) }
        let began = MonotonicClock.now
        timings.waitForDecoders.record(began - waiting)
        cast.advance(to: now, lead: lead)
        crew.consumed()
        let stage = cast.stage(at: now) { sound.takeLevel(of: $0) }
        let scene = view.layOut(stage, at: now)
        timings.layOut.record(MonotonicClock.now - began)
        return scene
    }

    private func compose(_ scene: Scene, now: MediaTime) throws(RenderError) -> Composite {
        let began = MonotonicClock.now
        do {
            let composite = try view.compose(scene) { cast.picture(of: $0, at: now) }
            timings.composite.record(MonotonicClock.now - began)
            return composite
        } catch {
            throw RenderError(error.description)
        }
    }
}

// MARK: - Report

extension OfflineRender {
    private func report(_ written: RenderWriter.Written, ticks: Int64, elapsed: MediaTime) -> RenderReport {
        let seconds = max(written.file.duration.seconds, 0.001)
        let output = RenderReport.Output(
            path: written.file.path, videoCodec: job.videoCodec.name, soundCodec: job.soundCodec.name,
            size: job.size.description, framesPerSecond: job.frameRate.framesPerSecond,
            duration: written.file.duration.seconds, bytes: written.file.bytes, ticks: ticks,
            framesHeld: written.video.held, keyframes: written.video.keyframes,
            videoBitrate: Double(written.video.bytes) * 8 / seconds,
            soundBitrate: Double(written.soundBytes) * 8 / seconds, psnr: written.video.psnr)
        let histograms = [
            "waitForDecoders": timings.waitForDecoders, "layOut": timings.layOut, "composite": timings.composite,
            "mixSound": timings.mixSound, "waitForEncoder": timings.waitForEncoder,
            "encodeVideo": written.video.encode, "encodeSound": written.encodeSound, "write": written.video.write,
        ]
        return RenderReport(
            output: output, inputs: cast.reports, stages: histograms.mapValues { RenderReport.Stage($0) },
            elapsed: elapsed.seconds, speed: seconds / max(elapsed.seconds, 0.001), wasCancelled: cancel.isSet)
    }
}
