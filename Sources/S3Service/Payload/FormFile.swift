import HTTPServer
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// The file of a form upload: the bytes between its part's head and the delimiter behind them.
///
/// Its length is only known at its end, so it is guessed from the request's: right for a form whose last field is the
/// file, as AWS demands, too great when others follow, and too small by four bytes at most when the form's own end lacks
/// its last characters. A file that ``readAhead()`` has read whole has its right length from then on.
final class FormFile: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that performs the request.

    /// Bytes of a file that are read before the first is given out: more than are kept in a row.
    static let readAheadBytes = 128 << 10
    /// Bytes of what follows the file that are read and ignored.
    private static let ignoredBytes = 1 << 20

    private(set) var length: Int64

    private let form: S3Request
    private let delimiter: FormDelimiter
    private let digests: PayloadDigests
    private let greatestLength: Int64
    private let checkLength: (Int64) throws(S3Error) -> Void
    /// Bytes of the form that have come and were not searched for the delimiter.
    private var unsearched: ByteBuffer?
    /// What may be the beginning of the delimiter.
    private var tail: [UInt8] = []
    /// Bytes of the file that have not been given out.
    private var ready: ArraySlice<ByteBuffer> = []
    private var found: Int64 = 0
    private var hasEnded = false
    private var isVerified = false

    /// - Parameters:
    ///   - form: the request with the form, of whose body `received` bytes have been read.
    ///   - rest: those of them that are behind the head of the file's part.
    ///   - upload: the request as a PutObject of the file, for its checksums.
    /// - Throws: `MissingContentLength`, and the refusals of checksum headers.
    init(
        _ form: S3Request, _ delimiter: FormDelimiter, received: Int64, rest: [UInt8], as upload: S3Request,
        _ policy: PostPolicy?
    ) throws(S3Error) {
        guard let declared = form.body.declaredLength else { throw S3Error(.missingContentLength) }
        self.form = form
        self.delimiter = delimiter
        greatestLength = min(ObjectLimit.singlePut, policy?.greatestLength ?? .max)
        checkLength = { length throws(S3Error) in try policy?.check(length: length) }
        unsearched = rest.isEmpty ? nil : ByteBuffer(bytes: rest)
        let end = Int64(delimiter.bytes.count + "--\r\n".utf8.count)
        length = max(0, declared - received + Int64(rest.count) - end)
        digests = try PayloadDigests(upload, .ofPayload, length: length)
    }

    var blockBytes: Int { form.body.blockBytes }
    func computeMD5() { digests.computeMD5() }
    var md5: [UInt8]? { digests.md5 }
    var checksum: S3Checksum? { digests.checksum }
    var checksumAlgorithm: S3ChecksumAlgorithm? { digests.checksumAlgorithm }

    /// Reads what of the file belongs into memory anyway; before the first ``next()``.
    ///
    /// - Throws: `EntityTooSmall` and `EntityTooLarge` where the policy sets a length.
    func readAhead() async throws {
        while found < Self.readAheadBytes, let bytes = try await pull() { ready.append(bytes) }
    }

    func next() async throws -> ByteBuffer? {
        let bytes = if let first = ready.popFirst() { first } else { try await pull() }
        guard let bytes else {
            if !isVerified { try await digests.verify(trailers: []) }
            isVerified = true
            return nil
        }
        digests.update(bytes)
        await digests.settle(to: blockBytes / 2)
        return bytes
    }

    /// The next bytes of the file, never empty; nil when its end has been found.
    private func pull() async throws -> ByteBuffer? {
        while !hasEnded {
            guard let piece = try await nextPiece() else { throw S3Error(.malformedPOSTRequest) }
            guard let bytes = search(piece) else { continue }
            found += Int64(bytes.readableBytes)
            guard found <= greatestLength else { throw tooLarge }
            if hasEnded { try await end() }
            return bytes
        }
        if !isAtEnd { try await end() }
        return nil
    }

    private var isAtEnd = false

    private func end() async throws {
        isAtEnd = true
        length = found
        try checkLength(found)
        var ignored = 0
        while let piece = try await nextPiece() {
            ignored += piece.readableBytes
            guard ignored <= Self.ignoredBytes else { throw S3Error(.malformedPOSTRequest) }
        }
    }

    private func nextPiece() async throws -> ByteBuffer? {
        if let rest = unsearched {
            unsearched = nil
            return rest
        }
        guard let piece = try await form.body.next() else { return nil }
        form.record.bytesReceived += Int64(piece.readableBytes)
        return piece
    }

    /// The bytes of the file that the next ones of the form show to be such; nil when there are none.
    private func search(_ piece: ByteBuffer) -> ByteBuffer? {
        var piece = piece
        if !tail.isEmpty {
            let joint = tail + piece.readableBytesView.prefix(delimiter.bytes.count)
            if piece.readableBytes <= delimiter.bytes.count {
                piece = ByteBuffer(bytes: joint)
            } else if let match = joint.withUnsafeBytes({ delimiter.firstMatch(in: $0) }), match < tail.count {
                hasEnded = true
                defer { tail = [] }
                return match == 0 ? nil : ByteBuffer(bytes: tail[..<match])
            } else {
                // No delimiter begins in the tail: it is of the file, and the piece is next.
                unsearched = piece
                defer { tail = [] }
                return ByteBuffer(bytes: tail)
            }
            tail = []
        }
        let count = piece.withUnsafeReadableBytes { bytes -> Int in
            if let match = delimiter.firstMatch(in: bytes) {
                hasEnded = true
                return match
            }
            return bytes.count - delimiter.partialMatch(atEndOf: bytes)
        }
        if !hasEnded { tail = Array(piece.readableBytesView.dropFirst(count)) }
        return count == 0 ? nil : piece.getSlice(at: piece.readerIndex, length: count)
    }

    private var tooLarge: S3Error {
        S3Error(.entityTooLarge, details: [("ProposedSize", "\(length)"), ("MaxSizeAllowed", "\(greatestLength)")])
    }
}
