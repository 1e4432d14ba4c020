import Live
import Media
import MediaTesting
import Testing
import Timing

/// What the load measures with, measured itself.
struct LoadMeasureTests {
    // MARK: - Impairment

    @Test func impairmentIsRead() throws {
        let read = try Impairment(parsing: "loss=10,delay=25,jitter=20,rate=500k,reorder=5,duplicate=1.5,seed=7")
        #expect(read.loss == 0.1 && read.reorder == 0.05 && read.duplicate == 0.015 && read.seed == 7)
        #expect(read.delay == .milliseconds(25) && read.jitter == .milliseconds(20) && read.rate == 500_000)
        #expect(try Impairment(parsing: "rate=2M").rate == 2_000_000)
    }

    @Test(arguments: [
        "", "loss", "loss=101", "loss=-1", "delay=x", "rate=5", "rate=", "speed=3", "seed=-1", "loss=nan",
    ])
    func nonsenseIsRefused(_ text: String) {
        #expect(throws: LiveError.self) { try Impairment(parsing: text) }
    }

    /// Sends a numbered datagram each millisecond; gives the numbers in the order in which they came, with when.
    private func pass(_ impairment: Impairment, count: Int, size: Int = 100) -> [(number: Int, time: Int64)] {
        var link = ImpairedLink(impairment, stream: 3)
        var came: [(number: Int, time: Int64)] = []
        var datagram = [UInt8](repeating: 0, count: size)
        for millisecond in 0..<count + 2000 {
            let now = MediaTime.milliseconds(Int64(millisecond))
            if millisecond < count {
                datagram[0] = UInt8(millisecond >> 8)
                datagram[1] = UInt8(millisecond & 255)
                link.put(datagram.span, now: now)
            }
            link.takeDue(now: now) { came.append((Int($0[0]) << 8 | Int($0[1]), Int64(millisecond))) }
        }
        return came
    }

    @Test func aGoodLinkPassesAllAtOnce() {
        let came = pass(Impairment(), count: 500)
        #expect(came.map(\.number) == Array(0..<500))
        #expect(came.allSatisfy { $0.time == Int64($0.number) })
    }

    @Test func lossAndDuplicatesAreAsWished() {
        var impairment = Impairment()
        impairment.loss = 0.1
        impairment.duplicate = 0.2
        let came = pass(impairment, count: 10_000)
        let different = Set(came.map(\.number)).count
        #expect((8800...9200).contains(different))
        #expect((1.17...1.23).contains(Double(came.count) / Double(different)))
        #expect(pass(impairment, count: 10_000).map(\.number) == came.map(\.number), "a seed gives the same again")
        impairment.seed = 2
        #expect(pass(impairment, count: 10_000).map(\.number) != came.map(\.number))
    }

    @Test func jitterDelaysButKeepsTheOrder() {
        var impairment = Impairment()
        impairment.delay = .milliseconds(25)
        impairment.jitter = .milliseconds(20)
        let came = pass(impairment, count: 1000)
        #expect(came.map(\.number) == Array(0..<1000))
        #expect(came.allSatisfy { (25...46).contains($0.time - Int64($0.number)) })
        impairment.reorder = 0.25
        #expect(pass(impairment, count: 1000).map(\.number) != Array(0..<1000))
    }

    @Test func rateIsKeptAndTheQueueIsBounded() {
        var impairment = Impairment()
        impairment.rate = 400_000
        // Twice as much as passes.
        let came = pass(impairment, count: 4000)
        #expect((2000...2150).contains(came.count))
        #expect(came.allSatisfy { $0.time - Int64($0.number) <= 201 })
    }

    // MARK: - Freezes

    @Test func freezesAreThoseOfTheStandard() {
        var meter = FrameMeter()
        var now = MediaTime.zero
        for _ in 0..<60 {
            meter.add(now)
            now += .milliseconds(33)
        }
        // 33 + 150 is more than three times 33.
        now += .milliseconds(140)
        meter.add(now)
        #expect(meter.freezes == 0)
        for _ in 0..<60 {
            now += .milliseconds(33)
            meter.add(now)
        }
        now += .milliseconds(200)
        meter.add(now)
        #expect(meter.freezes == 1)
        #expect(abs(meter.frozen - 0.2) < 0.001)
        #expect(meter.longest == 200)
        #expect((33...33.5).contains(meter.quantile(0.5)))
        #expect(meter.gaps(beyond: 50) == 2)
    }

    // MARK: - Codes

    private func picture(publisher: Int, frame: Int) -> Picture {
        let picture = WritablePicture(size: PictureSize(width: 640, height: 360))
        for y in 0..<360 {
            for x in 0..<640 { picture.luma.base[y * picture.luma.stride + x] = UInt8((x * 7 + y * 3) & 255) }
        }
        PictureCode.burn(publisher: publisher, frame: frame, into: picture)
        return picture.freeze(colour: .bt601Limited)
    }

    @Test func codesAreReadBack() {
        let whole = PictureCode.Area(x: 0, y: 0, width: 640, height: 360)
        for frame in stride(from: 0, to: PictureCode.frames, by: 7) {
            // A plane is no owner of what it points to.
            let picture = picture(publisher: frame % 16, frame: frame)
            let read = withExtendedLifetime(picture) { PictureCode.read(in: whole, of: picture.luma) }
            #expect(read?.publisher == frame % 16 && read?.frame == frame)
        }
    }

    @Test func whereThereIsNoCodeNoneIsRead() {
        let plain = WritablePicture(size: PictureSize(width: 640, height: 360))
        for y in 0..<360 { for x in 0..<640 { plain.luma.base[y * plain.luma.stride + x] = UInt8((x + y) & 255) } }
        let picture = plain.freeze(colour: .bt601Limited)
        withExtendedLifetime(picture) {
            let (inside, beyond) = (0.0, 900.0)
            for x in [inside, beyond] {
                let area = PictureCode.Area(x: x, y: 0, width: 640, height: 360)
                #expect(PictureCode.read(in: area, of: picture.luma) == nil)
            }
        }
    }

    // MARK: - Tones

    @Test func tonesAreTold() {
        var watch = ToneWatch([330, 415])
        for sample in ToneMeter.tone(330, amplitude: 0.01, count: 96_000) { watch.add(sample) }
        let (there, absent) = (watch.level(of: 330), watch.level(of: 415))
        #expect(abs((there?.least ?? 0) + 40) < 0.5)
        #expect((absent?.maximum ?? 0) < -90)
        #expect(watch.level(of: 500) == nil)
    }
}
