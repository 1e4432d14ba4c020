import Codecs
import Containers
import Foundation
import Media
import MediaTesting
import Testing
import Timing

/// Files' codecs, each through a file that ffmpeg made of one and the same picture and sound.
@Suite struct FileCodecTests {
    private func read(_ url: URL) throws -> (info: FileInfo, pictures: [EncodedChunk], sound: [EncodedChunk]) {
        let reader = try FileReader(path: url.path)
        var pictures: [EncodedChunk] = []
        var sound: [EncodedChunk] = []
        while case .packet(let packet) = try reader.read() {
            switch packet.track {
            case .video: pictures.append(packet.chunk)
            case .sound: sound.append(packet.chunk)
            }
        }
        return (reader.info, pictures, sound)
    }

    private static let videoFormats: [(name: String, file: String, options: String, floor: Double)] = [
        ("H.264 with B-frames", "a.mp4", "-c:v libx264 -bf 3 -crf 18 -pix_fmt yuv420p", 35),
        ("H.264 with B-frames in Matroska", "a.mkv", "-c:v libx264 -bf 3 -crf 18 -pix_fmt yuv420p", 35),
        ("H.264 of 10 bits 4:4:4", "a.mkv", "-c:v libx264 -bf 2 -crf 18 -pix_fmt yuv444p10le", 35),
        ("HEVC", "a.mp4", "-c:v libx265 -x265-params log-level=none -crf 20 -pix_fmt yuv420p", 33),
        ("HEVC of 10 bits", "a.mkv", "-c:v libx265 -x265-params log-level=none -crf 20 -pix_fmt yuv420p10le", 33),
        ("AV1", "a.mkv", "-c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 1M -pix_fmt yuv420p", 30),
        ("VP8", "a.webm", "-c:v libvpx -b:v 1M -deadline realtime -cpu-used -8", 30),
        (
            "VP8 with hidden frames", "a.webm",
            "-c:v libvpx -b:v 1M -auto-alt-ref 1 -lag-in-frames 8 -arnr-maxframes 7", 30
        ),
        ("VP9", "a.webm", "-c:v libvpx-vp9 -b:v 1M -deadline realtime -cpu-used 8", 30),
        ("VP9 with superframes", "a.webm", "-c:v libvpx-vp9 -b:v 1M -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 5", 30),
        ("VP9 4:4:4", "a.webm", "-c:v libvpx-vp9 -b:v 1M -pix_fmt yuv444p -deadline realtime -cpu-used 8", 30),
        ("VP9 of 10 bits", "a.webm", "-c:v libvpx-vp9 -b:v 1M -pix_fmt yuv420p10le -deadline realtime -cpu-used 8", 30),
        ("MPEG-4", "a.mp4", "-c:v mpeg4 -q:v 2 -bf 2", 33),
        ("MPEG-2", "a.mkv", "-c:v mpeg2video -q:v 2 -bf 2", 33),
        ("Motion JPEG", "a.mkv", "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p", 33),
        ("ProRes", "a.mov", "-c:v prores_ks -profile:v 2", 38),
        ("Theora", "a.mkv", "-c:v libtheora -q:v 9", 32),
        ("FFV1", "a.mkv", "-c:v ffv1 -pix_fmt yuv420p", 90),
        ("PNG", "a.mov", "-c:v png", 35),
    ]

