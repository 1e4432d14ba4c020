import CWebSockets
import Timing

/// The part of the server that turns connections into WebSockets.
extension HTTPServer {
    /// Seconds in which the first message has to come, and between looks at what is open.
    private static let hello = 10.0
    private static let round = 5.0
    /// Looks between two pings.
    private static let pingRounds = 4

    /// Whether a request for an upgrade is one that is granted.
    func mayUpgrade(_ wsi: OpaquePointer, _ connection: HTTPConnection) -> Bool {
        guard signalling != nil, case .complete = connection.readHead(wsi), let request = connection.request(),
            request.path == ["ws"]
        else { return false }
        connection.findClient(behind: configuration.trustedProxies)
        return mayAsk(connection.client, isJoin: false) == nil
    }

    /// Handles what happens on a connection that is, or becomes, a WebSocket; nil for what is none of its business.
    func handleSocket(
        _ wsi: OpaquePointer, _ connection: HTTPConnection, _ reason: lws_callback_reasons,
        _ data: UnsafeMutableRawPointer?, _ length: Int
    ) -> Int32? {
        guard let signalling else { return nil }
        if reason == LWS_CALLBACK_ESTABLISHED {
            guard let request = connection.request() else { return -1 }
            let address = connection.client
            let socket = WebSocket(wsi, request: request, address: address) { [unowned self] isJoin in
                mayAsk(address, isJoin: isJoin)
            }
            connection.socket = socket
            connection.rounds = 0
            lws_set_timer_usecs(wsi, Int64(HTTPServer.hello * 1_000_000))
            signalling.opened(socket)
            return 0
        }
        guard let socket = connection.socket else { return nil }
        switch reason {
        case LWS_CALLBACK_RECEIVE:
            switch socket.receive(UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)) {
            case .incomplete: return 0
            case .closes(let code, let why):
                socket.end(code, why)
                return -1
            case .message(let bytes):
                guard String(validating: bytes, as: UTF8.self) != nil else {
                    socket.end(.invalidText, "the message is not UTF-8")
                    return -1
                }
                signalling.received(bytes, on: socket)
                return 0
            }
        case LWS_CALLBACK_SERVER_WRITEABLE: return socket.write() ? 0 : -1
        case LWS_CALLBACK_RECEIVE_PONG:
            socket.pong()
            return 0
        case LWS_CALLBACK_TIMER: return look(wsi, connection, socket) ? 0 : -1
        case LWS_CALLBACK_CLOSED:
            close(connection)
            return 0
        default: return nil
        }
    }

    /// Looks after an open socket. False if it is to end.
    private func look(_ wsi: OpaquePointer, _ connection: HTTPConnection, _ socket: WebSocket) -> Bool {
        guard !socket.isClosing else { return false }
        guard let signalling, signalling.tick(socket) else {
            socket.end(.noHello, "no join, resume or watch came within \(Int(HTTPServer.hello)) seconds")
            return false
        }
        connection.rounds += 1
        if connection.rounds % HTTPServer.pingRounds == 0, !socket.ping() { return false }
        lws_set_timer_usecs(wsi, Int64(HTTPServer.round * 1_000_000))
        return true
    }

    func close(_ connection: HTTPConnection) {
        guard let socket = connection.socket else { return }
        connection.socket = nil
        signalling?.closed(socket)
    }
}
