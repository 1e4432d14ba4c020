import CCurl

/// Sends one message after the other; connections are kept. Belongs to one thread.
final class WebhookClient {
    private let curl: UnsafeMutableRawPointer
    private static let isReady = tessera_curl_begin() == CURLE_OK
    /// Bytes of an answer that are received, and ignored.
    private static let answerLimit = 65_536

    init?() {
        guard WebhookClient.isReady, let curl = curl_easy_init() else { return nil }
        self.curl = curl
    }

    deinit { curl_easy_cleanup(curl) }

    /// Why it did not arrive, in words; nil if it did, which takes an answer of 200 to 299. Redirections are not followed:
    /// the configuration says where messages go, not whoever answers.
    func post(_ body: String, to url: String, timeout milliseconds: Int, headers: [String]) -> String? {
        var list: UnsafeMutablePointer<curl_slist>?
        // Without Expect, a large message would wait for leave.
        for header in headers + ["Expect:"] { list = curl_slist_append(list, header) }
        defer { curl_slist_free_all(list) }
        var left = WebhookClient.answerLimit
        let bytes = Array(body.utf8)
        let code = bytes.withUnsafeBytes { bytes in
            withUnsafeMutablePointer(to: &left) { left in
                let options = [
                    tessera_curl_set_text(curl, CURLOPT_URL, url),
                    tessera_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
                    tessera_curl_set_number(curl, CURLOPT_FOLLOWLOCATION, 0),
                    tessera_curl_set_number(curl, CURLOPT_NOSIGNAL, 1),
                    tessera_curl_set_number(curl, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 5000)),
                    tessera_curl_set_number(curl, CURLOPT_TIMEOUT_MS, milliseconds),
                    tessera_curl_set_text(curl, CURLOPT_USERAGENT, "tessera"),
                    tessera_curl_set_headers(curl, list),
                    tessera_curl_set_body(curl, bytes.baseAddress, bytes.count),
                    tessera_curl_set_answer_limit(curl, left),
                ]
                return options.first { $0 != CURLE_OK } ?? curl_easy_perform(curl)
            }
        }
        guard code == CURLE_OK else { return String(cString: curl_easy_strerror(code)) }
        let status = tessera_curl_status(curl)
        return (200...299).contains(status) ? nil : "it answers \(status)"
    }
}
