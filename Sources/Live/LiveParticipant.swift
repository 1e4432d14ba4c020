import Layout
import Media
import Mixing
import Synchronization
import Timing

/// Somebody in a running room, as the clocks see them. Shared by the threads; what changes is under a lock.
final class LiveParticipant: Sendable {
    let id: String
    let name: String
    let role: String?
    let kind: JoinKind
    /// On the room's timeline.
    let joined: MediaTime
    /// The number of the session whose peer this is.
    let session: Int
    /// What they send; nil for what was not agreed upon.
    let sound: SoundPlayout?
    let camera: PictureFeed?
    let screen: PictureFeed?

    struct State {
        /// By a host, or by themselves through the service.
        var isMuted = false
        var isConnected = false
        /// Nothing came for some seconds.
        var isSilent = false
        /// The view that is watched.
        var view: String
        /// dBFS of speech, of the last ticks.
        var level: Float = SoundPipeline.silence
        /// Last time sound that was not silence came out of the jitter buffer.
        var lastSound: MediaTime?
    }

    let state: Mutex<State>

    init(
        id: String, name: String, role: String?, kind: JoinKind, joined: MediaTime, session: Int, view: String,
        sound: SoundPlayout?, camera: PictureFeed?, screen: PictureFeed?
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.kind = kind
        self.joined = joined
        self.session = session
        self.sound = sound
        self.camera = camera
        self.screen = screen
        state = Mutex(State(view: view))
    }

    /// Those who only watch have no tile.
    var isShown: Bool { kind != .view }
}
