import RTP
import Timing

/// What goes to one peer, and how fast: numbers its packets, estimates its network by its feedback, paces pictures,
/// and chooses what of the ladder it gets. On the network thread.
final class OutgoingPath {
    private(set) var estimator = BandwidthEstimator()
    var queue = SendQueue()
    /// Nil if the peer gets no pictures.
    private(set) var choice: RungChoice?
    private(set) var changes: [RungChoice.Reason: Int] = [:]
    /// Those that have not been told of.
    private var untold: [RungChoice.Change] = []
    private(set) var probes = 0
    private var log = SentLog(firstSequence: UInt16.random(in: 0..<0x8000))
    private var extended: Int64
    private var results: [PacketResult] = []
    /// Whether packets carry transport-wide numbers.
    let isNumbered: Bool
    /// Bits per second of pictures at best.
    private let full: Int
    private var connected: MediaTime?
    private var nextLook = MediaTime.zero
    private var nextReport = MediaTime.zero
    /// Bytes since ``counted``: of sound and of everything.
    private var soundBytes = 0
    private var allBytes = 0
    private var counted = MediaTime.zero
    /// Bits per second of late.
    private var soundRate = 72_000
    private(set) var rate = 0

    /// Bits per second, from the first feedback on until a probe has shown more. Before there is any, nothing is held up:
    /// the first picture should come at once, and who sends no feedback would wait for it in vain.
    private static let guess = 3_000_000
    private var hasFeedback = false

    /// Below the first of these bits per second sound is lean, from the second on it is not.
    private static let leanSound = (below: 170_000, from: 230_000)
    private static let soundHold = MediaTime(seconds: 3)
    /// Of packets of sound, of late, 0 to 1.
    private var soundLoss = 0.0
    private(set) var soundVariant = SoundVariant.plain
    /// Since when the variant has been more careful than it needs to be.
    private var carefulSince: (lean: MediaTime?, guarded: MediaTime?)

    /// `bitrates` are those of the ladder, none for sound alone; `wished` a place in it.
    init(isNumbered: Bool, bitrates: [Int], hasLayers: Bool, wished: Int?) {
        self.isNumbered = isNumbered
        full = bitrates.max() ?? 0
        extended = Int64(log.nextSequence)
        if !bitrates.isEmpty { choice = RungChoice(bitrates: bitrates, hasLayers: hasLayers, wished: wished) }
    }

    /// For the next packet.
    var extensions: HeaderExtensions {
        var values = HeaderExtensions()
        if isNumbered { values.transportSequenceNumber = log.nextSequence }
        return values
    }

    enum Kind { case sound, picture, probe }

    /// A packet of `bytes` has gone.
    func sent(_ bytes: Int, _ kind: Kind, now: MediaTime) {
        if isNumbered {
            log.send(size: bytes, now: now)
            extended += 1
        }
        allBytes += bytes
        switch kind {
        case .sound:
            soundBytes += bytes
            queue.sentAtOnce(bytes, now: now)
        case .probe: queue.sentAtOnce(bytes, now: now)
        case .picture: break
        }
    }

    // MARK: - Feedback

    func receive(_ feedback: TransportFeedback, now: MediaTime) {
        results.removeAll(keepingCapacity: true)
        log.receive(feedback, into: &results)
        guard !results.isEmpty else { return }
        hasFeedback = true
        estimator.receive(results, now: now)
        setRate(now: now)
    }

    func receive(_ estimate: ReceiverBandwidthEstimate, now: MediaTime) {
        estimator.receive(receiverEstimate: estimate.bitrate, now: now)
        setRate(now: now)
    }

    /// Share of packets lost, 0 to 1, by a report.
    func receive(loss: Double, now: MediaTime) {
        guard now >= nextReport else { return }
        nextReport = now + .milliseconds(500)
        estimator.receive(reportedLoss: loss, sent: rate, now: now)
        setRate(now: now)
    }

