import CWebSockets
import Foundation
import Glibc
import Synchronization
import Timing

/// Where and how HTTP is served.
public struct HTTPConfiguration: Sendable {
    /// An IP address of this machine; `0.0.0.0` for all.
    public var address = "127.0.0.1"
    /// 0 lets the system choose.
    public var port: UInt16 = 8080
    public var tls: TLSFiles?
    public var limits = AddressLimits.Settings()
    /// IP addresses of proxies whose X-Forwarded-For is believed: limits hit who is behind them.
    public var trustedProxies: Set<String> = []
    /// Seconds from a connection to the end of its first request, from a later request's headers to the end of its body,
    /// and from there to the end of the response.
    public var deadline = 10.0
    /// Seconds from a response to the end of the next request's headers.
    public var idle = 15.0
    public init() {}
}

/// Why the service cannot start.
public struct ServiceError: Error, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// An HTTP/1.1 server on libwebsockets, in a thread of its own. Handlers run on that thread and must be quick.
public final class HTTPServer: @unchecked Sendable {
    // Everything but `isStopping` and `ended` belongs to the server's thread once it runs.
    let configuration: HTTPConfiguration
    private let handler: @Sendable (HTTPRequest) -> HTTPResponse
    private var context: OpaquePointer?
    private var protocols: UnsafeMutablePointer<lws_protocols>
    /// Texts that libwebsockets keeps pointers to, such as the name of its host, until the context is destroyed.
    private var texts: [UnsafeMutablePointer<CChar>] = []
    private var limits: AddressLimits
    private let figures: HTTPFigures
    /// What is said on WebSockets; nil for none.
    let signalling: Signalling?
    private let isStopping = Atomic(false)
    private static let completionLimit = 100
    private let isReloading = Atomic(false)
    private var thread: pthread_t?
    /// The port that is listened on.
    public private(set) var port: UInt16 = 0

