import Compositor
import Containers
import Foundation
import Layout
import Media
import Mixing
import Timing

/// All of an archive job that is decided before work is cut: who is there when, and which ticks make which chunk. The
/// same request and the same files give the same plan.
struct ArchivePlan: Sendable {
    /// A layout from a tick on.
    struct PlannedLayout: Sendable {
        /// On the session's timeline.
        var from: MediaTime
        var layout: Layout
        var images: [String: Picture]
    }

    let request: ArchiveRequest
    let session: RecordedSession
    let size: PictureSize
    let rate: FrameRate
    /// The composite's zero on the session's timeline.
    let start: MediaTime
    let ticks: Int64
    let chunkTicks: Int64
    let layouts: [PlannedLayout]
    let warnings: [String]

    /// Reads the session's manifest and looks through its files; throws for what cannot be composited.
    init(_ request: ArchiveRequest, cancel: CancelFlag? = nil) throws(ArchiveError) {
        self.request = request
        var session: RecordedSession
        switch request.source {
        case .session(let folder):
            // The rate, which the lead depends on, may be the session's: a millisecond more or less is nothing here.
            let lead = ArchivePlan.lead(request.frameRate ?? .fps30)
            session = try RecordedSession(folder: folder, view: request.view, lead: lead, cancel: cancel)
        case .files(let inputs):
            if request.view != nil {
                throw ArchiveError(.badRequest, place: "$.view", "found a view; files of a list have none")
            }
            session = try RecordedSession(
                files: inputs, lead: ArchivePlan.lead(request.frameRate ?? .fps30), cancel: cancel)
        }
        let leftOut = try session.identify(request.leftOut, field: "leaveOut")
        let hidden = try session.identify(request.hidden, field: "hide")
        session.leaveOut(leftOut)
        session.hide(hidden)
        size = request.size ?? session.size.map(ArchivePlan.fitting) ?? PictureSize(width: 1280, height: 720)
        rate = request.frameRate ?? session.rate.flatMap { FrameRate(parsing: String($0)) } ?? .fps30
        var start = request.start ?? .zero
        var end = min(request.end ?? .limit, session.end)
        if request.trimsToMedia {
            start =
                session.tracks.flatMap { [$0.pictures.first, $0.hasSound ? $0.soundStart : nil] }.compactMap { $0 }
                .min() ?? .zero
            end = min(end, session.tracks.compactMap(\.end).max() ?? end)
        }
        guard start < end else {
            throw ArchiveError(
                .badRequest, place: request.start == nil ? "$.trim.end" : "$.trim.start",
                "found a part from \(start) to \(request.end ?? session.end); the session ends at \(session.end)")
        }
        self.start = max(.zero, start)
        ticks = max(1, rate.frames(before: end - self.start))
        let length = request.chunk ?? ArchivePlan.usualChunk(end - self.start)
        chunkTicks = max(1, rate.frames(before: length))
        var warnings = session.warnings
        layouts = try ArchivePlan.layouts(request, session, &warnings)
        ArchivePlan.warnOfStrangers(layouts, session, &warnings)
        self.warnings = warnings
        self.session = session
    }

    /// What can be said of a request without a look into media files: throws for what is wrong already.
    static func glance(_ request: ArchiveRequest) throws(ArchiveError) -> [String] {
        guard case .session(let folder) = request.source else { return try ArchivePlan(request).warnings }
        let session = try RecordedSession(manifestIn: folder, view: request.view)
        _ = try session.identify(request.leftOut, field: "leaveOut")
        _ = try session.identify(request.hidden, field: "hide")
        if let start = request.start, session.end > .zero, start >= session.end {
            throw ArchiveError(
                .badRequest, place: "$.trim.start", "found \(start); the session ends at \(session.end)")
        }
        var warnings = session.warnings
        warnOfStrangers(try layouts(request, session, &warnings), session, &warnings)
        return warnings
    }

    /// A tick shows the newest picture that is due by the middle of its interval, as in every render.
    static func lead(_ rate: FrameRate) -> MediaTime {
        max(.zero, MediaTime(nanoseconds: rate.interval.nanoseconds / 2) - .milliseconds(1))
    }

