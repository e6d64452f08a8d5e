import Cryptography

/// One kind of load: what is asked, of which objects, and the requests written out for it.
struct Workload: Sendable {
    var operation: Operation
    var size: Int
    var sse = SSEKind.none
    /// Send the body's SHA-256 instead of `UNSIGNED-PAYLOAD`, so that the server hashes it too.
    var signsPayload = false
    /// Keys on a page of LIST.
    var pageSize = 1000
    var bucket = "coffer-bench"

    let body: [UInt8]
    private let payloadHash: String

    init(operation: Operation, size: Int, sse: SSEKind = .none, signsPayload: Bool = false) {
        self.operation = operation
        self.size = size
        self.sse = sse
        self.signsPayload = signsPayload
        body = SecureRandom.bytes(operation == .list ? min(size, 1024) : size)
        payloadHash = signsPayload ? Hex.encode(Digest.hash(.sha256, body)) : RequestSigner.unsignedPayload
    }

    /// Objects that are there before a load that reads: a thousand small ones, a few large ones.
    var objectCount: Int {
        operation == .list ? 2 * pageSize : min(1000, max(4, (1 << 28) / max(size, 1)))
    }

    /// Keys that the uploads of a round spread over before they overwrite: 65 536 small ones, a few large ones.
    var uploadCount: Int { min(65_536, max(16, (1 << 28) / max(size, 1))) }

    /// Creates the bucket, and the objects that the load reads.
    func prepare(_ load: Load) throws {
        let signer = RequestSigner(endpoint: load.endpoint)
        let create = RequestDraft(
            head: signer.head(
                "PUT", path: "/\(bucket)", payloadHash: RequestSigner.emptyPayload, contentLength: 0))
        let created = try load.run(RequestBook([create]), until: .requests(1))
        // That the bucket is ours already is as good.
        if let failure = created.firstFailure, !failure.contains("BucketAlreadyOwnedByYou") {
            throw BenchError("\(load.endpoint.description): cannot create a bucket: \(failure)")
        }
        guard operation.readsObjects else { return }
        try load.runOnce(RequestBook((0..<objectCount).map { upload(objectKey($0), signer) }, body: body))
    }

    /// The requests of one round, signed now: valid for a quarter of an hour.
    func book(round: Int, for endpoint: Endpoint) -> RequestBook {
        let signer = RequestSigner(endpoint: endpoint)
        let drafts: [RequestDraft] =
            switch operation {
            case .put: (0..<uploadCount).map { upload("put-\(round)/\($0)", signer) }
            case .get: (0..<objectCount).map { read("GET", $0, signer) }
            case .head: (0..<objectCount).map { read("HEAD", $0, signer) }
            case .list: [list(signer, limit: pageSize)]
            case .mixed: (0..<min(uploadCount, 10_000)).map { mixed($0, round, signer) }
            }
        return RequestBook(drafts, body: body)
    }

    /// Removes what ``prepare(_:)`` and the rounds may have left on an endpoint that is not ours.
    func cleanUp(_ load: Load, after rounds: [RoundResult]) throws {
        let signer = RequestSigner(endpoint: load.endpoint)
        var keys = operation.readsObjects ? (0..<objectCount).map(objectKey) : []
        if operation == .put || operation == .mixed {
            for (number, round) in rounds.enumerated() {
                keys += (0..<min(uploadCount, round.requestsTaken)).map { "put-\(number)/\($0)" }
            }
        }
        let drafts = keys.map { key in
            RequestDraft(
                head: signer.head(
                    "DELETE", path: "/\(bucket)/\(key)", payloadHash: RequestSigner.emptyPayload, contentLength: nil))
        }
        _ = try load.run(RequestBook(drafts), until: .requests(drafts.count))
    }

    private func objectKey(_ number: Int) -> String {
        let digits = String(number)
        return "objects-\(size)-\(sse)/\(String(repeating: "0", count: 8 - digits.count))\(digits)"
    }

    private func upload(_ key: String, _ signer: RequestSigner) -> RequestDraft {
        let head = signer.head(
            "PUT", path: "/\(bucket)/\(key)", headers: sse.uploadHeaders, payloadHash: payloadHash,
            contentLength: body.count)
        return RequestDraft(head: head, hasBody: true)
    }

    private func read(_ method: String, _ number: Int, _ signer: RequestSigner) -> RequestDraft {
        let head = signer.head(
            method, path: "/\(bucket)/\(objectKey(number))", headers: sse.readHeaders,
            payloadHash: RequestSigner.emptyPayload, contentLength: nil)
        return RequestDraft(head: head, isHead: method == "HEAD")
    }

    private func list(_ signer: RequestSigner, limit: Int) -> RequestDraft {
        RequestDraft(
            head: signer.head(
                "GET", path: "/\(bucket)", query: "list-type=2&max-keys=\(limit)&prefix=objects-\(size)-\(sse)%2F",
                payloadHash: RequestSigner.emptyPayload, contentLength: nil))
    }

    private func mixed(_ number: Int, _ round: Int, _ signer: RequestSigner) -> RequestDraft {
        switch number % 10 {
        case 3, 8: upload("put-\(round)/\(number)", signer)
        case 5: read("HEAD", number % objectCount, signer)
        case 9: list(signer, limit: 100)
        default: read("GET", number % objectCount, signer)
        }
    }
}
