import Cryptography
import Notation

/// Removes the framing of an aws-chunked body as it arrives, and checks everything the framing promises.
///
///     signed            *( size ";chunk-signature=" 64HEX CRLF data CRLF ) "0;chunk-signature=" 64HEX CRLF [CRLF]
///     signed, trailers  the same without the last CRLF, then trailers, "x-amz-trailer-signature:" 64HEX CRLF [CRLF]
///     unsigned          *( size CRLF data CRLF ) "0" CRLF trailers CRLF
///     trailers          *( name ":" value [LF] CRLF )
///
/// The final chunk of an empty body may come twice, as the SDKs for .NET and JavaScript send it: they end the body, and
/// then its chunks.
///
/// Data is handed on before the signature of its chunk is known, without a copy: whoever stores it makes it visible only
/// after `finish` has returned. Memory is bounded by one line of the framing. A value of this type belongs to one body and
/// is not to be copied; after it has thrown it is of no more use.
package struct AWSChunkedDecoder {
    /// Size of a signed chunk at most, so that not more than this is ever processed on trust.
    package static let maximumSignedChunk: Int64 = 16 << 20
    /// Size of a chunk's header line at most, CRLF included.
    static let maximumChunkHeader = 1024
    /// Size of all trailer lines at most, CRLFs included.
    static let maximumTrailers = 16 << 10

    private enum State {
        case chunkHeader
        case data
        /// The CRLF behind a chunk's data.
        case dataEnd
        /// The CRLF behind the final chunk of a body without trailers; some clients leave it out.
        case finalEnd
        case trailers
        case done
    }

    /// Size of the body without its framing in bytes: the size of the object.
    package let decodedLength: Int64
    private var state = State.chunkHeader
    private var decodedRemaining: Int64
    private var chunkRemaining: Int64 = 0
    private var line: [UInt8] = []

    /// Nil for an unsigned body.
    private var signer: ChunkSigner?
    private var digest: Digest?
    private var chunkSignature: [UInt8] = []

    private var announced: Set<String> = []
    private let hasTrailers: Bool
    private var trailers: [(name: String, value: String)] = []
    private var trailerBytes = 0
    private var isTrailerSignatureRight = false
    private var isFinalChunkRepeated = false

    /// A decoder for the body of this request, or nil if its body is not framed.
    ///
    /// Reads `x-amz-decoded-content-length` and `x-amz-trailer`. Throws `MissingContentLength` (411) unless the former is a
    /// size.
    package init?(_ payload: PayloadVerification, headers: [(name: String, value: String)]) throws(S3Error) {
        switch payload {
        case .none, .unsigned, .sha256:
            return nil
        case .streamingSigned(let signer):
            self.signer = signer
            hasTrailers = false
        case .streamingSignedTrailer(let signer):
            self.signer = signer
            hasTrailers = true
        case .streamingUnsignedTrailer:
            hasTrailers = true
        }
        decodedLength = try Self.decodedLength(headers)
        decodedRemaining = decodedLength
        guard hasTrailers else { return }
        for header in headers where header.name == "x-amz-trailer" {
            for name in header.value.split(separator: ",") { announced.insert(trim(name).lowercased()) }
        }
    }

    /// The object's size as `x-amz-decoded-content-length` has it; what is beyond 2⁶³−1 counts as that.
    ///
    /// Throws `MissingContentLength` (411) for a header that is missing, empty or no number.
    package static func decodedLength(_ headers: [(name: String, value: String)]) throws(S3Error) -> Int64 {
        guard let text = headers.firstValue(of: "x-amz-decoded-content-length"), !text.isEmpty,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw S3Error(.missingContentLength) }
        return Int64(text) ?? Int64.max
    }

    /// Takes the next bytes of the body and hands on the data among them, in pieces of `input` itself.
    ///
    /// Throws `SignatureDoesNotMatch` (403), `IncompleteBody` (400) for bad framing and for an end before the decoded
    /// length, `ExcessData` (400) for data beyond it, `MalformedTrailerError` (400), and what `emit` throws.
    package mutating func decode(
        _ input: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws(S3Error) -> Void
    ) throws(S3Error) {
        var rest = input
        while !rest.isEmpty {
            switch state {
            case .chunkHeader:
                guard try takeLine(&rest, limit: Self.maximumChunkHeader) else { return }
                try beginChunk()
            case .data:
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(min(chunkRemaining, Int64(rest.count)))))
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
                digest?.update(piece)
                try emit(piece)
                chunkRemaining -= Int64(piece.count)
                decodedRemaining -= Int64(piece.count)
                guard chunkRemaining == 0 else { return }
                try verifyChunk()
                line.removeAll(keepingCapacity: true)
                state = .dataEnd
            case .dataEnd:
                guard try takeLine(&rest, limit: 2) else { return }
                state = .chunkHeader
                line.removeAll(keepingCapacity: true)
            case .finalEnd:
                guard try takeLine(&rest, limit: 2) else { return }
                state = .done
            case .trailers:
                guard try takeLine(&rest, limit: Self.maximumTrailers - trailerBytes) else { return }
                trailerBytes += line.count + 2
                try endTrailerLine()
            case .done:
                guard mayRepeatFinalChunk else { throw Self.malformed }
                repeatFinalChunk()
            }
        }
    }

    /// Whether what has ended may have been no more than the body, of no bytes, and its one final chunk is to come.
    private var mayRepeatFinalChunk: Bool {
        decodedLength == 0 && trailers.isEmpty && !isTrailerSignatureRight && !isFinalChunkRepeated
    }

    private mutating func repeatFinalChunk() {
        isFinalChunkRepeated = true
        state = .chunkHeader
    }

    /// To be called at the end of the body: says that it was complete, and returns its trailers.
    ///
    /// Names are lower-case, values trimmed. Throws `IncompleteBody` or `MalformedTrailerError` (400) when something is
    /// missing.
    package mutating func finish() throws(S3Error) -> [(name: String, value: String)] {
        switch state {
        case .done: break
        case .finalEnd: guard line.isEmpty else { throw S3Error(.incompleteBody) }
        case .trailers:
            // Behind the trailers' signature there is nothing left to lose but an empty line.
            guard isTrailerSignatureRight, line.isEmpty else { throw S3Error(.incompleteBody) }
        case .chunkHeader:
            // The body ended where trailers were due, and no second final chunk came for them.
            throw S3Error(isFinalChunkRepeated && line.isEmpty ? .malformedTrailerError : .incompleteBody)
        case .data, .dataEnd: throw S3Error(.incompleteBody)
        }
        return trailers
    }

    private static var malformed: S3Error {
        S3Error(.incompleteBody, "The chunked encoding of the request body is malformed.")
    }
}

