import CAVFormat
import Glibc
import Media
public import Timing

/// Reads the encoded pictures and sound of one local media file, in the order in which they lie in it.
///
/// Nothing but the named file is ever opened, whatever it says inside, and only formats that keep their media within
/// themselves are understood. Use from one thread at a time; ``CancelFlag`` is what another thread may touch.
public final class FileReader {
    public private(set) var info: FileInfo

    private let file: InputFile
    private var format: UnsafeMutablePointer<AVFormatContext>
    private var packet: UnsafeMutablePointer<AVPacket>
    private var videoIndex: Int32 = -1
    private var soundIndex: Int32 = -1
    /// Subtracted from the container's times, so that the file's timeline starts at zero.
    private var origin = MediaTime.zero
    /// What the Matroska demuxer takes too much from times of sound, since it counts the codec's delay in whole ticks.
    private var soundCorrection = MediaTime.zero
    private var clock = PacketClock()
    /// Read while opening, to be given first.
    private var pending: [FilePacket] = []
    private var damaged = 0
    private var ended: FileEnd?

    /// Packets above this size are taken for damage.
    private static let packetLimit = 64 << 20
    /// After this many places in a row that cannot be parsed, the file is taken to end.
    private static let damageLimit = 256

    /// Formats that hold their media in the one file. Playlists and the like (HLS, DASH, concat, SDP), which name
    /// others, are not among them.
    private static let formats = """
        matroska,webm,mov,mp4,ogg,wav,w64,mp3,aac,flac,avi,mpegts,mpeg,mpegvideo,flv,live_flv,ivf,au,aiff,caf,h264,hevc,\
        m4v,obu,av1,yuv4mpegpipe,asf,gif,apng,amr,ac3,eac3,nut,mxf,dv,\
        png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,pgm_pipe,ppm_pipe,qoi_pipe
        """

    public convenience init(path: String, cancel: CancelFlag? = nil) throws(ContainerError) {
        try self.init(path: path, cancel: cancel, keepingOrigin: false)
    }

    /// - Parameter keepingOrigin: leaves the file's times as the container has them instead of starting at zero.
    package init(path: String, cancel: CancelFlag? = nil, keepingOrigin: Bool) throws(ContainerError) {
        let file = try InputFile(path: path, cancel: cancel)
        if let end = StructureScan(file).incompleteFragment() { file.visibleEnd = end }
        self.file = file
        guard let packet = av_packet_alloc() else {
            throw ContainerError(.unreadable, path: path, cause: "cannot be opened (out of memory)")
        }
        var freePacket: UnsafeMutablePointer<AVPacket>? = packet
        do {
            format = try FileReader.open(file)
        } catch {
            av_packet_free(&freePacket)
            throw error
        }
        self.packet = packet
        DemuxerComplaints.watch(format)
        info = FileInfo(
            path: path, format: String(cString: format.pointee.iformat.pointee.name), bytes: file.size,
            isStillImage: false, otherStreams: 0, cutOff: StructureScan(file).cutOff())
        // From here on all is initialised, and a throw runs deinit.
        try describe(keepingOrigin: keepingOrigin)
    }

