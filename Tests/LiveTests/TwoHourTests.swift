import Codecs
import Containers
import Foundation
import Live
import Media
import MediaTesting
import Mixing
import RTP
import Recording
import Synchronization
import Testing
import Timing

/// A long session in virtual time: four participants whose clocks are off, their tracks recorded as a room does it.
@Suite struct TwoHourTests {
    /// One sender. Its pictures are taken by its wall clock, its sound by a sample clock that is off against that.
    private final class Sender {
        static let frameRate = 15.0
        let name: String
        /// Of the wall clock against true time, and of the sample clock against the wall clock, in parts per million.
        let wall: Double
        let samples: Double
        let tap = SoundTap()
        let playout: SoundPlayout
        var clock = PictureClock()
        var pictures = 0
        var packets = 0
        var reports = 0
        let camera: Int
        let sound: Int
        /// Wall time at which pictures were taken, by when they are to be shown; what has been shown goes.
        var due: [(show: MediaTime, taken: Double)] = []
        /// Of pictures against sound in the mix, in milliseconds, by the minute; and the worst.
        var minutes: [[Double]] = []

        init(_ name: String, wall: Double, samples: Double, recorder: SessionRecorder) throws {
            (self.name, self.wall, self.samples) = (name, wall, samples)
            playout = try SoundPlayout(channels: 1)
            camera = recorder.add(.init(participant: name, name: name, kind: .camera, codec: .vp8))
            sound = recorder.add(.init(participant: name, name: name, kind: .sound, codec: .opus, channels: 1))
        }

        /// True time at which the wall clock shows `seconds`, and the other way round.
        func trueTime(_ seconds: Double) -> Double { seconds / (1 + wall / 1e6) }
        func wallTime(_ seconds: Double) -> Double { seconds * (1 + wall / 1e6) }
        /// Wall time at which the sample clock has counted to packet `number`.
        func captured(_ number: Int) -> Double { Double(number) * 0.02 / (1 + samples / 1e6) }
    }

    private static let epoch = 1_795_239_886.0

    private static func ntp(_ seconds: Double) -> NTPTime {
        let whole = (epoch + seconds).rounded(.down)
        let fraction = epoch + seconds - whole
        return NTPTime(rawValue: UInt64(whole) << 32 | UInt64(fraction * 4_294_967_296))
    }

    private static func residentMegabytes() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return Double(text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 / 1e6
    }

    /// Tiny pictures, of which every fifteenth is a keyframe.
    private static func tiny() throws -> [EncodedChunk] {
        let encoder = try VideoEncoders.make(
            VideoEncoderConfiguration(
                codec: .vp8, size: PictureSize(width: 64, height: 48), frameRate: FrameRate(15), bitrate: 30_000))
        return try (0..<15).compactMap { frame in
            let picture = WritablePicture(size: PictureSize(width: 64, height: 48))
            for row in 0..<48 {
                for column in 0..<64 {
                    picture.luma.base[row * picture.luma.stride + column] = UInt8(40 + (row + column + frame * 3) % 128)
                }
            }
            for plane in [picture.cb, picture.cr] {
                for row in 0..<plane.height {
                    for column in 0..<plane.width { plane.base[row * plane.stride + column] = 128 }
                }
            }
            return try encoder.encode(
                picture.freeze(colour: .bt601Limited), time: FrameRate(15).time(ofFrame: Int64(frame)),
                forceKeyframe: frame == 0, activeMap: nil)
        }
    }

