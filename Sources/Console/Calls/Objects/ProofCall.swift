import Cryptography
import HTTPServer
import JSON
import S3Protocol
import SealedStorage

/// What lies on the drive of an object, beside what one sees of it.
enum ProofCall {
    /// Bytes that are shown.
    private static let most = 4096

    static func perform(_ call: Call) async throws {
        let bucket = try call.required("b")
        let key = try call.required("k")
        let head = try await GetObjectCall.head(call, bucket, key, call.parameter("v"))
        let version = call.parameter("v") ?? head.header("x-amz-version-id")
        guard let object = GetObjectCall.stored(call, bucket, key, version, head),
            let start = try await call.context.drive.objects.storedStart(of: object, upTo: most)
        else {
            throw ConsoleError(409, "OperationAborted", "The object has been replaced meanwhile: ask again.")
        }
        var document = JSONObject()
        document["where"] = .string(start.place == .blob ? "blob" : "catalogue")
        document["fileLength"] = .integer(start.length)
        document["offset"] = .integer(0)
        document["stored"] = .string(Base64.encode(start.bytes))
        document["plain"] = try await plain(call, bucket, key, call.parameter("v"), head).map {
            .string(Base64.encode($0))
        }
        document["fields"] = .array(StreamHeader.fields(of: start.bytes))
        let isOfCustomer = head.header("x-amz-server-side-encryption-customer-algorithm") != nil
        document["scheme"] = .string(
            isOfCustomer ? "SSE-C" : Scheme.name(head.header("x-amz-server-side-encryption")) ?? "SSE-S3")
        document["key"] = head.header("x-amz-server-side-encryption-aws-kms-key-id")
            .map { .string(EncryptionSetting.name($0)) }
        document["dataKey"] = object.dataKeyID.map { .string($0) }
        try await call.answer(document.value)
    }

    /// What its reader gets; nil where the key service is away.
    private static func plain(
        _ call: Call, _ bucket: String, _ key: String, _ version: String?, _ head: InnerAnswer
    ) async throws -> [UInt8]? {
        var request = InnerRequest("GET", bucket: bucket, key: key)
        request.add("versionId", version)
        if head.contentLength != 0 { request.addHeader("range", "bytes=0-\(most - 1)") }
        request.addHeader("if-match", head.header("etag"))
        CustomerKeyPassing.add(call.request.head, to: &request)
        let answer = try await call.agent.answer(request, secrets: call.request.head)
        return answer.isRefusal ? nil : answer.body
    }
}

/// The header of a stream of packages, for people: see the article on the package format.
enum StreamHeader {
    private static let magic = Array("COFFERPS".utf8)
    private static let length = 56
    private static let tag = 16

    /// Empty for bytes that do not begin with such a header.
    static func fields(of bytes: [UInt8]) -> [JSONValue] {
        guard bytes.count >= length, Array(bytes[..<8]) == magic else { return [] }
        let packageSize = number(bytes[12..<16])
        let size = number(bytes[16..<24])
        let cipher = bytes[9] == 0 ? "AES-256-GCM" : bytes[9] == 1 ? "ChaCha20-Poly1305" : "\(bytes[9])"
        let first = min(size, packageSize)
        return [
            field("Magic", 0, 8, "COFFERPS"), field("Version", 8, 1, "\(bytes[8])"), field("Cipher", 9, 1, cipher),
            field("Reserved", 10, 2, "0"), field("Package size", 12, 4, "\(packageSize) bytes"),
            field("Plaintext length", 16, 8, "\(size) bytes"),
            field("Salt", 24, 32, Hex.encode(bytes[24..<56])),
            field("Package 1: ciphertext", length, first, "\(first) bytes"),
            field("Package 1: authentication tag", length + first, tag, "\(tag) bytes"),
        ]
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { ($0 & 0xFF_FFFF_FFFF_FFFF) << 8 | Int($1) }
    }

    private static func field(_ name: String, _ offset: Int, _ length: Int, _ value: String) -> JSONValue {
        .object([
            "name": .string(name), "offset": .integer(offset), "length": .integer(length), "value": .string(value),
        ])
    }
}
