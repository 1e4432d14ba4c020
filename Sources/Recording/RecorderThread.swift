import Glibc

/// A named thread; making one reports whether it could start.
final class RecorderThread: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    /// - Parameter name: at most 15 bytes, as Linux has it.
    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    /// False if the system has no thread left.
    func start() -> Bool {
        let retained = Unmanaged.passRetained(self).toOpaque()
        var thread: pthread_t = 0
        guard pthread_create(&thread, nil, runRecorderThread, retained) == 0 else {
            Unmanaged<RecorderThread>.fromOpaque(retained).release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    fileprivate func run() {
        // The Glibc module lacks pthread_setname_np; this is what it does.
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        if file >= 0 {
            _ = name.utf8CString.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count - 1) }
            close(file)
        }
        body()
    }
}

private func runRecorderThread(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let pointer { Unmanaged<RecorderThread>.fromOpaque(pointer).takeRetainedValue().run() }
    return nil
}