    var lead: MediaTime { ArchivePlan.lead(rate) }

    /// About a minute, and less of short sessions, so that there is work for several cores.
    private static func usualChunk(_ duration: MediaTime) -> MediaTime {
        MediaTime(seconds: min(60, max(10, (duration.seconds / 4).rounded())))
    }

    /// The session's size with even sides within what can be composited.
    private static func fitting(_ size: PictureSize) -> PictureSize {
        let sides = ArchiveRequest.sides
        return PictureSize(
            width: min(max(size.width, sides.lowerBound), sides.upperBound) & ~1,
            height: min(max(size.height, sides.lowerBound), sides.upperBound) & ~1)
    }

    // MARK: - Layouts

    private static func layouts(
        _ request: ArchiveRequest, _ session: RecordedSession, _ warnings: inout [String]
    ) throws(ArchiveError) -> [PlannedLayout] {
        var planned: [PlannedLayout] = []
        for (index, period) in request.layouts.enumerated() {
            let place = request.layouts.count == 1 ? "$.layout" : "$.layouts[\(index)].layout"
            do {
                let layout = try Layout(parsing: period.text.utf8)
                planned.append(try plan(layout, from: period.from, folder: period.folder, place: place))
            } catch let error as ArchiveError {
                throw error
            } catch let error as LayoutError {
                throw ArchiveError(.badRequest, place: place, error.description)
            } catch {
                throw ArchiveError(.badRequest, place: place, "\(error)")
            }
        }
        if !planned.isEmpty { return planned }
        for change in session.layouts {
            let text = change.layout.hasPrefix("{") ? change.layout : BuiltInLayouts.text(of: change.layout)
            guard let text, let layout = try? Layout(parsing: text.utf8) else {
                warnings.append(
                    "the session's layout at \(change.at), '\(LayoutError.excerpt(change.layout))', is not known here; "
                        + "the one before goes on")
                continue
            }
            if !layout.images.isEmpty { warnings.append("the images of the session's layout are not recorded") }
            // Layouts that are made known as the session begins are there from its first tick on.
            planned.append(PlannedLayout(from: planned.isEmpty ? .zero : change.at, layout: layout, images: [:]))
        }
        if planned.isEmpty, let grid = BuiltInLayouts.layout(named: "grid") {
            planned.append(PlannedLayout(from: .zero, layout: grid, images: [:]))
        }
        return planned
    }

    private static func plan(
        _ layout: Layout, from: MediaTime, folder: String?, place: String
    ) throws(ArchiveError) -> PlannedLayout {
        guard !layout.images.isEmpty else { return PlannedLayout(from: from, layout: layout, images: [:]) }
        guard let folder else {
            throw ArchiveError(
                .badRequest, place: place, "found a layout with images; only layout files can have them")
        }
        do {
            let images = try LayoutImages.load(LayoutFile(layout, folder: folder))
            return PlannedLayout(from: from, layout: layout, images: images)
        } catch {
            throw ArchiveError(.badRequest, place: place, error.description)
        }
    }

    /// Layouts may name participants and roles; those who are not there leave their regions empty.
    private static func warnOfStrangers(
        _ layouts: [PlannedLayout], _ session: RecordedSession, _ warnings: inout [String]
    ) {
        var told: Set<String> = []
        for layout in layouts.map(\.layout) {
            for name in layout.boundParticipants where told.insert(name).inserted {
                guard !session.people.contains(where: { $0.id == name || $0.names.contains(name) }) else { continue }
                warnings.append("the layout names '\(name)', who was not in the session")
            }
        }
    }

    // MARK: - Chunks

    var chunkCount: Int { Int((ticks + chunkTicks - 1) / chunkTicks) }
    var duration: MediaTime { rate.time(ofFrame: ticks) }

    func chunk(_ index: Int) -> Range<Int64> {
        let first = Int64(index) * chunkTicks
        return first..<min(ticks, first + chunkTicks)
    }

    /// When a tick is, on the session's timeline; ticks before the composite's first are negative.
    func time(of tick: Int64) -> MediaTime {
        start + (tick < 0 ? -rate.time(ofFrame: -tick) : rate.time(ofFrame: tick))
    }

