import CAVFormat
import Media
import Timing

/// libavformat's muxer for one file; it is given chunks in the order in which they are to lie in it.
final class Muxer {
    /// How an MP4 is laid out; other formats have but one way.
    enum Layout {
        case plain
        /// Self-contained fragments.
        case fragments
        /// The index first, in a room of so many bytes.
        case index(bytes: Int32)
    }

    private let output: OutputFile
    private let path: String
    private let format: ContainerFormat
    private var context: UnsafeMutablePointer<AVFormatContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private var tracks: [Track: TrackState] = [:]
    private let piece: MediaTime
    private let writesFragments: Bool
    private var hasFragment = false

    private struct TrackState {
        var stream: UnsafeMutablePointer<AVStream>
        var padding = MediaTime.zero
        var isOpus = false
        /// In units of the stream.
        var lastDecode = Int64.min
        /// What is added to every time of the chunks.
        var delay = MediaTime.zero
        /// What the muxer adds of itself, in units of the stream.
        var muxerShift: Int64 = 0
        var interval = MediaTime.zero
        /// Nothing has been written yet.
        var isEmpty = true
    }

    /// Of a file in fragments, the newest chunk of each stream.
    private var waiting: [Track: EncodedChunk] = [:]

    /// Throws unless the format can hold the streams.
    static func check(_ format: ContainerFormat, video: VideoParameters?, sound: SoundParameters?, path: String)
        throws(ContainerError)
    {
        guard video != nil || sound != nil else {
            throw ContainerError(.unsupportedCodec, path: path, cause: "would have neither pictures nor sound")
        }
        for codec in [video?.codec, sound?.codec].compactMap({ $0 }) {
            let isKnown: Bool =
                switch format {
                case .webm: ["vp8", "vp9", "av1", "opus", "vorbis"].contains(codec.name)
                case .ogg: ["opus", "vorbis", "flac"].contains(codec.name)
                case .matroska, .mp4:
                    StreamDescription.identifier(codec).map { id in
                        avformat_query_codec(av_guess_format(format.muxer, nil, nil), id, FF_COMPLIANCE_NORMAL) == 1
                    } ?? false
                }
            guard isKnown else {
                throw ContainerError(
                    .unsupportedCodec, path: path, cause: "\(format.rawValue) cannot hold \(codec.name)",
                    remedy: "use .mkv, or another codec")
            }
        }
        if let size = video?.size, size.width < 1 || size.height < 1 || size.width > 65_535 || size.height > 65_535 {
            throw ContainerError(.unsupportedCodec, path: path, cause: "pictures of \(size) cannot be written")
        }
        if let sound, sound.sampleRate < 1 || sound.sampleRate > 768_000 || sound.channels < 1 || sound.channels > 64 {
            throw ContainerError(
                .unsupportedCodec, path: path,
                cause: "sound of \(sound.channels) channels at \(sound.sampleRate) Hz cannot be written")
        }
    }

