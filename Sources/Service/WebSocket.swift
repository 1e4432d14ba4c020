import CWebSockets

/// One WebSocket (RFC 6455) with the messages that come and wait to go. Belongs to the server's thread.
final class WebSocket {
    /// Most bytes of a message that comes.
    static let messageLimit = 262_144
    /// Most bytes and messages that wait to go; who reads more slowly than that is sent away.
    static let queueLimit = (bytes: 1 << 20, messages: 2048)

    /// Why it is closed (RFC 6455, section 7.4.1; those from 4000 on are ours).
    enum CloseCode: UInt16 {
        case normal = 1000
        case goingAway = 1001
        case unsupportedData = 1003
        case invalidText = 1007
        case policy = 1008
        case tooBig = 1009
        case unauthorized = 4401
        case noHello = 4408
        case replaced = 4409
        case tooSlow = 4429
    }

    /// What asked for the upgrade.
    let request: HTTPRequest
    let address: String
    /// Whether one more request, or join, of this address is allowed now; the seconds to wait otherwise.
    let mayAsk: (_ isJoin: Bool) -> Int?
    /// What is said on it; nil before it is open and after it is closed.
    var conversation: Conversation?
    private let wsi: OpaquePointer
    private var incoming: [UInt8] = []
    private var outgoing: [[UInt8]] = []
    private var head = 0
    private var waiting = 0
    private var closing: (code: CloseCode, reason: String)?
    /// A ping has to go.
    private var wantsPing = false
    private var pingsUnanswered = 0
    private(set) var isClosing = false

    init(
        _ wsi: OpaquePointer, request: HTTPRequest, address: String, mayAsk: @escaping (_ isJoin: Bool) -> Int?
    ) {
        self.wsi = wsi
        self.request = request
        self.address = address
        self.mayAsk = mayAsk
    }

    /// Messages go in the order of these calls.
    func send(_ text: String) {
        guard !isClosing else { return }
        let bytes = Array(text.utf8)
        guard waiting + bytes.count <= WebSocket.queueLimit.bytes,
            outgoing.count - head < WebSocket.queueLimit.messages
        else {
            outgoing = []
            head = 0
            waiting = 0
            return close(.tooSlow, "events were not read in time")
        }
        outgoing.append(bytes)
        waiting += bytes.count
        lws_callback_on_writable(wsi)
    }

    /// Closes once what waits has gone, or after five seconds.
    func close(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        isClosing = true
        closing = (code, reason)
        lws_set_timer_usecs(wsi, 5_000_000)
        lws_callback_on_writable(wsi)
    }

    /// To be called regularly: asks whether the peer is there. False if it has not answered twice.
    func ping() -> Bool {
        guard pingsUnanswered < 2 else { return false }
        pingsUnanswered += 1
        wantsPing = true
        lws_callback_on_writable(wsi)
        return true
    }

    func pong() { pingsUnanswered = 0 }

    /// What a piece of a message comes to.
    enum Received {
        case incomplete
        case message([UInt8])
        case closes(CloseCode, String)
    }

    func receive(_ piece: UnsafeRawBufferPointer) -> Received {
        // Who says something is there.
        pingsUnanswered = 0
        if isClosing { return .incomplete }
        if lws_frame_is_binary(wsi) != 0 { return .closes(.unsupportedData, "messages are text") }
        guard incoming.count + piece.count <= WebSocket.messageLimit else {
            return .closes(.tooBig, "a message has at most \(WebSocket.messageLimit) bytes")
        }
        incoming += piece
        guard lws_is_final_fragment(wsi) != 0, lws_remaining_packet_payload(wsi) == 0 else { return .incomplete }
        defer { incoming = [] }
        return .message(incoming)
    }

    /// Writes what is next. False if the connection is to end.
    func write() -> Bool {
        let prefix = Int(tessera_lws_pre())
        func put(_ bytes: [UInt8], _ kind: lws_write_protocol) -> Bool {
            var buffer = [UInt8](repeating: 0, count: prefix) + bytes
            return buffer.withUnsafeMutableBufferPointer {
                lws_write(wsi, $0.baseAddress! + prefix, bytes.count, kind) >= 0
            }
        }
        if wantsPing, !isClosing {
            wantsPing = false
            // Not empty: libwebsockets does not tell of a pong without payload.
            guard put([UInt8(ascii: "?")], LWS_WRITE_PING) else { return false }
        } else if head < outgoing.count {
            let bytes = outgoing[head]
            outgoing[head] = []
            head += 1
            waiting -= bytes.count
            if head == outgoing.count {
                outgoing.removeAll(keepingCapacity: true)
                head = 0
            }
            guard put(bytes, LWS_WRITE_TEXT) else { return false }
        } else if let closing {
            end(closing.code, closing.reason)
            return false
        }
        if wantsPing || head < outgoing.count || closing != nil { lws_callback_on_writable(wsi) }
        return true
    }

    /// Says why; the callback that this is called from must end the connection.
    func end(_ code: CloseCode, _ reason: String) {
        var bytes = Array(reason.utf8.prefix(120))
        lws_close_reason(wsi, lws_close_status(rawValue: UInt32(code.rawValue)), &bytes, bytes.count)
    }
}
