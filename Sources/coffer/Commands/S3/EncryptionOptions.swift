import ArgumentParser
import Cryptography
import Glibc
import S3Client

/// How objects are to be encrypted, and with which key they are to be read.
struct EncryptionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Encrypt what is written otherwise than the bucket says: s3, kms, or kms:KEY.", valueName: "HOW"))
    var sse: String?

    @Option(
        help: ArgumentHelp(
            "Encrypt or decrypt with the customer's key in this file: 32 bytes, or those in hex or base64 (SSE-C).",
            valueName: "FILE"))
    var sseCKey: String?

    @Option(
        help: ArgumentHelp("The customer's key of the object that is copied, where it is another.", valueName: "FILE"))
    var sourceSseCKey: String?

    /// Of what is written.
    func ofTarget(_ client: S3Client) throws(StartFailure) -> WantedEncryption {
        if let sseCKey {
            guard sse == nil else { throw StartFailure("--sse and --sse-c-key exclude each other") }
            return try Self.customer(sseCKey, client)
        }
        switch sse {
        case nil: return .ofBucket
        case "s3": return .managed
        case "kms": return .keyService(key: nil)
        case let how? where how.hasPrefix("kms:"): return .keyService(key: String(how.dropFirst("kms:".count)))
        case let how?: throw StartFailure("--sse \(how): s3, kms, or kms:KEY")
        }
    }

    /// Of what is read.
    func ofSource(_ client: S3Client) throws(StartFailure) -> WantedEncryption {
        guard let file = sourceSseCKey ?? sseCKey else { return .ofBucket }
        return try Self.customer(file, client)
    }

    /// The customer's key in a file.
    static func customer(_ file: String, _ client: S3Client) throws(StartFailure) -> WantedEncryption {
        guard client.isSecure else { throw StartFailure("--sse-c-key: a customer's key travels by HTTPS alone") }
        guard let handle = fopen(file, "r") else { throw StartFailure("\(file): \(String(cString: strerror(errno)))") }
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, handle)
        bytes = Array(bytes.prefix(count))
        if bytes.count == 32 { return .customer(bytes) }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let key = Hex.decode(text) ?? Base64.decode(text), key.count == 32 else {
            throw StartFailure("\(file): neither 32 bytes nor those in hex or base64")
        }
        return .customer(key)
    }
}
