import Foundation
package import Layout
import Media
import Timing

/// Where what a request names may lie.
public enum ArchivePlaces: Sendable {
    /// Anywhere this process may read and write: for whoever has the machine anyway. Paths are relative to the folder.
    case files(relativeTo: String)
    /// For requests from elsewhere: sessions are named by their identifier in the folder of all recordings, layouts are
    /// built-in ones or written out, the output lies in the job's own folder.
    case recordings(folder: String)
}

extension ArchiveRequest {
    /// Reads a request strictly: what is not understood is an error that says where it is and what would be right.
    public init(parsing bytes: some Collection<UInt8>, places: ArchivePlaces) throws(ArchiveError) {
        do {
            self = try ArchiveRequestReader(places: places).read(try JSONParser.parse(Array(bytes)))
        } catch {
            throw ArchiveError(error)
        }
    }

    package init(_ document: JSONValue, places: ArchivePlaces) throws(ArchiveError) {
        do {
            self = try ArchiveRequestReader(places: places).read(document)
        } catch {
            throw ArchiveError(error)
        }
    }
}

struct ArchiveRequestReader {
    let places: ArchivePlaces

    func read(_ document: JSONValue) throws(LayoutError) -> ArchiveRequest {
        var fields = try ObjectReader(document, path: "$", expected: "an archive job as an object")
        var request = ArchiveRequest(source: try source(&fields))
        request.view = try fields.text("view")
        try readOutput(&fields, &request)
        try readPicture(&fields, &request)
        try readLayouts(&fields, &request)
        try readCodecs(&fields, &request)
        request.leftOut = try names(&fields, "leaveOut")
        request.hidden = try names(&fields, "hide")
        try readTrim(&fields, &request)
        request.chunk = try fields.number("chunk", ArchiveRequest.chunks).map { MediaTime(seconds: $0) }
        try fields.finish()
        return request
    }

    // MARK: - What is composited

    private func source(_ fields: inout ObjectReader) throws(LayoutError) -> ArchiveRequest.Source {
        let session = try path(&fields, "session")
        guard let value = fields.take("inputs") else {
            guard let session else {
                throw LayoutError(
                    place: "$", found: "neither \"session\" nor \"inputs\"", expected: "what is to be composited")
            }
            return .session(folder: try sessionFolder(session, at: fields.path(of: "session")))
        }
        if session != nil {
            throw LayoutError(
                place: fields.path(of: "inputs"), found: "\"inputs\" beside \"session\"", expected: "one of them")
        }
        guard case .files = places else {
            throw LayoutError(
                place: fields.path(of: "inputs"), found: "files of this machine",
                expected: "\"session\", the identifier of a recorded session")
        }
        guard case .array(let values) = value, (1...ArchiveRequest.inputLimit).contains(values.count) else {
            throw fields.failure("inputs", value, expected: "a list of 1 to \(ArchiveRequest.inputLimit) files")
        }
        var inputs: [ArchiveRequest.Input] = []
        for (index, value) in values.enumerated() {
            let input = try self.input(value, path: "\(fields.path(of: "inputs"))[\(index)]")
            if inputs.contains(where: { $0.name == input.name && $0.isScreen == input.isScreen }) {
                throw LayoutError(
                    place: "\(fields.path(of: "inputs"))[\(index)].name",
                    found: "a second \(input.isScreen ? "screen" : "camera") of \"\(LayoutError.excerpt(input.name))\"",
                    expected: "a name of its own")
            }
            inputs.append(input)
        }
        return .files(inputs)
    }

    private enum Kind: String, CaseIterable { case camera, screen }

    private func input(_ value: JSONValue, path: String) throws(LayoutError) -> ArchiveRequest.Input {
        var fields = try ObjectReader(value, path: path, expected: "a file as an object")
        guard let file = try self.path(&fields, "file") else {
            throw fields.failure("file", nil, expected: "the path of a media file")
        }
        let stem = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
        let input = ArchiveRequest.Input(
            name: try fields.text("name") ?? stem, file: try absolute(file, at: fields.path(of: "file")),
            isScreen: try fields.word("kind", Kind.self) == .screen,
            start: MediaTime(seconds: try fields.number("start", ArchiveRequest.times) ?? 0),
            role: try fields.text("role"))
        try fields.finish()
        return input
    }

