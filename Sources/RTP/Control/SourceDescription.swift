/// Who is behind a stream (RFC 3550, section 6.5). Of the items only CNAME is kept.
public struct SourceDescription: Hashable, Sendable {
    public struct Chunk: Hashable, Sendable {
        public var ssrc: SSRC
        /// What all streams of one sender, and of one clock, share; empty if not told or no text.
        public var canonicalName: String

        public init(ssrc: SSRC, canonicalName: String) {
            self.ssrc = ssrc
            self.canonicalName = canonicalName
        }
    }

    public var chunks: [Chunk]

    public init(chunks: [Chunk]) {
        self.chunks = chunks
    }

    private static let canonicalNameItem: UInt8 = 1

    init(count: UInt8, from reader: inout ByteReader) throws(WireError) {
        chunks = []
        for _ in 0..<count {
            let start = reader.offset
            var chunk = Chunk(ssrc: SSRC(try reader.uint32()), canonicalName: "")
            while true {
                let item = try reader.uint8()
                if item == 0 { break }
                let text = try reader.text(Int(try reader.uint8()))
                if item == SourceDescription.canonicalNameItem { chunk.canonicalName = text ?? "" }
            }
            // A chunk ends with zeros up to a whole word.
            let misaligned = (reader.offset - start) % 4
            if misaligned != 0 { try reader.skip(min(4 - misaligned, reader.remaining)) }
            chunks.append(chunk)
        }
    }

    /// Names are cut off at 255 bytes.
    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.sourceDescription, format: chunks.count)
        for chunk in chunks {
            let begin = writer.count
            try writer.put(chunk.ssrc.rawValue)
            try writer.put(SourceDescription.canonicalNameItem)
            let name = chunk.canonicalName.utf8.prefix(255)
            try writer.put(UInt8(name.count))
            for byte in name { try writer.put(byte) }
            // At least one zero ends the list of items.
            try writer.put(zeros: 4 - (writer.count - begin) % 4)
        }
        try writer.endRTCP(start)
    }
}

/// Streams that end (RFC 3550, section 6.6).
public struct Goodbye: Hashable, Sendable {
    /// At most 31.
    public var sources: [SSRC]
    /// Why, for people; at most 255 bytes.
    public var reason: String?

    public init(sources: [SSRC], reason: String? = nil) {
        self.sources = sources
        self.reason = reason
    }

    init(count: UInt8, from reader: inout ByteReader) throws(WireError) {
        sources = []
        for _ in 0..<count { sources.append(SSRC(try reader.uint32())) }
        if !reader.isAtEnd { reason = try reader.text(Int(try reader.uint8())) }
    }

    public func write(into writer: inout ByteWriter) throws(WireError) {
        let start = try writer.beginRTCP(type: RTCPType.goodbye, format: sources.count)
        for source in sources { try writer.put(source.rawValue) }
        if let reason {
            let text = reason.utf8.prefix(255)
            try writer.put(UInt8(text.count))
            for byte in text { try writer.put(byte) }
        }
        try writer.endRTCP(start)
    }
}
