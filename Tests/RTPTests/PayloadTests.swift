import RTP
import Testing
import Timing

@Suite struct VP8DescriptorTests {
    private func read(_ bytes: [UInt8]) throws -> VP8Descriptor {
        var reader = ByteReader(bytes.span)
        return try VP8Descriptor(from: &reader)
    }

    @Test(
        arguments: [
            [0x10], [0x00], [0x37],
            [0x90, 0x80, 0x11], [0x90, 0x80, 0x92, 0x34], [0x90, 0x40, 0xff], [0x90, 0x20, 0xe0], [0x90, 0x10, 0x1f],
            [0x90, 0xf0, 0xff, 0xff, 0x01, 0x7f],
        ] as [[UInt8]]) func roundTrips(bytes: [UInt8]) throws
    {
        let descriptor = try read(bytes)
        #expect(try written { writer throws(WireError) in try descriptor.write(into: &writer) } == bytes)
        for length in 0..<bytes.count { #expect(throws: WireError.self) { try read(Array(bytes.prefix(length))) } }
    }

    @Test func fieldsAreWhereTheyShouldBe() throws {
        let descriptor = try read([0xb0, 0xe0, 0x92, 0x34, 0x56, 0xa0])
        #expect(descriptor.nonReference && descriptor.startsPartition && descriptor.partition == 0)
        #expect(descriptor.pictureID == 0x1234 && !descriptor.shortPictureID)
        #expect(descriptor.baseIndex == 0x56)
        #expect(descriptor.temporalLayer == 2 && descriptor.layerSync)
    }

    @Test func aKeyframeTellsItsSize() throws {
        let bytes: [UInt8] = [0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x81, 0xff]
        let fragment = try PictureFragment(parsing: .vp8, in: 0..<bytes.count, of: bytes.span)
        #expect(fragment.isKeyframe && fragment.beginsPicture)
        #expect(fragment.size == CodedSize(width: 640, height: 360))
        #expect(fragment.body == 1..<12)
        // Without the start code, of no size, cut off.
        var wrong = bytes
        wrong[4] = 0
        #expect(throws: WireError.self) { try PictureFragment(parsing: .vp8, in: 0..<12, of: wrong.span) }
        wrong = bytes
        wrong[7] = 0
        wrong[8] = 0
        #expect(throws: WireError.self) { try PictureFragment(parsing: .vp8, in: 0..<12, of: wrong.span) }
        for length in 0..<11 {
            #expect(throws: WireError.self) { try PictureFragment(parsing: .vp8, in: 0..<length, of: bytes.span) }
        }
    }
}

@Suite struct VP9DescriptorTests {
    @Test(
        arguments: [
            [0x0c], [0x8c, 0x11], [0x8c, 0x92, 0x34], [0xac, 0x92, 0x34, 0x12, 0x07], [0xdc, 0x85, 0x01, 0x02],
            [0xfc, 0x85, 0x01, 0x31, 0x03, 0x05, 0x06], [0x0e, 0x10, 0x05, 0x00, 0x02, 0xd0],
            [0x2b, 0x10, 0x01, 0x30, 0, 1, 0, 2, 0, 3, 0, 4],
        ] as [[UInt8]]) func roundTrips(bytes: [UInt8]) throws
    {
        var reader = ByteReader(bytes.span)
        let descriptor = try VP9Descriptor(from: &reader)
        let whole = reader.isAtEnd
        #expect(whole)
        #expect(try written { writer throws(WireError) in try descriptor.write(into: &writer) } == bytes)
        for length in 0..<bytes.count {
            #expect(throws: WireError.self) {
                var reader = ByteReader(bytes.span, in: 0..<length)
                _ = try VP9Descriptor(from: &reader)
            }
        }
    }

