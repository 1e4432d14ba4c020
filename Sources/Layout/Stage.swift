public import Timing

/// Who is there, and what is known of them at one instant: the input of the layout engine.
public struct Stage: Equatable, Sendable {
    /// Somebody who takes part.
    public struct Participant: Equatable, Sendable {
        /// Unique on the stage; of two with the same identifier the first counts.
        public var id: String
        /// As shown in the label, in any script; may be empty.
        public var name: String
        /// What layout files may bind a region to, such as `host`.
        public var role: String?
        /// When they joined, on any timeline that all participants share; ties are settled by their place in the list.
        public var joined: MediaTime
        /// Whether a camera's picture is being sent.
        public var hasPicture: Bool
        public var isMuted: Bool
        public var hasPoorNetwork: Bool
        /// The picture has stopped, though it should move.
        public var isFrozen: Bool
        public var sharesScreen: Bool
        /// Loudness of the newest sound in dBFS, as RFC 6464 has it: -127 (silence) to 0. Not-a-number is silence.
        public var level: Float
        /// Width divided by height of the camera's picture as it is displayed; nil while unknown.
        public var pictureAspect: Double?

        public init(
            id: String, name: String, role: String? = nil, joined: MediaTime = .zero, hasPicture: Bool = true,
            isMuted: Bool = false, hasPoorNetwork: Bool = false, isFrozen: Bool = false, sharesScreen: Bool = false,
            level: Float = -127, pictureAspect: Double? = nil
        ) {
            self.id = id
            self.name = name
            self.role = role
            self.joined = joined
            self.hasPicture = hasPicture
            self.isMuted = isMuted
            self.hasPoorNetwork = hasPoorNetwork
            self.isFrozen = isFrozen
            self.sharesScreen = sharesScreen
            self.level = level
            self.pictureAspect = pictureAspect
        }

        /// Whether the two differ in nothing but how loud they are.
        func equalsExceptLevel(_ other: Participant) -> Bool {
            id == other.id && hasPicture == other.hasPicture && isMuted == other.isMuted
                && hasPoorNetwork == other.hasPoorNetwork && isFrozen == other.isFrozen
                && sharesScreen == other.sharesScreen && joined == other.joined && name == other.name
                && role == other.role && pictureAspect == other.pictureAspect
        }
    }

    public var participants: [Participant]
    /// Whoever is pinned takes the active speaker's place while they are there.
    public var pinned: String?

    public init(participants: [Participant] = [], pinned: String? = nil) {
        self.participants = participants
        self.pinned = pinned
    }

    func equalsExceptLevels(_ other: Stage) -> Bool {
        guard participants.count == other.participants.count, pinned == other.pinned else { return false }
        for index in participants.indices
        where !participants[index].equalsExceptLevel(other.participants[index]) {
            return false
        }
        return true
    }
}
