import S3Protocol

extension FuzzTarget {
    /// A form upload, its boundary being `b`; the first byte says how it is cut into pieces.
    static let form = FuzzTarget("form") { (bytes) throws(BrokenPromise) in
        guard let first = bytes.first else { return }
        _ = try? FormDelimiter(contentType: bytes.text)
        let body = Array(bytes.dropFirst())
        let (whole, pieces) = (read(body, step: body.count), read(body, step: 1 + Int(first)))
        switch (whole, pieces) {
        case (.some(let one), .some(let other)):
            try require(
                one.filename == other.filename && one.fields.pairs.elementsEqual(other.fields.pairs, by: ==),
                "cut, it is another form")
            check(one.fields)
        case (nil, nil): break
        default: throw BrokenPromise("at once \(whole != nil), in pieces \(pieces != nil)")
        }
        _ = try? PostPolicy(base64: body.text)
    }

    private static func read(_ body: [UInt8], step: Int) -> FormParser.Beginning? {
        guard let delimiter = try? FormDelimiter(contentType: "multipart/form-data; boundary=b") else { return nil }
        var parser = FormParser(delimiter)
        for start in stride(from: 0, to: body.count, by: max(1, step)) {
            let piece = body[start..<min(start + max(1, step), body.count)]
            do {
                if let beginning = try parser.take(piece) { return beginning }
            } catch { return nil }
        }
        return nil
    }

    private static func check(_ fields: FormFields) {
        guard let bucket = try? BucketName("bucket") else { return }
        _ = try? fields.headers()
        if let policy = fields["policy"].flatMap({ try? PostPolicy(base64: $0) }) {
            _ = try? policy.check(fields, bucket: bucket, now: 0)
            _ = try? policy.check(length: 1)
        }
        if let signature = try? FormSignature(fields) {
            let verifier = SigV4Verifier(region: nil) { _, _ throws(S3Error) in nil }
            _ = try? verifier.verify(signature, now: 0)
        }
    }
}
