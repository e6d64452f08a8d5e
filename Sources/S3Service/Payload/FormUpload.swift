import AccessPolicy
import Cryptography
import HTTPServer
import NIOCore
import Requests
import S3Protocol

/// What a form says before its file comes: read, authenticated, and found to be what its policy allows.
struct FormUpload: Sendable {
    let fields: FormFields
    let object: ObjectName
    let principal: Principal
    let policy: PostPolicy?
    /// The form as a PutObject of its file, with the fields as headers.
    let request: S3Request

    private let form: S3Request
    private let delimiter: FormDelimiter
    private let received: Int64
    private let rest: [UInt8]

    /// Reads the body of `form` up to the bytes of the file.
    ///
    /// - Throws: the refusals of form, signature and policy.
    init(reading form: S3Request, _ delimiter: FormDelimiter) async throws {
        self.form = form
        self.delimiter = delimiter
        let bucket = try form.bucket
        var (beginning, received) = try await Self.beginning(of: form, delimiter)
        beginning.fields.substitute(filename: beginning.filename)
        let fields = beginning.fields
        self.fields = fields
        self.received = received
        rest = beginning.rest

        let signature = try FormSignature(fields)
        principal = try form.authenticate(signature)
        // A zero byte is in no key: a URL cannot have it.
        guard let key = fields["key"], !key.isEmpty, !key.utf8.contains(0) else {
            throw S3Error(
                .invalidArgument,
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
                details: [("ArgumentName", "key"), ("ArgumentValue", "")])
        }
        policy = try signature.map { signature throws(S3Error) in try PostPolicy(base64: signature.policy) }
        try policy?.check(fields, bucket: bucket, now: form.time / 1000)
        object = try ObjectName(key)
        form.record.key = object.rawValue
        request = try form.upload(of: object, in: bucket, fields, principal)
    }

    private static func beginning(
        of form: S3Request, _ delimiter: FormDelimiter
    ) async throws -> (FormParser.Beginning, received: Int64) {
        form.body.willBeGathered(upTo: FormParser.fieldBytes + FormFile.readAheadBytes)
        var parser = FormParser(delimiter)
        var received: Int64 = 0
        while let piece = try await form.body.next() {
            received += Int64(piece.readableBytes)
            form.record.bytesReceived += Int64(piece.readableBytes)
            if let beginning = try parser.take(piece.readableBytesView) { return (beginning, received) }
        }
        throw S3Error(.malformedPOSTRequest)
    }

    /// The form's file, of which as much has been read as belongs into memory.
    func file() async throws -> FormFile {
        let file = try FormFile(form, delimiter, received: received, rest: rest, as: request, policy)
        try await file.readAhead()
        return file
    }
}

extension S3Request {
    /// A request for what a form's fields ask, as though its file were put with them as headers.
    fileprivate func upload(
        of object: ObjectName, in bucket: BucketName, _ fields: FormFields, _ principal: Principal
    ) throws(S3Error) -> S3Request {
        var headers: [(name: String, value: String)] = []
        var secrets: [(name: String, value: SecretBytes)] = []
        for (name, value) in try fields.headers() {
            if SSEHeaders.secretNames.contains(name) {
                secrets.append((name, SecretBytes(value.utf8)))
                headers.append((name, ""))
            } else {
                headers.append((name, value))
            }
        }
        return asUpload(of: .object(bucket, object), headers, secrets, principal)
    }
}
