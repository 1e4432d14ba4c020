import CLinux
import Foundation
import Glibc
import Media
import RTP
import Synchronization
import Timing
import WebRTC

/// The thread that all datagrams pass: it owns the sockets and the peers. Others hand it work with ``post(_:)``.
final class NetworkThread: @unchecked Sendable {
    private static let wakeToken = UInt32.max
    /// Tokens of listeners and of connections begin here; below are sockets.
    private static let listenerTokens: UInt32 = 1 << 16
    private static let connectionTokens: UInt32 = 1 << 17
    /// How often timers are looked at.
    private static let timerInterval = MediaTime.milliseconds(5)

    /// Of each bound socket.
    let addresses: [TransportAddress]
    /// Of each bound TCP socket, for peers without UDP: the same, unless somebody else has the port.
    let streamAddresses: [TransportAddress]
    private let sockets: [DatagramSocket]
    private let listeners: [StreamListener]
    private let socketOf: [TransportAddress: Int]
    private let epoll: Int32
    private let wake: Int32
    private let wallClockStart: NTPTime
    private let monotonicStart: MediaTime

    private let posted = Mutex<[@Sendable (NetworkThread) -> Void]>([])
    private let isStopping = Atomic(false)
    private let done = DispatchSemaphore(value: 0)

    // The thread's own from here on.
    private var directory = PeerDirectory<Int>()
    private var sessions: [Int: PeerSession] = [:]
    private var nextTimers = MediaTime.zero
    private var ended: [PeerSession] = []
    private var streams: StreamTable
    private let streamBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
    private var duePlaces: [Int] = []
    /// While there are no descriptors left, nobody is accepted.
    private var acceptsAgain: MediaTime?
    /// Told of sessions that have ended, on this thread.
    var onEnd: (PeerSession) -> Void = { _ in }
    private(set) var unknownDatagrams = 0

