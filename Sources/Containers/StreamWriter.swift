import CAVFormat
public import Media
import Synchronization
public import Timing

/// Sends pictures and sound as they come: to a server (RTMP, SRT), or as HLS into a folder, in segments of fragmented MP4
/// with a playlist of the newest. What is late, or cannot be sent within some seconds, ends it with an error; whoever owns
/// it begins another then.
///
/// Use from one thread at a time; ``Patience/cancel()`` may come from any.
public final class StreamWriter {
    public enum Target: Sendable, Equatable {
        /// `rtmp://` and `rtmps://` take FLV, `srt://` an MPEG transport stream.
        case server(url: String)
        /// `index.m3u8`, `init.mp4` and segments; the folder must be there.
        case segments(folder: String)

        /// What may be said of it where others read along: stream keys stand in paths and queries.
        public var publicName: String {
            switch self {
            case .segments: return "hls"
            case .server(let url):
                let rest = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
                guard rest.count > 2 else { return "?" }
                let host = rest[2].split(separator: "@").last ?? ""
                return "\(rest[0])//\(host.prefix { $0 != "?" })"
            }
        }
    }

    /// How long a call may take, and whether it is to give up.
    public final class Patience: Sendable {
        private let isCancelled = Atomic(false)
        /// On the monotonic clock, in nanoseconds.
        private let deadline = Atomic(Int64.max)

        public init() {}

        public func cancel() { isCancelled.store(true, ordering: .relaxed) }

        fileprivate func begin(_ duration: MediaTime) {
            deadline.store((MonotonicClock.now + duration).nanoseconds, ordering: .relaxed)
        }

        fileprivate var isOver: Bool {
            isCancelled.load(ordering: .relaxed)
                || MonotonicClock.now.nanoseconds > deadline.load(ordering: .relaxed)
        }
    }

    /// Seconds of media in a segment, and segments that a playlist names.
    public static let segmentDuration = MediaTime(seconds: 2)
    private static let segments = 8
    /// How long a server may take to answer, and to accept what it is sent.
    private static let patienceToConnect = MediaTime(seconds: 8)
    private static let patienceToWrite = MediaTime(seconds: 5)

    private let target: Target
    private let patience: Patience
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private var isOpen = false
    /// What is taken off all times: those of the first picture.
    private var origin: MediaTime?
    private var lastDecode: [Int64] = [.min, .min]

    /// Connects and writes the header. Throws ``ContainerError/Code/writeFailed`` if the server does not want it or does
    /// not answer.
    public init(
        _ target: Target, video: VideoParameters, sound: SoundParameters, patience: Patience
    ) throws(ContainerError) {
        av_log_set_level(AV_LOG_QUIET)
        self.target = target
        self.patience = patience
        let (format, url) =
            switch target {
            case .segments(let folder): ("hls", folder + "/index.m3u8")
            case .server(let url): (url.hasPrefix("rtmp") ? "flv" : "mpegts", url)
            }
        var made: UnsafeMutablePointer<AVFormatContext>?
        guard avformat_alloc_output_context2(&made, nil, format, url) >= 0, let made, let packet = av_packet_alloc()
        else {
            avformat_free_context(made)
            throw ContainerError(.writeFailed, path: target.publicName, cause: "cannot be written (out of memory)")
        }
        context = made
        self.packet = packet
        context.pointee.interrupt_callback.opaque = Unmanaged.passUnretained(patience).toOpaque()
        context.pointee.interrupt_callback.callback = { opaque in
            guard let opaque else { return 0 }
            return Unmanaged<Patience>.fromOpaque(opaque).takeUnretainedValue().isOver ? 1 : 0
        }
        context.pointee.flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_FLUSH_PACKETS
        // One stream waits for the other that long, and no longer.
        context.pointee.max_interleave_delta = 400_000
        guard let pictures = avformat_new_stream(context, nil), let voice = avformat_new_stream(context, nil),
            let videoID = StreamDescription.identifier(video.codec),
            let soundID = StreamDescription.identifier(sound.codec),
            StreamDescription.fill(pictures, video: video, id: videoID),
            StreamDescription.fill(voice, sound: sound, id: soundID)
        else {
            throw ContainerError(.writeFailed, path: target.publicName, cause: "cannot be written (out of memory)")
        }
        patience.begin(StreamWriter.patienceToConnect)
        if case .server = target {
            try check(
                avio_open2(&context.pointee.pb, url, AVIO_FLAG_WRITE, &context.pointee.interrupt_callback, nil),
                "does not answer")
        }
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        for (name, value) in options() { av_dict_set(&settings, name, value, 0) }
        try check(avformat_write_header(context, &settings), "refuses the stream")
        isOpen = true
    }