    var canvas: CanvasSize { CanvasSize(width: size.width, height: size.height) }

    /// What chunks that are done depend on.
    var fingerprint: String {
        var fingerprint = session.fingerprint
        fingerprint.add(request.json)
        fingerprint.add("\(size) \(rate.numerator)/\(rate.denominator) \(start.nanoseconds) \(ticks) \(chunkTicks)")
        return fingerprint.text
    }

    var videoBitrate: Int {
        let pixelRate = Double(size.area) / 921_600 * rate.framesPerSecond / 30
        return request.videoBitrate ?? max(50_000, Int(1_500_000 * pow(pixelRate, 0.8)))
    }
    var soundBitrate: Int { request.soundBitrate ?? (request.codecs.sound == .aac ? 96_000 : 48_000) }
}

/// Who is where at one tick after the other. A copy goes on by itself, as from the start of a chunk.
struct SceneReplay: Sendable {
    private let plan: ArchivePlan
    private let levels: LevelTable?
    private var stage: StageReplay
    private var engine: LayoutEngine
    /// Number of the layout in force.
    private(set) var layout = 0

    init(_ plan: ArchivePlan, levels: LevelTable?) {
        self.plan = plan
        self.levels = levels
        stage = StageReplay(plan.session.changes)
        engine = LayoutEngine(plan.layouts[0].layout)
    }

    /// The scene of a tick; ticks come in order. Times of the layout engine are the session's.
    mutating func scene(at tick: Int64) -> Scene {
        let time = plan.time(of: tick)
        stage.advance(to: time)
        if let levels { stage.setLevels { levels.level(of: $0, tick: tick) } }
        while layout + 1 < plan.layouts.count, plan.layouts[layout + 1].from <= time {
            layout += 1
            engine.layout = plan.layouts[layout].layout
        }
        return engine.step(stage.stage, canvas: plan.canvas, at: time)
    }

    /// The state before the first tick of each chunk, found in one pass. Throws if nobody is ever shown.
    static func chunkStarts(
        _ plan: ArchivePlan, levels: LevelTable?, cancel: CancelFlag?
    ) throws(ArchiveError) -> [SceneReplay] {
        var replay = SceneReplay(plan, levels: levels)
        // What was before the part that is wanted: who spoke, who sat where.
        for tick in (0..<plan.rate.frames(before: plan.start)).reversed() { _ = replay.scene(at: -tick - 1) }
        var starts: [SceneReplay] = []
        var showsAnybody = false
        for tick in 0..<plan.ticks {
            if tick % plan.chunkTicks == 0 {
                if cancel?.isSet == true { throw ArchiveError(.cancelled, "was stopped") }
                starts.append(replay)
            }
            let scene = replay.scene(at: tick)
            if !showsAnybody { showsAnybody = scene.tiles.contains { $0.content.isSomebody } }
        }
        guard showsAnybody else {
            let names = plan.session.people.prefix(20).map(\.id).joined(separator: ", ")
            throw ArchiveError(
                .unusable, place: "$.layout",
                "shows nobody of the session at any time; there were \(names.isEmpty ? "no participants" : names)")
        }
        return starts
    }
}

extension TileContent {
    fileprivate var isSomebody: Bool {
        switch self {
        case .camera, .screen, .avatar: true
        case .image, .overflow, .nothing: false
        }
    }
}

/// How loud everybody was at each tick, where that had to be measured.
struct LevelTable: Sendable {
    private let columns: [String: Int]
    private let levels: [Float]
    private let width: Int

    /// `levels` has one row of `ids` for each tick.
    init(ids: [String], levels: [Float]) {
        var columns: [String: Int] = [:]
        for (index, id) in ids.enumerated() { columns[id] = index }
        self.columns = columns
        self.levels = levels
        width = ids.count
    }

    func level(of id: String, tick: Int64) -> Float? {
        guard let column = columns[id], tick >= 0, (Int(tick) + 1) * width <= levels.count else { return nil }
        return levels[Int(tick) * width + column]
    }
}