    /// Binds a socket to each of this machine's addresses; at least one must work.
    init(port: UInt16, streamLimits: StreamLimits = StreamLimits()) throws(LiveError) {
        var sockets: [DatagramSocket] = []
        var failure: SystemError?
        var port = port
        for address in LocalAddresses.all(port: port) {
            do throws(SystemError) {
                let socket = try DatagramSocket(bindingTo: address.with(port: port))
                sockets.append(socket)
                if port == 0 { port = socket.boundPort }
            } catch {
                failure = error
            }
        }
        guard !sockets.isEmpty else {
            throw LiveError(
                503, "UDP port \(port) cannot be bound (\(failure?.description ?? "no address")); try --media-port")
        }
        self.sockets = sockets
        addresses = sockets.map { $0.address.with(port: port) }
        socketOf = Dictionary(uniqueKeysWithValues: addresses.enumerated().map { ($1, $0) })
        var listeners: [StreamListener] = []
        for address in addresses {
            if let listener = try? StreamListener(bindingTo: address) { listeners.append(listener) }
        }
        self.listeners = listeners
        streamAddresses = listeners.map(\.address)
        streams = StreamTable(limits: streamLimits)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = tessera_eventfd()
        for (index, socket) in sockets.enumerated() { _ = tessera_epoll_add(epoll, socket.descriptor, UInt32(index)) }
        for (index, listener) in listeners.enumerated() {
            _ = tessera_epoll_add(epoll, listener.descriptor, NetworkThread.listenerTokens + UInt32(index))
        }
        _ = tessera_epoll_add(epoll, wake, NetworkThread.wakeToken)
        wallClockStart = NTPTime(unix: MediaTime(seconds: Date().timeIntervalSince1970))
        monotonicStart = MonotonicClock.now
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wake)
        streamBuffer.deallocate()
    }

    func start() {
        let thread = Thread { [self] in
            run()
            done.signal()
        }
        thread.name = "network"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        tessera_eventfd_wake(wake)
        done.wait()
    }

    /// Runs `work` on the network thread, soon.
    func post(_ work: @escaping @Sendable (NetworkThread) -> Void) {
        let wasEmpty = posted.withLock { posted in
            posted.append(work)
            return posted.count == 1
        }
        if wasEmpty { tessera_eventfd_wake(wake) }
    }

    /// Runs `work` on the network thread and waits for what it gives.
    func ask<Value: Sendable>(_ work: @escaping @Sendable (NetworkThread) -> Value) -> Value {
        let result = Mutex<Value?>(nil)
        let ready = DispatchSemaphore(value: 0)
        let box = ResultBox(result: result)
        post { network in
            let value = work(network)
            box.result.withLock { $0 = value }
            ready.signal()
        }
        ready.wait()
        guard let value = box.result.withLock({ $0 }) else { preconditionFailure("work gave nothing") }
        return value
    }

    private final class ResultBox<Value: Sendable>: Sendable {
        let result: Mutex<Value?>
        init(result: consuming Mutex<Value?>) { self.result = result }
    }

    /// The wall clock as it was at the start and has gone on since: it never jumps.
    func wallClock(at now: MediaTime) -> NTPTime { wallClockStart.advanced(by: now - monotonicStart) }

    // MARK: - On the thread

    private func run() {
        var tokens = [UInt32](repeating: 0, count: 64)
        while !isStopping.load(ordering: .acquiring) {
            let count = tessera_epoll_wait(epoll, &tokens, 64, 5)
            for index in 0..<max(0, Int(count)) { follow(tokens[index]) }
            for work in posted.withLock({ posted in
                defer { posted.removeAll(keepingCapacity: true) }
                return posted
            }) {
                work(self)
            }
            let now = MonotonicClock.now
            if now >= nextTimers {
                nextTimers = now + NetworkThread.timerInterval
                for session in sessions.values {
                    session.housekeep(now: now, network: self)
                    settle(session, now: now)
                }
                for session in ended { remove(session) }
                ended.removeAll()
                tidyStreams(now: now)
            }
            flush()
        }
        let now = MonotonicClock.now
        for session in sessions.values {
            session.peer.close(now: now)
            settle(session, now: now)
        }
        flush()
        sessions.removeAll()
    }

    private func follow(_ token: UInt32) {
        switch token {
        case NetworkThread.wakeToken: tessera_eventfd_drain(wake)
        case NetworkThread.connectionTokens...: read(place: Int(token - NetworkThread.connectionTokens))
        case NetworkThread.listenerTokens...: accept(listeners[Int(token - NetworkThread.listenerTokens)])
        default: read(sockets[Int(token)])
        }
    }

    private func flush() {
        for socket in sockets { socket.flush() }
        guard streams.count > 0 else { return }
        streams.forEach { connection in
            guard connection.queued > 0, !connection.isBlocked else { return }
            connection.flush()
            if connection.isBlocked { setWriting(true, of: connection) }
        }
    }

    // MARK: TCP

    private func setWriting(_ isWriting: Bool, of connection: StreamConnection) {
        guard let place = streams.place(of: connection.path) else { return }
        let token = NetworkThread.connectionTokens + UInt32(place)
        _ = tessera_epoll_set_writing(epoll, connection.descriptor, token, isWriting ? 1 : 0)
    }

    private func accept(_ listener: StreamListener) {
        let now = MonotonicClock.now
        // A few at a time, so that a flood of them does not hold up media.
        for _ in 0..<16 {
            switch listener.accept() {
            case .none: return
            case .exhausted:
                for listener in listeners { tessera_epoll_remove(epoll, listener.descriptor) }
                acceptsAgain = now + .milliseconds(100)
                return
            case .connection(let connection):
                guard let place = streams.add(connection, now: now) else { continue }
                let token = NetworkThread.connectionTokens + UInt32(place)
                _ = tessera_epoll_add(epoll, connection.descriptor, token)
            }
        }
    }

    private func read(place: Int) {
        guard let connection = streams[place] else { return }
        if connection.isBlocked {
            connection.unblock()
            setWriting(false, of: connection)
        }
        let now = MonotonicClock.now
        connection.receive(into: streamBuffer) { datagram in
            take(&datagram, over: connection.path, now: now)
            guard connection.owner == nil else { return }
            connection.strangerDatagrams += 1
            if connection.strangerDatagrams >= streams.limits.strangerDatagrams { connection.isBroken = true }
        }
        if connection.isBroken { close(place: place, now: now) }
    }

    private func tidyStreams(now: MediaTime) {
        if let time = acceptsAgain, now >= time {
            acceptsAgain = nil
            for (index, listener) in listeners.enumerated() {
                _ = tessera_epoll_add(epoll, listener.descriptor, NetworkThread.listenerTokens + UInt32(index))
            }
        }
        guard streams.count > 0 else { return }
        streams.due(now: now, into: &duePlaces)
        for place in duePlaces { close(place: place, now: now) }
    }

    private func close(place: Int, now: MediaTime) {
        guard let connection = streams[place] else { return }
        tessera_epoll_remove(epoll, connection.descriptor)
        streams.remove(place)
        guard let owner = connection.owner, let session = sessions[owner] else { return }
        session.peer.pathClosed(connection.path, now: now)
        settle(session, now: now)
    }

    // MARK: Datagrams

    private func read(_ socket: DatagramSocket) {
        let local = addresses[socketOf[socket.address.with(port: addresses[0].port)] ?? 0]
        // A few batches, so that a flood on one socket does not starve the rest.
        for _ in 0..<4 {
            let now = MonotonicClock.now
            let count = socket.receive { datagram, sender in
                take(&datagram, over: NetworkPath(local: local, remote: sender), now: now)
            }
            if count < DatagramSocket.batchSize { return }
        }
    }

    private func take(_ datagram: inout MutableSpan<UInt8>, over path: NetworkPath, now: MediaTime) {
        switch directory.destination(of: datagram.span, over: path) {
        case .peer(let number):
            guard let session = sessions[number] else { return }
            session.receive(&datagram, over: path, now: now, network: self)
            settle(session, now: now)
        case .unknownUser, .unknownPath, .unknownProtocol: unknownDatagrams += 1
        }
    }

    /// Sends what the peer wants to send, and follows what happened to it.
    private func settle(_ session: PeerSession, now: MediaTime) {
        while let datagram = session.peer.nextDatagram() {
            send(over: datagram.path) { bytes in
                for (index, byte) in datagram.bytes.enumerated() { bytes[index] = byte }
                return datagram.bytes.count
            }
        }
        while let event = session.peer.nextEvent() {
            switch event {
            case .pathAuthenticated(let path):
                if directory.add(path: path, for: session.number), path.transport == .tcp {
                    streams.setOwner(session.number, of: path)
                }
            case .pathRetired(let path):
                directory.remove(path: path, of: session.number)
                breakStream(path, of: session.number)
            case .pathSelected, .applicationData: break
            case .connected:
                session.room.connected(session.participant, now: now)
                session.follow(now: now)
            case .silent: session.room.lost(session.participant, now: now)
            case .heardAgain: session.room.heardAgain(session.participant, now: now)
            case .ended: ended.append(session)
            }
        }
    }

    /// Lets `write` put a datagram together, to be sent over `path` with the next batch.
    func send(over path: NetworkPath, _ write: (inout MutableSpan<UInt8>) -> Int?) {
        switch path.transport {
        case .udp:
            guard let index = socketOf[path.local] else { return }
            sockets[index].send(to: path.remote, write)
        case .tcp:
            guard let place = streams.place(of: path) else { return }
            streams[place]?.send(write)
        }
    }

    /// Has a connection closed with the next look at the timers, when what was written last has gone out.
    private func breakStream(_ path: NetworkPath, of number: Int) {
        guard path.transport == .tcp, let place = streams.place(of: path), let connection = streams[place],
            connection.owner == number
        else { return }
        connection.flush()
        connection.isBroken = true
    }

    func add(_ session: PeerSession) {
        guard directory.add(usernameFragment: session.credentials.usernameFragment, for: session.number) else { return }
        sessions[session.number] = session
    }

    /// Says goodbye to a peer; it is gone with the next look at the timers.
    func close(_ number: Int) {
        guard let session = sessions[number] else { return }
        let now = MonotonicClock.now
        session.peer.close(now: now)
        settle(session, now: now)
    }

    private func remove(_ session: PeerSession) {
        guard sessions.removeValue(forKey: session.number) != nil else { return }
        directory.remove(session.number)
        session.stopWatching()
        streams.forEach { if $0.owner == session.number { breakStream($0.path, of: session.number) } }
        onEnd(session)
    }

    func session(_ number: Int) -> PeerSession? { sessions[number] }
    var allSessions: [PeerSession] { Array(sessions.values) }

    /// ICE restarts: the peer answers to new credentials from now on.
    func restart(_ session: PeerSession, credentials: ICECredentials, remote: ICECredentials) {
        directory.remove(usernameFragment: session.credentials.usernameFragment)
        session.credentials = credentials
        _ = directory.add(usernameFragment: credentials.usernameFragment, for: session.number)
        session.peer.restartICE(credentials: credentials, remote: remote, now: MonotonicClock.now)
    }
}
