import Containers
import Foundation
import Live
import Media

extension LoadMedia {
    /// Reads a file of VP8 and Opus whole. Throws if it holds neither, or another codec.
    init(file: String) throws(CommandFailure) {
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
            reading: while true {
                switch try reader.read() {
                case .end: break reading
                case .packet(let packet):
                    if packet.track == .video { video.append(packet.chunk) } else { sound.append(packet.chunk) }
                }
            }
            let name = reader.info.title ?? URL(filePath: file).deletingPathExtension().lastPathComponent
            try self.init(name: name, video: video, sound: sound)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .failed("\(file): \(error)")
        }
    }

    /// The participants among the samples in `folder`, in their order.
    static func samples(in folder: String) throws(CommandFailure) -> [LoadMedia] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasSuffix(".webm") }.sorted()
        guard !files.isEmpty else {
            throw .misuse("no .webm files in \(folder); name media with --media FILE")
        }
        var media: [LoadMedia] = []
        for file in files { media.append(try LoadMedia(file: folder + "/" + file)) }
        return media
    }
}
