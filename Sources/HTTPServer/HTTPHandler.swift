package import NIOCore

/// What answers requests.
package protocol HTTPHandler: Sendable {
    /// Looks at a request whose head has come, and gives its answer or what will make it.
    ///
    /// Called once for each request, on the connection's event loop: it must never block, and work longer than some
    /// tens of microseconds belongs elsewhere. Of the body there is what came with the head, see `RequestBody.whole`.
    func answer(_ request: HTTPRequest) -> HTTPAnswer

    /// Is told of what the engine has answered without asking this handler.
    ///
    /// Called once for each such answer, on the connection's event loop: microseconds at most.
    func refused(_ refusal: HTTPRefusal)
}

extension HTTPHandler {
    package func refused(_ refusal: HTTPRefusal) {}
}

/// A request that the engine has answered by itself, and what it knows of it.
package struct HTTPRefusal: Sendable {
    package let fault: HTTPFault
    package let status: Int
    /// Bytes of the answer's body.
    package let bytesSent: Int
    /// In upper case; `nil` unless a request line has come.
    package let method: String?
    /// As in ``RequestHead/target``; `nil` unless a request line has come.
    package let target: String?
    package let connection: ConnectionInfo

    package init(
        fault: HTTPFault, status: Int, bytesSent: Int, method: String? = nil, target: String? = nil,
        connection: ConnectionInfo
    ) {
        self.fault = fault
        self.status = status
        self.bytesSent = bytesSent
        self.method = method
        self.target = target
        self.connection = connection
    }
}

package enum HTTPAnswer: Sendable {
    /// A whole response, for which no task, stream or continuation is made.
    case now(HTTPResponse)
    /// What gives the response.
    ///
    /// It is one task that prefers the connection's event loop as its executor: whatever takes longer than some tens of
    /// microseconds of CPU or blocks belongs elsewhere. The request ends when this returns: a response not begun becomes
    /// a 500, one begun and not finished aborts the connection. The task is cancelled when the client goes away.
    case later(@Sendable (ResponseWriter) async -> Void)
}

/// What answers every request in a task.
package protocol AsyncHTTPHandler: HTTPHandler {
    /// Answers `request` through `response`; see ``HTTPAnswer/later(_:)``.
    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async
}

extension AsyncHTTPHandler {
    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        .later { await handle(request, $0) }
    }
}

/// A whole response.
package struct HTTPResponse: Sendable {
    /// Its `contentLength` counts only in answers to HEAD and with 304, whose bodies are not sent.
    package var head: ResponseHead
    package var body: ByteBuffer?

    package init(_ head: ResponseHead, body: ByteBuffer? = nil) {
        self.head = head
        self.body = body
    }

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.init(
            ResponseHead(status: status, headers: headers, contentLength: nil),
            body: body.isEmpty ? nil : ByteBuffer(bytes: body))
    }
}
