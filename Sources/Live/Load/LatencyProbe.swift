import Codecs
import Media
import RTP
import Synchronization
public import Timing

/// How long pictures and sound take through a server. Publishers note when the last packet of each coded picture and of each
/// chirp left; one viewer notes when the first packet of the mixed picture came that shows it, and the packet of sound that
/// holds the chirp. Publishers and the viewer are in this process, by one clock.
public final class LatencyProbe: Sendable {
    /// Everything measured, in milliseconds.
    public struct Samples: Sendable {
        /// From the last packet of a picture to the first packet of the first mixed picture that shows it.
        public var picture: [Double] = []
        /// From the packet of sound to the packet of the mix with the same instant of it, to the sample. The look-ahead of
        /// the mix's own Opus encoder is in it.
        public var sound: [Double] = []
        /// How much later than the sound the picture is shown, by the sender reports of the mix: when a picture of the talker
        /// is first seen.
        public var offset: [Double] = []
        /// Tiles that were looked at, and those with no code to be read.
        public var tiles = 0
        public var unreadable = 0

        public init() {}
    }

    private struct State {
        var pictures = [[MediaTime?]](
            repeating: [MediaTime?](repeating: nil, count: PictureCode.frames), count: PictureCode.publishers)
        var newest = [Int](repeating: -1, count: PictureCode.publishers)
        var chirps: [(left: MediaTime, media: MediaTime)] = []
        /// When the last chirp was heard by the mix's clock, and its time in the talker's media.
        var heard: (captured: NTPTime, media: MediaTime)?
        var samples = Samples()
    }

    private let state = Mutex(State())
    private let areas: [PictureCode.Area]
    /// Of the talker's media, after which it begins again.
    private let period: MediaTime
    /// The publisher who chirps.
    static let talker = 0

    /// `areas` are the tiles of the mixed picture; `period` is that of the media.
    public init(areas: [PictureCode.Area], period: MediaTime) {
        self.areas = areas
        self.period = period
    }

    public var samples: Samples { state.withLock(\.samples) }

    /// What was measured until now counts no more.
    public func restart() { state.withLock { $0.samples = Samples() } }

    // MARK: - Publishers

    func sent(publisher: Int, frame: Int, at time: MediaTime) {
        state.withLock { $0.pictures[publisher % PictureCode.publishers][frame % PictureCode.frames] = time }
    }

    /// A chirp began at `time`, as if the packet's sound were played when it left; `media` is its place in the media.
    func sentChirp(at time: MediaTime, media: MediaTime) {
        state.withLock { state in
            state.chirps.append((time, media))
            if state.chirps.count > 8 { state.chirps.removeFirst() }
        }
    }

    // MARK: - The viewer

    /// `captured` is the time of the mixed picture by the mix's own clock, if known.
    func saw(_ picture: Picture, firstPacket: MediaTime, captured: NTPTime?) {
        let codes = areas.map { PictureCode.read(in: $0, of: picture.luma) }
        state.withLock { state in
            for code in codes {
                state.samples.tiles += 1
                guard let (publisher, frame) = code else {
                    state.samples.unreadable += 1
                    continue
                }
                guard state.newest[publisher] != frame, let left = state.pictures[publisher][frame] else { continue }
                state.newest[publisher] = frame
                let latency = (firstPacket - left).milliseconds
                guard (0..<5000).contains(latency) else { continue }
                state.samples.picture.append(latency)
                if publisher == LatencyProbe.talker, let captured, let heard = state.heard {
                    let media = MediaTime(clamping: Int64(frame), per: 30) - heard.media
                    let late = (captured.since(heard.captured) - media).milliseconds
                    let whole = period.milliseconds
                    let near = late - whole * (late / whole).rounded()
                    if abs(near) < 1000 { state.samples.offset.append(near) }
                }
            }
        }
    }

    /// A chirp began at `time`, as if the packet's sound were played when it came.
    func heardChirp(at time: MediaTime, captured: NTPTime?) {
        state.withLock { state in
            guard let chirp = state.chirps.last(where: { $0.left <= time }) else { return }
            let latency = (time - chirp.left).milliseconds
            guard latency < 450 else { return }
            state.samples.sound.append(latency)
            if let captured { state.heard = (captured, chirp.media) }
        }
    }
}