    private func path(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> String? {
        guard let value = fields.take(name) else { return nil }
        guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= 4096, !text.contains("\0") else {
            throw fields.failure(name, value, expected: "a path of 1 to 4096 bytes")
        }
        return text
    }

    private func absolute(_ path: String, at place: String) throws(LayoutError) -> String {
        guard case .files(let folder) = places else {
            throw LayoutError(place: place, found: "a path", expected: "nothing: files are named by the service")
        }
        return path.hasPrefix("/") ? path : folder + "/" + path
    }

    private func sessionFolder(_ name: String, at place: String) throws(LayoutError) -> String {
        switch places {
        case .files: return try absolute(name, at: place)
        case .recordings(let folder):
            let isName =
                (1...64).contains(name.utf8.count)
                && name.utf8.allSatisfy { byte in
                    (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x5f
                }
            guard isName else {
                throw LayoutError(
                    place: place, found: "the string \"\(LayoutError.excerpt(name))\"",
                    expected: "the identifier of a recorded session, 1 to 64 of A-Z a-z 0-9 _ -")
            }
            return folder + "/" + name
        }
    }

    // MARK: - What becomes of it

    private func readOutput(_ fields: inout ObjectReader, _ request: inout ArchiveRequest) throws(LayoutError) {
        if let output = try path(&fields, "output") {
            request.output = try absolute(output, at: fields.path(of: "output"))
            guard ArchiveRequest.containers.contains(request.container) else {
                throw fields.failure("output", .string(output), expected: "a name that ends in .webm, .mkv or .mp4")
            }
        }
        if let value = fields.take("format") {
            guard case .string(let text) = value, ArchiveRequest.containers.contains(text) else {
                throw fields.failure("format", value, expected: "\"webm\", \"mkv\" or \"mp4\"")
            }
            guard request.output == nil || request.container == text else {
                throw fields.failure("format", value, expected: "\"\(request.container)\", as the output's name says")
            }
            request.format = text
        }
        request.overwrites = try fields.bool("overwrite") ?? false
    }

    private func readPicture(_ fields: inout ObjectReader, _ request: inout ArchiveRequest) throws(LayoutError) {
        let given = ["size", "resolution", "Resolution"].filter { fields.has($0) }
        if given.count > 1 {
            throw fields.failure(given[1], .string("a second size"), expected: "\"\(given[0])\" alone")
        }
        for name in ["size", "resolution", "Resolution"] {
            guard let value = fields.take(name) else { continue }
            guard case .string(let text) = value, let size = ArchiveRequestReader.size(text) else {
                throw fields.failure(
                    name, value,
                    expected: "even sides of \(ArchiveRequest.sides.lowerBound) to "
                        + "\(ArchiveRequest.sides.upperBound) pixels as \"1280x720\"")
            }
            request.size = size
        }
        if let value = fields.take("fps") {
            let text: String? =
                switch value {
                case .number(let number): String(number)
                case .string(let text): text
                default: nil
                }
            guard let rate = text.flatMap({ FrameRate(parsing: $0) }),
                ArchiveRequest.rates.contains(rate.framesPerSecond)
            else {
                throw fields.failure("fps", value, expected: "a rate from 1 to 120, such as 30, 25 or 29.97")
            }
            request.frameRate = rate
        }
    }

    private static func size(_ text: String) -> PictureSize? {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], ArchiveRequest.sides.contains(width),
            ArchiveRequest.sides.contains(height), width % 2 == 0, height % 2 == 0
        else { return nil }
        return PictureSize(width: width, height: height)
    }

    private func readCodecs(_ fields: inout ObjectReader, _ request: inout ArchiveRequest) throws(LayoutError) {
        func codec(_ name: String, _ known: [Codec]) throws(LayoutError) -> Codec? {
            guard let value = fields.take(name) else { return nil }
            guard case .string(let text) = value, let codec = known.first(where: { $0.name == text }) else {
                throw fields.failure(name, value, expected: known.map { "\"\($0)\"" }.joined(separator: " or "))
            }
            return codec
        }
        request.videoCodec = try codec("videoCodec", [.vp8, .vp9, .h264])
        request.soundCodec = try codec("audioCodec", [.opus, .aac])
        request.videoBitrate = try fields.integer("videoBitrate", ArchiveRequest.videoBitrates)
        request.soundBitrate = try fields.integer("audioBitrate", ArchiveRequest.soundBitrates)
        let (video, sound) = request.codecs
        let kind = request.container
        if kind == "webm", video == .h264 {
            throw fields.failure("videoCodec", .string("h264"), expected: "\"vp8\" or \"vp9\" in WebM")
        }
        if kind == "mp4", video == .vp8 {
            throw fields.failure("videoCodec", .string("vp8"), expected: "\"h264\" or \"vp9\" in MP4")
        }
        if kind == "webm", sound == .aac {
            throw fields.failure("audioCodec", .string("aac"), expected: "\"opus\" in WebM")
        }
    }

    private func names(_ fields: inout ObjectReader, _ name: String) throws(LayoutError) -> [String] {
        guard let value = fields.take(name) else { return [] }
        guard case .array(let values) = value else {
            throw fields.failure(name, value, expected: "a list of participants")
        }
        var names: [String] = []
        for (index, value) in values.enumerated() {
            guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= 200 else {
                throw LayoutError(
                    place: fields.path(of: name) + "[\(index)]", found: value.summary,
                    expected: "the identifier or name of a participant")
            }
            names.append(text)
        }
        return names
    }

    private func readTrim(_ fields: inout ObjectReader, _ request: inout ArchiveRequest) throws(LayoutError) {
        if fields.has("trim"), fields.has("Trim") {
            throw fields.failure("Trim", .string("a second part"), expected: "\"trim\" alone")
        }
        for name in ["trim", "Trim"] {
            guard let value = fields.take(name) else { continue }
            if case .bool(let trims) = value {
                request.trimsToMedia = trims
                continue
            }
            var part = try ObjectReader(
                value, path: fields.path(of: name), expected: "true, false or an object with \"start\" and \"end\"")
            request.start = try part.number("start", ArchiveRequest.times).map { MediaTime(seconds: $0) }
            request.end = try part.number("end", ArchiveRequest.times).map { MediaTime(seconds: $0) }
            if let end = request.end, end <= request.start ?? .zero {
                throw part.failure(
                    "end", .number(end.seconds), expected: "a time after the start at \(request.start ?? .zero)")
            }
            try part.finish()
        }
    }
}

// MARK: - Layouts

extension ArchiveRequestReader {
    private func readLayouts(_ fields: inout ObjectReader, _ request: inout ArchiveRequest) throws(LayoutError) {
        let given = ["layout", "layouts", "video_layout", "VideoLayout"].filter { fields.has($0) }
        if given.count > 1 {
            throw fields.failure(given[1], .string(given[1]), expected: "\"\(given[0])\" alone")
        }
        if let value = fields.take("layout") {
            request.layouts = [try period(value, at: fields.path(of: "layout"), from: .zero)]
        }
        if let value = fields.take("layouts") {
            request.layouts = try timeline(value, path: fields.path(of: "layouts"))
        }
        for name in ["video_layout", "VideoLayout"] {
            guard let value = fields.take(name) else { continue }
            let size = request.size ?? PictureSize(width: 640, height: 480)
            request.size = size
            let document = JSONValue.object([
                JSONMember(name, value), JSONMember("resolution", .string(size.description)),
            ])
            let layouts = try ImportedLayout.read(
                Array(document.compact.utf8), from: .twilio, fallbackName: "composition")
            guard let first = layouts.first else { continue }
            request.layouts = [ArchiveRequest.LayoutPeriod(from: .zero, text: first.text, folder: nil)]
        }
    }

