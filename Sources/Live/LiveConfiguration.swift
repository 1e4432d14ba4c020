public import Media
public import Mixing
public import Timing

/// Settings of a running server.
public struct LiveConfiguration: Sendable {
    /// UDP port of all peers; 0 lets the system choose.
    public var mediaPort: UInt16 = 40_000
    /// What candidates carry in place of this machine's own addresses behind 1:1 NAT and in containers; nil for none.
    public var publicAddress: String?
    /// Size of the mixed picture.
    public var canvas = PictureSize(width: 1280, height: 720)
    public var frameRate = FrameRate.fps30
    /// Bits per second of the mixed picture.
    public var videoBitrate = 1_500_000
    /// What views are encoded at for slower networks and smaller screens, from the largest down; nil for 360p and 180p.
    public var lowerRungs: [Rung]?
    /// Bits per second of the mixed sound.
    public var soundBitrate = 48_000
    /// A built-in layout's name, or a layout file.
    public var defaultLayout = "grid"
    /// Folders of further layouts, which clients may name by their files' names without `.json`.
    public var layoutFolders: [String] = []
    /// Most participants of a room, and most rooms.
    public var participantLimit = 100
    public var roomLimit = 200
    /// How long a room that somebody made stays while nobody is in it; others go with the last who leaves.
    public var emptyRoomsStay = MediaTime(seconds: 600)
    /// Most distinct views of a room.
    public var viewLimit = 4
    /// How many are heard at a time.
    public var loudest = 5
    /// Threads that decode pictures.
    public var decoders = 2

    public init() {}

    /// The mixed picture as it is, and what it is made smaller to.
    public var ladder: [Rung] {
        let top = Rung(size: canvas, frameRate: frameRate, bitrate: videoBitrate)
        guard let lowerRungs else { return Rung.ladder(below: top) }
        return [top] + lowerRungs
    }
}

/// What a connection is for.
public enum JoinKind: String, Sendable, Codable {
    /// Sends its own media and receives the mix.
    case session
    /// WHIP: only sends.
    case publish
    /// WHEP: only receives.
    case view
}

/// Somebody wants in.
public struct JoinRequest: Sendable {
    public var room: String
    public var kind: JoinKind
    /// SDP.
    public var offer: String
    /// The label; nil for one made from the participant's number.
    public var name: String?
    /// The layout to be shown; nil for the room's own.
    public var view: String?
    /// Without the viewer's own tile.
    public var withoutSelf = false
    /// What layouts may bind a region to, such as `host`.
    public var role: String?
    /// The rung of the ladder that is wanted, such as `360p30`, or `audio`; nil for the best.
    public var rendition: String?

    public init(
        room: String, kind: JoinKind, offer: String, name: String? = nil, view: String? = nil, role: String? = nil,
        rendition: String? = nil
    ) {
        self.room = room
        self.kind = kind
        self.offer = offer
        self.name = name
        self.view = view
        self.role = role
        self.rendition = rendition
    }
}

/// What who was let in is told.
public struct Joined: Sendable {
    /// 128 random bits in hexadecimal digits: whoever knows them owns the session.
    public var session: String
    /// Identifies the participant within the room.
    public var participant: String
    /// SDP.
    public var answer: String
    /// Strong entity tag of the ICE session, without quotes (RFC 9725, section 4.3).
    public var entityTag: String

    public init(session: String, participant: String, answer: String, entityTag: String) {
        self.session = session
        self.participant = participant
        self.answer = answer
        self.entityTag = entityTag
    }
}

/// What a trickle fragment came to.
public enum TrickleResult: Sendable {
    /// 204.
    case accepted
    /// 200: ICE restarted, with these new credentials.
    case restarted(fragment: String, entityTag: String)
}

/// Why a call was refused.
public struct LiveError: Error, Sendable, CustomStringConvertible {
    /// The HTTP status that fits.
    public var status: Int
    /// One line for a person.
    public var detail: String
    /// Seconds after which another try makes sense, for 503 and 409.
    public var retryAfter: Int?

    public init(_ status: Int, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter
    }

    public var description: String { detail }
}
