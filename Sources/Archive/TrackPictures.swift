import Containers
import Layout
import Media
import Recording
import Timing

/// The pictures of one track for the ticks of one chunk: decoded as far as they are asked for, from the last keyframe
/// before, and not at all while nobody sees them. One thread uses it.
final class TrackPictures {
    let track: RecordedTrack
    private let cancel: CancelFlag
    private var file: MediaFile?
    private var isUnreadable = false
    /// What is shown.
    private var current: (picture: Picture, time: MediaTime)?
    /// Decoded, and not due yet.
    private var following: TimedPicture?
    /// Up to when everything has been decoded or passed over.
    private var position = -MediaTime.limit
    private(set) var decoded = 0

    init(_ track: RecordedTrack, cancel: CancelFlag) {
        self.track = track
        self.cancel = cancel
    }

    /// The newest picture at or before `time`; times never go back. The same object for as long as it is the same.
    func picture(at time: MediaTime) -> Picture? {
        guard let index = track.index(at: time), !isUnreadable else { return nil }
        if file == nil || mayJump(to: index) { open(at: index) }
        guard let file else { return nil }
        let wanted = track.pictures[index]
        while true {
            if let next = following {
                guard next.time + track.start <= time else { break }
                show(next)
                following = nil
            }
            // The pictures are known beforehand: none is decoded before its tick.
            guard current.map({ $0.time < wanted }) ?? true, position < wanted else { break }
            guard let next = file.nextPicture(from: wanted - track.start) else {
                position = .limit
                break
            }
            decoded += 1
            position = next.time + track.start
            following = next
        }
        return current?.picture
    }

    private func show(_ next: TimedPicture) {
        let time = next.time + track.start
        let turn = track.rotation(at: time)
        current = (turn == .none ? next.picture : next.picture.turned(to: turn), time)
    }

    /// Whether a keyframe lies between what was decoded last and what is wanted.
    private func mayJump(to index: Int) -> Bool {
        guard !track.isStillImage, let keyframe = track.keyframe(atOrBefore: index) else { return false }
        let time = track.pictures[keyframe]
        // Jumping costs as much as decoding some pictures.
        return time > position + MediaTime(seconds: 1)
    }

    private func open(at index: Int) {
        if file == nil {
            var options = MediaFile.Options()
            options.tracks = [.video]
            file = try? MediaFile(path: track.path, options: options, cancel: cancel)
            isUnreadable = file?.info.video == nil
        }
        guard let file, !isUnreadable else { return }
        guard !track.isStillImage, let keyframe = track.keyframe(atOrBefore: index), keyframe > 0 else { return }
        // Without a jump everything up to there is decoded.
        if file.seek(to: track.pictures[index] - track.start) {
            following = nil
            position = -MediaTime.limit
        }
    }
}

/// Everybody's pictures for the ticks of one chunk.
final class CastPictures {
    private var tracks: [TileContent: [TrackPictures]] = [:]

    init(_ plan: ArchivePlan, cancel: CancelFlag) {
        for track in plan.session.tracks where !track.pictures.isEmpty {
            let content =
                track.isScreen
                ? TileContent.screen(participant: track.participant) : .camera(participant: track.participant)
            tracks[content, default: []].append(TrackPictures(track, cancel: cancel))
        }
        for content in tracks.keys {
            tracks[content]?.sort { $0.track.pictures[0] < $1.track.pictures[0] }
        }
    }

    /// The newest picture of a tile's content: of the track that began last.
    func picture(of content: TileContent, at time: MediaTime) -> Picture? {
        tracks[content]?.last { $0.track.pictures[0] <= time }?.picture(at: time)
    }

    var decoded: Int { tracks.values.joined().reduce(0) { $0 + $1.decoded } }
}
