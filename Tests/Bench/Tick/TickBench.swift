import Codecs
import Compositor
import Foundation
import Layout
import Media
import Mixing
import Timing

/// Prints what a tick costs, against the number of tiles and the share of them that change: layout, composite and
/// encode of 720p30 VP8, in milliseconds of CPU time of one core (median over the ticks).
@main
enum TickBench {
    static let tileCounts = [1, 4, 9, 16, 25, 49]
    static let shares = [0, 25, 50, 100]
    static let ticks: Int64 = 90
    static let warmUp: Int64 = 30

    static func main() throws {
        let name = CommandLine.arguments.dropFirst().first ?? "grid"
        print("Layout \(name), 1280x720 at 30 fps, VP8 1.5 Mbit/s, speed -8; milliseconds a tick: composite + encode")
        print("")
        print("| tiles | " + shares.map { "\($0) % change" }.joined(separator: " | ") + " |")
        print("|---:|" + shares.map { _ in "---:" }.joined(separator: "|") + "|")
        for count in tileCounts {
            let cells = try shares.map { share in try measure(layout: name, tiles: count, share: share) }
            print("| \(count) | " + cells.joined(separator: " | ") + " |")
        }
    }

    private static func measure(layout name: String, tiles: Int, share: Int) throws -> String {
        let size = PictureSize(width: 640, height: 360)
        let canvas = CanvasSize(width: 1280, height: 720)
        let view = try ViewPipeline(layout: LayoutFile(name).layout, canvas: canvas, images: [:])
        let rendition = try VideoRendition(
            VideoEncoderConfiguration(
                codec: .vp8, size: PictureSize(width: 1280, height: 720), frameRate: .fps30, bitrate: 1_500_000))
        let names = (0..<tiles).map { "p\($0)" }
        let stage = Stage(participants: names.map { Stage.Participant(id: $0, name: $0, pictureAspect: 16 / 9) })
        // Drawn participants who move, a second of each, played over and over.
        let films = (0..<tiles).map { index in
            let card = TestCard(index: index, size: size)
            return (0..<15).map { card.picture(at: MediaTime(clamping: Int64($0), per: 15)) }
        }
        let moving = (tiles * share + 99) / 100
        var composites: [Double] = []
        var encodes: [Double] = []
        for tick in 0..<ticks {
            let time = FrameRate.fps30.time(ofFrame: tick)
            let begun = cpuTime()
            let scene = view.layOut(stage, at: time)
            let composite = try view.compose(scene) { content in
                guard case .camera(let id) = content, let index = names.firstIndex(of: id) else { return nil }
                return films[index][index < moving ? Int(tick) % 15 : 0]
            }
            let composed = cpuTime()
            _ = try rendition.encode(composite, time: time)
            let encoded = cpuTime()
            guard tick >= warmUp else { continue }
            composites.append(composed - begun)
            encodes.append(encoded - composed)
        }
        return String(format: "%.2f + %.2f", median(composites), median(encodes))
    }

    /// Milliseconds of CPU time of this thread.
    private static func cpuTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
