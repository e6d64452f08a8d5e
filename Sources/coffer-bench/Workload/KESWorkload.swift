import Certificates
import Cryptography
import Glibc
import KESClient
import KESProtocol

/// Requests to a KES server, each the same over and over: a data key is made, or one is opened.
struct KESWorkload {
    enum Operation: String, CaseIterable {
        case generate
        case decrypt
    }

    private let book: [Operation: RequestBook]

    /// Makes the key, if it is not there, and a data key under it to be opened.
    init(_ endpoint: Endpoint, client: KESClient, key: KeyName) async throws {
        // It may be there from an earlier run; a real obstacle shows in the next line.
        try? await client.createKey(key)
        let context = Array(#"{"bench":"bench/object"}"#.utf8)
        let generated = try await client.generateKey(under: key, context: context)
        let bodies: [Operation: String] = [
            .generate: #"{"context":"\#(Base64.encode(context))"}"#,
            .decrypt:
                #"{"ciphertext":"\#(Base64.encode(generated.ciphertext))","context":"\#(Base64.encode(context))"}"#,
        ]
        book = Dictionary(
            uniqueKeysWithValues: bodies.map { operation, body in
                // As MinIO's client writes it, with a length.
                let head = """
                    POST /v1/key/\(operation.rawValue)/\(key.text) HTTP/1.1\r
                    Host: \(endpoint.authority)\r
                    User-Agent: coffer-bench\r
                    Content-Type: application/json\r
                    Content-Length: \(body.utf8.count)\r
                    \r

                    """
                return (operation, RequestBook([RequestDraft(head: Array((head + body).utf8))]))
            })
    }

    func requests(_ operation: Operation) -> RequestBook { book[operation] ?? RequestBook([]) }
}

extension ClientCertificate {
    /// A certificate that stands for an API key.
    init(_ key: APIKey) throws {
        let (certificate, privateKey) = try key.makeClientCertificate(now: Int64(time(nil)))
        self.init(certificatePEM: Array(certificate.pem.utf8), keyPEM: privateKey.pem(password: nil))
    }
}