// MARK: Lines

extension AWSChunkedDecoder {
    /// Moves bytes into `line` up to a CRLF, which is taken off; false when the input ends first.
    ///
    /// `limit` counts the CRLF. A bare LF ends no line: it may end a trailer's value.
    private mutating func takeLine(_ rest: inout UnsafeRawBufferPointer, limit: Int) throws(S3Error) -> Bool {
        for (index, byte) in rest.enumerated() {
            guard line.count < limit else { throw lineError }
            if byte == UInt8(ascii: "\n"), line.last == UInt8(ascii: "\r") {
                line.removeLast()
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(index + 1))
                return true
            }
            line.append(byte)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(rest.count))
        return false
    }

    private var lineError: S3Error {
        switch state {
        case .trailers: S3Error(.malformedTrailerError)
        case .chunkHeader, .data, .dataEnd, .finalEnd, .done: Self.malformed
        }
    }
}

// MARK: Chunks

extension AWSChunkedDecoder {
    private mutating func beginChunk() throws(S3Error) {
        defer { line.removeAll(keepingCapacity: true) }
        let digits = line.prefix { HexDigit.value($0) != nil }
        guard (1...15).contains(digits.count) else { throw Self.malformed }
        let size = digits.reduce(Int64(0)) { $0 << 4 | Int64(HexDigit.value($1) ?? 0) }
        let parameters = line[digits.endIndex...]
        if signer == nil {
            guard parameters.isEmpty else { throw Self.malformed }
        } else {
            guard size <= Self.maximumSignedChunk else {
                throw S3Error(.badRequest, "chunk too big: choose chunk size <= 16MiB")
            }
            let name = ";chunk-signature="
            guard parameters.starts(with: name.utf8),
                let signature = Hex.decode(String(decoding: parameters.dropFirst(name.utf8.count), as: UTF8.self)),
                signature.count == HMACSHA256.byteCount
            else { throw Self.malformed }
            chunkSignature = signature
            digest = Digest(.sha256)
        }
        guard size <= decodedRemaining else { throw S3Error(.excessData) }
        chunkRemaining = size
        guard size == 0 else {
            state = .data
            return
        }
        guard decodedRemaining == 0 else { throw S3Error(.incompleteBody) }
        try verifyChunk()
        state = hasTrailers ? .trailers : .finalEnd
    }

    private mutating func verifyChunk() throws(S3Error) {
        guard let digest else { return }
        self.digest = nil
        guard let expected = signer?.sign(chunkHash: digest.finalize()), constantTimeEqual(expected, chunkSignature)
        else { throw S3Error(.signatureDoesNotMatch) }
    }
}

// MARK: Trailers

extension AWSChunkedDecoder {
    private mutating func endTrailerLine() throws(S3Error) {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            if announced.isEmpty, signer == nil || isTrailerSignatureRight {
                state = .done
            } else {
                guard mayRepeatFinalChunk else { throw S3Error(.malformedTrailerError) }
                repeatFinalChunk()
            }
            return
        }
        guard !isTrailerSignatureRight, let text = String(validating: line, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { throw S3Error(.malformedTrailerError) }
        let name = trim(text[..<colon]).lowercased()
        var value = text[text.utf8.index(after: colon)...]
        if value.utf8.last == newline { value = Substring(value.utf8.dropLast()) }
        value = trim(value)
        guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw S3Error(.malformedTrailerError) }

        if name == "x-amz-trailer-signature", signer != nil {
            try verifyTrailers(value)
        } else {
            guard announced.remove(name) != nil else { throw S3Error(.malformedTrailerError) }
            trailers.append((name: name, value: String(value)))
        }
    }

    private mutating func verifyTrailers(_ signatureText: Substring) throws(S3Error) {
        guard announced.isEmpty, let signature = Hex.decode(signatureText) else {
            throw S3Error(.malformedTrailerError)
        }
        let hash = Digest.hash(.sha256, Self.canonicalTrailers(trailers))
        guard let expected = signer?.sign(trailerHash: hash), constantTimeEqual(expected, signature) else {
            throw S3Error(.signatureDoesNotMatch)
        }
        isTrailerSignatureRight = true
    }

    /// `name:value⏎` for each, sorted by name.
    static func canonicalTrailers(_ trailers: [(name: String, value: String)]) -> [UInt8] {
        var text: [UInt8] = []
        for trailer in trailers.sorted(by: { $0.name < $1.name }) {
            text.append(contentsOf: "\(trailer.name):\(trailer.value)\n".utf8)
        }
        return text
    }
}
