import Foundation
import Layout
import Live
import Media
import Timing

/// One run of the load: clients join, watch, and are asked what they saw.
struct LoadRun {
    var signalling: LoadSignalling
    var participants = 4
    var duration = 10.0
    var decoding = 2
    var impairment: Impairment?
    /// Only receives.
    var watches = false
    var files: [String] = []
    var measuresLatency = false
    var hasSound = true
    /// With latency: how often everybody joins anew, each time at another phase of the server's clocks.
    var rounds = 1
    /// With latency: seconds after which figures are taken and begin anew; nil for once at the end.
    var interval: Double?
    /// How many join while the others watch.
    var joins = 0

    /// What is left out at the beginning: pictures begin, bitrates and delays settle.
    private static let settling = 2.0

    func run() throws(CommandFailure) -> LoadSummary {
        do {
            return try measuresLatency ? latency() : plain()
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
    }

    private func crowd() throws -> LoadCrowd {
        try LoadCrowd(localAddress: signalling.isLocal ? "127.0.0.1" : LoadCrowd.outwardAddress ?? "127.0.0.1")
    }

    private func join(_ crowd: LoadCrowd, _ options: LoadOptions) throws -> LoadClient {
        try crowd.join(options) { try signalling.answer($0, name: options.name) }
    }

    private func wait(_ seconds: Double) { Thread.sleep(forTimeInterval: max(0, seconds)) }

    private func plain() throws -> LoadSummary {
        let media = try LoadMedia.prepared(files, publishers: participants, withSound: hasSound)
        let tones = media.map(\.tone)
        let crowd = try crowd()
        defer { crowd.stop() }
        let clients = try media.enumerated().map { index, media in
            var options = LoadOptions(
                name: media.name, kind: watches ? .view : .session, media: watches ? nil : media,
                decodes: index < decoding)
            options.tones = hasSound ? Array(Set(tones.compactMap { $0 })).sorted() : []
            options.impairment = impairment
            return try join(crowd, options)
        }
        wait(LoadRun.settling)
        for client in clients { client.restartFigures() }
        wait(duration)
        var summary = LoadSummary(room: signalling.room)
        if joins > 0 {
            summary.joins = try joinMore(crowd, clients, media: media)
        }
        summary.add(clients.map(\.currentReport))
        summary.check(tones: tones, loss: impairment?.loss ?? 0)
        return summary
    }

    /// Others join, one after the other, and leave when they have seen something.
    private func joinMore(_ crowd: LoadCrowd, _ clients: [LoadClient], media: [LoadMedia]) throws -> LoadSummary.Joins {
        let joiners = try self.crowd()
        defer { joiners.stop() }
        let began = MonotonicClock.now
        var result = LoadSummary.Joins(
            failed: 0, gapsLong: 0, gaps: 0, gapsLongBefore: 0, gapsBefore: 0)
        for report in clients.map(\.currentReport) {
            result.gapsLongBefore += report.gapsLong
            result.gapsBefore += max(0, report.frames - 1)
        }
        for client in clients { client.restartFigures() }
        var times: [Double] = []
        for index in 0..<joins {
            let media = media[index % media.count]
            let client = try join(joiners, LoadOptions(name: "Guest \(index + 1)", media: media))
            var first: Double?
            let end = MonotonicClock.now + MediaTime(seconds: 5)
            while first == nil, MonotonicClock.now < end {
                wait(0.05)
                first = client.currentReport.firstFrame
            }
            if let first { times.append(first) } else { result.failed += 1 }
            client.leave()
            wait(0.2)
        }
        for report in clients.map(\.currentReport) {
            result.gapsLong += report.gapsLong
            result.gaps += max(0, report.frames - 1)
        }
        result.firstFrame = LoadSummary.Spread(times)
        FileHandle.standardError.write(
            Data("\(joins) joins in \(Int((MonotonicClock.now - began).seconds)) s\n".utf8))
        return result
    }

    /// Coded pictures and chirps go in from all, and are looked for in what the last of them receives.
    private func latency() throws -> LoadSummary {
        let media = try LoadMedia.coded(files, publishers: participants, withSound: hasSound)
        let layout = try LayoutsCommand.open("grid").layout
        let scene = Preview(of: layout, participants: participants, size: CanvasSize(width: 1280, height: 720)).scene
        let areas = scene.tiles.map {
            PictureCode.Area(
                x: Double($0.rect.x), y: Double($0.rect.y), width: Double($0.rect.width), height: Double($0.rect.height)
            )
        }
        var summary = LoadSummary(room: signalling.room)
        var all = LatencyProbe.Samples()
        for round in 0..<rounds {
            // A room that everybody has just left takes a moment to end.
            if round > 0 { wait(1) }
            let probe = LatencyProbe(areas: areas, period: media[0].period)
            let crowds = (try crowd(), try crowd())
            defer {
                crowds.0.stop()
                crowds.1.stop()
            }
            let clients = try media.enumerated().map { index, media in
                let isViewer = index == participants - 1
                var options = LoadOptions(name: media.name, media: media, decodes: isViewer)
                options.impairment = impairment
                options.probe = probe
                options.publisher = index
                options.watches = isViewer
                options.phase = phase(of: index, round: round)
                // The viewer has a thread of its own, so that its decoding holds nobody up.
                return try join(isViewer ? crowds.1 : crowds.0, options)
            }
            wait(LoadRun.settling)
            for client in clients { client.restartFigures() }
            probe.restart()
            var elapsed = 0.0
            while elapsed < duration {
                let step = min(interval ?? duration, duration - elapsed)
                wait(step)
                elapsed += step
                let samples = probe.samples
                probe.restart()
                all.picture += samples.picture
                all.sound += samples.sound
                all.offset += samples.offset
                all.tiles += samples.tiles
                all.unreadable += samples.unreadable
                if interval != nil { summary.latency.append(LoadSummary.Latency(samples, until: elapsed)) }
            }
            summary.add(clients.map(\.currentReport))
        }
        summary.latency.append(LoadSummary.Latency(all, until: duration))
        summary.check(tones: [], loss: impairment?.loss ?? 0)
        return summary
    }

    /// Publishers and rounds are spread evenly over the phases of the server's 30 and 50 ticks a second.
    private func phase(of index: Int, round: Int) -> MediaTime {
        if index == 0 { return MediaTime(nanoseconds: Int64(round) * 100_000_000 / Int64(rounds)) }
        let place = Int64(index * rounds + round)
        return MediaTime(nanoseconds: place * 100_000_000 / 3 / Int64(participants * rounds))
    }
}
