public import Timing

/// One DTLS association: keeps the last flight and sends it again by its own deadline (RFC 6347 section 4.2.4), checks
/// the peer's certificate against the fingerprints of the signalling, and hands out the SRTP keys.
public struct DTLSAssociation {
    public enum Failure: Error, Hashable, Sendable {
        /// The handshake did not end in time.
        case timeout
        /// The certificate is not the one that the signalling announced.
        case wrongFingerprint
        /// No SRTP protection profile in common.
        case noProfile
        /// The library's reason, such as an alert of the peer.
        case library(String)
    }

    public enum Outcome: Hashable, Sendable {
        case none
        /// With the agreed profile and RFC 5764's keying material.
        case connected(SRTPProfile, keyingMaterial: [UInt8])
        /// The peer said goodbye.
        case closed
        case failed(Failure)
    }

    /// To the first retransmission; doubled up to ``longestInterval``.
    static let firstInterval = MediaTime.milliseconds(100)
    static let longestInterval = MediaTime.milliseconds(1_000)
    public static let handshakeLimit = MediaTime.milliseconds(20_000)
    /// A completed flight is sent again at most so often.
    static let repeatInterval = MediaTime.milliseconds(20)
    /// Encrypted records that come ahead of their keys: so many, and of so many bytes at most. A Finished has under 100.
    static let heldLimit = 4
    static let heldSize = 256

    public private(set) var isConnected = false
    /// Datagrams that were not as an honest peer writes them.
    public private(set) var refused = 0
    public private(set) var retransmissions = 0

    private let engine: any DTLSEngine
    private let isClient: Bool
    private let fingerprints: [Fingerprint]
    private var filter = DTLSRecordFilter()
    private var lastFlight: [[UInt8]] = []
    private var outgoing: [[UInt8]] = []
    private var interval = DTLSAssociation.firstInterval
    private var deadline: MediaTime?
    private var begun: MediaTime?
    private var lastRepeat: MediaTime?
    /// Encrypted records that came too early, as a Finished that overtook its flight.
    private var held: [[UInt8]] = []
    private var isOver = false

    /// `fingerprints` are the signalling's; the peer's certificate must match one.
    public init(engine: any DTLSEngine, isClient: Bool, fingerprints: [Fingerprint]) {
        self.engine = engine
        self.isClient = isClient
        self.fingerprints = fingerprints
    }

    /// The way is open: a client begins.
    public mutating func start(now: MediaTime) {
        guard begun == nil else { return }
        begun = now
        guard isClient else { return }
        engine.start()
        _ = collect(now: now)
    }

    /// One datagram of an address that ICE authenticated.
    public mutating func receive(_ datagram: Span<UInt8>, now: MediaTime) -> Outcome {
        guard !isOver else { return .none }
        guard let parts = filter.check(datagram) else {
            refused += 1
            return .none
        }
        begun = begun ?? now
        if isConnected {
            if !parts.encrypted.isEmpty { engine.receive(datagram.extracting(parts.encrypted)) }
            if collect(now: now) { return settle(now: now) }
            // The peer repeats its last flight, so ours got lost. Whoever sent the last flight has no timer for it.
            if !isClient, parts.hasEncryptedHandshake || !parts.clear.isEmpty { repeatLastFlight(now: now) }
            return settle(now: now)
        }
        if !parts.clear.isEmpty { engine.receive(datagram.extracting(parts.clear)) }
        if !parts.encrypted.isEmpty {
            if engine.readsEncrypted {
                engine.receive(datagram.extracting(parts.encrypted))
            } else if parts.encrypted.count <= DTLSAssociation.heldSize {
                if held.count >= DTLSAssociation.heldLimit { held.removeFirst() }
                held.append(datagram.array(parts.encrypted))
            }
        }
        while engine.readsEncrypted, !held.isEmpty {
            let records = held.removeFirst()
            engine.receive(records.span)
        }
        _ = collect(now: now)
        return settle(now: now)
    }

    /// A new flight replaces the last one. False if there is none.
    private mutating func collect(now: MediaTime) -> Bool {
        let flight = engine.takeDatagrams()
        guard !flight.isEmpty else { return false }
        outgoing += flight
        lastFlight = flight
        interval = DTLSAssociation.firstInterval
        deadline = now + interval
        return true
    }

    private mutating func repeatLastFlight(now: MediaTime) {
        guard !lastFlight.isEmpty, lastRepeat.map({ now - $0 >= DTLSAssociation.repeatInterval }) ?? true else {
            return
        }
        lastRepeat = now
        retransmissions += 1
        outgoing += lastFlight
    }

    private mutating func settle(now: MediaTime) -> Outcome {
        switch engine.state {
        case .handshaking: return .none
        case .connected:
            guard !isConnected else { return .none }
            guard
                fingerprints.contains(where: { engine.peerCertificateDigest(algorithm: $0.algorithm) == $0.digest })
            else { return fail(.wrongFingerprint) }
            guard let profile = engine.srtpProfile,
                let material = engine.exportKeyingMaterial(length: profile.keyingMaterialLength),
                material.count == profile.keyingMaterialLength
            else { return fail(.noProfile) }
            isConnected = true
            deadline = nil
            held = []
            return .connected(profile, keyingMaterial: material)
        case .closed:
            isOver = true
            deadline = nil
            return .closed
        case .failed(let reason): return fail(.library(reason))
        }
    }

    private mutating func fail(_ failure: Failure) -> Outcome {
        if failure == .wrongFingerprint || failure == .noProfile {
            engine.close()
            outgoing += engine.takeDatagrams()
        }
        isOver = true
        deadline = nil
        held = []
        return .failed(failure)
    }

    public var nextDeadline: MediaTime? {
        guard !isOver, !isConnected, let begun else { return nil }
        let end = begun + DTLSAssociation.handshakeLimit
        return deadline.map { min($0, end) } ?? end
    }

    public mutating func handleTimeout(now: MediaTime) -> Outcome {
        guard !isOver, !isConnected, let begun else { return .none }
        guard now < begun + DTLSAssociation.handshakeLimit else { return fail(.timeout) }
        guard let due = deadline, now >= due else { return .none }
        retransmissions += 1
        if engine.retransmit() {
            let flight = engine.takeDatagrams()
            if !flight.isEmpty { lastFlight = flight }
        }
        outgoing += lastFlight
        interval = min(MediaTime(nanoseconds: interval.nanoseconds * 2), DTLSAssociation.longestInterval)
        deadline = now + interval
        return settle(now: now)
    }

    /// What is to be sent since the last call.
    public mutating func takeDatagrams() -> [[UInt8]] {
        defer { outgoing.removeAll() }
        return outgoing
    }

    /// Sends what a data channel carries, at most 1,150 bytes; dropped unless connected.
    public mutating func send(applicationData: Span<UInt8>) {
        guard isConnected, !isOver else { return }
        engine.send(applicationData: applicationData)
        outgoing += engine.takeDatagrams()
    }

    public func takeApplicationData() -> [[UInt8]] { engine.takeApplicationData() }

    /// Says goodbye; nothing works afterwards.
    public mutating func close() {
        guard !isOver else { return }
        isOver = true
        deadline = nil
        engine.close()
        outgoing += engine.takeDatagrams()
    }
}
