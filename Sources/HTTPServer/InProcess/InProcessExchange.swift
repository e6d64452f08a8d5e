import NIOCore

/// A request of this process and its answer, which is gathered, or given on piece by piece.
///
/// Unchecked: everything mutable is touched on the event loop only.
final class InProcessExchange: ExchangeChannel, @unchecked Sendable {
    enum Piece: Sendable {
        case head(ResponseHead)
        case bytes(ByteBuffer)
    }

    private enum State {
        case open, complete
        case broken(ResponseError)
    }

    let loop: ConnectionLoop
    private let bodyCount: Int
    private var body: ByteBuffer?
    /// Bytes that may be gathered.
    private let room: Int
    /// Whether who writes waits while there is no room, or is cut off then.
    private let waits: Bool
    private var state = State.open
    private var head: ResponseHead?
    private var isHeadTaken = false
    private var gathered = ByteBuffer()
    private weak var writer: ResponseWriter?
    private var reader: UnsafeContinuation<Void, Never>?
    private var isReaderGone = false

    init(_ body: [UInt8], loop: ConnectionLoop, room: Int, waits: Bool) {
        self.loop = loop
        bodyCount = body.count
        self.body = ByteBuffer(bytes: body)
        self.room = room
        self.waits = waits
    }

    /// The request's body, all of which has come.
    func requestBody() -> RequestBody {
        let body = RequestBody(declaredLength: Int64(bodyCount), loop: loop, channel: self)
        pull(body)
        return body
    }

    func writer(isHEAD: Bool) -> ResponseWriter {
        let writer = ResponseWriter(isHEAD: isHEAD, loop: loop, channel: self)
        self.writer = writer
        return writer
    }

    // MARK: Reading the answer

    /// The answer, once whoever makes it has ended.
    func whole() async throws(ResponseError) -> (head: ResponseHead, body: ByteBuffer) {
        let outcome = await withUnsafeContinuation { continuation in
            loop.run {
                let outcome: Result<(head: ResponseHead, body: ByteBuffer), ResponseError> =
                    switch self.state {
                    case .complete: self.head.map { .success(($0, self.gathered)) } ?? .failure(.disconnected)
                    case .open: .failure(.disconnected)
                    case .broken(let error): .failure(error)
                    }
                continuation.resume(returning: outcome)
            }
        }
        return try outcome.get()
    }

    /// What comes next; nil at the end.
    func next() async throws(ResponseError) -> Piece? {
        while true {
            let (piece, isAtEnd) = try await take()
            if let piece { return piece }
            if isAtEnd { return nil }
            await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in
                    loop.run {
                        self.reader = continuation
                        if self.isReadable || self.isReaderGone { self.wakeReader() }
                    }
                }
            } onCancel: {
                loop.run {
                    self.isReaderGone = true
                    self.wakeReader()
                }
            }
            if Task.isCancelled { throw .disconnected }
        }
    }

    private func take() async throws(ResponseError) -> (piece: Piece?, isAtEnd: Bool) {
        let outcome = await withUnsafeContinuation { continuation in
            loop.run { continuation.resume(returning: self.takeNow()) }
        }
        return try outcome.get()
    }

    private func takeNow() -> Result<(piece: Piece?, isAtEnd: Bool), ResponseError> {
        if let head, !isHeadTaken {
            isHeadTaken = true
            return .success((.head(head), false))
        }
        if gathered.readableBytes > 0 {
            let bytes = gathered
            gathered = ByteBuffer()
            writer?.wakeWriter()
            return .success((.bytes(bytes), false))
        }
        switch state {
        case .open: return .success((nil, false))
        case .complete: return .success((nil, true))
        case .broken(let error): return .failure(error)
        }
    }

    private var isReadable: Bool {
        switch state {
        case .open: gathered.readableBytes > 0 || (head != nil && !isHeadTaken)
        case .complete, .broken: true
        }
    }

    private func wakeReader() {
        reader?.resume()
        reader = nil
    }

    /// Nobody reads on, or nobody writes any more.
    func close() {
        loop.run { self.abort() }
    }

    // MARK: The request's body

    func pull(_ body: RequestBody) {
        guard let bytes = self.body else { return }
        self.body = nil
        body.append(bytes)
        body.complete()
    }

    func hold(_ bytes: Int) {}
    func holdOnly(_ bytes: Int) {}
    func bodyReaderWaits() {}

    // MARK: The response

    var isOpen: Bool {
        switch state {
        case .open: true
        case .complete, .broken: false
        }
    }

    var isWritable: Bool { !waits || gathered.readableBytes < room }

    func send(_ head: ResponseHead, _ body: ByteBuffer?) {
        start(head)
        if let body { write(body) }
        finish()
    }

    func start(_ head: ResponseHead) {
        self.head = head
        wakeReader()
    }

    func write(_ bytes: ByteBuffer) {
        guard isOpen else { return }
        guard waits || gathered.readableBytes + bytes.readableBytes <= room else {
            state = .broken(.tooLong)
            return
        }
        var bytes = bytes
        gathered.writeBuffer(&bytes)
        wakeReader()
    }

    func finish() {
        if isOpen { state = .complete }
        wakeReader()
    }

    func writerWaits() {}
    func reserve(_ length: Int64?) -> Bool { true }
    var blockBytes: Int { TransferPace.unproven.responseBlockBytes }

    func abort() {
        if isOpen { state = .broken(.disconnected) }
        wakeReader()
        writer?.wakeWriter()
    }
}
