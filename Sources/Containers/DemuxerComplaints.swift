import CAVFormat
import Synchronization

/// Counts the errors that demuxers report to libavformat's log: the only trace of places that they pass over.
enum DemuxerComplaints {
    /// By the address of the format context.
    private static let counts = Mutex<[UInt: Int]>([:])

    /// Takes the log over, which otherwise goes to standard error; to be touched before a file is opened.
    static let takenOver: Void = {
        av_log_set_callback { source, level, _, _ in
            guard level <= AV_LOG_ERROR, let source else { return }
            let address = UInt(bitPattern: source)
            DemuxerComplaints.counts.withLock { counts in
                if let count = counts[address] { counts[address] = count + 1 }
            }
        }
    }()

    /// Starts counting for a context.
    static func watch(_ context: UnsafeMutablePointer<AVFormatContext>) {
        counts.withLock { $0[UInt(bitPattern: context)] = 0 }
    }

    static func count(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int {
        counts.withLock { $0[UInt(bitPattern: context)] ?? 0 }
    }

    static func forget(_ context: UnsafeMutablePointer<AVFormatContext>) {
        counts.withLock { $0[UInt(bitPattern: context)] = nil }
    }
}
