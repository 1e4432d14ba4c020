import Foundation

/// A film in which a white picture and the start of a beep coincide once a second, and the meter for what becomes of it.
struct FlashBeep {
    /// As ffmpeg takes it, such as `30000/1001`.
    var rate: String
    /// Pictures from flash to flash: a second, to the nearest picture.
    var period: Int
    /// Seconds from flash to flash.
    var seconds: Double
    var picture: [String] = ["-c:v", "libvpx", "-b:v", "300k", "-deadline", "realtime", "-cpu-used", "8"]
    var sound: [String] = ["-c:a", "libopus", "-b:a", "48k"]

    init(_ framesPerSecond: Int, thousandAndOneths: Bool = false) {
        rate = thousandAndOneths ? "\(framesPerSecond * 1000)/1001" : "\(framesPerSecond)"
        period = framesPerSecond
        seconds = thousandAndOneths ? 1.001 : 1
    }

    /// For ffmpeg: 3.3 s with flashes at one, two and three periods.
    var arguments: [String] {
        let length = period > 30 && seconds < 1.1 ? 2 : 1
        let film =
            "color=c=0x202020:s=160x96:r=\(rate):d=3.3,"
            + "drawbox=t=fill:c=white:enable='gte(n,\(period))*lt(mod(n,\(period)),\(length))'"
        let beep =
            "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,\(seconds)),0.06)*gte(t,0.5)':s=48000:d=3.3"
        return ["-f", "lavfi", "-i", film, "-f", "lavfi", "-i", beep, "-g", "25"] + picture + sound
    }

    /// Each flash with the beep nearest to it.
    struct Pair {
        let flash: Double
        let beep: Double
        /// Seconds; positive where the flash comes late.
        var offset: Double { flash - beep }
    }

    static func measure(_ path: String) throws -> [Pair] {
        let playback = Playback(path: path)
        let frames = try playback.brightness()
        let low = frames.map(\.luma).min() ?? 0
        let high = frames.map(\.luma).max() ?? 0
        guard high - low > 20 else { return [] }
        let middle = (low + high) / 2
        var flashes: [Double] = []
        for index in frames.indices.dropFirst() where frames[index].luma > middle && frames[index - 1].luma <= middle {
            flashes.append(frames[index].time)
        }
        let beeps = starts(in: try playback.sound())
        return flashes.compactMap { flash in
            beeps.min { abs($0 - flash) < abs($1 - flash) }.map { Pair(flash: flash, beep: $0) }
        }
    }

    /// Seconds at which the sound rises above half its peak after a time of quiet.
    static func starts(in samples: [Float]) -> [Double] {
        let threshold = (samples.map(abs).max() ?? 0) / 2
        guard threshold > 0.01 else { return [] }
        var found: [Double] = []
        var last = -48_000
        for (index, sample) in samples.enumerated() where abs(sample) > threshold {
            if index - last > 9600 { found.append(Double(index) / 48_000) }
            last = index
        }
        return found
    }
}