    private func timeline(_ value: JSONValue, path: String) throws(LayoutError) -> [ArchiveRequest.LayoutPeriod] {
        guard case .array(let values) = value, (1...ArchiveRequest.layoutLimit).contains(values.count) else {
            throw LayoutError(
                place: path, found: value.summary, expected: "a list of 1 to \(ArchiveRequest.layoutLimit) layouts")
        }
        var periods: [ArchiveRequest.LayoutPeriod] = []
        for (index, value) in values.enumerated() {
            var fields = try ObjectReader(
                value, path: "\(path)[\(index)]", expected: "an object with \"from\" and \"layout\"")
            let from = try fields.number("from", ArchiveRequest.times) ?? 0
            if index == 0, from != 0 {
                throw fields.failure("from", .number(from), expected: "0 for the first layout")
            }
            if let last = periods.last, MediaTime(seconds: from) <= last.from {
                throw fields.failure("from", .number(from), expected: "a time after that of the layout before")
            }
            guard let layout = fields.take("layout") else {
                throw fields.failure("layout", nil, expected: "the name of a layout, or one written out")
            }
            var period = try period(layout, at: fields.path(of: "layout"), from: MediaTime(seconds: from))
            if let images = try self.path(&fields, "images") {
                period.folder = try absolute(images, at: fields.path(of: "images"))
            }
            periods.append(period)
            try fields.finish()
        }
        return periods
    }

