package import NIOCore

/// What answers requests.
package protocol HTTPHandler: Sendable {
    /// Answers `request` through `response`.
    ///
    /// One call is one task that prefers the connection's event loop as its executor: whatever takes longer than some
    /// tens of microseconds of CPU or blocks belongs elsewhere. The request ends when this returns: a response not
    /// begun becomes a 500, one begun and not finished aborts the connection. The task is cancelled when the client
    /// goes away.
    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async

    /// Answers `request` on the spot, or gives nil to have `handle` called for it.
    ///
    /// For answers that need no waiting: no task, no stream and no continuation is made for them. Called on the event
    /// loop before `handle`, for requests whose whole body, at most `HTTPServer.immediateBodyBytes` of declared
    /// length, came with the head; a caller may get `handle` without this at any time, so `handle` has to know all
    /// answers. It must never block, and work longer than some tens of microseconds belongs elsewhere.
    func respondNow(_ request: ImmediateRequest) -> ImmediateResponse?
}

extension HTTPHandler {
    package func respondNow(_ request: ImmediateRequest) -> ImmediateResponse? { nil }
}

/// A request that has come as a whole.
package struct ImmediateRequest: Sendable {
    package let head: RequestHead
    /// Empty when the request has no body.
    package let body: ByteBuffer
    package let connection: ConnectionInfo

    package init(head: RequestHead, body: ByteBuffer, connection: ConnectionInfo) {
        self.head = head
        self.body = body
        self.connection = connection
    }
}

/// A whole response.
package struct ImmediateResponse: Sendable {
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