    @Test(arguments: videoFormats.indices) func picturesOfEveryCodecLookAlike(index: Int) throws {
        let format = Self.videoFormats[index]
        let place = try Workplace()
        let file = place.url(format.file)
        try place.ffmpeg(
            "-f lavfi -i testsrc2=s=320x180:r=30,format=yuv420p -t 1", format.options, file.path)
        try place.ffmpeg(
            "-f lavfi -i testsrc2=s=320x180:r=30,format=yuv420p -t 1 -f rawvideo", place.url("raw").path)
        let raw = [UInt8](try Data(contentsOf: place.url("raw")))
        let (info, chunks, _) = try read(file)
        let parameters = try #require(info.video).parameters
        let decoder = try VideoDecoders.make(for: parameters)
        var pictures: [DecodedPicture] = []
        for chunk in chunks { try decoder.decode(chunk, wantsPicture: true, into: &pictures) }
        try decoder.flush(into: &pictures)
        #expect(pictures.count == 30, "\(format.name)")
        for (frame, decoded) in pictures.enumerated() {
            #expect(abs(decoded.time.seconds - Double(frame) / 30) < 0.0011, "\(format.name), frame \(frame)")
            let source = TestPictures.i420(
                raw, frame: frame, size: PictureSize(width: 320, height: 180), colour: decoded.picture.colour)
            // Full range and RGB differ in their numbers; the comparison of colours is another test's.
            guard decoded.picture.colour.range == .limited else { continue }
            #expect(PictureComparison(source, decoded.picture).luma > format.floor, "\(format.name), frame \(frame)")
            #expect(PictureComparison(source, decoded.picture).cb > 28, "\(format.name), frame \(frame)")
        }
        if format.name == "Motion JPEG" { #expect(pictures[0].picture.colour.range == .full) }

        // Every second picture only; and decoding goes on after a jump.
        let sparing = try VideoDecoders.make(for: parameters)
        var shown: [DecodedPicture] = []
        for chunk in chunks {
            let wants = Int((chunk.time.seconds * 30).rounded()) % 2 == 0
            try sparing.decode(chunk, wantsPicture: wants, into: &shown)
        }
        try sparing.flush(into: &shown)
        #expect(shown.map { Int(($0.time.seconds * 30).rounded()) } == Array(stride(from: 0, to: 30, by: 2)))
        for (offset, decoded) in shown.enumerated() {
            #expect(PictureComparison(decoded.picture, pictures[offset * 2].picture).luma > 60, "\(format.name)")
        }
        sparing.reset()
        var again: [DecodedPicture] = []
        for chunk in chunks { try sparing.decode(chunk, wantsPicture: true, into: &again) }
        try sparing.flush(into: &again)
        #expect(again.count == 30, "\(format.name)")
    }

    @Test(arguments: videoFormats.indices) func damageEndsNoDecoder(index: Int) throws {
        let format = Self.videoFormats[index]
        let place = try Workplace()
        let file = place.url(format.file)
        try place.ffmpeg("-f lavfi -i testsrc2=s=96x80:r=30,format=yuv420p -t 1 -g 10", format.options, file.path)
        let (info, chunks, _) = try read(file)
        var options = VideoDecoderOptions()
        options.maximumArea = 640 * 480
        var random = SeededRandom(seed: UInt64(index))
        for _ in 0..<10 {
            let decoder = try VideoDecoders.make(for: try #require(info.video).parameters, options: options)
            var pictures: [DecodedPicture] = []
            for chunk in chunks {
                var chunk = chunk
                switch random.next() % 3 {
                case 0:
                    for _ in 0..<5 {
                        chunk.data[Int(random.next() % UInt64(chunk.data.count))] ^= UInt8(random.next() & 255)
                    }
                case 1: chunk.data = Array(chunk.data.prefix(Int(random.next() % UInt64(chunk.data.count))))
                default: break
                }
                try? decoder.decode(chunk, wantsPicture: true, into: &pictures)
            }
            try? decoder.flush(into: &pictures)
            decoder.reset()
            pictures = []
            for chunk in chunks { try? decoder.decode(chunk, wantsPicture: true, into: &pictures) }
            try decoder.flush(into: &pictures)
            #expect(pictures.count >= 20, "\(format.name)")
        }
    }

    /// With how much later the sound begins because the file does not say that the encoder began with padding (as
    /// ffmpeg writes these), in seconds.
    private static let soundFormats: [(name: String, file: String, options: String, late: Double)] = [
        ("AAC", "a.mp4", "-c:a aac -b:a 160k", 0),
        ("AAC of 44.1 kHz", "a.mp4", "-c:a aac -ar 44100 -b:a 160k", 0),
        ("AAC in Matroska", "a.mkv", "-c:a aac -b:a 160k", 1024.0 / 48_000),
        ("Opus", "a.webm", "-c:a libopus -b:a 96k", 0),
        ("Vorbis", "a.webm", "-c:a libvorbis -q:a 6", 0.003),
        ("MP3", "a.mp3", "-c:a libmp3lame -b:a 192k", 0),
        ("MP3 of 44.1 kHz", "a.mkv", "-c:a libmp3lame -ar 44100 -b:a 192k", 1105.0 / 44_100),
        ("FLAC", "a.flac", "-c:a flac", 0),
        ("PCM", "a.wav", "-c:a pcm_s16le -ar 44100", 0),
        ("PCM of 24 bits", "a.mov", "-c:a pcm_s24be", 0),
        ("AC-3", "a.mkv", "-c:a ac3 -b:a 192k", 256.0 / 48_000),
        ("ALAC", "a.mp4", "-c:a alac", 0),
        ("G.711", "a.wav", "-c:a pcm_alaw -ar 8000", 0),
    ]

    /// A tone of 440 Hz that begins at exactly 0.5 s, left, and one of 660 Hz, right.
    @Test(arguments: soundFormats.indices) func soundOfEveryCodecBeginsAtItsTime(index: Int) throws {
        let format = Self.soundFormats[index]
        let place = try Workplace()
        let file = place.url(format.file)
        let tones = "0.5*sin(2*PI*440*t)*gte(t\\,0.5)|0.5*sin(2*PI*660*t)*gte(t\\,0.5)"
        try place.ffmpeg("-f lavfi -i aevalsrc=\(tones):s=48000:d=2", format.options, file.path)
        let (info, _, chunks) = try read(file)
        let track = try #require(info.sound)
        let decoder = try SoundDecoders.make(for: track.parameters)
        let block = try OpusTests.decode(decoder, chunks)
        #expect(block.channels == 2)
        #expect(abs(block.time.seconds - track.start.seconds) < 0.0035, "\(format.name) \(block.time)")
        #expect(abs(block.end.seconds - 2) < 0.06, "\(format.name)")
        let left = ToneMeter.channel(0, of: 2, in: block.samples)
        let right = ToneMeter.channel(1, of: 2, in: block.samples)
        let onset = left.firstIndex { abs($0) > 0.1 } ?? 0
        let time = block.time.seconds + Double(onset) / 48_000
        #expect(abs(time - 0.5 - format.late) < 0.002, "\(format.name): \(time)")
        let later = 48_000..<91_200
        #expect(abs(ToneMeter.level(of: 440, in: Array(left[later])) + 6.02) < 0.4, "\(format.name)")
        #expect(abs(ToneMeter.level(of: 660, in: Array(right[later])) + 6.02) < 0.4, "\(format.name)")
        #expect(ToneMeter.level(of: 660, in: Array(left[later])) < -40, "\(format.name)")
    }

    @Test func surroundComesOutAsStereo() throws {
        let place = try Workplace()
        for (file, options) in [("a.mkv", "-c:a libopus -b:a 256k"), ("b.mp4", "-c:a aac -b:a 320k")] {
            try place.ffmpeg(
                "-f lavfi -i",
                "aevalsrc=0.2*sin(2*PI*300*t)|0|0.2*sin(2*PI*700*t)|0|0|0:s=48000:d=1:c=5.1", options,
                place.url(file).path)
            let (info, _, chunks) = try read(place.url(file))
            let decoder = try SoundDecoders.make(for: try #require(info.sound).parameters)
            #expect(decoder.channels == 2)
            let block = try OpusTests.decode(decoder, chunks)
            let left = Array(ToneMeter.channel(0, of: 2, in: block.samples)[12_000..<40_000])
            let right = Array(ToneMeter.channel(1, of: 2, in: block.samples)[12_000..<40_000])
            #expect(abs(ToneMeter.amplitude(of: 300, in: left) - 0.2) < 0.02)
            #expect(ToneMeter.amplitude(of: 300, in: right) < 0.02)
            for side in [left, right] { #expect(abs(ToneMeter.amplitude(of: 700, in: side) - 0.1414) < 0.02) }
        }
    }
}
