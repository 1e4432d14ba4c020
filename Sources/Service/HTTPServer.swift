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
    /// Paths of PEM files: the certificate with its chain, and its key.
    public var tls: (certificate: String, key: String)?
    public var limits = AddressLimits.Settings()
    /// Seconds from a connection, or the last response on it, to the end of a request's headers, and from there to the
    /// end of its body.
    public var deadline = 10
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
    private let configuration: HTTPConfiguration
    private let handler: @Sendable (HTTPRequest) -> HTTPResponse
    private var context: OpaquePointer?
    private var protocols: UnsafeMutablePointer<lws_protocols>
    private var limits: AddressLimits
    private let isStopping = Atomic(false)
    private var thread: pthread_t?
    /// The port that is listened on.
    public private(set) var port: UInt16 = 0

    /// Binds the port. Throws if that fails.
    public init(
        _ configuration: HTTPConfiguration, handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(ServiceError) {
        self.configuration = configuration
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
        info.fd_limit_per_thread = 4096
        info.max_http_header_data = 16_384
        info.max_http_header_pool = 1024
        info.timeout_secs = UInt32(configuration.deadline)
        info.timeout_secs_ah_idle = UInt32(configuration.deadline)
        info.keepalive_timeout = 60
        guard let context = lws_create_context(&info) else { throw ServiceError("the HTTP server cannot start") }
        self.context = context
        info.protocols = UnsafePointer(protocols)
        info.port = Int32(configuration.port)
        var texts: [UnsafeMutablePointer<CChar>] = []
        defer { texts.forEach { free($0) } }
        func keep(_ text: String) -> UnsafePointer<CChar> {
            let copy = strdup(text)!
            texts.append(copy)
            return UnsafePointer(copy)
        }
        info.iface = ["0.0.0.0", "::"].contains(configuration.address) ? nil : keep(configuration.address)
        info.vhost_name = keep("tessera")
        if let tls = configuration.tls {
            for path in [tls.certificate, tls.key] where access(path, R_OK) != 0 {
                throw closing("--tls: cannot read \(path)")
            }
            info.ssl_cert_filepath = keep(tls.certificate)
            info.ssl_private_key_filepath = keep(tls.key)
            info.alpn = keep("http/1.1")
        }
        guard let vhost = lws_create_vhost(context, &info) else {
            throw closing(
                "cannot listen on \(configuration.address):\(configuration.port): is the port taken"
                    + (configuration.tls == nil ? "?" : ", or the certificate not that of the key?"))
        }
        port = UInt16(truncatingIfNeeded: lws_get_vhost_listen_port(vhost))
        guard port > 0 else { throw closing("cannot listen on \(configuration.address):\(configuration.port)") }
    }

    private func closing(_ why: String) -> ServiceError {
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
                }
                return nil
            }, unmanaged.toOpaque())
        if failed != 0 {
            unmanaged.release()
        } else {
            self.thread = thread
        }
    }

    /// Ends the thread and closes all connections.
    public func stop() {
        guard let context else { return }
        isStopping.store(true, ordering: .releasing)
        lws_cancel_service(context)
        if let thread { pthread_join(thread, nil) }
        lws_context_destroy(context)
        self.context = nil
    }

    deinit {
        if let context { lws_context_destroy(context) }
        free(UnsafeMutablePointer(mutating: protocols[0].name))
        protocols.deallocate()
    }

    // MARK: - Events of a connection, on the server's thread

    private func handle(
        _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
            let address = HTTPConnection.address(of: lws_get_socket_fd(wsi))
            guard limits.open(address, now: MonotonicClock.now) else { return -1 }
            let connection = HTTPConnection(address: address)
            lws_set_opaque_user_data(wsi, Unmanaged.passRetained(connection).toOpaque())
            setDeadline(wsi)
            return 0
        case LWS_CALLBACK_WSI_DESTROY:
            guard let user = lws_get_opaque_user_data(wsi) else { return 0 }
            lws_set_opaque_user_data(wsi, nil)
            limits.close(Unmanaged<HTTPConnection>.fromOpaque(user).takeRetainedValue().address)
            return 0
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1
        case LWS_CALLBACK_TIMER: return -1
        default: break
        }
        guard let user = lws_get_opaque_user_data(wsi) else { return 0 }
        let connection = Unmanaged<HTTPConnection>.fromOpaque(user).takeUnretainedValue()
        switch reason {
        case LWS_CALLBACK_HTTP:
            setDeadline(wsi)
            return begin(wsi, connection)
        case LWS_CALLBACK_HTTP_BODY:
            if let data, !connection.append(UnsafeRawBufferPointer(start: data, count: length)) { return -1 }
            return 0
        case LWS_CALLBACK_HTTP_BODY_COMPLETION:
            guard connection.isReading else { return 0 }
            return finish(wsi, connection)
        case LWS_CALLBACK_HTTP_WRITEABLE: return write(wsi, connection)
        default: return 0
        }
    }

    private func setDeadline(_ wsi: OpaquePointer) {
        lws_set_timer_usecs(wsi, Int64(configuration.deadline) * 1_000_000)
    }

    /// The headers are there.
    private func begin(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        connection.reset()
        let isAllowed = limits.request(connection.address, now: MonotonicClock.now)
        switch connection.readHead(wsi) {
        case .complete:
            if !isAllowed {
                connection.refusal = Problem(429, "too many requests; slow down", headers: [("Retry-After", "1")])
            }
            return finish(wsi, connection)
        case .awaitsBody:
            if !isAllowed {
                connection.refusal = Problem(429, "too many requests; slow down", headers: [("Retry-After", "1")])
            }
            return 0
        case .closes(let problem):
            connection.refusal = problem
            connection.closesAfter = true
            return finish(wsi, connection)
        }
    }

    /// The request is complete.
    private func finish(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        connection.isReading = false
        if let refusal = connection.refusal {
            connection.response = refusal.response
        } else if let request = connection.request() {
            connection.response = handler(request)
        } else {
            connection.response = Problem(400, "the request cannot be read").response
        }
        setDeadline(wsi)
        lws_callback_on_writable(wsi)
        return 0
    }

    private func write(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Int32 {
        guard connection.response != nil else { return 0 }
        guard connection.write(wsi) else { return -1 }
        guard connection.response == nil else {
            lws_callback_on_writable(wsi)
            return 0
        }
        if connection.closesAfter { return -1 }
        // From now until the next request's headers are complete.
        lws_set_timer_usecs(wsi, Int64(configuration.deadline + 60) * 1_000_000)
        return lws_http_transaction_completed(wsi) != 0 ? -1 : 0
    }
}
