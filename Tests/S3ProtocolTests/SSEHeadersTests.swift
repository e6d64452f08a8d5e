import Cryptography
import S3Protocol
import Testing

@Suite struct `Encryption headers` {
    static let key = [UInt8](0..<32)
    static let keyMD5 = Base64.encode(Digest.hash(.md5, key))
    static let customer = [
        "x-amz-server-side-encryption-customer-algorithm: AES256",
        "x-amz-server-side-encryption-customer-key: \(Base64.encode(key))",
        "x-amz-server-side-encryption-customer-key-md5: \(keyMD5)",
    ]
    static let source = customer.map { "x-amz-copy-source-" + $0.dropFirst("x-amz-".count) }

    @Test func `absent ask for nothing`() throws {
        guard case .none = try SSEHeaders.ofWrite(headers(["content-type: text/plain"]), isSecure: false) else {
            Issue.record("not none")
            return
        }
        #expect(try SSEHeaders.ofRead([], isSecure: false) == nil)
        #expect(try SSEHeaders.ofUploadPart([], isSecure: false) == nil)
        #expect(try SSEHeaders.ofCopySource([], isSecure: false) == nil)
    }

    @Test(arguments: ["AES256", "aes256"])
    func `of SSE-S3 are told by their value`(_ value: String) throws {
        let request = try SSEHeaders.ofWrite(headers(["x-amz-server-side-encryption: \(value)"]), isSecure: false)
        guard case .sseS3 = request else {
            Issue.record("\(request)")
            return
        }
    }

    @Test(
        arguments: [
            ([], nil, nil, false),
            (["aws-kms-key-id:"], nil, nil, false),
            (["aws-kms-key-id: my-key"], "my-key", nil, false),
            (["aws-kms-key-id: arn:aws:kms:my-key"], "my-key", nil, false),
            (["aws-kms-key-id: arn:aws:kms:"], nil, nil, false),
            (["bucket-key-enabled: true"], nil, nil, true),
            (["bucket-key-enabled: false"], nil, nil, false),
            (["context: e30="], nil, [:], false),
            (["context: \(Base64.encode(Array(#"{"a": "b"}"#.utf8)))"], nil, ["a": "b"], false),
            (
                ["context: \(Base64.encode(Array(#" { "\u00e9\n" : "\uD83D\uDE00", "b":"" } "#.utf8)))"], nil,
                ["é\n": "😀", "b": ""], false
            ),
        ] as [([String], String?, [String: String]?, Bool)])
    func `of SSE-KMS carry key, context and bucket key`(
        _ lines: [String], _ keyID: String?, _ context: [String: String]?, _ bucketKey: Bool
    ) throws {
        let all =
            ["x-amz-server-side-encryption: aws:kms"] + lines.map { "x-amz-server-side-encryption-" + $0 }
        let request = try SSEHeaders.ofWrite(headers(all), isSecure: false)
        guard case .sseKMS(let gotKey, let gotContext, let gotBucketKey) = request else {
            Issue.record("\(request)")
            return
        }
        #expect(gotKey == keyID)
        #expect(gotContext == context)
        #expect(gotBucketKey ?? false == bucketKey)
    }

    @Test func `of SSE-C give the key and echo its MD5`() throws {
        guard case .sseC(let customer) = try SSEHeaders.ofWrite(headers(Self.customer), isSecure: true) else {
            Issue.record("not SSE-C")
            return
        }
        #expect(customer.keyMD5 == Self.keyMD5)
        #expect(customer.key.withUnsafeBytes { Array($0) } == Self.key)
        #expect(try SSEHeaders.ofRead(headers(Self.customer), isSecure: true)?.keyMD5 == Self.keyMD5)
        #expect(try SSEHeaders.ofUploadPart(headers(Self.customer), isSecure: true)?.keyMD5 == Self.keyMD5)
        #expect(try SSEHeaders.ofCopySource(headers(Self.source), isSecure: true)?.keyMD5 == Self.keyMD5)
    }