    private func options() -> [(String, String)] {
        switch target {
        case .server(let url): url.hasPrefix("rtmp") ? [("flvflags", "no_duration_filesize")] : []
        case .segments(let folder):
            [
                ("hls_time", "\(StreamWriter.segmentDuration.seconds)"), ("hls_list_size", "\(StreamWriter.segments)"),
                ("hls_delete_threshold", "4"), ("hls_segment_type", "fmp4"), ("hls_fmp4_init_filename", "init.mp4"),
                ("hls_segment_filename", folder + "/%d.m4s"),
                ("hls_flags", "delete_segments+independent_segments+program_date_time+temp_file"),
            ]
        }
    }

    deinit {
        if isOpen { try? finish() }
        if case .server = target, context.pointee.pb != nil { avio_closep(&context.pointee.pb) }
        var freePacket: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&freePacket)
        avformat_free_context(context)
    }

    /// Times are those of one clock; what is before the first picture is left out.
    public func write(_ chunk: EncodedChunk, to track: Track) throws(ContainerError) {
        if track == .video, chunk.isKeyframe, origin == nil { origin = chunk.decodeTime }
        guard let origin, chunk.decodeTime >= origin, !chunk.data.isEmpty else { return }
        let index = track == .video ? 0 : 1
        guard let stream = context.pointee.streams[index] else { return }
        let base = stream.pointee.time_base
        func ticks(_ time: MediaTime) -> Int64 {
            av_rescale_q(time.nanoseconds, AVRational(num: 1, den: 1_000_000_000), base)
        }
        let decode = max(ticks(chunk.decodeTime - origin), lastDecode[index] == .min ? 0 : lastDecode[index] + 1)
        lastDecode[index] = decode
        // The library keeps what waits for the other stream, so it gets a copy.
        guard av_new_packet(packet, Int32(chunk.data.count)) >= 0 else {
            throw ContainerError(.writeFailed, path: target.publicName, cause: "cannot be written (out of memory)")
        }
        chunk.data.withUnsafeBufferPointer { bytes in
            packet.pointee.data.update(from: bytes.baseAddress!, count: bytes.count)
        }
        packet.pointee.stream_index = Int32(index)
        packet.pointee.dts = decode
        packet.pointee.pts = max(decode, ticks(chunk.time - origin))
        packet.pointee.duration = ticks(chunk.duration)
        packet.pointee.flags = chunk.isKeyframe || track == .sound ? AV_PKT_FLAG_KEY : 0
        patience.begin(StreamWriter.patienceToWrite)
        try check(av_interleaved_write_frame(context, packet), "takes nothing more")
    }

    /// Says goodbye; the playlist says that it ends there.
    public func finish() throws(ContainerError) {
        guard isOpen else { return }
        isOpen = false
        patience.begin(StreamWriter.patienceToWrite)
        try check(av_write_trailer(context), "was not ended")
    }

    private func check(_ code: Int32, _ what: String) throws(ContainerError) {
        guard code < 0 else { return }
        throw ContainerError(
            .writeFailed, path: target.publicName,
            cause: patience.isOver ? "\(what) (in time)" : "\(what) (\(libraryMessage(code)))")
    }
}
