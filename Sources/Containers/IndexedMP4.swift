import CAVFormat
import Glibc
import Media
import Timing

/// The last step of an MP4: the fragments, which survive a cut, become one file with its index in front, which every
/// player opens at once and searches fast.
///
/// The file is read twice: the first time to learn how large the index becomes, the second time to write the new file
/// beside the old. Only when it is whole does it take the old one's place.
struct IndexedMP4 {
    private let writer: FileWriter

    init(_ writer: FileWriter) {
        self.writer = writer
    }

    private var indexedPath: String { writer.path + ".index.part" }

    /// False if it could not be done; the part is then as it was.
    func replacePart() -> Bool {
        do {
            let counting = CountingSink()
            let index = try copy(to: counting, layout: .plain)
            // Beyond 4 GiB the index's offsets are twice as long.
            let slack = 1024 + (counting.length > 3 << 30 ? index : 0)
            guard let room = Int32(exactly: index + slack) else { return false }
            let sink = try opened()
            do {
                _ = try copy(to: sink, layout: .index(bytes: room))
                try hideChapterTrack(in: sink)
                try sink.synchronise()
                try sink.close()
            } catch {
                try? sink.close()
                unlink(indexedPath)
                return false
            }
        } catch {
            return false
        }
        guard rename(indexedPath, writer.partPath) == 0 else {
            unlink(indexedPath)
            return false
        }
        return true
    }

    /// The list of chapters tells the same.
    private func hideChapterTrack(in sink: any RecordingSink) throws(SinkError) {
        guard !writer.chapters.isEmpty, writer.chapters.count < ChapterTrack.limit else { return }
        for place in ChapterTrack.places(in: indexedPath) {
            let free = Array("free".utf8)
            var failure: SinkError?
            free.withUnsafeBytes { bytes in
                do throws(SinkError) { try sink.write(bytes, at: place) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    private func opened() throws(ContainerError) -> any RecordingSink {
        do {
            return try writer.openSink(indexedPath, true)
        } catch {
            throw ContainerError(.writeFailed, path: indexedPath, cause: systemMessage(error.number))
        }
    }

    /// Copies all chunks, and returns how many bytes were written after the last of them.
    private func copy(to sink: any RecordingSink, layout: Muxer.Layout) throws(ContainerError) -> Int64 {
        let reader = try FileReader(path: writer.partPath, keepingOrigin: true)
        guard let output = OutputFile(sink, canSeek: true) else {
            throw ContainerError(.writeFailed, path: indexedPath, cause: "out of memory")
        }
        // The chunks have become what MP4 wants (H.264's start codes are lengths now), and so has their setup.
        var video = writer.video
        if let setup = reader.info.video?.parameters.setup { video?.setup = setup }
        // The track of chapters has no place for a time before the first.
        var chapters = writer.chapters
        if let first = chapters.first, first.start > .zero {
            chapters.insert(Chapter(start: .zero, title: writer.options.title ?? "Start"), at: 0)
        }
        let muxer = try Muxer(
            output, format: .mp4, layout: layout, video: video, sound: writer.sound, options: writer.options,
            chapters: chapters, end: writer.duration, path: indexedPath)
        while case .packet(let packet) = try reader.read() {
            try muxer.write(packet.chunk, to: packet.track)
        }
        muxer.flush()
        let mediaEnd = output.length
        try muxer.writeTrailer()
        guard output.failure == nil else {
            throw ContainerError(.writeFailed, path: indexedPath, cause: "cannot be written")
        }
        return output.length - mediaEnd
    }
}

/// Takes bytes and only counts them.
private final class CountingSink: RecordingSink {
    private(set) var length: Int64 = 0

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SinkError) {
        length = max(length, offset + Int64(bytes.count))
    }
    func truncate(to length: Int64) throws(SinkError) {}
    func synchronise() throws(SinkError) {}
    func close() throws(SinkError) {}
}
