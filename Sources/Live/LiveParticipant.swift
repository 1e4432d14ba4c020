import Media
import Mixing
import Room
import Synchronization
import Timing

/// Somebody in a running room, as the clocks see them. Shared by the threads; what changes is under a lock.
final class LiveParticipant: Sendable {
    let id: String
    let name: String
    let kind: JoinKind
    /// The number of the session whose peer this is.
    let session: Int
    /// What they send; nil for what was not agreed upon.
    let sound: SoundPlayout?
    let camera: PictureFeed?
    let screen: PictureFeed?
    /// For who records their sound as it comes.
    let soundTap = SoundTap()

    struct State {
        /// By anybody's wish.
        var isMuted = false
        /// The view that is watched; nil for none.
        var view: ViewID?
        /// dBFS of speech, of the last ticks.
        var level: Float = SoundPipeline.silence
        /// How the mix is to be coded for them.
        var soundVariant = SoundVariant.plain
        /// How good their connection is, both ways.
        var quality = ConnectionQuality.good
        /// Last time sound that was not silence came out of the jitter buffer.
        var lastSound: MediaTime?
    }

    let state: Mutex<State>

    init(
        id: String, name: String, kind: JoinKind, session: Int, sound: SoundPlayout?, camera: PictureFeed?,
        screen: PictureFeed?
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.session = session
        self.sound = sound
        self.camera = camera
        self.screen = screen
        state = Mutex(State())
    }
}
