public import Timing

/// Maps the timestamps of one stream to its sender's wall clock, as sender reports tell (RFC 3550, section 6.4.1).
public struct ReportedClock: Sendable {
    /// Hz, nominal.
    public let clockRate: Int64
    private var last: (timestamp: Int64, ntp: NTPTime)?
    /// How much faster than nominal the stream's clock goes by the sender's wall clock.
    private var speed = 1.0

    public init(clockRate: Int64) {
        precondition(clockRate > 0, "a clock that goes")
        self.clockRate = clockRate
    }

    public var isKnown: Bool { last != nil }

    /// `timestamp` is the report's, extended like those of the stream.
    public mutating func receive(_ report: SenderReport, timestamp: Int64) {
        if let last {
            let wall = report.ntp.since(last.ntp)
            // A report that is older than the last came late.
            guard wall > .zero else {
                if wall < .milliseconds(-10_000) { self.last = (timestamp, report.ntp) }
                return
            }
            let media = MediaTime(clamping: timestamp &- last.timestamp, per: clockRate)
            if wall >= .milliseconds(800), wall < .milliseconds(60_000) {
                let measured = media.seconds / wall.seconds
                // Reports are exact to a millisecond or so: what little they show of a crystal's error is noise, what
                // they show of a clock that is being set is not.
                speed = abs(measured - 1) > 0.002 && abs(measured - 1) < 0.1 ? measured : 1
            }
        }
        last = (timestamp, report.ntp)
    }

    /// Nil before the first report.
    public func wallClock(of timestamp: Int64) -> NTPTime? {
        guard let last else { return nil }
        let media = MediaTime(clamping: timestamp &- last.timestamp, per: clockRate)
        return last.ntp.advanced(by: speed == 1 ? media : MediaTime(seconds: media.seconds / speed))
    }
}
