import Archive
import Compositor
import Containers
import Dispatch
import Foundation
import Media
import Synchronization
import Timing

/// Carries out what `tessera render` was asked for, and tells a person how it goes.
struct RenderRun {
    private let request: RenderRequest
    private let cancel = CancelFlag()
    /// The signal that ended the render early, 0 for none.
    private let interrupt = Interrupt()

    init(_ request: RenderRequest) {
        self.request = request
    }

    func perform() throws(CommandFailure) {
        let interrupts = watchInterrupts()
        defer { interrupts.forEach { $0.cancel() } }
        do {
            try OutputCheck(request).check()
            let render = try OfflineRender(request.job, cancel: cancel)
            for warning in render.warnings { say("warning: \(warning)") }
            if let still = request.still {
                try writeStill(render, at: still)
            } else {
                try writeFile(render)
            }
        } catch let error as RenderError {
            throw .failed(error.description)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw .failed("\(error)")
        }
    }

    // MARK: - Work

    private func writeFile(_ render: OfflineRender) throws {
        let line = ProgressLine(isQuiet: request.isQuiet)
        let known = Set(render.warnings)
        let report: RenderReport
        do {
            report = try render.run { line.show($0) }
        } catch {
            line.end()
            throw error
        }
        line.end()
        for input in report.inputs {
            for warning in input.warnings where !known.contains(warning) { say("warning: \(warning)") }
        }
        if let path = request.report { try write(report.json(), to: path) }
        defer { exitIfInterrupted() }
        guard !request.isQuiet else { return }
        let output = report.output
        let seconds = String(format: "%.2f s", output.duration)
        let rate = String(format: "%.0f kbit/s", (output.videoBitrate + output.soundBitrate) / 1000)
        let speed = String(format: "%.1f x", report.speed)
        let ending = report.wasCancelled ? " (ended early)" : ""
        print("\(output.path): \(seconds) of \(output.size), \(rate), rendered at \(speed) real time\(ending)")
    }

    /// A render that was ended early is not all that was asked for: a script must be able to tell.
    private func exitIfInterrupted() {
        let number = interrupt.number.load(ordering: .relaxed)
        guard number != 0 else { return }
        exit(128 + number)
    }

    private func writeStill(_ render: OfflineRender, at time: MediaTime) throws {
        let path = request.job.output
        let picture = try render.still(at: time)
        // What is replaced must not be lost if the new one cannot be written whole.
        let part = path + ".part"
        do {
            try PNGWriter.write(picture, to: part)
        } catch {
            unlink(part)
            throw CommandFailure.failed("\(path): \(error.description.dropFirst(part.count + 2))")
        }
        guard rename(part, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(part)
            throw CommandFailure.failed("\(path): cannot be written: \(reason)")
        }
        if !request.isQuiet { print("\(path): the composite at \(time)") }
    }

    private func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure.failed("\(path): the report cannot be written (\(error.localizedDescription))")
        }
    }

    private func say(_ text: String) {
        StandardError.write("tessera: \(text)\n")
    }

    /// The first Ctrl-C ends the composite early, the second ends the program at once.
    private func watchInterrupts() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [cancel, interrupt] in
                if cancel.isSet { exit(128 + number) }
                interrupt.number.store(number, ordering: .relaxed)
                cancel.set()
            }
            source.resume()
            return source
        }
    }
}

/// The signal that ended a render early.
private final class Interrupt: Sendable {
    let number = Atomic<Int32>(0)
}

/// A bar that is drawn over and over on a terminal; elsewhere a plain line now and then.
private final class ProgressLine {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastPlain: MediaTime = .zero
    private var isOpen = false

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
    }

    func show(_ progress: OfflineRender.Progress) {
        guard !isQuiet else { return }
        if isTerminal {
            isOpen = true
            write("\r\u{1B}[K" + text(progress, width: 24))
        } else if progress.elapsed - lastPlain >= MediaTime(seconds: 5) {
            lastPlain = progress.elapsed
            write(text(progress, width: nil) + "\n")
        }
    }

    func end() {
        if isOpen { write("\r\u{1B}[K") }
    }

    private func text(_ progress: OfflineRender.Progress, width: Int?) -> String {
        let speed = progress.time.seconds / max(progress.elapsed.seconds, 0.001)
        var parts = ["\(clock(progress.time))", String(format: "%.1f x", speed)]
        if let total = progress.total, total > .zero {
            let share = min(1, progress.time.seconds / total.seconds)
            parts[0] += " of \(clock(total))"
            parts.append("\(clock(MediaTime(seconds: (total - progress.time).seconds / max(speed, 0.001)))) left")
            if let width {
                let full = Int(share * Double(width))
                let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
                parts.insert("\(bar) \(Int(share * 100)) %", at: 0)
            }
        }
        return parts.joined(separator: "  ")
    }

    private func clock(_ time: MediaTime) -> String {
        let seconds = max(0, Int(time.seconds.rounded()))
        return seconds < 3600
            ? String(format: "%d:%02d", seconds / 60, seconds % 60)
            : String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    private func write(_ text: String) {
        StandardError.write(text)
    }
}