    private func period(
        _ value: JSONValue, at place: String, from: MediaTime
    ) throws(LayoutError) -> ArchiveRequest.LayoutPeriod {
        switch value {
        case .object:
            let text = value.text
            do {
                _ = try Layout(parsing: text.utf8)
            } catch {
                throw LayoutError(
                    place: place + error.place.drop { $0 == "$" }, found: error.found, expected: error.expected)
            }
            return ArchiveRequest.LayoutPeriod(from: from, text: text, folder: nil)
        case .string(let name):
            return try named(name, at: place, from: from)
        default:
            throw LayoutError(
                place: place, found: value.summary, expected: "the name of a layout, or one written out")
        }
    }

    /// A layout file, or else one of the built-in ones.
    private func named(
        _ name: String, at place: String, from: MediaTime
    ) throws(LayoutError) -> ArchiveRequest.LayoutPeriod {
        var candidates: [String] = []
        if case .files(let folder) = places {
            candidates.append(name.hasPrefix("/") ? name : folder + "/" + name)
            if !name.contains("/") {
                for folder in (ProcessInfo.processInfo.environment["TESSERA_LAYOUTS"] ?? "").split(separator: ":") {
                    candidates.append("\(folder)/\(name).json")
                }
            }
        }
        for path in candidates {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            do {
                let file = try LayoutFile(path: path)
                let bytes = try LayoutFile.bytes(of: path, limit: Layout.Limits.fileSize)
                return ArchiveRequest.LayoutPeriod(
                    from: from, text: String(decoding: bytes, as: UTF8.self), folder: file.folder)
            } catch {
                throw LayoutError(place: place, found: "\(error)", expected: "a layout file that can be read")
            }
        }
        if let text = BuiltInLayouts.text(of: name) {
            return ArchiveRequest.LayoutPeriod(from: from, text: text, folder: nil)
        }
        throw LayoutError(
            place: place, found: "the string \"\(LayoutError.excerpt(name))\"",
            expected: "a layout file, or one of " + BuiltInLayouts.names.joined(separator: ", "))
    }
}

// MARK: - Writing

extension ArchiveRequest {
    /// As JSON that ``init(parsing:places:)`` reads with ``ArchivePlaces/files(relativeTo:)``: paths are absolute, and
    /// layouts written out.
    public var json: String { document.compact }

    package var document: JSONValue {
        var members: [JSONMember] = []
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(JSONMember(name, value)) }
        }
        switch source {
        case .session(let folder): add("session", .string(folder))
        case .files(let inputs): add("inputs", .array(inputs.map(\.document)))
        }
        add("view", view.map(JSONValue.string))
        if !layouts.isEmpty { add("layouts", .array(layouts.map(\.document))) }
        add("size", size.map { .string($0.description) })
        add("fps", frameRate.map { .string("\($0.numerator)/\($0.denominator)") })
        add("videoCodec", videoCodec.map { .string($0.name) })
        add("audioCodec", soundCodec.map { .string($0.name) })
        add("videoBitrate", videoBitrate.map { .number(Double($0)) })
        add("audioBitrate", soundBitrate.map { .number(Double($0)) })
        if !leftOut.isEmpty { add("leaveOut", .array(leftOut.map(JSONValue.string))) }
        if !hidden.isEmpty { add("hide", .array(hidden.map(JSONValue.string))) }
        if trimsToMedia {
            add("trim", .bool(true))
        } else if start != nil || end != nil {
            let parts = [("start", start), ("end", end)].compactMap { name, time in
                time.map { JSONMember(name, .number($0.seconds)) }
            }
            add("trim", .object(parts))
        }
        add("chunk", chunk.map { .number($0.seconds) })
        add("output", output.map(JSONValue.string))
        if output == nil { add("format", .string(format)) }
        if overwrites { add("overwrite", .bool(true)) }
        return .object(members)
    }
}

extension ArchiveRequest.Input {
    fileprivate var document: JSONValue {
        var members = [
            JSONMember("name", .string(name)), JSONMember("file", .string(file)),
            JSONMember("kind", .string(isScreen ? "screen" : "camera")), JSONMember("start", .number(start.seconds)),
        ]
        if let role { members.append(JSONMember("role", .string(role))) }
        return .object(members)
    }
}

extension ArchiveRequest.LayoutPeriod {
    fileprivate var document: JSONValue {
        // What was read as a layout once is JSON.
        let layout = (try? JSONParser.parse(Array(text.utf8))) ?? .string(text)
        var members = [JSONMember("from", .number(from.seconds)), JSONMember("layout", layout)]
        if let folder { members.append(JSONMember("images", .string(folder))) }
        return .object(members)
    }
}
