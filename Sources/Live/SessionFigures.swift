import RTP
import Timing

/// What a session has sent and received.
struct SessionFigures: Sendable {
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var packetsOut: UInt64 = 0
    var framesOut: UInt64 = 0
    var resent: UInt64 = 0
    var nacksSent: UInt64 = 0
    var keyframesAsked: UInt64 = 0
    var keyframeRequests: UInt64 = 0
    var malformedControl: UInt64 = 0
    var videoPacketsIn: UInt64 = 0
    var soundPacketsIn: UInt64 = 0
    var packetsLostIn: Int64 = 0
    /// Shares, 0 to 1, of the last report.
    var lossIn = 0.0
    var lossOut = 0.0
    var soundLossOut = 0.0
    var roundTrip: MediaTime?
    /// Bits per second that the network takes; nil if not known.
    var estimate: Int?
    /// Bits per second that were sent of late.
    var rate = 0
    /// What waits to be sent, by the estimate.
    var wait = MediaTime.zero
    /// Pictures that could not go in time.
    var framesDropped: UInt64 = 0
    /// Nil for sound alone.
    var rung: String?
    /// Temporal layers that are sent, 1 to 3; 0 for a slide show.
    var layers = 3
    var rungChanges: [RungChoice.Reason: Int] = [:]
    var probes = 0
    /// Bits per second that the participant was asked to send at most.
    var asked: Int?
    var quality = ConnectionQuality.good
    var hasLeanSound = false
}