    deinit {
        var freePacket: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&freePacket)
        DemuxerComplaints.forget(format)
        var freeFormat: UnsafeMutablePointer<AVFormatContext>? = format
        avformat_close_input(&freeFormat)
    }

    // MARK: - Opening

    private static func open(_ file: InputFile) throws(ContainerError) -> UnsafeMutablePointer<AVFormatContext> {
        _ = DemuxerComplaints.takenOver
        guard let io = file.makeContext(), let allocated = avformat_alloc_context() else {
            throw ContainerError(.unreadable, path: file.path, cause: "cannot be opened (out of memory)")
        }
        allocated.pointee.pb = io
        allocated.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_GENPTS
        allocated.pointee.format_whitelist = av_strdup(formats)
        allocated.pointee.protocol_whitelist = av_strdup("")
        allocated.pointee.io_open = { _, _, _, _, _ in tessera_AVERROR(EPERM) }
        allocated.pointee.interrupt_callback = AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<InputFile>.fromOpaque(opaque).takeUnretainedValue().isCancelled ? 1 : 0
            }, opaque: Unmanaged.passUnretained(file).toOpaque())

        var format: UnsafeMutablePointer<AVFormatContext>? = allocated
        // No name, so that only the content decides what it is.
        let opened = avformat_open_input(&format, "", nil, nil)
        guard opened >= 0, let format else { throw openingFailed(file, code: opened) }
        let found = avformat_find_stream_info(format, nil)
        if found < 0 || file.isCancelled {
            var closing: UnsafeMutablePointer<AVFormatContext>? = format
            avformat_close_input(&closing)
            throw openingFailed(file, code: found)
        }
        return format
    }

    private static func openingFailed(_ file: InputFile, code: Int32) -> ContainerError {
        if file.isCancelled {
            return ContainerError(.cancelled, path: file.path, cause: "reading was cancelled")
        }
        if file.failure != 0 {
            return ContainerError(
                .unreadable, path: file.path, cause: "cannot be read (\(systemMessage(file.failure)))")
        }
        if StructureScan(file).lacksMovieBox() {
            return ContainerError(
                .cutOffBeforeIndex, path: file.path, cause: "was cut off before its index (moov) was written",
                remedy: "such an MP4 cannot be read; fragmented MP4, WebM and MKV survive a cut")
        }
        if code == tessera_AVERROR(EINVAL) {
            return ContainerError(
                .forbiddenFormat, path: file.path, cause: "is a playlist or of a format that is not read",
                remedy: "name a file that holds the media itself: WebM, MKV, MP4, MOV, Ogg, WAV, MP3 …")
        }
        return ContainerError(
            .notMedia, path: file.path, cause: "is not a media file (\(libraryMessage(code)))",
            remedy: "WebM, MKV, MP4, MOV, Ogg, WAV, MP3, PNG, JPEG and the like are read")
    }

    private func describe(keepingOrigin: Bool) throws(ContainerError) {
        let count = Int(format.pointee.nb_streams)
        videoIndex = bestVideo()
        soundIndex = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, videoIndex, nil, 0)
        if soundIndex >= 0, stream(soundIndex).pointee.codecpar.pointee.sample_rate <= 0 { soundIndex = -1 }
        for index in 0..<Int32(count) where index != videoIndex && index != soundIndex {
            stream(index).pointee.discard = AVDISCARD_ALL
        }
        guard videoIndex >= 0 || soundIndex >= 0 else {
            throw ContainerError(
                .noStreams, path: info.path, cause: "holds neither pictures nor sound",
                remedy: "check it with a player")
        }
        info.otherStreams = count - (videoIndex >= 0 ? 1 : 0) - (soundIndex >= 0 ? 1 : 0)
        info.isStillImage = info.format.hasSuffix("_pipe") && videoIndex >= 0 && soundIndex < 0
        info.title = StreamDescription.text(format.pointee.metadata, "title")
        info.creationTime = StreamDescription.text(format.pointee.metadata, "creation_time").flatMap(
            CalendarTime.seconds)

        var sound = soundIndex >= 0 ? StreamDescription.sound(stream(soundIndex).pointee) : nil
        if soundIndex >= 0, info.format.hasPrefix("matroska"), let padding = sound?.startPadding {
            let base = stream(soundIndex).pointee.time_base
            let ticks = padding.count(per: max(1, Int64(base.den) / Int64(max(1, base.num))))
            soundCorrection = (StreamDescription.time(ticks, base) ?? .zero) - padding
        }
        let firstSound = peekFirstSound(&sound)
        try setOrigin(firstSound: firstSound, padding: sound?.startPadding ?? .zero, keeping: keepingOrigin)
        describeTracks(sound: sound, firstSound: firstSound)
        info.chapters = (0..<Int(format.pointee.nb_chapters)).compactMap { index in
            guard let chapter = format.pointee.chapters[index]?.pointee,
                let start = StreamDescription.time(chapter.start, chapter.time_base)
            else { return nil }
            return Chapter(start: start - origin, title: StreamDescription.text(chapter.metadata, "title") ?? "")
        }.sorted { $0.start < $1.start }
    }

    /// The best stream of pictures that is not a cover image.
    private func bestVideo() -> Int32 {
        let best = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard best >= 0 else { return -1 }
        if stream(best).pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0 { return best }
        for index in 0..<Int32(format.pointee.nb_streams)
        where stream(index).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
            && stream(index).pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        {
            return index
        }
        return -1
    }

    private func stream(_ index: Int32) -> UnsafeMutablePointer<AVStream> {
        format.pointee.streams[Int(index)]!
    }

    /// Reads ahead, a little, to the first packet of sound: only it tells how much of its start is padding. Returns
    /// that packet's time on the container's timeline.
    private func peekFirstSound(_ sound: inout SoundParameters?) -> MediaTime? {
        guard soundIndex >= 0 else { return nil }
        var bytes = 0
        while pending.count < 200, bytes < 4 << 20, ended == nil {
            guard case .packet(let next)? = try? readPacket() else { return nil }
            pending.append(next)
            bytes += next.chunk.data.count
            guard next.track == .sound else { continue }
            if let padding = startPaddingSeen { sound?.startPadding = padding }
            return next.chunk.time
        }
        return nil
    }

    /// What the first packet of sound said about padding at its start.
    private var startPaddingSeen: MediaTime?

    private func setOrigin(firstSound: MediaTime?, padding: MediaTime, keeping: Bool) throws(ContainerError) {
        guard !keeping else { return }
        var starts: [MediaTime] = []
        if videoIndex >= 0 {
            let said = StreamDescription.time(
                stream(videoIndex).pointee.start_time, stream(videoIndex).pointee.time_base)
            if let start = said ?? pending.first(where: { $0.track == .video })?.chunk.time { starts.append(start) }
        }
        if soundIndex >= 0 {
            let said = StreamDescription.time(
                stream(soundIndex).pointee.start_time, stream(soundIndex).pointee.time_base)
            if let start = firstSound.map({ $0 + padding }) ?? said { starts.append(start) }
        }
        origin = starts.min() ?? .zero
        info.origin = origin
        clock.move(by: -origin)
        for index in pending.indices {
            pending[index].chunk.time = pending[index].chunk.time - origin
            pending[index].chunk.decodeTime = pending[index].chunk.decodeTime - origin
        }
    }

    private func describeTracks(sound: SoundParameters?, firstSound: MediaTime?) {
        let whole = StreamDescription.time(format.pointee.duration, AVRational(num: 1, den: AV_TIME_BASE))
        info.duration = whole.flatMap { $0 > .zero && !info.isStillImage ? $0 : nil }
        if videoIndex >= 0 {
            let stream = stream(videoIndex)
            info.video = VideoTrack(
                parameters: StreamDescription.video(stream, of: format),
                start: (StreamDescription.time(stream.pointee.start_time, stream.pointee.time_base) ?? origin) - origin,
                duration: StreamDescription.time(stream.pointee.duration, stream.pointee.time_base),
                title: StreamDescription.text(stream.pointee.metadata, "title"))
        }
        if soundIndex >= 0, let sound {
            let stream = stream(soundIndex)
            let said = StreamDescription.time(stream.pointee.start_time, stream.pointee.time_base)
            info.sound = SoundTrack(
                parameters: sound,
                start: (firstSound.map { $0 + sound.startPadding } ?? said ?? origin) - origin,
                duration: StreamDescription.time(stream.pointee.duration, stream.pointee.time_base),
                title: StreamDescription.text(stream.pointee.metadata, "title"))
        }
    }

    // MARK: - Reading

    /// The next chunk of either stream, or the end. Damage is passed over and counted.
    ///
    /// - Throws: `.cancelled` only; whatever else goes wrong is told with the end.
    public func read() throws(ContainerError) -> FileEvent {
        if !pending.isEmpty { return .packet(pending.removeFirst()) }
        return try readPacket()
    }

    private func readPacket() throws(ContainerError) -> FileEvent {
        if let ended { return .end(ended) }
        var failures = 0
        while true {
            av_packet_unref(packet)
            let complaints = DemuxerComplaints.count(format)
            let code = av_read_frame(format, packet)
            if file.isCancelled {
                throw ContainerError(.cancelled, path: info.path, cause: "reading was cancelled")
            }
            if code < 0 {
                if code == tessera_AVERROR_EOF || file.failure != 0 { return finish(code) }
                failures += 1
                damaged += 1
                if failures >= FileReader.damageLimit || avio_feof(format.pointee.pb) != 0 { return finish(code) }
                continue
            }
            failures = 0
            // The demuxer passed over something before it found this packet.
            if DemuxerComplaints.count(format) > complaints { damaged += 1 }
            guard packet.pointee.stream_index == videoIndex || packet.pointee.stream_index == soundIndex else {
                continue
            }
            guard packet.pointee.size > 0, packet.pointee.size <= FileReader.packetLimit else {
                if packet.pointee.size != 0 { damaged += 1 }
                continue
            }
            return .packet(convert())
        }
    }

    private func finish(_ code: Int32) -> FileEvent {
        var reason = info.cutOff
        if reason == nil, file.failure != 0 { reason = "reading stopped (\(systemMessage(file.failure)))" }
        if reason == nil, code != tessera_AVERROR_EOF { reason = "the rest cannot be parsed (\(libraryMessage(code)))" }
        let end = FileEnd(truncated: reason, damaged: damaged, repairedTimes: clock.repairs)
        ended = end
        return .end(end)
    }

    private func convert() -> FilePacket {
        let isVideo = packet.pointee.stream_index == videoIndex
        let stream = stream(packet.pointee.stream_index)
        let base = stream.pointee.time_base
        let correction = isVideo ? .zero : soundCorrection
        let duration =
            packet.pointee.duration > 0 ? StreamDescription.time(packet.pointee.duration, base) ?? .zero : .zero
        let (time, decodeTime) = clock.place(
            track: isVideo ? .video : .sound,
            time: StreamDescription.time(packet.pointee.pts, base).map { $0 + correction - origin },
            decodeTime: StreamDescription.time(packet.pointee.dts, base).map { $0 + correction - origin },
            duration: duration, interval: isVideo ? .milliseconds(33) : .milliseconds(20))
        let isDamaged = packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
        if isDamaged { damaged += 1 }
        var result = FilePacket(
            track: isVideo ? .video : .sound,
            chunk: EncodedChunk(
                data: Array(UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size))),
                time: time, decodeTime: decodeTime, duration: duration,
                isKeyframe: packet.pointee.flags & AV_PKT_FLAG_KEY != 0),
            isDamaged: isDamaged)
        if !isVideo { result.endPadding = readPadding(sampleRate: Int64(stream.pointee.codecpar.pointee.sample_rate)) }
        return result
    }

    /// The packet's padding: the start's is kept for the description of the stream, the end's is returned. Eight bytes:
    /// samples to skip at the start and at the end, both 32 bits little-endian.
    private func readPadding(sampleRate: Int64) -> MediaTime {
        var size = 0
        guard let data = av_packet_get_side_data(packet, AV_PKT_DATA_SKIP_SAMPLES, &size), size >= 8 else {
            return .zero
        }
        let bytes = UnsafeRawBufferPointer(start: data, count: 8)
        let start = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        let end = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        if startPaddingSeen == nil { startPaddingSeen = MediaTime(clamping: Int64(start), per: sampleRate) }
        return MediaTime(clamping: Int64(end), per: sampleRate)
    }

    // MARK: - Seeking

    /// Goes to the last keyframe at or before `time` (of the pictures if there are any); what is read next starts
    /// there, and may include sound from somewhat before or after it. False if the file cannot be searched, in which
    /// case reading goes on where it was.
    public func seek(to time: MediaTime) -> Bool {
        let index = videoIndex >= 0 ? videoIndex : soundIndex
        let base = stream(index).pointee.time_base
        guard base.num > 0, base.den > 0 else { return false }
        let target = min(max(time, -MediaTime.limit), MediaTime.limit) + origin
        let ticks = av_rescale_q(target.nanoseconds, AVRational(num: 1, den: 1_000_000_000), base)
        guard avformat_seek_file(format, index, Int64.min, ticks, ticks, 0) >= 0 else { return false }
        pending = []
        ended = nil
        clock.restart()
        return true
    }
}
