import Containers
import Foundation
import Live
import Media

/// The files that clients of the load publish.
extension LoadMedia {
    /// Reads a file of VP8 and Opus whole. Throws if it holds neither, or another codec.
    init(file: String) throws(CommandFailure) {
        let (name, video, sound) = try LoadMedia.read(file)
        do {
            try self.init(name: name, video: video, sound: sound, tone: LoadMedia.tone(of: file))
        } catch {
            throw .failed("\(file): \(error)")
        }
    }

    private static func read(_ file: String) throws(CommandFailure) -> (String, [EncodedChunk], [EncodedChunk]) {
        do {
            let reader = try FileReader(path: file)
            if let codec = reader.info.video?.parameters.codec, codec != .vp8 {
                throw CommandFailure.misuse("\(file): its pictures are \(codec); clients send VP8 as it is")
            }
            if let codec = reader.info.sound?.parameters.codec, codec != .opus {
                throw CommandFailure.misuse("\(file): its sound is \(codec); clients send Opus as it is")
            }
            var video: [EncodedChunk] = []
            var sound: [EncodedChunk] = []
            while case .packet(let packet) = try reader.read() {
                if packet.track == .video { video.append(packet.chunk) } else { sound.append(packet.chunk) }
            }
            let name = reader.info.title ?? URL(filePath: file).deletingPathExtension().lastPathComponent
            return (name, video, sound)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("\(file): \(error)")
        }
    }

    /// What publishers are to send: the files in turn, with a keyframe every second and a smaller size beside.
    static func prepared(_ files: [String], publishers: Int, withSound: Bool) throws(CommandFailure) -> [LoadMedia] {
        let used = Array(files.prefix(publishers))
        let pictures = try LoadPreparation.pictures(used.map { LoadPreparation.Wish(file: $0, code: nil) })
        var media: [LoadMedia] = []
        for (file, made) in zip(used, pictures) {
            let (name, _, sound) = try read(file)
            do {
                var next = try LoadMedia(
                    name: name, video: made.large, sound: withSound ? sound : [], smallVideo: made.small,
                    tone: withSound ? tone(of: file) : nil)
                next.measureLevels()
                media.append(next)
            } catch {
                throw .failed("\(file): \(error)")
            }
        }
        return (0..<publishers).map { media[$0 % media.count] }
    }

    /// The same with codes burnt into the pictures, and chirps of the first publisher as the only sound.
    static func coded(_ files: [String], publishers: Int, withSound: Bool) throws(CommandFailure) -> [LoadMedia] {
        let coded = min(publishers, PictureCode.publishers)
        let pictures = try LoadPreparation.pictures(
            (0..<coded).map { LoadPreparation.Wish(file: files[$0 % files.count], code: $0) })
        let plain = publishers > coded ? try prepared(files, publishers: publishers, withSound: false) : []
        var media: [LoadMedia] = []
        for index in 0..<publishers {
            let made = index < coded ? pictures[index] : (large: plain[index].video, small: plain[index].smallVideo)
            // As long as the pictures, which are numbered without a break.
            let ticks = made.large.count * 50 / 30
            let sound = withSound ? try LoadPreparation.sound(ticks: ticks, chirps: index == 0) : []
            do {
                var next = try LoadMedia(
                    name: "Publisher \(index + 1)", video: made.large, sound: sound, smallVideo: made.small)
                if index == 0 { next.chirps = Chirp.positions(in: sound) }
                media.append(next)
            } catch {
                throw .failed("\(error)")
            }
        }
        return media
    }

    /// The tones under the voices of Samples/, by the beginnings of their files' names.
    private static func tone(of file: String) -> Double? {
        let tones: [Substring: Double] = [
            "01": 330, "02": 415, "03": 495, "04": 585, "05": 675, "06": 765, "07": 875, "08": 985, "09": 1095,
            "10": 1205, "11": 1325, "12": 1445,
        ]
        let url = URL(filePath: file)
        guard url.deletingLastPathComponent().lastPathComponent == "Samples" else { return nil }
        return tones[url.lastPathComponent.prefix(2)]
    }

    /// The participants among the samples in `folder`, in their order.
    static func sampleFiles(in folder: String) throws(CommandFailure) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasSuffix(".webm") }.sorted()
        guard !files.isEmpty else {
            throw .misuse("no .webm files in \(folder); name media with --media FILE")
        }
        return files.map { folder + "/" + $0 }
    }

    static func samples(in folder: String) throws(CommandFailure) -> [LoadMedia] {
        var media: [LoadMedia] = []
        for file in try sampleFiles(in: folder) { media.append(try LoadMedia(file: file)) }
        return media
    }
}
