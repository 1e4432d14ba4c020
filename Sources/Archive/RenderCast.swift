import Codecs
import Compositor
import Containers
import Layout
import Media
import Mixing
import Recording
import Timing

/// Everybody who appears in a render: files and test cards, and what each shows at the present tick.
final class RenderCast {
    let sources: [RenderSource]
    private let testCards: [TestCard]
    private let testCardNames: [String]
    private var shown: [PictureTimeline.Shown?]
    /// As displayed: of the newest picture that was decoded, or before that what the file says.
    private var sizes: [PictureSize?]
    private var visible: [Bool]
    /// For each source, how much earlier or later than its own time each of its pictures was shown.
    private(set) var offsets: [DisplayOffset]

    /// Pictures that have stopped for so long are shown as frozen.
    private static let frozenAfter = MediaTime(seconds: 2)
    /// Memory for decoded pictures that wait, over all inputs.
    private static let pictureMemory = 64 << 20

    init(_ job: RenderJob, cancel: CancelFlag) throws(RenderError) {
        var files: [(RenderJob.Input, MediaFile)] = []
        for input in job.inputs {
            do {
                let file = try MediaFile(path: input.path, cancel: cancel)
                var input = input
                input.start += RenderCast.ownStart(of: file.info)
                files.append((input, file))
            } catch {
                throw RenderError(error.description)
            }
        }
        let bytes = files.reduce(0) { sum, file in sum + (file.1.info.video?.parameters.size.area ?? 0) * 3 / 2 }
        let ahead = min(max(RenderCast.pictureMemory / max(bytes, 1), 2), 3)
        sources = files.map { RenderSource($0.0, file: $0.1, picturesAhead: ahead) }
        if job.duration == nil, job.testCards == 0, !sources.contains(where: { !$0.file.info.isStillImage }) {
            throw RenderError("still images have no end of their own: say how long with --duration S")
        }
        testCards = (0..<job.testCards).map { TestCard(index: $0, size: PictureSize(width: 640, height: 360)) }
        testCardNames = (0..<job.testCards).map { TestCard.name(of: $0) }
        shown = [PictureTimeline.Shown?](repeating: nil, count: sources.count)
        sizes = sources.map { $0.file.info.video?.parameters.displaySize }
        visible = [Bool](repeating: true, count: sources.count)
        offsets = [DisplayOffset](repeating: DisplayOffset(), count: sources.count)
    }

    /// Inputs keep their own timelines: a track of somebody who joined a session late begins late. That can be told
    /// where the format's time begins at zero; elsewhere, and beyond a day, the start is some clock's and means nothing.
    static func ownStart(of info: FileInfo) -> MediaTime {
        let beginsAtZero = ["matroska", "mov"].contains { info.format.hasPrefix($0) }
        let isPlausible = info.origin > .zero && info.origin <= MediaTime(seconds: 86_400)
        return beginsAtZero && isPlausible && !info.isStillImage ? info.origin : .zero
    }

    /// What is known before rendering of files that lack something.
    var warnings: [String] { sources.flatMap { $0.file.warnings } }

    /// Whether no picture that will yet be decoded changes what is shown at `time`.
    func isDecided(at time: MediaTime) -> Bool { sources.allSatisfy { $0.isDecided(at: time) } }

    /// Chooses what everybody shows at the tick at `now`: what is due up to `lead` later.
    func advance(to now: MediaTime, lead: MediaTime) {
        for index in sources.indices {
            guard let timeline = sources[index].pictures else { continue }
            let picture = timeline.show(at: now + lead)
            shown[index] = picture
            if let size = picture.picture?.displaySize { sizes[index] = size }
            if picture.isNew, picture.picture != nil, !sources[index].file.info.isStillImage {
                offsets[index].record(now - picture.time)
            }
        }
    }

    /// Takes in who can be seen in the scene: the pictures of the others are not decoded until they can be.
    func see(_ scene: Scene) {
        var seen = Set<TileContent>()
        for tile in scene.tiles { seen.insert(tile.content) }
        for index in sources.indices {
            let source = sources[index]
            guard let timeline = source.pictures else { continue }
            let name = source.input.name
            let isSeen = seen.contains(
                source.input.kind == .camera ? .camera(participant: name) : .screen(participant: name))
            guard isSeen != visible[index] else { continue }
            visible[index] = isSeen
            source.setVisible(isSeen)
            guard isSeen else { continue }
            shown[index] = timeline.current
            if let size = shown[index]?.picture?.displaySize { sizes[index] = size }
        }
    }

    /// When the last source has ended, to the millisecond that containers round to; nil while that is not
    /// known, or if something has no end.
    var end: MediaTime? {
        guard testCards.isEmpty else { return nil }
        var latest = MediaTime.zero
        for source in sources where !source.file.info.isStillImage {
            guard let end = source.end else { return nil }
            latest = max(latest, end)
        }
        return max(.zero, latest - .milliseconds(1))
    }

    /// What the containers say of the end.
    var expectedEnd: MediaTime? {
        sources.compactMap { source in source.file.info.duration.map { $0 + source.input.start } }.max()
    }