    @Test func aFourthReferenceIsRefused() {
        let bytes: [UInt8] = [0xd8, 0x01, 0x03, 0x03, 0x03, 0x02, 0xff]
        #expect(throws: WireError.self) { try PictureFragment(parsing: .vp9, in: 0..<bytes.count, of: bytes.span) }
    }

    @Test func groupsOfPicturesArePassedOver() throws {
        let bytes: [UInt8] =
            [0x8a, 0x01, 0x08, 0x02, 0x00, 0x4c, 0x01, 0x02, 0x03]
            + [0x80, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70]
        // N_G 2: the first without references, the second with three.
        let fragment = try PictureFragment(parsing: .vp9, in: 0..<bytes.count, of: bytes.span)
        #expect(fragment.isKeyframe)
        #expect(fragment.body == 9..<18)
        #expect(fragment.size == CodedSize(width: 640, height: 360))
        for length in 9..<18 {
            #expect(throws: WireError.self) { try PictureFragment(parsing: .vp9, in: 0..<length, of: bytes.span) }
        }
    }
}

@Suite struct OpusPacketTests {
    @Test func durationsFollowTheTable() throws {
        func samples(_ bytes: [UInt8]) throws -> Int { try OpusPacket(parsing: bytes.span).samples }
        #expect(try samples([0 << 3]) == 480)
        #expect(try samples([1 << 3]) == 960)
        #expect(try samples([2 << 3]) == 1920)
        #expect(try samples([3 << 3]) == 2880)
        #expect(try samples([12 << 3]) == 480)
        #expect(try samples([15 << 3]) == 960)
        #expect(try samples([16 << 3]) == 120)
        #expect(try samples([31 << 3]) == 960)
        #expect(try samples([31 << 3 | 1, 0, 0]) == 1920)
        #expect(try samples([31 << 3 | 3, 6]) == 5760)
        #expect(throws: WireError.self) { try samples([31 << 3 | 3, 7]) }
        #expect(throws: WireError.self) { try samples([31 << 3 | 3, 0]) }
        #expect(throws: WireError.self) { try samples([31 << 3 | 3]) }
        #expect(throws: WireError.self) { try samples([31 << 3 | 1, 0]) }
        #expect(throws: WireError.self) { try samples([]) }
    }

    @Test func redundancyIsAFlagOfLinearPrediction() throws {
        // 20 ms mono: one bit of activity, one of redundancy.
        #expect(try OpusPacket(parsing: [9 << 3, 0x40, 0].span).hasRedundancy)
        #expect(try !OpusPacket(parsing: [9 << 3, 0x80, 0].span).hasRedundancy)
        // 60 ms mono: three bits of activity.
        #expect(try OpusPacket(parsing: [11 << 3, 0x10, 0].span).hasRedundancy)
        // Stereo: the second channel's flags follow.
        #expect(try OpusPacket(parsing: [9 << 3 | 4, 0x10, 0].span).hasRedundancy)
        #expect(try !OpusPacket(parsing: [31 << 3, 0xff, 0].span).hasRedundancy)
        #expect(try OpusPacket(parsing: [9 << 3, 0x40].span).isSilence)
    }
}

@Suite struct VP9StructureTests {
    @Test func groupsOfPicturesAreToldAndRead() throws {
        var descriptor = VP9Descriptor()
        descriptor.pictureID = 5
        descriptor.temporalLayer = 0
        descriptor.baseIndex = 9
        descriptor.startsFrame = true
        var structure = VP9Descriptor.Structure()
        structure.sizes = [CodedSize(width: 1280, height: 720)]
        structure.group = [
            .init(temporalLayer: 0, switchingUp: false, references: [4]),
            .init(temporalLayer: 2, switchingUp: true, references: [1]),
            .init(temporalLayer: 1, switchingUp: true, references: [2]),
            .init(temporalLayer: 2, switchingUp: false, references: [1, 3]),
        ]
        descriptor.structure = structure
        let bytes = try written { writer throws(WireError) in try descriptor.write(into: &writer) }
        #expect(
            bytes == [
                0xaa, 0x80, 5, 0x00, 9, 0x18, 0x05, 0x00, 0x02, 0xd0, 4, 0x04, 4, 0x54, 1, 0x34, 2, 0x48, 1, 3,
            ])
        #expect(try read(bytes) == descriptor)
        for length in 0..<bytes.count {
            #expect(throws: WireError.self) { try read(Array(bytes[..<length])) }
        }
    }

    private func read(_ bytes: [UInt8]) throws -> VP9Descriptor {
        var reader = ByteReader(bytes.span)
        return try VP9Descriptor(from: &reader)
    }
}

