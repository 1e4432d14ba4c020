public import Timing

/// What of a participant's sound is heard when: the anchor of their pictures.
public struct SoundAnchor: Sendable {
    /// The sender's wall clock at the capture of some sound.
    public var captured: NTPTime
    /// When that sound is played, on the receiver's monotonic clock.
    public var played: MediaTime

    public init(captured: NTPTime, played: MediaTime) {
        self.captured = captured
        self.played = played
    }
}

/// Says when the pictures of one stream are to be shown: in step with the sound of the same participant if reports
/// relate the two, otherwise as they arrive. Changes of the relation are slewed, by at most ``slewPerSecond``, so that
/// no picture is skipped or held for it.
public struct PictureClock: Sendable {
    public static let slewPerSecond = MediaTime.milliseconds(60)
    /// A difference that is no drift but another timeline: it is taken at once.
    public static let jump = MediaTime.milliseconds(2000)

    /// The most that a picture is held back to make up for what had to be sent again.
    public static let maximumDelay = MediaTime.milliseconds(200)
    /// Less than this is not worth a delay.
    private static let leastDelay = MediaTime.milliseconds(30)

    public private(set) var arrivals: ArrivalClock
    public private(set) var reports: ReportedClock
    private let clockRate: Int64
    private var completions = DelayEstimate(window: .milliseconds(8000), tolerated: 0.01)
    private var timestamps = ExtendedCounter<UInt32>()
    private var origin: Int64?
    /// Shown less media time, as applied.
    private var offset: MediaTime?
    private var lastChange = MediaTime.zero
    /// Between what is shown and what would be right, at the last picture.
    public private(set) var skew = MediaTime.zero

    public init(clockRate: Int64 = 90_000) {
        self.clockRate = clockRate
        arrivals = ArrivalClock(clockRate: clockRate)
        reports = ReportedClock(clockRate: clockRate)
    }

    /// Takes note of a packet's arrival; give it those that were sent for the first time only. Returns the extended
    /// timestamp, the same as ``PictureBuffer`` gives to a stream whose every packet it is shown.
    public mutating func receive(_ timestamp: RTPTimestamp, arrival: MediaTime) -> Int64 {
        let extended = timestamps.extend(timestamp.rawValue)
        arrivals.receive(extended, arrival: arrival)
        return extended
    }

    public mutating func receive(_ report: SenderReport) {
        reports.receive(report, timestamp: timestamps.position(of: report.timestamp.rawValue))
    }

    /// Takes note of when a picture was whole.
    public mutating func complete(_ picture: ReceivedPicture, now: MediaTime) {
        let extended = timestamps.position(of: UInt32(truncatingIfNeeded: picture.timestamp))
        guard let earliest = arrivals.earliestArrival(of: extended) else { return }
        completions.add(now - earliest, at: now)
    }

    /// How long pictures should be held back, from their earliest arrival on, so that they are shown evenly although
    /// some come late (sent again, or big): zero on a clean network, at most ``maximumDelay``. The sound's least delay
    /// is to follow it, or the sound is ahead of them.
    public var wantedDelay: MediaTime {
        let delay = completions.delay
        return delay < PictureClock.leastDelay ? .zero : min(delay, PictureClock.maximumDelay)
    }

    /// When the picture with `timestamp` is to be shown. `delay`, such as ``wantedDelay``, counts where nothing relates
    /// it to sound. Nil before the first packet.
    public mutating func playout(
        of timestamp: RTPTimestamp, sound: SoundAnchor?, delay: MediaTime = .zero, now: MediaTime
    ) -> MediaTime? {
        let extended = timestamps.position(of: timestamp.rawValue)
        guard let earliest = arrivals.earliestArrival(of: extended) else { return nil }
        var right = earliest + delay
        if let sound, let captured = reports.wallClock(of: extended) {
            let related = sound.played + captured.since(sound.captured)
            // Reports that put a picture far from its arrival are wrong (or lies), and not to be followed.
            if abs((related - earliest).nanoseconds) <= PictureClock.jump.nanoseconds { right = related }
        }
        if origin == nil { origin = extended }
        let media = MediaTime(clamping: extended &- (origin ?? extended), per: clockRate)
        let wanted = right - media
        guard let current = offset, abs((wanted - current).nanoseconds) < PictureClock.jump.nanoseconds else {
            offset = wanted
            lastChange = now
            skew = .zero
            return right
        }
        let elapsed = min(max(.zero, now - lastChange), .milliseconds(1000))
        let step = MediaTime(
            nanoseconds: elapsed.nanoseconds / 1000 * PictureClock.slewPerSecond.nanoseconds / 1_000_000)
        let change = min(max(wanted - current, -step), step)
        offset = current + change
        lastChange = now
        skew = current + change - wanted
        return media + current + change
    }
}
