/// What a SigV4 request claims, in its header or its query, before anything is believed.
struct AuthorizationV4: Sendable {
    var credential: Credential
    /// Lower-case, in the order signed.
    var signedHeaders: [String]
    /// Hex digits as sent.
    var signature: String
    /// `yyyymmddThhmmssZ`, as the string to sign has it.
    var timestamp: String
    /// Seconds since 1970.
    var time: Int64
    /// Validity of a presigned URL in seconds; nil for header authentication.
    var expires: Int64?
}

// MARK: The Authorization header

extension AuthorizationV4 {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` and the date that belongs to it.
    init(header: String, of request: SigningRequest) throws(S3Error) {
        var credentialText: Substring?
        var signedText: Substring?
        var signatureText: Substring?
        for element in header.utf8.dropFirst(algorithm.utf8.count).split(separator: UInt8(ascii: ",")) {
            let element = trim(Substring(element))
            guard let sign = element.utf8.firstIndex(of: UInt8(ascii: "=")) else { throw Self.threeComponents }
            let value = element[element.utf8.index(after: sign)...]
            switch element[..<sign] {
            case "Credential": credentialText = value
            case "SignedHeaders": signedText = value
            case "Signature": signatureText = value
            default: throw Self.threeComponents
            }
        }
        guard let credentialText, let signedText, let signatureText else { throw Self.threeComponents }
        guard let credential = Credential(credentialText) else { throw Self.malformed(Credential.malformed) }
        guard let signedHeaders = Self.names(signedText) else {
            throw Self.malformed("the SignedHeaders are mal-formed.")
        }
        let (timestamp, time) = try Self.date(of: request)
        guard timestamp.hasPrefix(credential.date) else {
            throw Self.malformed(
                "Invalid credential date \"\(credential.date)\". This date is not the same as X-Amz-Date: \"\(timestamp.prefix(8))\"."
            )
        }
        self.init(
            credential: credential, signedHeaders: signedHeaders, signature: String(signatureText),
            timestamp: timestamp,
            time: time)
    }

    /// `x-amz-date`, else `Date` in any HTTP form.
    private static func date(of request: SigningRequest) throws(S3Error) -> (timestamp: String, time: Int64) {
        if let text = request.header("x-amz-date") {
            // Other forms than the basic one are legal; the string to sign always has the basic one.
            guard let time = HTTPDate.parse(text) else { throw S3Error(.malformedDate) }
            return (isBasic(text) ? text : HTTPDate.amzDate(time * 1000), time)
        }
        guard let text = request.header("date") else {
            throw S3Error(
                .accessDenied, "AWS authentication requires a valid Date or x-amz-date header", status: 403)
        }
        guard let time = HTTPDate.parse(text) else { throw S3Error(.malformedDate) }
        return (HTTPDate.amzDate(time * 1000), time)
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
        guard let credential = Credential(credentialText) else {
            throw Self.queryError("Error parsing the X-Amz-Credential parameter; \(Credential.malformed)")
        }
        guard Self.isBasic(dateText), let time = HTTPDate.parse(dateText) else {
            throw Self.queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard dateText.hasPrefix(credential.date) else {
            throw Self.queryError(
                "Error parsing the X-Amz-Credential parameter; incorrect date \"\(credential.date)\". This date is not the same as X-Amz-Date: \"\(dateText.prefix(8))\"."
            )
        }
        guard let signedHeaders = Self.names(signedText) else {
            throw Self.queryError("X-Amz-SignedHeaders is mal-formed.")
        }
        self.init(
            credential: credential, signedHeaders: signedHeaders, signature: signatureText, timestamp: dateText,
            time: time,
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

    /// The signed headers' names in the order sent; nil if one is empty.
    ///
    /// That order is the alphabet's, except curl's: it sorts whole lines, so that `encryption-x` comes before
    /// `encryption`. What is signed is the same either way.
    private static func names(_ text: some StringProtocol) -> [String]? {
        var names: [String] = []
        for name in Substring(text).utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            guard !name.isEmpty else { return nil }
            names.append(lowercased(Substring(name)))
        }
        return names
    }
}

let algorithm = "AWS4-HMAC-SHA256"

/// Lower-case, without work for what already is.
private func lowercased(_ text: Substring) -> String {
    let isUpper = text.utf8.contains { $0 >= 0x80 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    return isUpper ? text.lowercased() : String(text)
}

/// Without the spaces and tabs at both ends.
func trim(_ text: Substring) -> Substring {
    var bytes = text.utf8
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return Substring(bytes)
}
