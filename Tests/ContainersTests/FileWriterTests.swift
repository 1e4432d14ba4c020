import Containers
import Media
import Testing
import Timing

@Suite struct FileWriterTests {
    @Test(arguments: ["webm", "mkv"])
    func whatIsWrittenIsRead(_ kind: String) throws {
        let scratch = try Scratch()
        let path = scratch.file("a.\(kind)")
        var options = FileWriter.Options()
        options.title = "Room 7"
        options.videoTitle = "Composite"
        let writer = try FileWriter(
            path: path, video: PlainMedia.video, sound: PlainMedia.sound, options: options)
        let chunks = PlainMedia.both(seconds: 5)
        for (track, chunk) in chunks { try writer.write(chunk, to: track) }
        #expect(exists(path + ".part") && !exists(path))
        let finished = try writer.finish()
        #expect(exists(path) && !exists(path + ".part"))
        #expect(finished.isIndexed)
        #expect(finished.bytes == bytes(of: path).count)
        #expect(abs((finished.duration - .milliseconds(5000)).milliseconds) < 1)

        let reader = try FileReader(path: path)
        let info = reader.info
        #expect(info.title == "Room 7")
        #expect(info.video?.title == "Composite")
        #expect(info.video?.parameters.codec == .vp8)
        #expect(info.video?.parameters.size == PictureSize(width: 320, height: 180))
        #expect(info.video?.parameters.colour == .bt601Limited)
        #expect(info.video?.parameters.frameRate == .fps30)
        #expect(info.sound?.parameters.codec == .opus)
        #expect(info.sound?.parameters.channels == 2)
        #expect(info.sound?.parameters.startPadding == PlainMedia.sound.startPadding)
        #expect(abs(((info.duration ?? .zero) - .milliseconds(5000)).milliseconds) < 20)

        let whole = try WholeFile(reader)
        #expect(whole.end == FileEnd())
        let pictures = chunks.filter { $0.track == .video }.map(\.chunk)
        let packets = chunks.filter { $0.track == .sound }.map(\.chunk)
        #expect(whole.video.map(\.chunk.data) == pictures.map(\.data))
        #expect(whole.video.map(\.chunk.isKeyframe) == pictures.map(\.isKeyframe))
        #expect(whole.sound.map(\.chunk.data) == packets.map(\.data))
        for (read, written) in zip(whole.video, pictures) {
            #expect(abs((read.chunk.time - written.time).milliseconds) <= 1)
        }
        for (read, written) in zip(whole.sound, packets) {
            #expect(abs((read.chunk.time - written.time).milliseconds) <= 0.001)
        }
    }

    @Test(arguments: ["webm", "mkv", "mp4", "ogg"])
    func soundAlone(_ kind: String) throws {
        let scratch = try Scratch()
        let path = scratch.file("a.\(kind)")
        let writer = try FileWriter(path: path, video: nil, sound: PlainMedia.sound)
        for index in 0..<150 { try writer.write(PlainMedia.packet(Int64(index)), to: .sound) }
        _ = try writer.finish()
        let reader = try FileReader(path: path)
        #expect(reader.info.video == nil)
        #expect(reader.info.sound?.parameters.startPadding == PlainMedia.sound.startPadding)
        #expect(reader.info.sound?.start == .zero)
        #expect(abs(((reader.info.duration ?? .zero) - .milliseconds(3000)).milliseconds) < 20)
        let whole = try WholeFile(reader)
        #expect(whole.sound.count == 150)
        #expect(whole.sound.first?.chunk.time == -PlainMedia.sound.startPadding)
        #expect(abs(((whole.sound.last?.chunk.time ?? .zero) - PlainMedia.packet(149).time).milliseconds) < 0.001)
    }

    @Test func sameChunksGiveTheSameBytes() throws {
        let scratch = try Scratch()
        for name in ["a.webm", "b.webm"] {
            let writer = try FileWriter(path: scratch.file(name), video: PlainMedia.video, sound: PlainMedia.sound)
            for (track, chunk) in PlainMedia.both(seconds: 2) { try writer.write(chunk, to: track) }
            _ = try writer.finish()
        }
        #expect(bytes(of: scratch.file("a.webm")) == bytes(of: scratch.file("b.webm")))
    }