    /// Share of packets of sound lost, 0 to 1, by a report.
    func receive(soundLoss loss: Double) { soundLoss += 0.4 * (loss - soundLoss) }

    /// Sound is coded for little room at once, and for plenty only after that has been there for a while; likewise for
    /// loss.
    private func chooseSound(now: MediaTime) {
        if estimator.isMeasured, estimator.estimate < OutgoingPath.leanSound.below {
            soundVariant.isLean = true
            carefulSince.lean = nil
        } else if soundVariant.isLean, estimator.estimate >= OutgoingPath.leanSound.from {
            let since = carefulSince.lean ?? now
            carefulSince.lean = since
            if now - since >= OutgoingPath.soundHold { soundVariant.isLean = false }
        } else {
            carefulSince.lean = nil
        }
        if soundLoss > 0.02 {
            soundVariant.isGuarded = true
            carefulSince.guarded = nil
        } else if soundVariant.isGuarded, soundLoss < 0.01 {
            let since = carefulSince.guarded ?? now
            carefulSince.guarded = since
            if now - since >= MediaTime(seconds: 10) { soundVariant.isGuarded = false }
        }
    }

    func setRoundTrip(_ time: MediaTime) { estimator.roundTrip = min(max(time, .milliseconds(5)), .milliseconds(2000)) }

    private func setRate(now: MediaTime) {
        if estimator.isMeasured {
            queue.setRate(estimator.estimate, now: now)
        } else if hasFeedback {
            queue.setRate(OutgoingPath.guess, isGuess: true, now: now)
        } else {
            queue.setRate(nil, now: now)
        }
    }

    // MARK: - Choice

    /// Of the last one.
    var keyframeBytes = 6000

    /// Between the pictures of a slide show: what there is room for, 2 to 5 s, as all who get the rendition pay for it.
    var slideInterval: MediaTime {
        let room = max(estimator.estimate - soundRate, 1000)
        return MediaTime(seconds: min(max(Double(keyframeBytes * 8) / Double(room) * 1.3, 2), 5))
    }

    func setWish(_ rung: Int?) { note(choice?.setWish(rung)) }

    func keyframeRequested(now: MediaTime) { note(choice?.keyframeRequested(now: now)) }

    private func note(_ change: RungChoice.Change?) {
        guard let change else { return }
        changes[change.reason, default: 0] += 1
        untold.append(change)
        if change.from.isSlideShow, !change.to.isSlideShow { queue.breakOff() }
    }

    /// Changes since the last call.
    func takeChanges() -> [RungChoice.Change] {
        guard !untold.isEmpty else { return [] }
        defer { untold.removeAll(keepingCapacity: true) }
        return untold
    }

    /// Looks at what the network takes, every 50 ms.
    func look(now: MediaTime) {
        guard now >= nextLook else { return }
        nextLook = now + .milliseconds(50)
        if connected == nil {
            connected = now
            counted = now
        }
        let passed = now - counted
        if passed >= .milliseconds(1000) {
            soundRate = Int(Double(soundBytes * 8) / passed.seconds)
            rate = Int(Double(allBytes * 8) / passed.seconds)
            (soundBytes, allBytes, counted) = (0, 0, now)
        }
        setRate(now: now)
        chooseSound(now: now)
        let available = estimator.isMeasured ? estimator.estimate - soundRate : nil
        note(choice?.update(available: available, now: now))
    }

    /// Padding that is to be sent at once to see whether more would come through.
    func nextProbe(now: MediaTime) -> Probe? {
        guard isNumbered, choice?.step.rung != nil || choice?.wanted != nil else { return nil }
        // Room for keyframes beside the best that there is.
        let wanted = choice?.wanted == nil ? full * 2 : full + full / 4
        return estimator.nextProbe(wanted: wanted + soundRate, now: now)
    }

    /// Where the next packet's number stands among all.
    var position: Int64 { extended }

    func sent(_ probe: Probe, from first: Int64, now: MediaTime) {
        probes += 1
        estimator.sent(probe, sequences: first..<extended, now: now)
    }
}