    /// Who is there at `now`. `level` gives the loudness of a source's speech in dBFS by its ``RenderSource/soundID``.
    func stage(at now: MediaTime, level: (String) -> Float) -> Stage {
        var participants: [Stage.Participant] = []
        for index in sources.indices where sources[index].input.kind == .camera {
            let source = sources[index]
            // A level belongs to one tick, whoever asks for it.
            let loudness = source.sound == nil ? SoundPipeline.silence : level(source.soundID)
            guard isPresent(source, at: now) else { continue }
            participants.append(participant(index, at: now, loudness: loudness))
        }
        for (index, source) in sources.enumerated() where source.input.kind == .screen && isPresent(source, at: now) {
            if let owner = participants.firstIndex(where: { $0.id == source.input.name }) {
                participants[owner].sharesScreen = shown[index]?.hasArrived ?? false
            } else {
                participants.append(
                    Stage.Participant(
                        id: source.input.name, name: source.input.name, role: source.input.role,
                        joined: source.input.start, hasPicture: false, isMuted: source.sound == nil,
                        sharesScreen: shown[index]?.hasArrived ?? false))
            }
        }
        for (index, name) in testCardNames.enumerated() {
            // Each speaks for three seconds in turn.
            let speaks = Int(now.seconds / 3) % testCards.count == index
            participants.append(
                Stage.Participant(
                    id: name, name: name, hasPicture: true, isMuted: false,
                    level: speaks ? -20 : SoundPipeline.silence, pictureAspect: 16 / 9))
        }
        return Stage(participants: participants)
    }

    private func isPresent(_ source: RenderSource, at now: MediaTime) -> Bool {
        source.input.start <= now && (source.end.map { now < $0 } ?? true)
    }

    private func participant(_ index: Int, at now: MediaTime, loudness: Float) -> Stage.Participant {
        let source = sources[index]
        let current = shown[index]
        let hasArrived = current?.hasArrived ?? false
        let age = !hasArrived || source.file.info.isStillImage ? .zero : now - (current?.time ?? now)
        let hasStopped = source.pictureEnd.map { now >= $0 } ?? false
        let size = hasArrived ? sizes[index] : nil
        return Stage.Participant(
            id: source.input.name, name: source.displayName, role: source.input.role, joined: source.input.start,
            hasPicture: source.pictures != nil && !(hasStopped && age > RenderCast.frozenAfter),
            isMuted: source.sound == nil,
            isFrozen: age > RenderCast.frozenAfter,
            level: loudness,
            pictureAspect: size.map { Double($0.width) / Double($0.height) })
    }

    /// The picture for a tile at `now`; nil if there is none.
    func picture(of content: TileContent, at now: MediaTime) -> Picture? {
        switch content {
        case .camera(let id):
            if let index = testCardNames.firstIndex(of: id) {
                return testCards[index].picture(at: now)
            }
            return shownPicture(of: id, kind: .camera)
        case .screen(let id): return shownPicture(of: id, kind: .screen)
        case .image, .overflow, .nothing, .avatar: return nil
        }
    }

    private func shownPicture(of name: String, kind: RenderJob.Input.Kind) -> Picture? {
        guard let index = sources.firstIndex(where: { $0.input.name == name && $0.input.kind == kind }) else {
            return nil
        }
        return shown[index]?.picture
    }
}

extension VideoParameters {
    /// As ``Picture/displaySize``, by what the container says.
    var displaySize: PictureSize {
        let width = max(1, Int((Double(size.width) * pixelAspect).rounded()))
        return switch rotation {
        case .none, .half: PictureSize(width: width, height: size.height)
        case .quarter, .threeQuarters: PictureSize(width: size.height, height: width)
        }
    }
}

// MARK: - Report

extension RenderCast {
    /// What became of each input.
    var reports: [RenderReport.Input] {
        zip(sources, offsets).map { source, offset in
            let counts = source.pictures?.statistics ?? PictureTimeline.Statistics()
            let video = source.file.info.video?.parameters
            return RenderReport.Input(
                name: source.displayName, path: source.input.path, videoCodec: video?.codec.name,
                soundCodec: source.file.info.sound?.parameters.codec.name, size: video?.size.description,
                start: source.input.start.seconds, end: source.end?.seconds, framesUsed: counts.used,
                framesRepeated: source.file.info.isStillImage ? 0 : counts.repeated, framesSkipped: counts.skipped,
                framesNotDecoded: source.file.picturesNotDecoded,
                corruptPackets: source.file.corruptPackets, offsetMean: offset.mean?.milliseconds,
                offsetP95: offset.p95?.milliseconds, warnings: source.file.warnings)
        }
    }
}

/// How far from their own time pictures were shown.
struct DisplayOffset {
    private var sum = MediaTime.zero
    private var count: Int64 = 0
    private var magnitudes = DurationHistogram()

    mutating func record(_ offset: MediaTime) {
        sum += offset
        count += 1
        magnitudes.record(MediaTime(nanoseconds: abs(offset.nanoseconds)))
    }

    var mean: MediaTime? { count == 0 ? nil : MediaTime(nanoseconds: sum.nanoseconds / count) }
    var p95: MediaTime? { count == 0 ? nil : magnitudes.quantile(0.95) }
}
