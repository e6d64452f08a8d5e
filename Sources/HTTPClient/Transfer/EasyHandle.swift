import CCurl
import Glibc

/// One of libcurl's handles: used for one request at a time, again and again.
///
/// What all requests have in common is set once.
final class EasyHandle {
    let curl: UnsafeMutableRawPointer
    /// Holds bytes that the handle points to.
    let settings: TransferSettings
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []

    /// The request's body, which libcurl reads from where it lies.
    private var body: ClientSecret?
    /// Of the last request's URL: what decides about proxies.
    private var origin = ""
    private var received: [UInt8] = []
    private var limit = 0
    private var sink: (any ResponseSink)?
    private var silence: SilenceLimit?
    /// How often the request was sent.
    private var sendCount = 0

    init(_ settings: TransferSettings) throws(HTTPClientError) {
        guard Self.isLibraryReady, let curl = curl_easy_init() else { throw .other("libcurl does not start") }
        self.curl = curl
        self.settings = settings
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_write(curl, receiveBody, context)
        ccurl_set_request(curl, beginRequest, context)
        ccurl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorText)
        configureConnection(settings.configuration)
        configureTLS()
    }

    deinit {
        curl_easy_cleanup(curl)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// Before any thread uses libcurl.
    ///
    /// What libcurl gives back to the heap is overwritten: requests and answers have passed through it.
    static let isLibraryReady = ccurl_start_with_wiped_heap() == CURLE_OK

    private func configureConnection(_ configuration: HTTPClientConfiguration) {
        ccurl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(curl, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(curl, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_long(curl, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
        ccurl_set_long(curl, CURLOPT_MAXAGE_CONN, configuration.idleConnectionAge.milliseconds / 1000)
        ccurl_set_long(curl, CURLOPT_MAXLIFETIME_CONN, configuration.connectionAge.milliseconds / 1000)
        ccurl_set_text(curl, CURLOPT_USERAGENT, configuration.userAgent)
        if let path = configuration.unixSocket { ccurl_set_text(curl, CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    private func configureTLS() {
        ccurl_set_long(curl, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        ccurl_wipe_received_records(curl)
        ccurl_set_long(curl, CURLOPT_SSL_VERIFYPEER, settings.configuration.verifiesServer ? 1 : 0)
        ccurl_set_long(curl, CURLOPT_SSL_VERIFYHOST, settings.configuration.verifiesServer ? 2 : 0)
        ccurl_set_text(curl, CURLOPT_CAPATH, settings.caDirectory)
        ccurl_set_text(curl, CURLOPT_CAINFO, settings.caFile)
        if let trusted = settings.trusted { setBytes(CURLOPT_CAINFO_BLOB, trusted) }
        if let certificate = settings.certificate { setBytes(CURLOPT_SSLCERT_BLOB, certificate) }
        if let key = settings.key {
            setBytes(CURLOPT_SSLKEY_BLOB, key)
            // Always, even if empty: without it OpenSSL asks at the terminal for the password of an encrypted key.
            ccurl_set_pointer(curl, CURLOPT_KEYPASSWD, settings.password.bytes.baseAddress)
        }
    }

    private func setBytes(_ option: CURLoption, _ bytes: ClientSecret) {
        ccurl_set_bytes(curl, option, bytes.bytes.baseAddress, bytes.bytes.count)
    }
}

// MARK: - A request

/// Takes a response while it comes in, on the thread of its transfer.
protocol ResponseSink: AnyObject, Sendable {
    /// Asked every now and then; ends the transfer.
    var isCancelled: Bool { get }
    func begin(status: Int)
    /// False ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}

extension EasyHandle {
    /// Makes ready for a request, which libcurl then performs; ``response(to:_:)`` has the answer, ``end()`` comes last.
    func begin(_ request: HTTPClientRequest, within timeout: Duration) throws(HTTPClientError) {
        received.reserveCapacity(1024)
        limit = request.maxResponseBytes
        sendCount = 0
        ccurl_set_text(curl, CURLOPT_URL, request.url)
        if !request.url.utf8.starts(with: origin.utf8) || origin.isEmpty {
            origin = Proxies.origin(of: request.url)
            let usesProxy = settings.configuration.usesProxies && Proxies.areUsed(for: origin)
            ccurl_set_text(curl, CURLOPT_PROXY, usesProxy ? nil : "")
        }
        try prepare(request, timeout)
    }

    /// The answer to a request that libcurl has done with `code`.
    func response(to request: HTTPClientRequest, _ code: CURLcode) throws(HTTPClientError) -> HTTPClientResponse {
        do throws(HTTPClientError) { try check(code) } catch {
            // A kept connection took the request and ended, and there was no new one: the server may have had it.
            if sendCount > 0, error.isNoConnection {
                throw .connectionLost("\(error), after the request had been sent")
            }
            throw error
        }
        return HTTPClientResponse(
            status: status, headers: wanted(request), wasSentAgain: sendCount > 1, body: takeReceived())
    }

    /// Whether the answer leads elsewhere on the same server and is to be followed; the handle is ready for that then,
    /// with what is left of the request's time.
    func followsRedirection(of request: HTTPClientRequest, _ code: CURLcode, within timeout: Duration) -> Bool {
        guard code == CURLE_OK, request.redirects == .sameOrigin, let target = sameOriginTarget(of: request) else {
            return false
        }
        wipe(&received)
        received.removeAll(keepingCapacity: true)
        sendCount = 0
        ccurl_set_text(curl, CURLOPT_URL, target)
        ccurl_set_long(curl, CURLOPT_TIMEOUT_MS, max(1, timeout.milliseconds))
        return true
    }

    /// Lets go of what belongs to the request.
    func end() {
        body = nil
        wipe(&received)
        received = []
    }

    /// The bytes themselves, not a copy, so that who takes them can wipe them.
    private func takeReceived() -> [UInt8] {
        defer { received = [] }
        return received
    }

    /// Performs the request on this thread and hands the answer to `sink` as it comes in.
    ///
    /// Once the connection stands there is no deadline but that of the request's `longestSilence`.
    func stream(_ request: HTTPClientRequest, to sink: some ResponseSink) throws(HTTPClientError) {
        self.sink = sink
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_head(curl, receiveHead, context)
        ccurl_set_progress(curl, watchCancellation, context)
        try begin(request, within: .zero)
        defer { end() }
        silence = request.longestSilence.map { SilenceLimit(head: request.timeout, pieces: $0) }
        let code = curl_easy_perform(curl)
        if silence?.isExceeded == true { throw .timedOut(.response) }
        try check(code)
    }

    private var status: Int {
        var status = 0
        ccurl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private func prepare(_ request: HTTPClientRequest, _ timeout: Duration) throws(HTTPClientError) {
        errorText[0] = 0
        ccurl_set_long(curl, CURLOPT_TIMEOUT_MS, timeout == .zero ? 0 : max(1, timeout.milliseconds))
        ccurl_set_long(curl, CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        // An earlier request's body must not be looked at again. It makes a POST of this one, so the method comes after it.
        ccurl_set_pointer(curl, CURLOPT_POSTFIELDS, nil)
        switch request.method {
        case .get, .delete: ccurl_set_long(curl, CURLOPT_HTTPGET, 1)
        case .head: ccurl_set_long(curl, CURLOPT_NOBODY, 1)
        case .post, .put:
            ccurl_set_long(curl, CURLOPT_POST, 1)
            ccurl_set_long(curl, CURLOPT_POSTFIELDSIZE, request.body.count)
        }
        switch request.method {
        case .get, .head, .post: ccurl_set_text(curl, CURLOPT_CUSTOMREQUEST, nil)
        case .put, .delete: ccurl_set_text(curl, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if request.method.hasBody { setBody(request.body) }
        try setHeaders(request.headers)
    }

    private func setBody(_ bytes: [UInt8]) {
        let body = ClientSecret(bytes)
        self.body = body
        // An empty body, too, needs an address: without one libcurl reads the standard input. The option itself, even set to
        // nothing, makes a POST of the request.
        ccurl_set_pointer(curl, CURLOPT_POSTFIELDS, body.bytes.baseAddress ?? UnsafeRawPointer(errorText))
    }

    private func setHeaders(_ headers: [(name: String, value: String)]) throws(HTTPClientError) {
        if headerList != nil, headers.elementsEqual(self.headers, by: ==) { return }
        ccurl_set_pointer(curl, CURLOPT_HTTPHEADER, nil)
        curl_slist_free_all(headerList)
        headerList = nil
        self.headers = headers
        var lines = headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        guard !lines.contains(where: { $0.utf8.contains { $0 < 0x20 } }) else {
            self.headers = []
            throw .invalidRequest("a header with control characters")
        }
        // What libcurl would add of its own accord to a body.
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        lines.append("Expect:")
        for line in lines {
            guard let longer = curl_slist_append(headerList, line) else { throw .other("out of memory") }
            headerList = longer
        }
        ccurl_set_pointer(curl, CURLOPT_HTTPHEADER, headerList)
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code != CURLE_OK else { return }
        wipe(&received)
        var systemError = 0
        ccurl_get_long(curl, CURLINFO_OS_ERRNO, &systemError)
        let text = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        throw HTTPClientError(code, text: text, systemError: Int32(systemError), limit: limit)
    }

    /// Where a redirection leads, when that is the same server; credentials must not go anywhere else.
    private func sameOriginTarget(of request: HTTPClientRequest) -> String? {
        var target: UnsafePointer<CChar>?
        ccurl_get_text(curl, CURLINFO_REDIRECT_URL, &target)
        guard request.method == .get || request.method == .head, let target else { return nil }
        let url = String(cString: target)
        return url.hasPrefix(origin) ? url : nil
    }

    private func wanted(_ request: HTTPClientRequest) -> [String: String] {
        var found: [String: String] = [:]
        for name in request.wantedHeaders {
            if let value = ccurl_header(curl, name) { found[name] = String(cString: value) }
        }
        guard let prefix = request.wantedHeaderPrefix else { return found }
        var header = ccurl_next_header(curl, nil)
        while let present = header {
            let name = String(cString: present.pointee.name).lowercased()
            if name.hasPrefix(prefix) { found[name] = String(cString: present.pointee.value) }
            header = ccurl_next_header(curl, present)
        }
        return found
    }
}

/// For how long the server of a stream may say nothing.
struct SilenceLimit {
    private let pieces: Duration
    private var end: ContinuousClock.Instant

    init(head: Duration, pieces: Duration) {
        self.pieces = pieces
        end = .now + head
    }

    var isExceeded: Bool { .now > end }

    /// A piece has been taken.
    mutating func hear() { end = .now + pieces }
}

extension HTTPClientMethod {
    fileprivate var hasBody: Bool { self == .post || self == .put }
}

extension Duration {
    var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}

// MARK: - What libcurl calls

extension EasyHandle {
    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let sink {
            defer { silence?.hear() }
            return sink.receive(bytes)
        }
        guard received.count + bytes.count <= limit else { return false }
        makeRoom(for: bytes.count)
        received.append(contentsOf: bytes)
        return true
    }

    /// As an array grows by itself, but nothing of the answer stays where it was.
    private func makeRoom(for count: Int) {
        let needed = received.count + count
        guard needed > received.capacity else { return }
        var larger: [UInt8] = []
        larger.reserveCapacity(max(needed, min(2 * received.capacity, limit)))
        larger.append(contentsOf: received)
        wipe(&received)
        received = larger
    }

    fileprivate func headLine(_ line: UnsafeRawBufferPointer) {
        guard line.count <= 2 else { return }
        if status >= 200 { silence?.hear() }
        sink?.begin(status: status)
    }

    fileprivate func countRequest() { sendCount += 1 }

    /// Whether the transfer is to end.
    fileprivate var isToEnd: Bool { sink?.isCancelled == true || silence?.isExceeded == true }

    fileprivate static func of(_ context: UnsafeMutableRawPointer) -> EasyHandle {
        Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }
}

private let receiveBody: ccurl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    let taken = EasyHandle.of(context).append(UnsafeRawBufferPointer(start: bytes, count: size * count))
    // libcurl's buffer, which is not looked at again and would keep this until the handle's next answer.
    if let bytes { explicit_bzero(bytes, size * count) }
    return taken ? size * count : 0
}

private let beginRequest: ccurl_request_callback = { context, _, _, _, _ in
    if let context { EasyHandle.of(context).countRequest() }
    return CURL_PREREQFUNC_OK
}

private let receiveHead: ccurl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    EasyHandle.of(context).headLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private let watchCancellation: ccurl_progress_callback = { context, _, _, _, _ in
    guard let context else { return 0 }
    return EasyHandle.of(context).isToEnd ? 1 : 0
}
