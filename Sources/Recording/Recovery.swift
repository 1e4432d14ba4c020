public import Containers

/// Finishes a recording that was cut off: gives it its duration, its index and its name.
public struct Recovery: Sendable {
    public struct Outcome: Sendable {
        public var file: FileWriter.Finished
        /// Packets at the cut that were incomplete and are left out.
        public var damaged: Int
    }

    /// Copies what can be read of `path`, without decoding, into a whole file, and deletes the cut-off one.
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
        let reader = try FileReader(path: path, cancel: cancel)
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
        // The cut-off file has the name that a part of `target` would have.
        options.partSuffix = ".recovering"
        let writer = try FileWriter(
            path: target, format: format, video: reader.info.video?.parameters,
            sound: reader.info.sound?.parameters, options: options)
        var damaged = 0
        do throws(ContainerError) {
            while case .packet(let packet) = try reader.read() {
                if packet.isDamaged {
                    damaged += 1
                } else {
                    try writer.write(packet.chunk, to: packet.track)
                }
            }
            let finished = try writer.finish()
            if !keepsOriginal, finished.path != path { FileWriter.delete(path) }
            return Outcome(file: finished, damaged: damaged)
        } catch {
            writer.discard()
            throw error
        }
    }

    static func defaultTarget(_ path: String) -> String {
        if path.hasSuffix(".part") { return String(path.dropLast(5)) }
        guard let dot = path.lastIndex(of: "."), dot > path.startIndex else { return path + "-recovered" }
        return path[..<dot] + "-recovered" + path[dot...]
    }
}