@Suite struct RedundantSoundTests {
    @Test func blocksComeOldestFirst() throws {
        let bytes: [UInt8] = [
            0x80 | 111, 0x1e, 0x00, 0x02, 0x80 | 111, 0x0f, 0x00, 0x01, 111, 0xaa, 0xab, 0xbb, 0xcc, 0xcd,
        ]
        var blocks: [(UInt16, [UInt8], Bool)] = []
        try RedundantSound.forEachBlock(in: 0..<bytes.count, of: bytes.span) { block in
            blocks.append((block.timestampOffset, Array(bytes[block.data]), block.isPrimary))
        }
        #expect(blocks.map(\.0) == [1920, 960, 0])
        #expect(blocks.map(\.1) == [[0xaa, 0xab], [0xbb], [0xcc, 0xcd]])
        #expect(blocks.map(\.2) == [false, false, true])
        let copy = try written { writer throws(WireError) in
            let opus = PayloadType(111)
            #expect(try RedundantSound.writeHeader(opus, timestampOffset: 1920, length: 2, into: &writer))
            #expect(try RedundantSound.writeHeader(opus, timestampOffset: 960, length: 1, into: &writer))
            #expect(try !RedundantSound.writeHeader(opus, timestampOffset: 16384, length: 1, into: &writer))
            #expect(try !RedundantSound.writeHeader(opus, timestampOffset: 960, length: 1024, into: &writer))
            try RedundantSound.writePrimaryHeader(opus, into: &writer)
            try writer.put(bytes.span.clipped(to: 9..<14))
        }
        #expect(copy == bytes)
        for length in 0..<12 {
            #expect(throws: WireError.self) {
                try RedundantSound.forEachBlock(in: 0..<length, of: bytes.span) { _ in }
            }
        }
    }

    @Test func endlessHeadersAreRefused() {
        let bytes = [UInt8](repeating: 0x80, count: 1500)
        #expect(throws: WireError.self) { try RedundantSound.forEachBlock(in: 0..<1500, of: bytes.span) { _ in } }
    }
}

