import Codecs
import Containers
import Foundation
import Live
import Media
import Synchronization
import Timing

/// Media made ready for clients of the load, once, and kept in the system's folder for temporary files: pictures at their own
/// size and at half of it, with a keyframe every second, so that what a server asks for can be given without encoding.
enum LoadPreparation {
    /// Part of the name of what is kept; another one when it is made differently.
    private static let version = 1
    /// Of the larger pictures; the smaller ones get a quarter.
    private static let bitrate = 500_000
    private static let keyframeInterval = 30

    static var folder: URL {
        FileManager.default.temporaryDirectory.appending(path: "tessera-load-\(getuid())")
    }

    /// What stands for one publisher: a file's media, or with `code` its pictures with that publisher's code burnt in.
    struct Wish {
        var file: String
        var code: Int?
    }

    /// Prepares what is wished for, several at a time.
    static func pictures(_ wishes: [Wish]) throws(CommandFailure) -> [(large: [EncodedChunk], small: [EncodedChunk])] {
        let results = Mutex<[Int: Result<(large: [EncodedChunk], small: [EncodedChunk]), CommandFailure>]>([:])
        DispatchQueue.concurrentPerform(iterations: wishes.count) { index in
            let result = Result { () throws(CommandFailure) in try pictures(wishes[index]) }
            results.withLock { $0[index] = result }
        }
        let all = results.withLock { $0 }
        var made: [(large: [EncodedChunk], small: [EncodedChunk])] = []
        for index in wishes.indices { if let result = all[index] { made.append(try result.get()) } }
        return made
    }

    private static func pictures(_ wish: Wish) throws(CommandFailure) -> (large: [EncodedChunk], small: [EncodedChunk])
    {
        do {
            guard let source = FileManager.default.contents(atPath: wish.file) else {
                throw CommandFailure.failed("\(wish.file): cannot be read")
            }
            let hash = source.reduce(into: UInt64(0xcbf2_9ce4_8422_2325)) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            let name = String(hash, radix: 16) + "-\(version)" + (wish.code.map { "-code\($0)" } ?? "")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let large = folder.appending(path: name + "-large.webm").path
            let small = folder.appending(path: name + "-small.webm").path
            if !FileManager.default.fileExists(atPath: large) || !FileManager.default.fileExists(atPath: small) {
                try make(wish, large: large, small: small)
            }
            return (try chunks(of: large, isCoded: wish.code != nil), try chunks(of: small, isCoded: wish.code != nil))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("\(wish.file): \(error)")
        }
    }

    private static func chunks(of path: String, isCoded: Bool) throws -> [EncodedChunk] {
        let reader = try FileReader(path: path)
        var chunks: [EncodedChunk] = []
        while case .packet(let packet) = try reader.read() {
            if packet.track == .video { chunks.append(packet.chunk) }
        }
        // Codes count frames of a thirtieth of a second; files round their times.
        if isCoded {
            for index in chunks.indices { chunks[index].time = MediaTime(clamping: Int64(index), per: 30) }
        }
        return chunks
    }

    private static func make(_ wish: Wish, large: String, small: String) throws {
        let reader = try FileReader(path: wish.file)
        guard let video = reader.info.video else { throw CommandFailure.failed("\(wish.file) has no pictures") }
        let decoder = try VideoDecoders.make(for: video.parameters)
        let size = video.parameters.size
        let sizes = [size, PictureSize(width: size.width / 4 * 2, height: size.height / 4 * 2)]
        let encoders = try zip(sizes, [bitrate, bitrate / 4]).map { size, bitrate in
            var configuration = VideoEncoderConfiguration(
                codec: .vp8, size: size, frameRate: .fps30, bitrate: bitrate)
            configuration.keyframeInterval = keyframeInterval
            configuration.buffer = .milliseconds(1000)
            return try VideoEncoders.make(configuration)
        }
        var options = FileWriter.Options()
        options.overwrite = true
        // Several processes may make the same thing at once; whoever is last wins.
        options.partSuffix = ".\(getpid()).part"
        let writers = try zip([large, small], encoders).map {
            try FileWriter(path: $0, format: .webm, video: $1.parameters, sound: nil, options: options)
        }
        var count = 0
        func take(_ pictures: [DecodedPicture]) throws {
            for decoded in pictures where decoded.picture.size == size && count < PictureCode.frames {
                var picture = decoded.picture
                if let code = wish.code {
                    let copy = resized(picture, to: size)
                    PictureCode.burn(publisher: code, frame: count, into: copy)
                    picture = copy.freeze(colour: picture.colour)
                }
                let isKeyframe = count % keyframeInterval == 0
                for (index, encoder) in encoders.enumerated() {
                    let input = index == 0 ? picture : resized(picture, to: sizes[1]).freeze(colour: picture.colour)
                    if let chunk = try encoder.encode(
                        input, time: decoded.time, forceKeyframe: isKeyframe, activeMap: nil)
                    {
                        try writers[index].write(chunk, to: .video)
                    }
                }
                count += 1
            }
        }
        while case .packet(let packet) = try reader.read() {
            if packet.track == .video { try take(try decoder.decode(packet.chunk)) }
        }
        try take(try decoder.flush())
        for writer in writers { _ = try writer.finish() }
    }

    /// A copy, or at half the size averages of four samples each.
    private static func resized(_ picture: Picture, to size: PictureSize) -> WritablePicture {
        let result = WritablePicture(size: size)
        for (from, into) in [(picture.luma, result.luma), (picture.cb, result.cb), (picture.cr, result.cr)] {
            let step = into.width < from.width ? 2 : 1
            for y in 0..<into.height {
                let row = from.base + min(y * step, from.height - 1) * from.stride
                let next = from.base + min(y * step + step - 1, from.height - 1) * from.stride
                for x in 0..<into.width {
                    let (left, right) = (min(x * step, from.width - 1), min(x * step + step - 1, from.width - 1))
                    let sum = Int(row[left]) + Int(row[right]) + Int(next[left]) + Int(next[right])
                    into.base[y * into.stride + x] = UInt8((sum + 2) / 4)
                }
            }
        }
        return result
    }

    /// Sound of `ticks` times 20 ms: a chirp every half second over silence, or nothing but silence.
    static func sound(ticks: Int, chirps: Bool) throws(CommandFailure) -> [EncodedChunk] {
        do {
            let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 64_000))
            var chunks: [EncodedChunk] = []
            for tick in 0..<ticks {
                var samples = [Float](repeating: 0, count: 960)
                if chirps, tick % 25 == 5 {
                    for (index, sample) in Chirp.samples.enumerated() { samples[100 + index] = sample }
                }
                try samples.withUnsafeBufferPointer {
                    try encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
                }
            }
            return chunks
        } catch {
            throw .failed("the chirps: \(error)")
        }
    }
}
