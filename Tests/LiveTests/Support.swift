import Codecs
import Containers
import Foundation
import Live
import Media
import MediaTesting
import Testing
import Timing

/// Media of the repository's samples.
enum Samples {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Samples")

    /// Files of the participants in their order, each with its tone in Hz.
    static let participants: [(file: String, tone: Double)] = [
        ("01-amara", 330), ("02-kenji", 415), ("03-sofia", 495), ("04-omar", 585), ("05-ingrid", 675), ("06-wei", 765),
        ("07-priya", 875), ("08-diego", 985), ("09-layla", 1095), ("10-grace", 1205), ("11-tomasz", 1325),
        ("12-kofi", 1445),
    ]

    static func media(_ index: Int) throws -> LoadMedia { try media(participants[index].file + ".webm") }

    /// The pictures of `media` with a tone of -14 dBFS in place of its sound.
    static func tone(_ frequency: Double, name: String, like media: LoadMedia) throws -> LoadMedia {
        let encoder = try OpusEncoder(SoundEncoderConfiguration(codec: .opus, channels: 1, bitrate: 64_000))
        var chunks: [EncodedChunk] = []
        // A whole number of periods, so that it goes round without a break.
        for tick in 0..<500 {
            let samples = ToneMeter.tone(frequency, amplitude: 0.2, count: 960, start: tick * 960)
            try samples.withUnsafeBufferPointer {
                try encoder.encode($0, time: .milliseconds(Int64(20 * tick)), into: &chunks)
            }
        }
        return try LoadMedia(name: name, video: media.video, sound: chunks)
    }

    static func media(_ file: String) throws -> LoadMedia {
        let reader = try FileReader(path: folder.appending(path: file).path)
        var video: [EncodedChunk] = []
        var sound: [EncodedChunk] = []
        reading: while true {
            switch try reader.read() {
            case .end: break reading
            case .packet(let packet):
                if packet.track == .video { video.append(packet.chunk) } else { sound.append(packet.chunk) }
            }
        }
        return try LoadMedia(name: reader.info.title ?? file, video: video, sound: sound)
    }
}

/// A server of its own for one test, with clients in the same process.
final class Rig {
    let server: LiveServer
    let crowd: LoadCrowd
    private(set) var clients: [LoadClient] = []

    init(_ change: (inout LiveConfiguration) -> Void = { _ in }) throws {
        var configuration = LiveConfiguration()
        configuration.mediaPort = 0
        change(&configuration)
        server = try LiveServer(configuration)
        server.start()
        crowd = try LoadCrowd()
    }

    /// Ends everything; nothing of a test goes on into the next.
    func stop() {
        crowd.stop()
        server.stop()
    }

    struct Member {
        let client: LoadClient
        let joined: Joined
    }

    func join(
        _ index: Int, room: String = "test", kind: JoinKind = .session, decodes: Bool = true, view: String? = nil,
        media other: LoadMedia? = nil, rendition: String? = nil, codec: Codec = .vp8,
        impairment: Impairment? = nil
    ) throws -> Member {
        let media = kind == .view ? nil : try other ?? Samples.media(index)
        let name = media?.name ?? "Viewer \(index)"
        var joined: Joined?
        var options = LoadOptions(name: name, kind: kind, media: media, decodes: decodes)
        options.codec = codec
        options.impairment = impairment
        let client = try crowd.join(options) { offer in
            let result = try server.join(
                JoinRequest(room: room, kind: kind, offer: offer, name: name, view: view, rendition: rendition))
            joined = result
            return result.answer
        }
        clients.append(client)
        return Member(client: client, joined: try #require(joined))
    }
}

/// Waits until something is so, for at most `seconds`; true if it came to be.
func eventually(within seconds: Double = 15, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = MonotonicClock.now + MediaTime(seconds: seconds)
    while MonotonicClock.now < end {
        if try condition() { return true }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return try condition()
}
