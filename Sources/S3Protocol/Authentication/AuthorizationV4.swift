import Notation
import RequestSigning
import Threading

/// What a SigV4 request claims, in its header or its query, before anything is believed.
struct AuthorizationV4: Sendable {
    var credential: Credential
    var signedHeaders: SignedHeaders
    /// Hex digits as sent.
    var signature: ArraySlice<UInt8>
    /// `yyyymmddThhmmssZ`, as the string to sign has it.
    var timestamp: String
    /// Seconds since 1970.
    var time: Int64
    /// Validity of a presigned URL in seconds, 0…604 800; nil for header authentication.
    var expires: Int64?
}

// MARK: The Authorization header

extension AuthorizationV4 {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` and the date that belongs to it.
    init(header: String, of request: borrowing SigningRequest) throws(S3Error) {
        let bytes = Array(header.utf8)
        if let known = Self.known(bytes) {
            let (timestamp, time) = try Self.date(of: request)
            if timestamp.hasPrefix(bytesOf: known.credential.date) {
                self.init(
                    credential: known.credential, signedHeaders: known.signedHeaders,
                    signature: bytes[(bytes.count - Self.signatureDigits)...], timestamp: timestamp, time: time)
                return
            }
        }
        var credentialText: ArraySlice<UInt8>?
        var signedText: ArraySlice<UInt8>?
        var signatureText: ArraySlice<UInt8>?
        var start = algorithm.utf8.count
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
            let element = trim(bytes[start..<end])
            defer { start = end + 1 }
            // Commas with nothing between them are one.
            if start == end { continue }
            guard let sign = element.firstIndex(of: UInt8(ascii: "=")) else { throw Self.threeComponents }
            let (name, value) = (element[..<sign], element[(sign + 1)...])
            if name.elementsEqual("Credential".utf8) {
                credentialText = value
            } else if name.elementsEqual("SignedHeaders".utf8) {
                signedText = value
            } else if name.elementsEqual("Signature".utf8) {
                signatureText = value
            } else {
                throw Self.threeComponents
            }
        }
        guard let credentialText, let signedText, let signatureText else { throw Self.threeComponents }
        guard let credential = Credential(credentialText) else { throw Self.malformed(Credential.malformed) }
        guard let signedHeaders = SignedHeaders(sent: signedText) else {
            throw Self.malformed("the SignedHeaders are mal-formed.")
        }
        let (timestamp, time) = try Self.date(of: request)
        guard timestamp.hasPrefix(bytesOf: credential.date) else {
            throw Self.malformed(
                "Invalid credential date \"\(credential.date)\". This date is not the same as X-Amz-Date: \"\(timestamp.prefix(8))\"."
            )
        }
        self.init(
            credential: credential, signedHeaders: signedHeaders, signature: signatureText, timestamp: timestamp,
            time: time)
        if signatureText.endIndex == bytes.count, signatureText.count == Self.signatureDigits {
            let read = ReadHeader(
                beginning: Array(bytes.dropLast(Self.signatureDigits)), credential: credential,
                signedHeaders: signedHeaders)
            Self.lastRead.withLock { $0 = read }
        }
    }

    /// The last header that was read, without its signature: clients send the same one for a day.
    private final class ReadHeader: Sendable {
        let beginning: [UInt8]
        let credential: Credential
        let signedHeaders: SignedHeaders

        init(beginning: [UInt8], credential: Credential, signedHeaders: SignedHeaders) {
            self.beginning = beginning
            self.credential = credential
            self.signedHeaders = signedHeaders
        }
    }

    private static let signatureDigits = 64
    private static let lastRead = ShortLock<ReadHeader?>(nil)

    /// What the header says if it is the last one that was read but for its last 64 bytes, the signature.
    ///
    /// Whoever compares the signature sees whether these are digits.
    private static func known(_ header: [UInt8]) -> ReadHeader? {
        guard let last = lastRead.withLock({ $0 }), header.count == last.beginning.count + signatureDigits,
            last.beginning.withUnsafeBytes({ beginning in
                header.withUnsafeBytes {
                    haveEqualBytes(UnsafeRawBufferPointer(rebasing: $0.dropLast(signatureDigits)), beginning)
                }
            })
        else { return nil }
        return last
    }

    /// `x-amz-date`, else `Date` in any HTTP form.
    private static func date(of request: SigningRequest) throws(S3Error) -> (timestamp: String, time: Int64) {
        if let text = request.header("x-amz-date") {
            // Other forms than the basic one are legal; the string to sign always has the basic one.
            guard let time = HTTPDate.parse(text) else { throw noDate }
            return (isBasic(text) ? text : HTTPDate.amzDate(time * 1000), time)
        }
        guard let text = request.header("date"), let time = HTTPDate.parse(text) else { throw noDate }
        return (HTTPDate.amzDate(time * 1000), time)
    }

    /// The refusal of a signature whose date is missing or none: 403.
    static var noDate: S3Error {
        S3Error(.accessDenied, "AWS authentication requires a valid Date or x-amz-date header")
    }

    private static var threeComponents: S3Error {
        malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.")
    }

    static func malformed(_ reason: String) -> S3Error {
        S3Error(.authorizationHeaderMalformed, "The authorization header is malformed; \(reason)")
    }
}

// MARK: The query of a presigned URL

extension AuthorizationV4 {
    /// Reads the six `X-Amz-*` parameters, each of which must be there once.
    init(query target: RequestTarget) throws(S3Error) {
        guard let algorithmText = target.queryValue("X-Amz-Algorithm"),
            let credentialText = target.queryValue("X-Amz-Credential"),
            let signatureText = target.queryValue("X-Amz-Signature"), let dateText = target.queryValue("X-Amz-Date"),
            let signedText = target.queryValue("X-Amz-SignedHeaders"),
            let expiresText = target.queryValue("X-Amz-Expires")
        else { throw S3Error(.authorizationQueryParametersError) }
        guard algorithmText == algorithm else {
            throw Self.queryError("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\".")
        }
        guard let credential = Credential(Array(credentialText.utf8)[...]) else {
            throw Self.queryError("Error parsing the X-Amz-Credential parameter; \(Credential.malformed)")
        }
        guard Self.isBasic(dateText), let time = HTTPDate.parse(dateText) else {
            throw Self.queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard dateText.hasPrefix(bytesOf: credential.date) else {
            throw Self.queryError(
                "Error parsing the X-Amz-Credential parameter; incorrect date \"\(credential.date)\". This date is not the same as X-Amz-Date: \"\(dateText.prefix(8))\"."
            )
        }
        guard let signedHeaders = SignedHeaders(sent: Array(signedText.utf8)[...]) else {
            throw Self.queryError("X-Amz-SignedHeaders is mal-formed.")
        }
        self.init(
            credential: credential, signedHeaders: signedHeaders, signature: Array(signatureText.utf8)[...],
            timestamp: dateText, time: time,
            expires: try Self.expires(expiresText))
    }

    private static func expires(_ text: String) throws(S3Error) -> Int64 {
        guard let seconds = Int64(text) else { throw queryError("X-Amz-Expires should be a number") }
        guard seconds >= 0 else { throw queryError("X-Amz-Expires must be non-negative") }
        guard seconds <= 604_800 else {
            throw queryError(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
            )
        }
        return seconds
    }

    private static func queryError(_ message: String) -> S3Error {
        S3Error(.authorizationQueryParametersError, message)
    }
}

// MARK: What both share

extension AuthorizationV4 {
    /// `yyyymmddThhmmssZ`.
    private static func isBasic(_ text: String) -> Bool {
        let bytes = text.utf8
        return bytes.count == 16 && bytes.last == UInt8(ascii: "Z") && bytes.dropFirst(8).first == UInt8(ascii: "T")
    }
}

let algorithm = CanonicalText.algorithm

/// Without the spaces and tabs at both ends.
func trim(_ text: Substring) -> Substring {
    var bytes = text.utf8
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return Substring(bytes)
}

/// The same for bytes.
func trim(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var (start, end) = (text.startIndex, text.endIndex)
    while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
    while start < end, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
    return text[start..<end]
}
