import CAVFormat
import Glibc

/// A sink behind an `AVIOContext`. After the first write that fails nothing is written any more.
final class OutputFile {
    let sink: any RecordingSink
    private(set) var failure: SinkError?
    /// Bytes from the start to the end of what was written.
    private(set) var length: Int64 = 0
    private(set) var context: UnsafeMutablePointer<AVIOContext>?
    private var position: Int64 = 0
    /// Whether pieces appear at once, see ``commit()``.
    private let commitsPieces: Bool
    private var heldHead: (offset: Int64, bytes: [UInt8])?

    /// Larger than most pieces of half a second, so that a piece is one write.
    private static let bufferSize = 512 * 1024

    /// - Parameter commitsPieces: the first eight bytes of a piece, which are the size and type of its first box, are
    ///   written last, by ``commit()``. Up to then they are zero, so that readers pass over all that follows: an
    ///   MP4 with an incomplete fragment is refused by some.
    /// - Returns: nil if memory is out.
    init?(_ sink: any RecordingSink, canSeek: Bool, commitsPieces: Bool = false) {
        self.sink = sink
        self.commitsPieces = commitsPieces
        guard let buffer = av_malloc(OutputFile.bufferSize) else { return nil }
        context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), Int32(OutputFile.bufferSize), 1,
            Unmanaged.passUnretained(self).toOpaque(), nil,
            { opaque, buffer, count in
                guard let opaque, let buffer else { return tessera_AVERROR(EINVAL) }
                return Unmanaged<OutputFile>.fromOpaque(opaque).takeUnretainedValue().write(buffer, count: count)
            },
            { opaque, offset, whence in
                guard let opaque else { return -1 }
                return Unmanaged<OutputFile>.fromOpaque(opaque).takeUnretainedValue().seek(to: offset, whence: whence)
            })
        guard let context else {
            av_free(buffer)
            return nil
        }
        context.pointee.seekable = canSeek ? AVIO_SEEKABLE_NORMAL : 0
    }

    deinit {
        if let context {
            av_free(context.pointee.buffer)
            var pointer: UnsafeMutablePointer<AVIOContext>? = context
            avio_context_free(&pointer)
        }
    }

    private func write(_ bytes: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
        if let failure { return tessera_AVERROR(failure.number) }
        var rest = UnsafeRawBufferPointer(start: bytes, count: Int(count))
        var offset = position
        if commitsPieces, heldHead == nil, rest.count > 8 {
            heldHead = (position, Array(rest[..<8]))
            rest = UnsafeRawBufferPointer(rebasing: rest[8...])
            offset += 8
        }
        do {
            try sink.write(rest, at: offset)
        } catch {
            failure = error
            return tessera_AVERROR(error.number)
        }
        position += Int64(count)
        length = max(length, position)
        return count
    }

    /// Makes the piece that was written visible.
    func commit() {
        guard let head = heldHead else { return }
        heldHead = nil
        guard failure == nil else { return }
        do {
            try head.bytes.withUnsafeBufferPointer { bytes throws(SinkError) in
                try sink.write(UnsafeRawBufferPointer(bytes), at: head.offset)
            }
        } catch {
            failure = error
        }
    }

    private func seek(to offset: Int64, whence: Int32) -> Int64 {
        let target: Int64
        switch whence & ~AVSEEK_FORCE {
        case AVSEEK_SIZE: return length
        case SEEK_SET: target = offset
        case SEEK_CUR: target = position + offset
        case SEEK_END: target = length + offset
        default: return Int64(tessera_AVERROR(EINVAL))
        }
        guard target >= 0 else { return Int64(tessera_AVERROR(EINVAL)) }
        position = target
        return target
    }
}