    init(
        _ output: OutputFile, format: ContainerFormat, layout: Layout, video: VideoParameters?, sound: SoundParameters?,
        options: FileWriter.Options, chapters: [Chapter] = [], end: MediaTime = .zero, path: String
    ) throws(ContainerError) {
        av_log_set_level(AV_LOG_QUIET)
        self.output = output
        self.path = path
        self.format = format
        piece = options.pieceDuration
        if case .fragments = layout { writesFragments = true } else { writesFragments = false }
        var made: UnsafeMutablePointer<AVFormatContext>?
        guard avformat_alloc_output_context2(&made, nil, format.muxer, nil) >= 0, let made,
            let packet = av_packet_alloc()
        else {
            avformat_free_context(made)
            throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)")
        }
        context = made
        self.packet = packet
        context.pointee.pb = output.context
        context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        context.pointee.flush_packets = 0
        // Times are already as they are to be.
        context.pointee.avoid_negative_ts = 0
        context.pointee.io_open = { _, _, _, _, _ in tessera_AVERROR(EPERM) }
        set(&context.pointee.metadata, "title", options.title)
        if let seconds = options.creationTime {
            set(&context.pointee.metadata, "creation_time", CalendarTime.text(seconds))
        }
        if let video { try addVideo(video, title: options.videoTitle) }
        if let sound { try addSound(sound, title: options.soundTitle) }
        add(chapters, end: end)
        try writeHeader(layout)
        if let sound, format == .webm || format == .matroska { settleDelay(sound) }
    }

    /// Matroska's times of a stream with a codec delay include it, so that none is negative (RFC 9559, CodecDelay).
    /// libavformat up to 5.1 leaves adding it to us, and writes the delay for Opus only; from 6 on it adds it itself,
    /// in whole ticks.
    private func settleDelay(_ sound: SoundParameters) {
        guard let stream = tracks[.sound]?.stream else { return }
        if avformat_version() >> 16 >= 60 {
            tracks[.sound]?.delay = sound.startPadding
            tracks[.sound]?.muxerShift = av_rescale_q(
                Int64(stream.pointee.codecpar.pointee.initial_padding),
                AVRational(num: 1, den: Int32(clamping: sound.sampleRate)), stream.pointee.time_base)
        } else if sound.codec == .opus {
            tracks[.sound]?.delay = sound.startPadding
        }
    }

    deinit {
        var freePacket: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&freePacket)
        avformat_free_context(context)
    }

    private func set(_ dictionary: inout OpaquePointer?, _ key: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        av_dict_set(&dictionary, key, value, 0)
    }

    private func addStream() throws(ContainerError) -> UnsafeMutablePointer<AVStream> {
        guard let stream = avformat_new_stream(context, nil) else {
            throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)")
        }
        return stream
    }

    private func addVideo(_ video: VideoParameters, title: String?) throws(ContainerError) {
        let stream = try addStream()
        // Divisible by every usual rate, 30000/1001 included.
        stream.pointee.time_base = AVRational(num: 1, den: 90_000)
        stream.pointee.disposition = AV_DISPOSITION_DEFAULT
        set(&stream.pointee.metadata, "title", title)
        guard let id = StreamDescription.identifier(video.codec), StreamDescription.fill(stream, video: video, id: id)
        else { throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)") }
        tracks[.video] = TrackState(stream: stream, interval: video.frameRate?.interval ?? .milliseconds(33))
    }

    private func addSound(_ sound: SoundParameters, title: String?) throws(ContainerError) {
        let stream = try addStream()
        stream.pointee.time_base = AVRational(num: 1, den: Int32(clamping: sound.sampleRate))
        stream.pointee.disposition = AV_DISPOSITION_DEFAULT
        set(&stream.pointee.metadata, "title", title)
        guard let id = StreamDescription.identifier(sound.codec), StreamDescription.fill(stream, sound: sound, id: id)
        else { throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)") }
        tracks[.sound] = TrackState(
            stream: stream, padding: sound.startPadding, isOpus: sound.codec == .opus, interval: .milliseconds(20))
    }

    private func writeHeader(_ layout: Layout) throws(ContainerError) {
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        switch (format, layout) {
        case (.webm, _), (.matroska, _):
            av_dict_set(&settings, "cluster_time_limit", String(piece.count(per: 1000)), 0)
        case (.mp4, _):
            // Exact for sound at 48 kHz and pictures at every whole rate.
            av_dict_set(&settings, "movie_timescale", "48000", 0)
            if case .fragments = layout {
                av_dict_set(&settings, "movflags", "frag_custom+empty_moov+delay_moov+default_base_moof", 0)
            } else if case .index(let bytes) = layout {
                av_dict_set(&settings, "moov_size", String(bytes), 0)
            }
        case (.ogg, _):
            av_dict_set(&settings, "page_duration", String(piece.count(per: 1_000_000)), 0)
        }
        let code = avformat_write_header(context, &settings)
        guard code >= 0 else {
            throw ContainerError(
                output.failure.map { $0.isOutOfSpace } ?? false ? .noSpace : .writeFailed, path: path,
                cause: output.failure.map { $0.isOutOfSpace } ?? false
                    ? "no space left on its disk" : "its header cannot be written (\(libraryMessage(code)))")
        }
        avio_flush(context.pointee.pb)
    }

    // MARK: -

    /// Fragments hold durations where other files hold times, and what follows in the next fragment is placed behind
    /// them. So a chunk waits for the one after it, which tells how long it really lasts: a picture that stands for a
    /// second would otherwise pull all that follows forward.
    func write(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        guard writesFragments else {
            try put(chunk, to: track)
            return
        }
        guard tracks[track] != nil else { return }
        if var before = waiting.updateValue(chunk, forKey: track) {
            let distance = chunk.decodeTime - before.decodeTime
            if distance > before.duration + .milliseconds(1) { before.duration = distance }
            try put(before, to: track)
        }
    }

    private func put(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        guard var state = tracks[track] else { return }
        let base = state.stream.pointee.time_base
        guard chunk.time >= -state.padding - .milliseconds(1), !chunk.data.isEmpty, chunk.data.count < 1 << 30 else {
            throw ContainerError(
                .badChunk, path: path,
                cause: chunk.data.isEmpty
                    ? "was given an empty chunk" : "was given a chunk that begins at \(chunk.time)",
                remedy: "recordings begin at zero")
        }
        var show = ticks(chunk.time + state.delay, base) - state.muxerShift
        var decode = show + ticks(chunk.decodeTime, base) - ticks(chunk.time, base)
        if decode <= state.lastDecode {
            let late = av_rescale_q(state.lastDecode - decode, base, AVRational(num: 1, den: 1000))
            guard late < 1000 else {
                throw ContainerError(
                    .badChunk, path: path, cause: "was given \(track) that runs back by \(late) ms at \(chunk.time)")
            }
            decode = state.lastDecode + 1
        }
        show = max(show, decode)
        state.lastDecode = decode
        state.isEmpty = false
        tracks[track] = state

        packet.pointee.stream_index = state.stream.pointee.index
        packet.pointee.pts = show
        packet.pointee.dts = decode
        packet.pointee.duration = ticks(chunk.duration > .zero ? chunk.duration : state.interval, base)
        packet.pointee.flags = chunk.isKeyframe || track == .sound ? AV_PKT_FLAG_KEY : 0
        if track == .sound, !addEndPadding(chunk, state) {
            throw ContainerError(.writeFailed, path: path, cause: "cannot be written (out of memory)")
        }
        defer { av_packet_free_side_data(packet) }
        let code = chunk.data.withUnsafeBufferPointer { bytes in
            // The muxer reads the bytes, or copies them, before it returns.
            packet.pointee.data = UnsafeMutablePointer(mutating: bytes.baseAddress)
            packet.pointee.size = Int32(bytes.count)
            defer {
                packet.pointee.data = nil
                packet.pointee.size = 0
            }
            return av_write_frame(context, packet)
        }
        try check(code)
    }

    /// Says how much of the end of a packet of Opus is to be thrown away, where the chunk is shorter than what the packet
    /// decodes to: 32 bits little-endian of samples to skip at its start, and at its end, and two reasons.
    private func addEndPadding(_ chunk: EncodedChunk, _ state: TrackState) -> Bool {
        guard state.isOpus, chunk.duration > .zero else { return true }
        let excess = OpusPacketLength.duration(chunk.data) - chunk.duration
        guard excess > .milliseconds(1), excess < .milliseconds(120) else { return true }
        guard let data = av_packet_new_side_data(packet, AV_PKT_DATA_SKIP_SAMPLES, 10) else { return false }
        let samples = UInt32(excess.count(per: Int64(state.stream.pointee.codecpar.pointee.sample_rate)))
        let bytes = UnsafeMutableRawBufferPointer(start: data, count: 10)
        for index in bytes.indices { bytes[index] = 0 }
        bytes.storeBytes(of: samples.littleEndian, toByteOffset: 4, as: UInt32.self)
        return true
    }

    /// Ends the cluster or fragment and hands it to the sink.
    func endPiece() throws(ContainerError) {
        // The header needs the first chunk of each stream.
        for track in Track.allCases where tracks[track]?.isEmpty ?? false {
            if let chunk = waiting.removeValue(forKey: track) { try put(chunk, to: track) }
        }
        try check(av_write_frame(context, nil))
        if writesFragments, !hasFragment {
            // The first call only brings out the header, which waits to know the first times.
            try check(av_write_frame(context, nil))
            hasFragment = true
        }
        avio_flush(context.pointee.pb)
    }

    /// Gives the file its chapters, the last of which ends at `end`. Matroska takes them until the trailer is written,
    /// MP4 before the header is.
    func add(_ chapters: [Chapter], end: MediaTime) {
        guard !chapters.isEmpty, context.pointee.nb_chapters == 0,
            let list = av_calloc(chapters.count, MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride)
        else { return }
        let entries = list.assumingMemoryBound(to: UnsafeMutablePointer<AVChapter>?.self)
        context.pointee.chapters = entries
        for (index, chapter) in chapters.enumerated() {
            guard let memory = av_mallocz(MemoryLayout<AVChapter>.size) else { return }
            let entry = memory.assumingMemoryBound(to: AVChapter.self)
            let next = index + 1 < chapters.count ? chapters[index + 1].start : max(end, chapter.start)
            entry.pointee.id = Int64(index + 1)
            entry.pointee.time_base = AVRational(num: 1, den: 1000)
            entry.pointee.start = max(chapter.start, .zero).count(per: 1000)
            entry.pointee.end = max(next, .zero).count(per: 1000)
            set(&entry.pointee.metadata, "title", chapter.title)
            entries[index] = entry
            context.pointee.nb_chapters = UInt32(index + 1)
        }
    }

    /// Hands over what is buffered, without ending anything.
    func flush() {
        avio_flush(context.pointee.pb)
    }

    func writeTrailer() throws(ContainerError) {
        for track in Track.allCases {
            if let chunk = waiting.removeValue(forKey: track) { try put(chunk, to: track) }
        }
        try check(av_write_trailer(context))
        avio_flush(context.pointee.pb)
    }

    private func ticks(_ time: MediaTime, _ base: AVRational) -> Int64 {
        av_rescale_q(time.nanoseconds, AVRational(num: 1, den: 1_000_000_000), base)
    }

    private func check(_ code: Int32) throws(ContainerError) {
        guard code < 0 else { return }
        throw ContainerError(.writeFailed, path: path, cause: "cannot be written (\(libraryMessage(code)))")
    }
}
