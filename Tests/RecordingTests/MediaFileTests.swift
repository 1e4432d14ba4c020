import Codecs
import Containers
import Media
import Recording
import Testing
import Timing

@Suite struct MediaFileTests {
    /// What is encoded, written, read and decoded comes out at its time, in step.
    @Test(arguments: Written.all)
    func writtenFilesAreWholeAndInStep(_ written: Written) throws {
        let scratch = try Scratch()
        let path = scratch.file("a.\(written.kind)")
        try EncodedMedia(videoCodec: written.video, soundCodec: written.sound, seconds: 4).record(to: path)
        let check = try FileCheck(path: path)
        #expect(check.isSound, "\(check.warnings)")
        #expect(check.pictures == 120)
        #expect(check.gaps.isEmpty, "\(check.gaps)")
        #expect(abs((check.firstPicture ?? .limit).milliseconds) <= 1)
        #expect(abs((check.firstSound ?? .limit).milliseconds) <= 1)
        #expect(abs((check.pictureEnd - .milliseconds(4000)).milliseconds) <= 2)
        #expect(abs((check.soundEnd - .milliseconds(4000)).milliseconds) <= 25)
        #expect(abs((check.endDifference ?? .limit).milliseconds) <= 25)
        #expect(check.flashBeep.flashes.count == 3)
        #expect(check.flashBeep.offsets.count == 3)
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 5, "\(check.flashBeep.offsets)")
    }

    @Test(arguments: ["flash-beep-30.webm", "flash-beep-25.mp4", "flash-beep-15.mkv"])
    func samplesAreInStep(_ name: String) throws {
        let check = try FileCheck(path: awkward(name))
        #expect(check.isSound, "\(check.warnings)")
        #expect(check.flashBeep.offsets.count == 5, "\(check.flashBeep)")
        #expect(abs((check.flashBeep.worst ?? .limit).milliseconds) <= 10, "\(check.flashBeep.offsets)")
    }

    @Test func awkwardFiles() throws {
        func check(_ name: String) throws -> FileCheck { try FileCheck(path: awkward(name)) }
        #expect(try check("rotated.mp4").info.video?.parameters.rotation == .quarter)
        #expect(try check("size-change.webm").sizeChanges == 2)
        let gap = try check("gap.webm")
        #expect(gap.gaps.contains { $0.track == .video && abs($0.duration.seconds - 1.5) < 0.1 })
        #expect(gap.gaps.contains { $0.track == .sound && abs($0.duration.seconds - 1.5) < 0.1 })
        let late = try check("starts-late.webm")
        #expect(abs(((late.firstPicture ?? .zero) - (late.firstSound ?? .zero)).milliseconds - 500) < 30)
        #expect(try check("picture-only.webm").info.sound == nil)
        #expect(try check("sound-only.webm").info.video == nil)
        #expect(try check("h264-aac.mp4").isSound)
        #expect(try check("vp9.webm").isSound)
        #expect(try check("fifteen-fps.webm").info.video?.parameters.frameRate == FrameRate(15))
        #expect(try check("colour-709.mp4").info.video?.parameters.colour?.matrix == .bt709)
    }

    @Test(arguments: ["still.png", "still.jpg"])
    func stillImagesAreOnePictureWithoutEnd(_ name: String) throws {
        let file = try MediaFile(path: awkward(name))
        #expect(file.info.isStillImage)
        let picture = try #require(file.nextPicture())
        #expect(picture.time == .zero && picture.duration == .limit)
        #expect(picture.picture.size.width >= 320)
        #expect(file.nextPicture() == nil)
        #expect(file.nextSound() == nil)
    }

    /// One side asked for to its end before the other: the packets of the other wait, or the file is read twice.
    @Test(arguments: [1 << 24, 4_000])
    func eachSideAtItsOwnPace(_ limit: Int) throws {
        let scratch = try Scratch()
        let path = scratch.file("a.webm")
        try EncodedMedia(seconds: 4).record(to: path)
        let packets = PacketDistributor(
            try FileReader(path: path), wanted: [.video, .sound], cancel: nil, limit: limit)
        var video: [FilePacket] = []
        var sound: [FilePacket] = []
        for _ in 0..<10 { sound.append(try #require(packets.next(.sound))) }
        while let packet = packets.next(.video) { video.append(packet) }
        while let packet = packets.next(.sound) { sound.append(packet) }
        #expect(packets.isSeparated == (limit < 10_000))
        let reader = try FileReader(path: path)
        var expected: [Track: [FilePacket]] = [:]
        while case .packet(let packet) = try reader.read() { expected[packet.track, default: []].append(packet) }
        #expect(video.map(\.chunk.data) == expected[.video]?.map(\.chunk.data))
        #expect(sound.map(\.chunk.data) == expected[.sound]?.map(\.chunk.data))
        #expect(sound.map(\.chunk.time) == expected[.sound]?.map(\.chunk.time))
    }

    @Test func damageIsLeftOutAndCounted() throws {
        let scratch = try Scratch()
        var data = bytes(of: awkward("portrait.webm"))
        for index in 60_000..<61_500 { data[index] = UInt8(truncatingIfNeeded: index &* 37) }
        let check = try FileCheck(path: scratch.write(data, as: "damaged.webm"))
        #expect(check.corruptPackets > 0)
        #expect(!check.isSound)
        #expect(check.warnings.contains { $0.contains("damaged packet") })
        #expect(check.duration > .milliseconds(4800))
    }

    @Test func aCutFileIsDecodedAsFarAsItGoes() throws {
        let scratch = try Scratch()
        let data = bytes(of: awkward("portrait.webm"))
        let check = try FileCheck(path: scratch.write(Array(data[0..<data.count / 2]), as: "cut.webm"))
        #expect(check.truncated != nil)
        #expect(check.duration > .milliseconds(1500) && check.duration < .milliseconds(4000))
        #expect(check.warnings.contains { $0.contains("its end is missing") })
    }

    @Test func jumpsToATime() throws {
        let file = try MediaFile(path: awkward("portrait.webm"))
        _ = file.nextPicture()
        #expect(file.seek(to: .milliseconds(3700)))
        let picture = try #require(file.nextPicture())
        #expect(picture.time <= .milliseconds(3701) && picture.time > .milliseconds(3650))
        let sound = try #require(file.nextSound())
        #expect(abs((sound.time - .milliseconds(3700)).milliseconds) < 1)
        let skipped = try #require(file.nextPicture(from: .milliseconds(4500)))
        #expect(abs((skipped.time - .milliseconds(4480)).milliseconds) <= 34)
    }
}