    @Test func `of SSE-C may have their keys apart`() throws {
        for lines in [Self.customer, Self.source] {
            let sent = headers(lines)
            let secrets = sent.filter { SSEHeaders.secretNames.contains($0.name) }
            #expect(secrets.count == 1)
            let bare = sent.map { SSEHeaders.secretNames.contains($0.name) ? ($0.name, "") : $0 }
            let apart = secrets.map { ($0.name, SecretBytes(Array($0.value.utf8))) }
            let found =
                lines == Self.customer
                ? try SSEHeaders.ofRead(bare, secrets: apart, isSecure: true)
                : try SSEHeaders.ofCopySource(bare, secrets: apart, isSecure: true)
            #expect(found?.key.withUnsafeBytes { Array($0) } == Self.key)
        }
    }

    @Test func `of SSE-C are never printed`() throws {
        let request = try SSEHeaders.ofWrite(headers(Self.customer), isSecure: true)
        var dumped = "\(request) \(String(reflecting: request))"
        dump(request, to: &dumped)
        #expect(!dumped.contains(Base64.encode(Self.key)))
        #expect(!dumped.lowercased().contains(Hex.encode(Self.key)))
    }

    @Test func `of SSE-C over plain HTTP are refused before anything else, on every kind of request`() {
        let text =
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection."
        let one = ["x-amz-server-side-encryption-customer-algorithm: bad", "x-amz-server-side-encryption: foo"]
        for lines in [Self.customer, Self.source, one] {
            let pairs = headers(lines)
            for parse in Self.everyKind {
                let error = #expect(throws: S3Error(.invalidRequest)) { try parse(pairs, false) }
                #expect(error?.message == text)
            }
        }
    }

    static let everyKind: [@Sendable ([(name: String, value: String)], Bool) throws -> Void] = [
        { _ = try SSEHeaders.ofWrite($0, isSecure: $1) }, { _ = try SSEHeaders.ofCopyTarget($0, isSecure: $1) },
        { _ = try SSEHeaders.ofCopySource($0, isSecure: $1) }, { _ = try SSEHeaders.ofRead($0, isSecure: $1) },
        { _ = try SSEHeaders.ofUploadPart($0, isSecure: $1) }, { _ = try SSEHeaders.ofComplete($0, isSecure: $1) },
    ]

    static let requests = "Requests specifying Server Side Encryption with Customer provided keys must provide "
    static let mismatch = "The calculated MD5 hash of the key did not match the hash that was provided."
    static let badKey = "The secret key was invalid for the specified algorithm."

