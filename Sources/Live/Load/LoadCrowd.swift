import CLinux
import Foundation
import Glibc
import RTP
import SecureTransport
import Synchronization
public import Timing
import WebRTC

/// WebRTC clients on one thread, each with a socket of its own: what tests and the load command put into rooms.
public final class LoadCrowd: @unchecked Sendable {
    private static let wakeToken = UInt32.max
    private let identity: Identity
    private let address: TransportAddress
    private let epoll: Int32
    private let wake: Int32
    private let posted = Mutex<[@Sendable (LoadCrowd) -> Void]>([])
    private let isStopping = Atomic(false)
    private let done = DispatchSemaphore(value: 0)
    private let nextNumber = Atomic(UInt32(0))
    private let wallClockStart = NTPTime(unix: MediaTime(seconds: Date().timeIntervalSince1970))
    private let monotonicStart = MonotonicClock.now
    private let processor = Atomic(Int64(0))
    // The thread's own.
    private var clients: [UInt32: LoadClient] = [:]

    /// `localAddress` is the one that clients bind their sockets to. Starts the thread.
    public init(localAddress: String = "127.0.0.1") throws(LiveError) {
        guard let address = TransportAddress(localAddress, port: 0) else {
            throw LiveError(400, "\(localAddress) is no IP address")
        }
        self.address = address
        do {
            identity = try Identity()
        } catch {
            throw LiveError(500, "\(error)")
        }
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = tessera_eventfd()
        _ = tessera_epoll_add(epoll, wake, LoadCrowd.wakeToken)
        let thread = Thread { [self] in
            run()
            done.signal()
        }
        thread.name = "load"
        thread.stackSize = 4 << 20
        thread.start()
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wake)
    }

    /// An address of this machine other than loopback, to reach others from; IPv4 where there is one.
    public static var outwardAddress: String? {
        let addresses = LocalAddresses.all(port: 0).filter { !$0.isLoopback }
        return (addresses.first { $0.family == .ipv4 } ?? addresses.first)?.host
    }

    /// Offers, lets `answer` get the answer for the offer, and connects; returns once that is under way.
    public func join(
        _ options: LoadOptions, answer: (_ offer: String) throws -> String
    ) throws -> LoadClient {
        var generator = SystemRandomNumberGenerator()
        let socket: DatagramSocket
        do {
            socket = try DatagramSocket(bindingTo: address)
        } catch {
            throw LiveError(503, "no UDP socket: \(error.description)")
        }
        let local = address.with(port: socket.boundPort)
        let credentials = ICECredentials(using: &generator)
        let transport = LocalTransport(
            credentials: credentials, fingerprint: identity.fingerprint, candidates: [Candidate(host: local)])
        var capabilities = MediaCapabilities()
        capabilities.acceptsRedundantSound = false
        let offerer = Offerer(
            media: options.sections, capabilities: capabilities, local: transport, generator: &generator)
        let began = MonotonicClock.now
        let text = try answer(offerer.offer.text)
        let session = try offerer.accept(try SessionDescription(parsing: text))
        let now = MonotonicClock.now
        let peer = try Peer(
            .checking(addresses: [local], generator: SystemRandomNumberGenerator()), session: session,
            credentials: credentials, provider: identity, now: now)
        let number = nextNumber.add(1, ordering: .relaxed).oldValue
        let client = try LoadClient(
            options, number: number, crowd: self, socket: socket, local: local, peer: peer, began: began,
            answered: now)
        post { crowd in
            crowd.clients[number] = client
            _ = tessera_epoll_add(crowd.epoll, client.socket.descriptor, number)
        }
        return client
    }

    /// CPU time of the clients' thread, to within a tick: what is not the server's in a process that has both.
    public var processorTime: MediaTime { MediaTime(nanoseconds: processor.load(ordering: .relaxed)) }

    /// Says goodbye for all clients and ends the thread.
    public func stop() {
        guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        tessera_eventfd_wake(wake)
        done.wait()
    }

    func post(_ work: @escaping @Sendable (LoadCrowd) -> Void) {
        posted.withLock { $0.append(work) }
        tessera_eventfd_wake(wake)
    }

    /// The client is gone without a word.
    func forget(_ number: UInt32) {
        guard let client = clients.removeValue(forKey: number) else { return }
        tessera_epoll_remove(epoll, client.socket.descriptor)
    }

    func wallClock(at now: MediaTime) -> NTPTime { wallClockStart.advanced(by: now - monotonicStart) }

    private func run() {
        var tokens = [UInt32](repeating: 0, count: 64)
        var next = MonotonicClock.now
        while !isStopping.load(ordering: .acquiring) {
            let wait = max(0, min(5_000_000, (next - MonotonicClock.now).nanoseconds) + 500_000) / 1_000_000
            let count = tessera_epoll_wait(epoll, &tokens, 64, Int32(wait))
            for index in 0..<max(0, Int(count)) {
                if tokens[index] == LoadCrowd.wakeToken {
                    tessera_eventfd_drain(wake)
                } else {
                    clients[tokens[index]]?.read()
                }
            }
            let works = posted.withLock { posted in
                defer { posted.removeAll() }
                return posted
            }
            for work in works { work(self) }
            let now = MonotonicClock.now
            next = now + .milliseconds(5)
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            processor.store(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec), ordering: .relaxed)
            for client in clients.values {
                next = min(next, client.nextWork <= now ? client.work(now: now) : client.nextWork)
            }
        }
        let now = MonotonicClock.now
        for client in clients.values { client.close(now: now) }
        clients.removeAll()
    }
}
