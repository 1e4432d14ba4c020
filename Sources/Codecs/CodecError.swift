public import Media
public import Timing

/// What went wrong in a codec, with the codec and the media time at which it did.
public struct CodecError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// No decoder or encoder for this codec, format or number of channels.
        case unsupported
        /// A setting is out of range, or input does not fit the settings.
        case invalidArgument
        /// The data is damaged or not of this codec. The decoder lives on.
        case corrupt
        /// The data claims a picture beyond the limits.
        case tooLarge
        case outOfMemory
        /// The codec library failed for a reason of its own.
        case failed
    }

    public let code: Code
    /// What was wrong and, where that is not plain, what would be right.
    public let cause: String
    public let codec: Codec?
    /// The time of the chunk, picture or block concerned.
    public let time: MediaTime?

    public init(_ code: Code, _ cause: String, codec: Codec? = nil, time: MediaTime? = nil) {
        self.code = code
        self.cause = cause
        self.codec = codec
        self.time = time
    }

    /// One line, as in «vp8 at 12.345 s: damaged data: truncated packet».
    public var description: String {
        let subject: String? =
            switch (codec, time) {
            case (let codec?, let time?): "\(codec) at \(time)"
            case (let codec?, nil): codec.name
            case (nil, let time?): "at \(time)"
            case (nil, nil): nil
            }
        let kind =
            switch code {
            case .unsupported: "not supported"
            case .invalidArgument: "invalid argument"
            case .corrupt: "damaged data"
            case .tooLarge: "too large"
            case .outOfMemory: "out of memory"
            case .failed: "codec failed"
            }
        return (subject.map { "\($0): " } ?? "") + "\(kind): \(cause)"
    }
}
