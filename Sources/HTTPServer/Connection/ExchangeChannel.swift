package import NIOCore

/// The way on which one request's body comes in and its response goes out: an HTTP/1 connection, for as long as the
/// request lasts, or a stream of a connection that carries many.
///
/// Called on its event loop only.
package protocol ExchangeChannel: AnyObject {
    // MARK: The request's body

    /// Gives `body` what has come of it, and reads on; `RequestBody.wakeReader()` tells of what comes later.
    func pull(_ body: RequestBody)
    /// The exchange is about to hold a document of so many bytes in memory, besides what bodies on their way need: of the
    /// request, which is gathered, or of the response, which is made before it is sent.
    ///
    /// Nothing is read, and no room for a response found, until there is memory for it.
    func hold(_ bytes: Int)
    /// Of the documents so many bytes are left.
    func holdOnly(_ bytes: Int)
    /// Nothing came of the last pull at once.
    func bodyReaderWaits()

    // MARK: The response

    /// A response can still reach the client.
    var isOpen: Bool { get }
    /// False while the client is behind; `ResponseWriter.wakeWriter()` is called when it has caught up.
    var isWritable: Bool { get }
    /// Sends a whole response; its length is in `head`, and `body` is nil where none goes out.
    func send(_ head: ResponseHead, _ body: ByteBuffer?)
    /// Sends a head whose body follows in pieces, none where none goes out.
    func start(_ head: ResponseHead)
    /// Sends bytes of the body, at least one.
    func write(_ bytes: ByteBuffer)
    /// Ends the body.
    func finish()
    /// A writer waits until the client has caught up, or until there is memory for the body.
    func writerWaits()
    /// Whether there is memory for a response whose body has so many bytes, `nil` for an unknown number.
    ///
    /// If not, `ResponseWriter.wakeWriter()` is called when there is, or `fail(_:)` when there was none in time.
    func reserve(_ length: Int64?) -> Bool
    /// How many bytes a `write` should have at most, so that no more memory is used than was reserved.
    var blockBytes: Int { get }
    /// Lets the client see an error, never a clean end.
    func abort()
}

extension ResponseHead {
    /// Whether a body goes out behind this head.
    func sendsBody(inAnswerToHEAD isHEAD: Bool) -> Bool {
        !(isHEAD || status < 200 || status == 204 || status == 304)
    }

    /// Settles the length of a response whose whole body is `body`.
    ///
    /// In answers to HEAD and with 304 a length that was given stays: it is what a GET would have had.
    mutating func settleLength(of body: ByteBuffer?, inAnswerToHEAD isHEAD: Bool) {
        let isDescription = isHEAD || status == 304
        if !isDescription || (contentLength == nil && body != nil) {
            contentLength = Int64(body?.readableBytes ?? 0)
        }
    }
}