    @Test func goesToAKeyframe() throws {
        let scratch = try Scratch()
        let path = scratch.file("a.webm")
        let writer = try FileWriter(path: path, video: PlainMedia.video, sound: PlainMedia.sound)
        for (track, chunk) in PlainMedia.both(seconds: 10) { try writer.write(chunk, to: track) }
        _ = try writer.finish()
        let reader = try FileReader(path: path)
        #expect(reader.seek(to: .milliseconds(7300)))
        var first: FilePacket?
        while first?.track != .video, case .packet(let packet) = try reader.read() { first = packet }
        #expect(first?.chunk.isKeyframe == true)
        #expect(abs(((first?.chunk.time ?? .zero) - .milliseconds(6000)).milliseconds) <= 1)
        #expect(reader.seek(to: .zero))
        #expect(try WholeFile(reader).video.count == 300)
    }

    @Test func oneStreamAheadIsBoundedInMediaTime() throws {
        let scratch = try Scratch()
        let writer = try FileWriter(
            path: scratch.file("a.webm"), video: PlainMedia.video, sound: PlainMedia.sound)
        // Sound stays away for two seconds; pictures must not wait for it longer than permitted.
        for index in 0..<60 {
            try writer.write(PlainMedia.picture(Int64(index)), to: .video)
            let given = PlainMedia.picture(Int64(index)).time
            #expect(given - writer.duration <= .milliseconds(301))
        }
        for index in 0..<100 { try writer.write(PlainMedia.packet(Int64(index)), to: .sound) }
        _ = try writer.finish()
        let whole = try WholeFile(FileReader(path: scratch.file("a.webm")))
        #expect(whole.video.count == 60 && whole.sound.count == 100)
    }

    @Test func anExistingFileIsRefusedOrKeptUntilTheEnd() throws {
        let scratch = try Scratch()
        let path = scratch.write([1, 2, 3], as: "a.webm")
        let refused = #expect(throws: ContainerError.self) {
            try FileWriter(path: path, video: PlainMedia.video, sound: nil)
        }
        #expect(refused?.code == .outputExists)
        #expect(bytes(of: path) == [1, 2, 3])

        var options = FileWriter.Options()
        options.overwrite = true
        let writer = try FileWriter(path: path, video: PlainMedia.video, sound: nil, options: options)
        for index in 0..<60 { try writer.write(PlainMedia.picture(Int64(index)), to: .video) }
        #expect(bytes(of: path) == [1, 2, 3])
        _ = try writer.finish()
        #expect(bytes(of: path).count > 1000)
    }

    @Test func anUnfinishedRecordingIsNotReplacedUnasked() throws {
        let scratch = try Scratch()
        let part = scratch.write([1, 2, 3], as: "a.webm.part")
        let refused = #expect(throws: ContainerError.self) {
            try FileWriter(path: scratch.file("a.webm"), video: PlainMedia.video, sound: nil)
        }
        #expect(refused?.code == .unfinishedExists)
        #expect(bytes(of: part) == [1, 2, 3])
    }

    @Test func aFileThatAppearsMeanwhileIsKept() throws {
        let scratch = try Scratch()
        let path = scratch.file("a.webm")
        let writer = try FileWriter(path: path, video: PlainMedia.video, sound: nil)
        for index in 0..<60 { try writer.write(PlainMedia.picture(Int64(index)), to: .video) }
        _ = scratch.write([1, 2, 3], as: "a.webm")
        let refused = #expect(throws: ContainerError.self) { try writer.finish() }
        #expect(refused?.code == .outputExists)
        #expect(bytes(of: path) == [1, 2, 3])
        #expect(try WholeFile(FileReader(path: path + ".part")).video.count == 60)
    }

    @Test func whatCannotBeWrittenIsSaid() throws {
        let scratch = try Scratch()
        func code(_ name: String, video: VideoParameters? = PlainMedia.video) -> ContainerError.Code? {
            do throws(ContainerError) {
                _ = try FileWriter(path: scratch.file(name), video: video, sound: nil)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("a.xyz") == .unknownExtension)
        #expect(code("webm") == .unknownExtension)
        #expect(code("nowhere/a.webm") == .notWritable)
        #expect(code("a.webm", video: nil) == .unsupportedCodec)
        #expect(code("a.mp4") == .unsupportedCodec)
        var huge = PlainMedia.video
        huge.size = PictureSize(width: 70_000, height: 2)
        #expect(code("a.webm", video: huge) == .unsupportedCodec)
        _ = scratch.write([0], as: "file")
        #expect(code("file/a.webm") == .notWritable)
        #expect(!exists(scratch.file("a.mp4.part")))
    }
}