    @Test(
        arguments: [
            (nil, Base64.encode(key), keyMD5, requests + "a valid encryption algorithm."),
            ("aes256", Base64.encode(key), keyMD5, requests + "a valid encryption algorithm."),
            (nil, Base64.encode(key), nil, requests + "a valid encryption algorithm."),
            (nil, nil, keyMD5, requests + "a valid encryption algorithm."),
            ("AES256", nil, keyMD5, requests + "an appropriate secret key."),
            ("AES256", "", keyMD5, requests + "an appropriate secret key."),
            ("AES256", Base64.encode(key), nil, requests + "the client calculated MD5 of the secret key."),
            ("AES256", "not base64", keyMD5, badKey),
            ("AES256", Base64.encode(Array(key.dropLast())), keyMD5, badKey),
            ("AES256", Base64.encode(key + [0]), keyMD5, badKey),
            ("AES256", Base64.encode(key), Base64.encode([UInt8](repeating: 0, count: 16)), mismatch),
            ("AES256", Base64.encode(key), "!", mismatch),
        ] as [(String?, String?, String?, String)])
    func `of SSE-C name what is wrong and never repeat it`(
        _ algorithm: String?, _ key: String?, _ md5: String?, _ message: String
    ) {
        for prefix in ["x-amz-server-side-encryption-customer-", "x-amz-copy-source-server-side-encryption-customer-"] {
            var pairs: [(name: String, value: String)] = []
            if let algorithm { pairs.append((prefix + "algorithm", algorithm)) }
            if let key { pairs.append((prefix + "key", key)) }
            if let md5 { pairs.append((prefix + "key-md5", md5)) }
            let error = #expect(throws: S3Error(.invalidArgument)) {
                if prefix.contains("copy-source") {
                    _ = try SSEHeaders.ofCopySource(pairs, isSecure: true)
                } else {
                    _ = try SSEHeaders.ofWrite(pairs, isSecure: true)
                }
            }
            #expect(error?.message == message)
            if let key, !key.isEmpty {
                #expect(error?.details.contains { $0.value.contains(key) } == false)
            }
        }
    }

    @Test(
        arguments: [
            (["x-amz-server-side-encryption: foo"], "The encryption method specified is not supported"),
            (["x-amz-server-side-encryption:"], "The encryption method specified is not supported"),
            (["x-amz-server-side-encryption: AWS:KMS"], "The encryption method specified is not supported"),
            (["x-amz-server-side-encryption: aws:kms:DSSE"], "The encryption method specified is not supported"),
            (customer + ["x-amz-server-side-encryption: aws:kms:dsse"], incompatible),
            (["x-amz-server-side-encryption: AES256", "x-amz-server-side-encryption-aws-kms-key-id: k"], needsKMS),
            (["x-amz-server-side-encryption: AES256", "x-amz-server-side-encryption-context: e30="], needsKMS),
            (["x-amz-server-side-encryption-aws-kms-key-id: k"], needsKMS),
            (["x-amz-server-side-encryption-context: e30="], needsKMS),
            (customer + ["x-amz-server-side-encryption: AES256"], incompatible),
            (customer + ["x-amz-server-side-encryption: aws:kms"], incompatible),
            (customer + ["x-amz-server-side-encryption-aws-kms-key-id: k"], incompatible),
            (source, "x-amz-copy-source-server-side-encryption headers are not supported for this operation."),
        ] as [([String], String)])
    func `that contradict each other refuse a write`(_ lines: [String], _ message: String) {
        let error = #expect(throws: S3Error(.invalidArgument)) {
            _ = try SSEHeaders.ofWrite(headers(lines), isSecure: true)
        }
        #expect(error?.message == message)
    }

    static let needsKMS =
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
    static let incompatible =
        "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"

    @Test(arguments: [
        "!", "[]", "{", "{}x", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a":"b",}"#, #"{"a":"b" "c":"d"}"#,
        #"{"a"}"#,
        #"{a:"b"}"#, #"{"a":"b","a":"c"}"#, #"{"a":"\x"}"#, #"{"a":"\uD800"}"#, #"{"a":"\u12"}"#, "{\"a\":\"\n\"}",
        "\"a\"",
        "{\"a\":\"b}", "",
    ])
    func `with a context that is no map of strings are refused`(_ json: String) {
        for value in [Base64.encode(Array(json.utf8)), json] where !value.isEmpty {
            let lines = ["x-amz-server-side-encryption: aws:kms", "x-amz-server-side-encryption-context: \(value)"]
            let error = #expect(throws: S3Error(.invalidArgument)) {
                _ = try SSEHeaders.ofWrite(headers(lines), isSecure: true)
            }
            #expect(error?.message.contains("string-string map") == true)
        }
    }

    @Test(arguments: [
        "x-amz-server-side-encryption: AES256", "x-amz-server-side-encryption: aws:kms",
        "x-amz-server-side-encryption: foo",
        "x-amz-server-side-encryption-aws-kms-key-id: k",
    ])
    func `that name a scheme are refused on reads and ignored on parts and Complete`(_ line: String) throws {
        let error = #expect(throws: S3Error(.invalidArgument)) {
            _ = try SSEHeaders.ofRead(headers([line]), isSecure: true)
        }
        #expect(
            error?.message == "x-amz-server-side-encryption header is not supported for this operation.")
        #expect(try SSEHeaders.ofUploadPart(headers([line]), isSecure: true) == nil)
        #expect(try SSEHeaders.ofComplete(headers([line]), isSecure: true) == nil)
    }

    @Test func `of a copy carry the source's key and the target's scheme apart`() throws {
        let pairs = headers(Self.source + ["x-amz-server-side-encryption: AES256"])
        guard case .sseS3 = try SSEHeaders.ofCopyTarget(pairs, isSecure: true) else {
            Issue.record("not SSE-S3")
            return
        }
        #expect(try SSEHeaders.ofCopySource(pairs, isSecure: true) != nil)
    }
}
