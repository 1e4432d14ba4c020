/// The header extensions that are understood here.
public enum HeaderExtension: UInt8, CaseIterable, Hashable, Sendable {
    /// RFC 6464.
    case audioLevel
    /// RFC 9143, section 15.2.
    case mid
    /// RFC 8852.
    case streamID
    /// RFC 8852: the stream that this one repairs.
    case repairedStreamID
    case absoluteSendTime
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01.
    case transportSequenceNumber
    /// 3GPP TS 26.114, section 7.4.5.
    case videoOrientation
    case playoutDelay
    case absoluteCaptureTime

    /// What names the extension in SDP.
    public var uri: String {
        switch self {
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .streamID: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedStreamID: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .transportSequenceNumber:
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        case .videoOrientation: "urn:3gpp:video-orientation"
        case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        case .absoluteCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
        }
    }

    public init?(uri: String) {
        guard let match = HeaderExtension.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = match
    }
}

/// Which number stands for which header extension, as a session agreed.
public struct HeaderExtensionMap: Equatable, Sendable {
    public static let empty = HeaderExtensionMap()

    /// By extension: its number, 0 without.
    private var numbers = [UInt8](repeating: 0, count: HeaderExtension.allCases.count)
    /// By number: the extension.
    private var extensions = [HeaderExtension?](repeating: nil, count: 256)

    public init() {}

    public init(_ pairs: [(number: UInt8, extension: HeaderExtension)]) {
        for pair in pairs { self[pair.extension] = pair.number }
    }

    /// The number of an extension, 1 to 14 or 16 to 255; nil if it is not agreed upon. Of two extensions with one
    /// number, the later counts. Numbers 0 and 15 have meanings of their own and are not taken.
    public subscript(extension: HeaderExtension) -> UInt8? {
        get {
            let number = numbers[Int(`extension`.rawValue)]
            return number == 0 ? nil : number
        }
        set {
            let old = numbers[Int(`extension`.rawValue)]
            if old != 0 { extensions[Int(old)] = nil }
            numbers[Int(`extension`.rawValue)] = 0
            guard let newValue, newValue != 0, newValue != 15 else { return }
            if let other = extensions[Int(newValue)] { numbers[Int(other.rawValue)] = 0 }
            numbers[Int(`extension`.rawValue)] = newValue
            extensions[Int(newValue)] = `extension`
        }
    }

    /// What `number` stands for; nil if nothing.
    public func meaning(of number: UInt8) -> HeaderExtension? { extensions[Int(number)] }
}
