import Cryptography
import HTTPServer
import TestSupport
import Testing

/// Values of secret headers are kept apart from the head's strings.
@Suite struct SecretHeaderTests {
    private static let secretName = "x-amz-server-side-encryption-customer-key"

    private func serve(_ test: (Int) async throws -> Void) async throws {
        try await withServer { request, response in
            let secrets = request.head.secrets.map { secret in
                secret.value.withUnsafeBytes { "\(secret.name)=\(String(decoding: $0, as: UTF8.self))" }
            }
            let headers = request.head.headers.map { "\($0.name)=\($0.value)" }
            await response.send(200, "\(secrets) \(headers)")
        } _: {
            $0.secretHeaders = [Self.secretName]
        } test: { _, port in
            try await test(port)
        }
    }

    private static let request =
        "GET / HTTP/1.1\r\nHost: a\r\nX-Amz-Server-Side-Encryption-Customer-Key:  first \r\nX-A: b\r\n"
        + "x-amz-server-side-encryption-customer-key: second\r\n\r\n"
    private static let answer =
        #"["\#(secretName)=first", "\#(secretName)=second"] ["host=a", "\#(secretName)=", "x-a=b", "\#(secretName)="]"#

    @Test func `values of secret headers are no strings of the head`() async throws {
        try await serve { port in
            let client = try RawClient(port: port)
            try client.send(Self.request + Self.request)
            for _ in 0..<2 { #expect(try client.readResponse().text == Self.answer) }
        }
    }

    @Test func `a head is the same in however many pieces it comes`() async throws {
        try await serve { port in
            let bytes = Array((Self.request + Self.request).utf8)
            for size in [1, 7, 50, 100, 200] {
                let client = try RawClient(port: port)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try client.send(Array(bytes[start..<min(start + size, bytes.count)]))
                    try await Task.sleep(for: .milliseconds(size > 7 ? 5 : 0))
                }
                for _ in 0..<2 { #expect(try client.readResponse().text == Self.answer) }
            }
        }
    }
}
