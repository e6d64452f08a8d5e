/// Requests written out before the clock starts: their heads back to back, and the one body that all uploads share.
///
/// A loop takes request after request by number and starts over at the end.
final class RequestBook: Sendable {
    struct Request: Sendable {
        /// Where the head lies in ``RequestBook/heads``.
        var head: Range<Int>
        var hasBody: Bool
        /// The answer carries a Content-Length and no body.
        var isHead: Bool
    }

    let heads: [UInt8]
    let requests: [Request]
    let body: [UInt8]

    init(_ drafts: [RequestDraft], body: [UInt8] = []) {
        var heads: [UInt8] = []
        heads.reserveCapacity(drafts.reduce(0) { $0 + $1.head.count })
        requests = drafts.map { draft in
            let start = heads.count
            heads += draft.head
            return Request(head: start..<heads.count, hasBody: draft.hasBody, isHead: draft.isHead)
        }
        self.heads = heads
        self.body = body
    }
}

/// One request before it is bound into a book.
struct RequestDraft {
    var head: [UInt8]
    var hasBody = false
    var isHead = false
}