    @Test func clocksThatAreOffStayInStepInFiles() throws {
        let minutes = 120
        let folder = NSTemporaryDirectory() + "tessera-two-hours-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = SessionRecorder.Configuration(
            folder: folder, room: "long", started: Int64(TwoHourTests.epoch * 1000), start: .zero, monotonic: .zero)
        configuration.leastFreeSpace = 0
        let recorder = try SessionRecorder(configuration) { _ in }
        let senders = try [("a", 0.0, 200.0), ("b", 0, -200), ("c", -200, 200), ("d", 200, -200)].map {
            try Sender($0.0, wall: $0.1, samples: $0.2, recorder: recorder)
        }
        for sender in senders {
            recorder.note(.joined(participant: sender.name, name: sender.name, role: nil), at: .zero)
            let track = sender.sound
            sender.tap.setSink { chunk in recorder.writeWaiting(chunk, track: track) }
        }
        let coded = try TwoHourTests.tiny()
        let payload: [UInt8] = [31 << 3] + [UInt8](repeating: 0x55, count: 20)
        var random = SeededRandom(seed: 4)
        var memory: [Double] = []
        let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: SoundBlock.framesPerTick)
        defer { output.deallocate() }
        for tick in 0..<(minutes * 3000) {
            let now = Double(tick + 1) * 0.02
            let instant = MediaTime(seconds: now)
            for sender in senders {
                try step(sender, now, coded, payload, recorder, &random)
                _ = sender.playout.pull(now: instant, decodes: false, into: output)
                compare(sender, now)
            }
            if tick % 3000 == 2999 { memory.append(TwoHourTests.residentMegabytes()) }
        }
        recorder.note(.end(error: nil), at: MediaTime(seconds: Double(minutes * 60)))
        _ = try recorder.finish()
        for sender in senders {
            // In the mix, from the second minute on: clocks are being learned in the first.
            let settled = sender.minutes.dropFirst()
            let all = settled.flatMap(\.self).map(abs).sorted()
            let means = settled.map { $0.reduce(0, +) / Double(max(1, $0.count)) }
            let drift = (means.max() ?? 0) - (means.min() ?? 0)
            #expect(all[all.count * 95 / 100] <= 40 && all[all.count - 1] <= 100, "\(sender.name)")
            #expect(drift < 40, "\(sender.name)")
            let file = try inFiles(sender, folder, minutes)
            #expect(file.drift < 40 && file.worst <= 100 && file.fromTruth < 40, "\(sender.name) \(file)")
            print(
                String(
                    format:
                        "%@ wall %+.0f ppm, samples %+.0f ppm: mix p95 %.1f ms, worst %.1f, drift %.1f; files worst %.1f, drift %.1f, against true time %.1f",
                    sender.name, sender.wall, sender.samples, all[all.count * 95 / 100], all[all.count - 1], drift,
                    file.worst, file.drift, file.fromTruth))
        }
        print("resident MB by the minute: " + memory.map { String(format: "%.1f", $0) }.joined(separator: " "))
        // What is kept of a file's index grows: some bytes for each half second of each track.
        let settled = memory.dropFirst(min(5, memory.count - 1))
        #expect((settled.max() ?? 0) - (settled.min() ?? 0) < 20 + 0.2 * Double(minutes))
    }

    /// All that reaches the server of one sender up to `now`.
    private func step(
        _ sender: Sender, _ now: Double, _ coded: [EncodedChunk], _ payload: [UInt8], _ recorder: SessionRecorder,
        _ random: inout SeededRandom
    ) throws {
        func arrival(_ wall: Double) -> MediaTime {
            MediaTime(seconds: sender.trueTime(wall) + 0.02 + Double(random.next() % 8000) / 1e6)
        }
        let wall = sender.wallTime(now - 0.03)
        while sender.captured(sender.packets) <= wall {
            let at = arrival(sender.captured(sender.packets))
            let timestamp = RTPTimestamp(UInt32(truncatingIfNeeded: sender.packets * 960))
            sender.playout.receive(
                payload.span, timestamp: timestamp, sequence: Int64(sender.packets), now: at)
            sender.tap.receive(
                payload.span, timestamp: timestamp, sequence: Int64(sender.packets), isCopy: false,
                playout: sender.playout, now: at)
            sender.packets += 1
        }
        while Double(sender.pictures) / Sender.frameRate <= wall {
            let taken = Double(sender.pictures) / Sender.frameRate
            let at = arrival(taken)
            let timestamp = RTPTimestamp(UInt32(truncatingIfNeeded: Int64(taken * 90_000)))
            _ = sender.clock.receive(timestamp, arrival: at)
            let time =
                sender.clock.playout(
                    of: timestamp, sound: sender.playout.anchor, delay: sender.clock.wantedDelay, now: at) ?? at
            var chunk = coded[sender.pictures % coded.count]
            (chunk.time, chunk.decodeTime) = (time, time)
            recorder.writeWaiting(chunk, track: sender.camera)
            sender.due.append((time, taken))
            sender.pictures += 1
        }
        guard wall >= Double(sender.reports) * 5 else { return }
        sender.reports += 1
        let rate = 48_000 * (1 + sender.samples / 1e6)
        let sound = SenderReport(
            ssrc: SSRC(1), ntp: TwoHourTests.ntp(wall),
            timestamp: RTPTimestamp(UInt32(truncatingIfNeeded: Int64(wall * rate))), packetCount: 0, octetCount: 0)
        sender.playout.receive(sound)
        sender.tap.receive(sound)
        sender.clock.receive(
            SenderReport(
                ssrc: SSRC(2), ntp: TwoHourTests.ntp(wall),
                timestamp: RTPTimestamp(UInt32(truncatingIfNeeded: Int64(wall * 90_000))), packetCount: 0,
                octetCount: 0))
    }

    /// What is seen against what is heard, ten times a second.
    private func compare(_ sender: Sender, _ now: Double) {
        let tick = Int((now / 0.02).rounded())
        guard tick % 5 == 0, let anchor = sender.playout.anchor else { return }
        let instant = MediaTime(seconds: now)
        guard let shown = sender.due.lastIndex(where: { $0.show <= instant }) else { return }
        sender.due.removeFirst(shown)
        // A picture is on for its interval; it is compared as it comes on.
        let picture = sender.due[0]
        let captured =
            Double(anchor.captured.rawValue >> 32) - TwoHourTests.epoch
            + Double(anchor.captured.rawValue & 0xffff_ffff) / 4_294_967_296
        let heard = captured + (picture.show - anchor.played).seconds
        let minute = Int(now / 60)
        while sender.minutes.count <= minute { sender.minutes.append([]) }
        sender.minutes[minute].append((picture.taken - heard) * 1000)
    }

    /// The files of a sender: pictures against sound that were taken together, in milliseconds after the first minute, and
    /// how much the sound moves against true time.
    private func inFiles(
        _ sender: Sender, _ folder: String, _ minutes: Int
    ) throws -> (worst: Double, drift: Double, fromTruth: Double) {
        func times(_ name: String) throws -> [Double] {
            let reader = try FileReader(path: folder + "/" + name)
            var times: [Double] = []
            while case .packet(let packet) = try reader.read() {
                times.append((packet.chunk.time + reader.info.origin).seconds)
            }
            return times
        }
        let camera = try times("\(sender.camera)-camera.webm")
        let sound = try times("\(sender.sound)-sound.webm")
        // What came before the first keyframe, or before zero, was left out; nothing was later.
        let (lostPictures, lostPackets) = (sender.pictures - camera.count, sender.packets - sound.count)
        #expect(lostPictures < 15 && lostPackets < 10, "\(lostPictures) \(lostPackets)")
        var offsets: [Double] = []
        var truths: [Double] = []
        for (index, shown) in camera.enumerated().dropFirst(15 * 60) {
            let taken = Double(index + lostPictures) / Sender.frameRate
            let number = taken / sender.captured(1) - Double(lostPackets)
            guard number >= 0, Int(number) + 1 < sound.count else { break }
            let heard =
                sound[Int(number)] + (number - number.rounded(.down)) * (sound[Int(number) + 1] - sound[Int(number)])
            offsets.append((shown - heard) * 1000)
            truths.append((heard - sender.trueTime(taken)) * 1000)
        }
        func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
        let part = offsets.count / 8
        return (
            offsets.map(abs).max() ?? .infinity, abs(mean(offsets.suffix(part)) - mean(offsets.prefix(part))),
            abs(mean(truths.suffix(part)) - mean(truths.prefix(part)))
        )
    }
}
