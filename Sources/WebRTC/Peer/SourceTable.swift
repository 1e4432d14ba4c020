import RTP

/// Which section each SSRC belongs to: by the `mid` in its packets, by the signalling, or by its payload type if only one
/// section has it (RFC 8843 section 9.2). It holds at most ``limit`` streams; the one unused for longest makes room.
struct SourceTable {
    static let limit = 64

    enum Failure: Error, Hashable {
        case unknownPayloadType
        case unknownSource
    }

    private struct Slot {
        var ssrc: SSRC
        var source: IncomingSource
        var lastUsed: UInt64
    }

    private let media: [NegotiatedMedia]
    private let extensions: HeaderExtensionMap
    private var slots: [Slot] = []
    private var index: [SSRC: Int] = [:]
    private var uses: UInt64 = 0
    /// By payload type: a bit for each section that receives it.
    private var sections = [UInt32](repeating: 0, count: 128)

    init(_ session: NegotiatedSession) {
        media = Array(session.media.prefix(SessionDescription.mediaLimit))
        extensions = session.extensions
        slots.reserveCapacity(SourceTable.limit)
        index.reserveCapacity(SourceTable.limit)
        for (section, media) in media.enumerated() {
            guard media.direction.receives, let codec = media.codec else { continue }
            for type in [codec.payloadType, codec.retransmission, codec.redundancy] {
                if let type { sections[Int(type.rawValue)] |= 1 << UInt32(section) }
            }
            // Room is left for what comes without having been announced.
            for ssrc in media.remoteSources.prefix(8) where index[ssrc] == nil && slots.count < SourceTable.limit / 2 {
                let repairs = media.remoteRetransmissions[ssrc]
                let role: IncomingSource.Role = repairs == nil ? .media : .retransmission
                let layer = media.layers.count == 1 ? 0 : nil
                insert(ssrc, IncomingSource(media: section, role: role, layer: layer, repairs: repairs))
            }
        }
    }

    /// Whether any section receives this payload type: what is not so is dropped before it is decrypted.
    func receives(_ type: PayloadType) -> Bool { sections[Int(type.rawValue)] != 0 }

    /// Of an authentic packet. No allocation for a known stream.
    mutating func source(of packet: RTPPacket, in bytes: Span<UInt8>) throws(Failure) -> IncomingSource {
        uses += 1
        let type = packet.header.payloadType
        let candidates = sections[Int(type.rawValue)]
        guard candidates != 0 else { throw .unknownPayloadType }
        if let slot = index[packet.header.ssrc] {
            let source = slots[slot].source
            guard candidates & 1 << UInt32(source.media) != 0, role(of: type, in: source.media) == source.role,
                source.layer != nil || media[source.media].layers.isEmpty
            else { return try learn(packet, in: bytes, candidates, replacing: slot) }
            slots[slot].lastUsed = uses
            return source
        }
        return try learn(packet, in: bytes, candidates, replacing: nil)
    }

    private func role(of type: PayloadType, in section: Int) -> IncomingSource.Role {
        media[section].codec?.retransmission == type ? .retransmission : .media
    }

    private mutating func learn(
        _ packet: RTPPacket, in bytes: Span<UInt8>, _ candidates: UInt32, replacing slot: Int?
    ) throws(Failure) -> IncomingSource {
        let values = packet.extensions.flatMap { try? HeaderExtensions(parsing: $0, in: bytes, map: extensions) }
        let section: Int
        if let mid = values?.mid {
            guard let named = media.firstIndex(where: { $0.mid == mid }) else { throw .unknownSource }
            guard candidates & 1 << UInt32(named) != 0 else { throw .unknownPayloadType }
            section = named
        } else if let slot, candidates & 1 << UInt32(slots[slot].source.media) != 0 {
            section = slots[slot].source.media
        } else if candidates.nonzeroBitCount == 1 {
            section = candidates.trailingZeroBitCount
        } else {
            throw .unknownSource
        }
        let role = role(of: packet.header.payloadType, in: section)
        var source = IncomingSource(media: section, role: role)
        let layers = media[section].layers
        if let name = role == .media ? values?.streamID : values?.repairedStreamID {
            source.layer = layers.firstIndex(of: name)
        } else if let slot {
            source.layer = slots[slot].source.layer
        }
        if role == .retransmission { source.repairs = media[section].remoteRetransmissions[packet.header.ssrc] }
        if let slot {
            slots[slot].source = source
            slots[slot].lastUsed = uses
        } else {
            insert(packet.header.ssrc, source)
        }
        return source
    }

    private mutating func insert(_ ssrc: SSRC, _ source: IncomingSource) {
        let slot = Slot(ssrc: ssrc, source: source, lastUsed: uses)
        guard slots.count >= SourceTable.limit else {
            index[ssrc] = slots.count
            slots.append(slot)
            return
        }
        let oldest = slots.indices.min { slots[$0].lastUsed < slots[$1].lastUsed } ?? 0
        index[slots[oldest].ssrc] = nil
        slots[oldest] = slot
        index[ssrc] = oldest
    }

    var count: Int { slots.count }
}
