import AdminService
import Cryptography
import Foundation
import Testing

/// The format of encrypted bodies, against MinIO's Python client.
@Suite struct EncryptedBodyTests {
    private struct Document: Decodable {
        let vectors: [Vector]
    }

    private struct Vector: Decodable {
        let method: UInt8
        let plaintextByteCount: Int
        let secret: String
        let body: Data
    }

    private static func vectors(from test: String = #filePath) throws -> [Vector] {
        let root = URL(filePath: test).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "data/vectors/madmin-bodies.json"))
        return try JSONDecoder().decode(Document.self, from: data).vectors
    }

    private static func plaintext(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 7 % 251) } }

    private static func open(_ body: [UInt8], _ secret: String) throws -> [UInt8] {
        let header = try EncryptedBody.Header(body)
        let key = try #require(
            Array(secret.utf8).withUnsafeBytes { header.method.key(from: $0, salt: header.salt) })
        return try EncryptedBody.open(body, header, key: key)
    }

    @Test func `bodies of MinIO's client open`() throws {
        for vector in try Self.vectors() {
            let opened = try Self.open(Array(vector.body), vector.secret)
            #expect(opened == Self.plaintext(vector.plaintextByteCount), "method \(vector.method)")
            #expect(throws: AuthenticationFailure.self) { try Self.open(Array(vector.body), vector.secret + "x") }
        }
    }

    @Test func `what was changed, cut or lengthened does not open`() throws {
        let vector = try #require(try Self.vectors().first { $0.plaintextByteCount == 16385 })
        let body = Array(vector.body)
        let header = try EncryptedBody.Header(body)
        let key = try #require(
            Array(vector.secret.utf8).withUnsafeBytes { header.method.key(from: $0, salt: header.salt) })
        // The first chunk alone, a chunk's tag, everything and a byte, the second chunk left out or doubled.
        let chunk = body[(41 + 16400)...]
        let all: [[UInt8]] = [Array(body[..<(41 + 16400)]), Array(body.dropLast()), body + [0], body + Array(chunk)]
        for damaged in all {
            #expect(throws: AuthenticationFailure.self) { try EncryptedBody.open(damaged, header, key: key) }
        }
        for place in [41, 41 + 16399, body.count - 1] {
            var changed = body
            changed[place] ^= 1
            #expect(throws: AuthenticationFailure.self) { try EncryptedBody.open(changed, header, key: key) }
        }
    }

    @Test(arguments: [0, 1, 16383, 16384, 16385, 32768, 50000])
    func `what is sealed opens`(count: Int) throws {
        let key = SecretKey()
        let salt = SecureRandom.bytes(EncryptedBody.saltByteCount)
        let body = EncryptedBody.seal(Self.plaintext(count), key: key, salt: salt)
        #expect(body.count == 41 + count + 16 * max(1, (count + 16383) / 16384))
        #expect(try EncryptedBody.open(body, EncryptedBody.Header(body), key: key) == Self.plaintext(count))
        #expect(body != EncryptedBody.seal(Self.plaintext(count), key: key, salt: salt))
    }

    @Test func `what is no such body is refused`() {
        let bodies: [[UInt8]] = [
            [], [1, 2, 3], [UInt8](repeating: 0, count: 41), [UInt8](repeating: 9, count: 60),
        ]
        for body in bodies {
            #expect(throws: AuthenticationFailure.self) { try EncryptedBody.Header(body) }
        }
    }
}
