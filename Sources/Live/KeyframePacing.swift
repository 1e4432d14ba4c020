package import Timing

/// Sees to it that a keyframe, which takes the encoder much longer than other pictures, leaves no gap in what viewers
/// see: the picture before it is held back for half of the difference, so that each of two gaps is a little longer in
/// place of one that is much longer.
///
/// Told how long encodes took; asked, for each picture, what to do. A wish for a keyframe thereby waits for one picture
/// more. With nobody else to care for it does not.
package struct KeyframePacing {
    package enum Step: Equatable {
        case plain
        /// The next picture becomes the keyframe; this one is handed on so much later.
        case hold(MediaTime)
        case keyframe
    }

    /// Nothing is held for less, nor for longer.
    private static let shortest = MediaTime.milliseconds(1)
    private static let longest = MediaTime.milliseconds(8)

    /// Of an encode; the usual one is a mean of the last dozen or so.
    private var usual: MediaTime?
    private var keyframe: MediaTime?
    private var isPrepared = false

    package init() {}

    /// What becomes of the next picture. `caresForOthers` says that somebody watches who needs no keyframe.
    package mutating func next(wantsKeyframe: Bool, caresForOthers: Bool) -> Step {
        guard wantsKeyframe else {
            isPrepared = false
            return .plain
        }
        guard caresForOthers, !isPrepared, let usual, let keyframe else {
            isPrepared = false
            return .keyframe
        }
        let hold = min(MediaTime(nanoseconds: (keyframe - usual).nanoseconds / 2), KeyframePacing.longest)
        guard hold >= KeyframePacing.shortest else { return .keyframe }
        isPrepared = true
        return .hold(hold)
    }

    /// An encode took so long.
    package mutating func note(_ duration: MediaTime, isKeyframe: Bool) {
        if isKeyframe {
            keyframe = duration
        } else if let usual {
            self.usual = MediaTime(nanoseconds: (usual.nanoseconds * 15 + duration.nanoseconds) / 16)
        } else {
            usual = duration
        }
    }
}
