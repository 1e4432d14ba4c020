import Containers
import Layout
import Media
import Timing

extension RecordedSession {
    /// Pictures that have stopped for so long are shown as frozen.
    static let frozenAfter = MediaTime(seconds: 2)

    /// A list of files: whoever a file shows is there from its start to its end.
    ///
    /// - Parameter lead: pictures are shown up to so much before their time.
    init(files inputs: [ArchiveRequest.Input], lead: MediaTime, cancel: CancelFlag?) throws(ArchiveError) {
        for (rank, input) in inputs.enumerated() {
            let track = try RecordedTrack(
                participant: input.name, isScreen: input.isScreen, path: input.file, start: input.start, cancel: cancel)
            tracks.append(track)
            fingerprint.add("\(input) \(track.bytes)")
            end = max(end, track.end ?? .zero)
            if !people.contains(where: { $0.id == input.name }) {
                people.append(Person(id: input.name, names: [input.name]))
            }
            let hasCamera = inputs.contains { !$0.isScreen && $0.name == input.name }
            if !input.isScreen || !hasCamera { add(input, track, rank: rank + (input.isScreen ? inputs.count : 0)) }
            if input.isScreen { addScreen(input, track, lead: lead) } else { addCamera(input, track, lead: lead) }
        }
        end = max(.zero, end - .milliseconds(1))
        guard tracks.contains(where: { !$0.isStillImage }) else {
            throw ArchiveError(.unusable, "still images have no end of their own: add a file with pictures or sound")
        }
        sortChanges()
    }

    private mutating func add(_ input: ArchiveRequest.Input, _ track: RecordedTrack, rank: Int) {
        let participant = Stage.Participant(
            id: input.name, name: input.name, role: input.role, joined: track.start,
            hasPicture: !input.isScreen && !track.pictures.isEmpty, isMuted: !track.hasSound)
        changes.append((track.start, .joined(participant, rank: rank)))
        if let end = track.end { changes.append((end, .left(input.name))) }
    }

    private mutating func addCamera(_ input: ArchiveRequest.Input, _ track: RecordedTrack, lead: MediaTime) {
        guard let first = track.pictures.first else { return }
        func edit(_ time: MediaTime, _ edit: StageChange.Edit) {
            changes.append((max(time, track.start), .edit(input.name, edit)))
        }
        for (index, change) in track.aspects.enumerated() {
            edit((index == 0 ? first : change.from) - lead, .aspect(change.aspect))
        }
        guard !track.isStillImage, let last = track.pictures.last else { return }
        let tick = MediaTime(nanoseconds: 1)
        for (time, following) in zip(track.pictures, track.pictures.dropFirst())
        where following - lead > time + RecordedSession.frozenAfter + tick {
            edit(time + RecordedSession.frozenAfter + tick, .frozen(true))
            edit(following - lead, .frozen(false))
        }
        edit(last + RecordedSession.frozenAfter + tick, .frozen(true))
        edit(max(track.picturesEnd, last + RecordedSession.frozenAfter + tick), .picture(false))
    }

    private mutating func addScreen(_ input: ArchiveRequest.Input, _ track: RecordedTrack, lead: MediaTime) {
        guard let first = track.pictures.first else { return }
        changes.append((max(first - lead, track.start), .edit(input.name, .sharing(true))))
        if let end = track.end { changes.append((end, .edit(input.name, .sharing(false)))) }
    }
}
