public import Containers
import Glibc
import Media
import Timing

/// Finishes a recording that was cut off: gives it its duration, its index and its name.
public struct Recovery: Sendable {
    public struct Outcome: Sendable {
        public var file: FileWriter.Finished
        /// Packets at the cut that were incomplete and are left out.
        public var damaged: Int
        /// Packets that were copied.
        public var packets: Int
        /// The file was whole; only its second name was left.
        public var wasWhole: Bool
    }

    /// Copies what can be read of `path`, without decoding, into a whole file, and only then deletes the cut-off one.
    /// It may be interrupted at any moment and run again.
    ///
    /// - Parameters:
    ///   - path: usually `NAME.part`.
    ///   - target: nil takes `path` without its «.part»; a name without it becomes `NAME-recovered.EXT`.
    ///   - overwrite: whether a file named `target` may be replaced.
    ///   - keepsOriginal: whether `path` stays.
    public static func run(
        path: String, target: String? = nil, overwrite: Bool = false, keepsOriginal: Bool = false,
        cancel: CancelFlag? = nil
    ) throws(ContainerError) -> Outcome {
        let target = target ?? defaultTarget(path)
        if let done = finishNaming(path, target: target, keepsOriginal: keepsOriginal) { return done }
        // A recording's own times are kept: a track of somebody who joined late begins late.
        let reader = try FileReader(path: path, cancel: cancel, keepingOrigin: path.hasSuffix(".part"))
        guard let format = ContainerFormat(path: target) else {
            throw ContainerError(
                .unknownExtension, path: target, cause: "its extension names no format that is written",
                remedy: "name the result with .webm, .mkv, .mp4 or .ogg")
        }
        var options = FileWriter.Options()
        options.overwrite = overwrite
        options.title = reader.info.title
        options.videoTitle = reader.info.video?.title
        options.soundTitle = reader.info.sound?.title
        options.creationTime = reader.info.creationTime
        // The cut-off file has the name that a part of `target` would have.
        options.partSuffix = ".recovering"
        // Left by a recovery that was interrupted: what it was made from is still there.
        FileWriter.delete(target + options.partSuffix)
        let writer = try FileWriter(
            path: target, format: format, video: reader.info.video?.parameters,
            sound: reader.info.sound?.parameters, options: options)
        do throws(ContainerError) {
            let (packets, damaged) = try copy(reader, to: writer)
            guard packets > 0 else {
                throw ContainerError(.emptyFile, path: path, cause: "was cut off before any picture or sound")
            }
            let marks = reader.info.chapters + MarkFile.read(for: target)
            for chapter in marks where chapter.start <= writer.duration { writer.addChapter(chapter) }
            let finished = try writer.finish()
            if !keepsOriginal, finished.path != path {
                FileWriter.delete(path)
                MarkFile.delete(for: target)
            }
            return Outcome(file: finished, damaged: damaged, packets: packets, wasWhole: false)
        } catch {
            writer.discard()
            throw error
        }
    }

    private static func copy(
        _ reader: FileReader, to writer: FileWriter
    ) throws(ContainerError) -> (packets: Int, damaged: Int) {
        var packets = 0
        var damaged = 0
        while case .packet(let packet) = try reader.read() {
            if packet.isDamaged {
                damaged += 1
            } else {
                try writer.write(packet.chunk, to: packet.track)
                packets += 1
            }
        }
        return (packets, damaged)
    }

    /// A process that ended between giving a whole file its name and taking the old one away leaves both.
    private static func finishNaming(_ path: String, target: String, keepsOriginal: Bool) -> Outcome? {
        var part = stat()
        var whole = stat()
        guard path != target, stat(path, &part) == 0, stat(target, &whole) == 0, part.st_ino == whole.st_ino,
            part.st_dev == whole.st_dev
        else { return nil }
        if !keepsOriginal {
            FileWriter.delete(path)
            MarkFile.delete(for: target)
        }
        let duration = (try? FileReader(path: target))?.info.duration ?? .zero
        return Outcome(
            file: FileWriter.Finished(path: target, duration: duration, bytes: Int64(whole.st_size), isIndexed: true),
            damaged: 0, packets: 0, wasWhole: true)
    }

    /// The name that a cut-off file gets.
    public static func defaultTarget(_ path: String) -> String {
        if path.hasSuffix(".part") { return String(path.dropLast(5)) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return path + "-recovered" }
        let length = name[dot...].count
        return path.dropLast(length) + "-recovered" + path.suffix(length)
    }
}
