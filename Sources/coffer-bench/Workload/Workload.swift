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
    /// Keys of one DeleteObjects.
    var batchSize = 100
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

    /// Objects that a round of deletions removes.
    private var removedCount: Int { operation == .deleteMany ? 40 * batchSize : 2000 }

    /// Uploads what the round will remove, if it removes anything.
    func prepareRound(_ round: Int, _ load: Load) throws {
        guard operation.removesObjects else { return }
        let signer = RequestSigner(endpoint: load.endpoint)
        try load.runOnce(RequestBook((0..<removedCount).map { upload(removedKey(round, $0), signer) }, body: body))
    }

    /// How long a round lasts: those that remove objects end with them.
    func duration(_ wanted: Measurement.Duration) -> Measurement.Duration {
        switch operation {
        case .delete: .requests(removedCount)
        case .deleteMany: .requests(removedCount / batchSize)
        case .put, .get, .range, .head, .list, .copy, .mixed: wanted
        }
    }

    /// The requests of one round, signed now: valid for a quarter of an hour.
    func book(round: Int, for endpoint: Endpoint) -> RequestBook {
        let signer = RequestSigner(endpoint: endpoint)
        let drafts: [RequestDraft] =
            switch operation {
            case .put: (0..<uploadCount).map { upload("put-\(round)/\($0)", signer) }
            case .get: (0..<objectCount).map { read("GET", $0, signer) }
            case .range: (0..<objectCount).map { readRange($0, signer) }
            case .head: (0..<objectCount).map { read("HEAD", $0, signer) }
            case .delete: (0..<removedCount).map { delete(removedKey(round, $0), signer) }
            case .deleteMany: (0..<removedCount / batchSize).map { deleteMany(round, batch: $0, signer) }
            case .copy: (0..<min(uploadCount, 10_000)).map { copy($0, round, signer) }
            case .list: [list(signer, limit: pageSize)]
            case .mixed: (0..<min(uploadCount, 10_000)).map { mixed($0, round, signer) }
            }
        return RequestBook(drafts, body: body)
    }

    /// Removes what ``prepare(_:)`` and the rounds may have left on an endpoint that is not ours.
    func cleanUp(_ load: Load, after rounds: [RoundResult]) throws {
        let signer = RequestSigner(endpoint: load.endpoint)
        var keys = operation.readsObjects ? (0..<objectCount).map(objectKey) : []
        if [.put, .copy, .mixed].contains(operation) {
            for (number, round) in rounds.enumerated() {
                keys += (0..<min(uploadCount, round.requestsTaken)).map { "put-\(number)/\($0)" }
            }
        }
        let drafts = keys.map { delete($0, signer) }
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

    /// 64 KiB, or half the object, at one of eight places.
    private func readRange(_ number: Int, _ signer: RequestSigner) -> RequestDraft {
        let length = max(1, min(64 << 10, size / 2))
        let first = (size - length) / 8 * (number % 8)
        let head = signer.head(
            "GET", path: "/\(bucket)/\(objectKey(number))",
            headers: sse.readHeaders + [("range", "bytes=\(first)-\(first + length - 1)")],
            payloadHash: RequestSigner.emptyPayload, contentLength: nil)
        return RequestDraft(head: head)
    }

    private func copy(_ number: Int, _ round: Int, _ signer: RequestSigner) -> RequestDraft {
        let source = [(name: "x-amz-copy-source", value: "/\(bucket)/\(objectKey(number % objectCount))")]
        let head = signer.head(
            "PUT", path: "/\(bucket)/put-\(round)/\(number)", headers: sse.uploadHeaders + source,
            payloadHash: RequestSigner.emptyPayload, contentLength: 0)
        return RequestDraft(head: head)
    }

    private func delete(_ key: String, _ signer: RequestSigner) -> RequestDraft {
        RequestDraft(
            head: signer.head(
                "DELETE", path: "/\(bucket)/\(key)", payloadHash: RequestSigner.emptyPayload, contentLength: nil))
    }

    private func deleteMany(_ round: Int, batch: Int, _ signer: RequestSigner) -> RequestDraft {
        let keys = (batch * batchSize..<(batch + 1) * batchSize).map {
            "<Object><Key>\(removedKey(round, $0))</Key></Object>"
        }
        let document = Array("<Delete><Quiet>true</Quiet>\(keys.joined())</Delete>".utf8)
        let head = signer.head(
            "POST", path: "/\(bucket)", query: "delete=",
            headers: [("content-md5", Base64.encode(Digest.hash(.md5, document)))],
            payloadHash: Hex.encode(Digest.hash(.sha256, document)), contentLength: document.count)
        return RequestDraft(head: head + document)
    }

    private func removedKey(_ round: Int, _ number: Int) -> String { "removed-\(round)/\(number)" }

    private func mixed(_ number: Int, _ round: Int, _ signer: RequestSigner) -> RequestDraft {
        let turn = number / 20
        return switch number % 20 {
        case 3, 10, 16: upload("put-\(round)/\(number)", signer)
        // What an earlier turn has uploaded.
        case 6: delete("put-\(round)/\(20 * max(0, turn - 1) + 3)", signer)
        case 13: delete("put-\(round)/\(20 * max(0, turn - 1) + 10)", signer)
        case 1, 4, 8, 11, 14, 18: read("HEAD", number % objectCount, signer)
        default: read("GET", number % objectCount, signer)
        }
    }
}
