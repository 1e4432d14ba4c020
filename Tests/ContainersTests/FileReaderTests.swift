import Containers
import Foundation
import Glibc
import Media
import Testing
import Timing

@Suite struct FileReaderTests {
    private func failure(_ path: String) -> ContainerError? {
        do throws(ContainerError) {
            _ = try FileReader(path: path)
            return nil
        } catch {
            return error
        }
    }

    private func recording(_ scratch: Scratch, _ name: String, seconds: Int64 = 4) throws -> String {
        let path = scratch.file(name)
        let writer = try FileWriter(path: path, video: PlainMedia.video, sound: PlainMedia.sound)
        for (track, chunk) in PlainMedia.both(seconds: seconds) { try writer.write(chunk, to: track) }
        _ = try writer.finish()
        return path
    }

    @Test func badInputIsSaidInOneLine() throws {
        let scratch = try Scratch()
        #expect(failure(scratch.file("none.webm"))?.code == .noSuchFile)
        #expect(failure("a\0b")?.code == .noSuchFile)
        #expect(failure(scratch.path)?.code == .isDirectory)
        #expect(failure(scratch.write([], as: "empty.webm"))?.code == .emptyFile)
        #expect(failure(scratch.write(Array("only text\n".utf8), as: "text.webm"))?.code == .notMedia)
        #expect(failure(scratch.write([UInt8](repeating: 0, count: 5000), as: "zeros.mp4"))?.code == .notMedia)
        #expect(failure("/dev/zero")?.code == .notRegularFile)
        #expect(mkfifo(scratch.file("pipe"), 0o600) == 0)
        #expect(failure(scratch.file("pipe"))?.code == .notRegularFile)
        for path in [scratch.path, scratch.file("text.webm")] {
            let text = failure(path)?.description ?? ""
            #expect(text.contains(path) && !text.contains("\n"))
        }
    }

    /// Files that name others: none of the others may be opened.
    @Test func playlistsAreRefused() throws {
        let scratch = try Scratch()
        let other = try recording(scratch, "other.webm")
        let playlists = [
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\(other)\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile '\(other)'\n",
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5000 RTP/AVP 96\r\n",
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>",
        ]
        for (index, text) in playlists.enumerated() {
            let code = failure(scratch.write(Array(text.utf8), as: "p\(index).webm"))?.code
            #expect(code == .forbiddenFormat || code == .notMedia)
        }
    }

    @Test func aFileCutInTheMiddleIsReadAsFarAsItGoes() throws {
        let scratch = try Scratch()
        for name in ["a.webm", "a.mkv"] {
            let whole = bytes(of: try recording(scratch, name))
            let cut = scratch.write(Array(whole[0..<whole.count / 2]), as: "cut-" + name)
            let reader = try FileReader(path: cut)
            #expect(reader.info.cutOff != nil)
            let content = try WholeFile(reader)
            #expect(content.end.truncated != nil)
            #expect((45...75).contains(content.video.count))
        }
    }

    @Test func damageIsPassedOver() throws {
        let scratch = try Scratch()
        var whole = bytes(of: try recording(scratch, "a.webm", seconds: 8))
        for index in 20_000..<21_000 { whole[index] = UInt8(truncatingIfNeeded: index &* 31) }
        let content = try WholeFile(FileReader(path: scratch.write(whole, as: "damaged.webm")))
        #expect(content.video.count > 180)
        #expect(abs(((content.video.last?.chunk.time ?? .zero) - PlainMedia.picture(239).time).milliseconds) <= 1)
    }

    @Test func readingStopsWhenCancelled() throws {
        let scratch = try Scratch()
        let path = try recording(scratch, "a.webm")
        let flag = CancelFlag()
        let reader = try FileReader(path: path, cancel: flag)
        for _ in 0..<20 { _ = try reader.read() }
        flag.set()
        let thrown = #expect(throws: ContainerError.self) { while true { _ = try reader.read() } }
        #expect(thrown?.code == .cancelled)
    }

    /// Every byte of a small file set to other values, and the file cut everywhere: no trap, no endless loop.
    @Test func hostileFilesNeverTrap() throws {
        let scratch = try Scratch()
        let path = scratch.file("a.webm")
        let writer = try FileWriter(path: path, video: PlainMedia.video, sound: PlainMedia.sound)
        for (track, chunk) in PlainMedia.both(seconds: 1) { try writer.write(chunk, to: track) }
        _ = try writer.finish()
        let whole = bytes(of: path)
        for index in stride(from: 0, to: 700, by: 3) {
            var changed = whole
            changed[index] = changed[index] &+ UInt8(1 + index % 250)
            let mutant = scratch.write(changed, as: "m.webm")
            if let reader = try? FileReader(path: mutant) {
                let content = try WholeFile(reader)
                for packet in content.video + content.sound { #expect(abs(packet.chunk.time.seconds) < 7e9) }
            }
        }
    }
}