    /// Binds the port. Throws if that fails.
    public init(
        _ configuration: HTTPConfiguration, figures: HTTPFigures = HTTPFigures(),
        signalling: Signalling? = nil, handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(ServiceError) {
        self.configuration = configuration
        self.figures = figures
        self.signalling = signalling
        self.handler = handler
        limits = AddressLimits(configuration.limits)
        protocols = .allocate(capacity: 2)
        protocols.initialize(repeating: lws_protocols(), count: 2)
        protocols[0].name = UnsafePointer(strdup("http"))
        protocols[0].callback = { wsi, reason, _, data, length in
            guard let wsi, let context = lws_get_context(wsi), let user = lws_context_user(context) else { return 0 }
            let server = Unmanaged<HTTPServer>.fromOpaque(user).takeUnretainedValue()
            return server.handle(wsi, reason, data, length)
        }
        lws_set_log_level(0, nil)
        try open()
    }

    private func open() throws(ServiceError) {
        var info = lws_context_creation_info()
        info.options = tessera_lws_option_explicit_vhosts() | tessera_lws_option_fail_upon_bind()
        if !configuration.address.contains(":") { info.options |= tessera_lws_option_no_ipv6() }
        if configuration.tls != nil { info.options |= tessera_lws_option_tls() }
        info.user = Unmanaged.passUnretained(self).toOpaque()
        info.gid = -1
        info.uid = -1
        // A place for the headers of every connection there can be: they are given out one by one, so that those who
        // are slow would otherwise keep everybody else waiting.
        info.fd_limit_per_thread = UInt32(configuration.limits.allConnections + 64)
        info.max_http_header_data = 16_384
        info.max_http_header_pool = UInt16(clamping: configuration.limits.allConnections + 64)
        info.timeout_secs = UInt32(max(1, configuration.deadline.rounded(.up)))
        info.timeout_secs_ah_idle = info.timeout_secs
        info.keepalive_timeout = Int32(max(1, configuration.idle.rounded(.up)))
        guard let context = lws_create_context(&info) else { throw ServiceError("the HTTP server cannot start") }
        self.context = context
        signalling?.waker.bind(context)
        info.protocols = UnsafePointer(protocols)
        info.port = Int32(configuration.port)
        func keep(_ text: String) -> UnsafePointer<CChar> {
            let copy = strdup(text)!
            texts.append(copy)
            return UnsafePointer(copy)
        }
        info.iface = ["0.0.0.0", "::"].contains(configuration.address) ? nil : keep(configuration.address)
        info.vhost_name = keep("tessera")
        if let tls = configuration.tls {
            do throws(ServiceError) {
                try tls.check()
            } catch {
                throw closing(error.description)
            }
            info.ssl_cert_filepath = keep(tls.certificate)
            info.ssl_private_key_filepath = keep(tls.key)
            info.alpn = keep("http/1.1")
        }
        guard let vhost = lws_create_vhost(context, &info) else {
            throw closing(
                "cannot listen on \(configuration.address):\(configuration.port): is the port taken, or the address "
                    + "not of this machine?")
        }
        port = UInt16(truncatingIfNeeded: lws_get_vhost_listen_port(vhost))
        guard port > 0 else { throw closing("cannot listen on \(configuration.address):\(configuration.port)") }
    }

    private func closing(_ why: String) -> ServiceError {
        signalling?.waker.bind(nil)
        lws_context_destroy(context)
        context = nil
        return ServiceError(why)
    }

    public func start() {
        let unmanaged = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                tessera_name_thread("http")
                let server = Unmanaged<HTTPServer>.fromOpaque(argument!).takeRetainedValue()
                while !server.isStopping.load(ordering: .acquiring) {
                    if lws_service(server.context, 0) < 0 { break }
                    if server.isReloading.exchange(false, ordering: .acquiringAndReleasing) { server.reload() }
                    if let signalling = server.signalling, signalling.waker.take() { signalling.turn() }
                }
                return nil
            }, unmanaged.toOpaque())
        if failed != 0 {
            unmanaged.release()
        } else {
            self.thread = thread
        }
    }

    /// Takes the certificate from its files again, for connections from now on. Throws if they are no good; the old ones
    /// stay in use then.
    public func reloadCertificate() throws(ServiceError) {
        guard let tls = configuration.tls, let context else { return }
        try tls.check()
        isReloading.store(true, ordering: .releasing)
        lws_cancel_service(context)
    }

    private func reload() {
        guard let tls = configuration.tls else { return }
        _ = lws_tls_cert_updated(context, tls.certificate, tls.key, nil, 0, nil, 0)
    }

    /// Ends the thread and closes all connections.
    public func stop() {
        guard let context else { return }
        isStopping.store(true, ordering: .releasing)
        lws_cancel_service(context)
        if let thread { pthread_join(thread, nil) }
        signalling?.waker.bind(nil)
        lws_context_destroy(context)
        self.context = nil
    }

    deinit {
        if let context {
            signalling?.waker.bind(nil)
            lws_context_destroy(context)
        }
        free(UnsafeMutablePointer(mutating: protocols[0].name))
        protocols.deallocate()
        for text in texts { free(text) }
    }

    // MARK: - Events of a connection, on the server's thread

    private func handle(
        _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
            let address = HTTPConnection.address(of: lws_get_socket_fd(wsi))
            let isProxy = configuration.trustedProxies.contains(address)
            guard limits.open(address, isProxy: isProxy, now: MonotonicClock.now) else {
                figures.note { $0.refusedConnections += 1 }
                return -1
            }
            figures.note { $0.connections += 1 }
            let connection = HTTPConnection(address: address)
            lws_set_opaque_user_data(wsi, Unmanaged.passRetained(connection).toOpaque())
            setDeadline(wsi, configuration.deadline)
            return 0
        case LWS_CALLBACK_WSI_DESTROY:
            guard let user = lws_get_opaque_user_data(wsi) else { return 0 }
            lws_set_opaque_user_data(wsi, nil)
            let connection = Unmanaged<HTTPConnection>.fromOpaque(user).takeRetainedValue()
            close(connection)
            limits.close(connection.address)
            figures.note { $0.connections -= 1 }
            return 0
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
            let name = data.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
            return signalling != nil && name == "websocket" ? 0 : -1
        default: break
        }
        guard let user = lws_get_opaque_user_data(wsi) else { return 0 }
        let connection = Unmanaged<HTTPConnection>.fromOpaque(user).takeUnretainedValue()
        if let result = handleSocket(wsi, connection, reason, data, length) { return result }
        switch reason {
        case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return mayUpgrade(wsi, connection) ? 0 : -1
        case LWS_CALLBACK_HTTP:
            // The first request's deadline began with the connection.
            if connection.requests > 0 { setDeadline(wsi, configuration.deadline) }
            connection.requests += 1
            return begin(wsi, connection)
        case LWS_CALLBACK_HTTP_BODY:
            if let data, !connection.append(UnsafeRawBufferPointer(start: data, count: length)) { return -1 }
            return 0
        case LWS_CALLBACK_HTTP_BODY_COMPLETION:
            // libwebsockets 4.1 says this again while more lies behind a body, which is fine, but for ever, without coming
            // back to its loop, if the request before it came in the same piece: the connection has to end then, or the
            // thread never does anything else.
            connection.completions += 1
            guard connection.completions < HTTPServer.completionLimit else { return -1 }
            guard connection.isReading else { return 0 }
            connection.isReading = false
            return connection.refusal == nil ? finish(wsi, connection) : 0
        case LWS_CALLBACK_HTTP_WRITEABLE: return write(wsi, connection)
        case LWS_CALLBACK_TIMER: return expire(wsi, connection)
        default: return 0
        }
    }

    /// Whether one more request of an address is allowed now; the seconds to wait otherwise.
    func mayAsk(_ address: String, isJoin: Bool) -> Int? {
        let wait = limits.request(address, isJoin: isJoin, now: MonotonicClock.now)
        if wait != nil { figures.note { $0.limited += 1 } }
        return wait
    }

    private func setDeadline(_ wsi: OpaquePointer, _ seconds: Double) {
        lws_set_timer_usecs(wsi, Int64(seconds * 1_000_000))
    }

    /// The headers are there.
    private func begin(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        connection.reset()
        var head = connection.readHead(wsi)
        connection.findClient(behind: configuration.trustedProxies)
        if let seconds = mayAsk(connection.client, isJoin: connection.isPost) {
            head = .refused(
                Problem(429, "too many requests from one address", headers: [("Retry-After", String(seconds))]))
        }
        switch head {
        case .complete: return finish(wsi, connection)
        case .awaitsBody: return 0
        case .refused(let problem):
            connection.refusal = problem
            return finish(wsi, connection)
        case .closes(let problem):
            connection.refusal = problem
            connection.closesAfter = true
            return finish(wsi, connection)
        }
    }

    /// The request is complete, or will not be looked at any further.
    private func finish(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        if let refusal = connection.refusal {
            connection.response = Router.finished(refusal.response)
        } else if let request = connection.request() {
            connection.response = handler(request)
        } else {
            connection.response = Router.finished(Problem(400, "the request cannot be read").response)
        }
        if let status = connection.response?.status { figures.note { $0.responses[status, default: 0] += 1 } }
        setDeadline(wsi, configuration.deadline)
        lws_callback_on_writable(wsi)
        return 0
    }

    /// A deadline is over. Who was in the middle of a body is told.
    private func expire(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        figures.note { $0.expired += 1 }
        guard connection.isReading, connection.response == nil, connection.refusal == nil else { return -1 }
        connection.refusal = Problem(
            408, "the body did not come within \(Int(configuration.deadline.rounded(.up))) seconds")
        connection.closesAfter = true
        return finish(wsi, connection)
    }

    private func write(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        guard connection.response != nil else { return 0 }
        guard connection.write(wsi) else { return -1 }
        guard connection.response == nil else {
            // Each piece has to be taken in time, however many there are.
            setDeadline(wsi, configuration.deadline)
            lws_callback_on_writable(wsi)
            return 0
        }
        if connection.closesAfter { return -1 }
        setDeadline(wsi, configuration.idle)
        return lws_http_transaction_completed(wsi) != 0 ? -1 : 0
    }
}
