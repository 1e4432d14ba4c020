/// The header extension of a packet: elements with a number and a value each (RFC 8285).
///
/// ```
/// one-byte form, profile 0xBEDE (4.2)      two-byte form, profile 0x100x (4.3)
///  0 1 2 3 4 5 6 7                          0                   1
/// +-+-+-+-+-+-+-+-+                         0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
/// |  ID   |  len  |  len + 1 bytes follow  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// +-+-+-+-+-+-+-+-+                        |       ID      |     length    |  length bytes follow
///                                          +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
public struct ExtensionBlock: Hashable, Sendable {
    public enum Form: Hashable, Sendable { case oneByte, twoByte, other }

    public static let oneByteProfile: UInt16 = 0xbede
    public static let twoByteProfile: UInt16 = 0x1000

    public var profile: UInt16
    /// Where the elements are, behind profile and length.
    public var elements: Range<Int>

    public init(profile: UInt16, elements: Range<Int>) {
        self.profile = profile
        self.elements = elements
    }

    public var form: Form {
        if profile == ExtensionBlock.oneByteProfile { return .oneByte }
        return profile & 0xfff0 == ExtensionBlock.twoByteProfile ? .twoByte : .other
    }

    /// Calls `body` with the number of each element and where its value is. Throws at an element that reaches beyond
    /// the block; those before it have been given by then. A block of another form has no elements.
    public func forEach(
        in bytes: Span<UInt8>, _ body: (UInt8, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        var reader = ByteReader(bytes, in: elements)
        switch form {
        case .oneByte:
            while !reader.isAtEnd {
                let first = try reader.uint8()
                let number = first >> 4
                // 0 is padding, whatever its length says; 15 ends the block.
                if number == 0 { continue }
                if number == 15 { return }
                try body(number, try reader.range(Int(first & 0x0f) + 1))
            }
        case .twoByte:
            while !reader.isAtEnd {
                let number = try reader.uint8()
                if number == 0 { continue }
                try body(number, try reader.range(Int(try reader.uint8())))
            }
        case .other:
            return
        }
    }
}
