import Foundation

/// What a player makes of a file: its pictures' brightness over time, its sound, single frames. Decoded by ffmpeg, so
/// that nothing of ours vouches for itself.
struct Playback {
    let path: String

    struct Brightness {
        /// Seconds.
        let time: Double
        /// Mean luma, 0 to 255.
        let luma: Double
    }

    /// A part of the picture, in pixels.
    struct Area {
        let x: Int
        let y: Int
        let width: Int
        let height: Int
    }

    /// Each frame's mean luma within `area`.
    func brightness(in area: Area? = nil) throws -> [Brightness] {
        let crop = area.map { "crop=\($0.width):\($0.height):\($0.x):\($0.y)," } ?? ""
        let filter = crop + "scale=16:16:flags=area,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"
        let result = try run([
            "-copyts", "-i", path, "-an", "-vf", filter, "-fps_mode", "passthrough", "-f", "null", "-",
        ])
        var frames: [Brightness] = []
        var time = 0.0
        for line in result.text.split(separator: "\n") {
            if let range = line.range(of: "pts_time:") {
                time = Double(line[range.upperBound...].trimmingCharacters(in: .whitespaces)) ?? -1
            } else if let equals = line.firstIndex(of: "="), let luma = Double(line[line.index(after: equals)...]) {
                frames.append(Brightness(time: time, luma: luma))
            }
        }
        return frames
    }

    /// The sound from zero on at 48 kHz, by its timestamps: interleaved where there are two channels.
    func sound(channels: Int = 1) throws -> [Float] {
        let mix = channels == 1 ? ",pan=mono|c0=0.5*c0+0.5*c1" : ""
        let result = try run([
            "-copyts", "-i", path, "-vn", "-af",
            "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo\(mix)", "-f", "f32le", "-",
        ])
        return result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// The frame at `time`, in RGB, scaled to `width` x `height`.
    func frame(at time: Double, width: Int, height: Int) throws -> [UInt8] {
        let result = try run([
            "-ss", "\(time)", "-i", path, "-frames:v", "1", "-vf",
            "scale=\(width):\(height):flags=area+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24", "-f", "rawvideo",
            "-",
        ])
        return [UInt8](result.output)
    }

    /// A checksum of each decoded frame with its time, and of the sound.
    func checksums() throws -> String {
        try run(["-i", path, "-map", "0", "-fps_mode", "passthrough", "-f", "framemd5", "-"]).text
    }

    /// Seconds up to where the last frame, and the last sample, end.
    func lengths() throws -> (pictures: Double, sound: Double) {
        let frames = try brightness()
        let interval = frames.count > 1 ? 1.0 / 30 : 0
        return ((frames.last?.time ?? 0) + interval, Double(try sound().count) / 48_000)
    }

    struct Unplayable: Error, CustomStringConvertible {
        let description: String
    }

    private func run(_ arguments: [String]) throws -> Program.Result {
        let result = try Program.ffmpeg.run(["-v", "error", "-nostdin"] + arguments)
        guard result.status == 0, result.errors.isEmpty else {
            throw Unplayable(description: "\(path): \(result.errors)")
        }
        return result
    }
}