@Suite struct PicturePacketizerTests {
    /// The payloads of one picture.
    private func payloads(
        _ picture: [UInt8], _ description: PictureDescription, with packetizer: inout PicturePacketizer, maximum: Int
    ) throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        guard packetizer.begin(picture.span, description, maximumPayload: maximum) else { return [] }
        var last = false
        while !last {
            payloads.append(
                try written(limit: maximum) { writer throws(WireError) in
                    last = try packetizer.writeNext(of: picture.span, into: &writer)
                })
        }
        return payloads
    }

    @Test(arguments: [PictureFormat.vp8, .vp9]) func everySizeIsCutAndJoined(format: PictureFormat) throws {
        var packetizer = PicturePacketizer(format: format, firstPictureID: 32760, firstBaseIndex: 250)
        var base: UInt8 = 250
        var number: UInt16 = 32760
        for size in Array(1...200) + [1193, 1194, 1195, 1196, 2388, 2389, 10_000, 60_000] {
            let layer = UInt8(size % 3 == 1 ? 0 : 1)
            let key = size % 10 == 1 && layer == 0
            var picture = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) | 1 }
            guard size >= 10 else { continue }
            switch (format, key) {
            case (.vp8, true): picture.replaceSubrange(0..<10, with: [0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0])
            case (.vp9, true):
                picture.replaceSubrange(0..<9, with: [0x80, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x30])
            case (.vp9, false): picture[0] = 0x86
            default: break
            }
            let description = PictureDescription(
                isKeyframe: key, temporalLayer: layer, layerSync: layer == 1,
                size: key ? CodedSize(width: 320, height: 180) : nil)
            for maximum in [64, 100, 1200] {
                let payloads = try payloads(picture, description, with: &packetizer, maximum: maximum)
                if layer == 0 { base &+= 1 }
                var joined: [UInt8] = []
                for (index, payload) in payloads.enumerated() {
                    let fragment = try PictureFragment(parsing: format, in: 0..<payload.count, of: payload.span)
                    #expect(fragment.beginsPicture == (index == 0))
                    #expect(fragment.isKeyframe == (key && index == 0))
                    #expect(fragment.pictureID == number)
                    #expect(fragment.temporalLayer == layer)
                    if key, index == 0 { #expect(fragment.size == CodedSize(width: 320, height: 180)) }
                    if !fragment.isKeyframe, !key { #expect(fragment.dependency == .layers(base: base &- 1)) }
                    joined += payload[fragment.body]
                }
                #expect(joined == picture)
                if payloads.count > 1 {
                    let sizes = payloads.map(\.count)
                    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 6)
                }
                number = (number + 1) & 0x7fff
            }
        }
    }

    @Test func unitsOfH264AreAggregatedCutAndJoined() throws {
        var random = SeededGenerator(seed: 4)
        var packetizer = PicturePacketizer(format: .h264)
        for _ in 0..<300 {
            var picture: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let types: [UInt8] = [7, 8, 5, 1, 6]
                let type = types.randomElement(using: &random) ?? 1
                let size = Int.random(in: 1...(Bool.random(using: &random) ? 40 : 3000), using: &random)
                picture += [0, 0, 0, 1, UInt8(0x60) | type]
                // Escaped data never holds two zeros in a row, nor ends with one.
                picture += (0..<size).map { _ in UInt8.random(in: 1...255, using: &random) }
            }
            let description = PictureDescription(isKeyframe: true)
            let payloads = try payloads(picture, description, with: &packetizer, maximum: 1000)
            var joined: [UInt8] = []
            for payload in payloads {
                #expect(payload.count <= 1000)
                try H264Payload.append(0..<payload.count, of: payload.span, to: &joined)
            }
            #expect(joined == picture)
        }
    }

    @Test func shortStartCodesAndTrailingZerosAreUnderstood() throws {
        var packetizer = PicturePacketizer(format: .h264)
        let picture: [UInt8] = [0, 0, 1, 0x67, 1, 2, 0, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0, 0, 1, 0x65, 4, 0, 0]
        let payloads = try payloads(picture, PictureDescription(isKeyframe: true), with: &packetizer, maximum: 100)
        #expect(payloads == [[0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3, 0, 2, 0x65, 4]])
        let aggregate = payloads.first ?? []
        let fragment = try PictureFragment(parsing: .h264, in: 0..<14, of: aggregate.span)
        #expect(fragment.isKeyframe && fragment.beginsPicture)
        for nothing in [[], [0], [0, 0, 1], [0, 0, 0, 1, 0, 0, 0]] as [[UInt8]] {
            #expect(try self.payloads(nothing, description, with: &packetizer, maximum: 100).isEmpty)
        }
    }

    private let description = PictureDescription(isKeyframe: false)

    @Test func parameterSetsTellTheSize() throws {
        // 1280x720 High, as x264 writes it.
        let high: [UInt8] = [
            0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
            0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
        ]
        let fragment = try PictureFragment(parsing: .h264, in: 0..<high.count, of: high.span)
        #expect(fragment.size == CodedSize(width: 1280, height: 720))
    }
}
