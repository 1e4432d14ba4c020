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
        do {
            let images = try LayoutImages.load(job.layout)
            view = try ViewPipeline(layout: job.layout.layout, canvas: canvas, images: images)
        } catch {
            throw RenderError("\(error)")
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
        crew.start(threads: decodeThreads)
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

    /// The composite at `time`, without encoding anything. Throws if it has ended by then.
    public func still(at time: MediaTime) throws(RenderError) -> Picture {
        crew.start(threads: decodeThreads)
        defer { crew.stop() }
        let last = job.frameRate.frames(before: time + MediaTime(nanoseconds: 1)) - 1
        var soundTick: Int64 = -1
        var tick: Int64 = 0
        while let scene = try nextScene(tick, soundTick: &soundTick, sink: { _, _ throws(RenderError) in }) {
            if tick >= last { return try compose(scene, now: job.frameRate.time(ofFrame: tick)).picture }
            if cancel.isSet { throw RenderError("ended before the still was reached") }
            tick += 1
        }
        let end = job.frameRate.time(ofFrame: tick)
        throw RenderError("there is nothing to show at \(time): the composite ends at \(end)")
    }

    private var decodeThreads: Int {
        job.decodeThreads ?? max(1, min(ProcessInfo.processInfo.activeProcessorCount, 8))
    }

    /// A tick shows the newest picture that is due by the middle of its interval, so that what happens is seen at most
    /// half an interval early or late. A millisecond less, since containers round to that: of 60 pictures a second at
    /// 30 ticks a second every other one is to be shown, and not now this one, now that.
    private var lead: MediaTime {
        max(.zero, MediaTime(nanoseconds: job.frameRate.interval.nanoseconds / 2) - .milliseconds(1))
    }

    private func mix(
        into writer: RenderWriter, began: MediaTime, progress: (Progress) -> Void
    ) throws(RenderError) -> Int64 {
        var soundTick: Int64 = -1
        var tick: Int64 = 0
        var lastProgress = began
        let sink = { (samples: UnsafeBufferPointer<Float>, time: MediaTime) throws(RenderError) in
            try writer.encode(samples, time: time)
        }
        while !cancel.isSet, let scene = try nextScene(tick, soundTick: &soundTick, sink: sink) {
            let now = job.frameRate.time(ofFrame: tick)
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
        // The sound of the last picture; what reaches beyond it is cut off.
        let end = job.frameRate.time(ofFrame: tick)
        try mixSound(upTo: end, next: &soundTick, sink: sink)
        writer.cutSound(at: end)
        return tick
    }

    /// Mixes the sound up to a tick, and lays the tick out; nil where the composite ends.
    private func nextScene(
        _ tick: Int64, soundTick: inout Int64,
        sink: (UnsafeBufferPointer<Float>, MediaTime) throws(RenderError) -> Void
    ) throws(RenderError) -> Scene? {
        let now = job.frameRate.time(ofFrame: tick)
        if let duration = job.duration, now >= duration { return nil }
        try mixSound(upTo: now, next: &soundTick, sink: sink)
        settle(now)
        if job.duration == nil, let end = cast.end, now >= end { return nil }
        return layOut(now)
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

    /// Waits for what the tick shows.
    private func settle(_ now: MediaTime) {
        let waiting = MonotonicClock.now
        crew.wait { cast.isDecided(at: now + lead) }
        timings.waitForDecoders.record(MonotonicClock.now - waiting)
        cast.advance(to: now, lead: lead)
        crew.consumed()
    }

    private func layOut(_ now: MediaTime) -> Scene {
        let began = MonotonicClock.now
        let stage = cast.stage(at: now) { sound.takeLevel(of: $0) }
        let scene = view.layOut(stage, at: now)
        timings.layOut.record(MonotonicClock.now - began)
        if job.leavesUnseenUndecoded { cast.see(scene) }
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
            elapsed: elapsed.seconds, speed: seconds / max(elapsed.seconds, 0.001),
            peakMemory: RenderReport.measuredPeakMemory, wasCancelled: cancel.isSet)
    }
}
