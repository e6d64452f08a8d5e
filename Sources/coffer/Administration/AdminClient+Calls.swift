import AdminService
import Cryptography
import Glibc
import HTTPClient
import JSON
import Notation
import S3Protocol

/// MinIO's administration API as `mc admin` speaks it.
extension AdminClient {
    /// What a request brings along.
    enum Body {
        case none
        case plain([UInt8])
        /// Encrypted with the secret key, as ``EncryptedBody``.
        case encrypted([UInt8])
    }

    private static let prefix = "/minio/admin/v3/"
    /// Bytes of an answer that are taken.
    private static let longestAnswer = 64 << 20

    /// The answer's bytes.
    ///
    /// - Parameters:
    ///   - path: below `/minio/admin/v3/`, or from the root if it begins with a slash.
    ///   - isEncrypted: whether the answer is.
    func call(
        _ method: HTTPClientMethod, _ path: String, _ query: [(name: String, value: String)] = [], body: Body = .none,
        isEncrypted: Bool = false
    ) async throws(StartFailure) -> [UInt8] {
        let response = try await response(to: method, path, query, body: body)
        return isEncrypted ? try decrypted(response.body) : response.body
    }

    /// Changes settings.
    ///
    /// - Returns: whether they are in effect at once; else with the next start.
    func changeSettings(
        _ method: HTTPClientMethod, _ path: String, _ lines: String
    ) async throws(StartFailure) -> Bool {
        let answer = try await response(to: method, path, [], body: .encrypted(Array(lines.utf8)))
        return answer.headers[Self.appliedHeader] == "true"
    }

    private static let appliedHeader = "x-minio-config-applied"

    private func response(
        to method: HTTPClientMethod, _ path: String, _ query: [(name: String, value: String)], body: Body
    ) async throws(StartFailure) -> HTTPClientResponse {
        do {
            var (bytes, type): ([UInt8], String?) = ([], nil)
            switch body {
            case .none: break
            case .plain(let plain): bytes = plain
            case .encrypted(let plain): (bytes, type) = (try encrypted(plain), "application/octet-stream")
            }
            var request = try request(method, Self.target(path, query), body: bytes, type: type)
            request.timeout = .seconds(60)
            request.maxResponseBytes = Self.longestAnswer
            request.wantedHeaders = [Self.appliedHeader]
            let response = try await http.send(request)
            guard (200..<300).contains(response.status) else { throw refusal(response.status, response.body) }
            return response
        } catch let error as HTTPClientError {
            throw StartFailure("\(endpoint): \(error)")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }

    /// The answer as JSON.
    func json(
        _ method: HTTPClientMethod, _ path: String, _ query: [(name: String, value: String)] = [], body: Body = .none,
        isEncrypted: Bool = false
    ) async throws(StartFailure) -> JSONValue {
        let bytes = try await call(method, path, query, body: body, isEncrypted: isEncrypted)
        guard let json = JSONValue(bytes) else { throw StartFailure("\(endpoint): the answer is no JSON") }
        return json
    }

    /// The lines of an answer that goes on, without the blanks that keep it alive; until the server ends it.
    ///
    /// What is printed of a line is on its way when the next one comes.
    func lines(
        _ path: String, _ query: [(name: String, value: String)], _ body: (JSONValue) -> Void
    ) async throws(StartFailure) {
        do {
            var request = try request(.get, Self.target(path, query))
            request.timeout = .seconds(30)
            request.longestSilence = .seconds(60)
            let lines = try await http.open(request)
            while let line = try await lines.next() {
                guard lines.status == 200 else { throw refusal(lines.status, line) }
                let text = Array(line.drop { $0 == UInt8(ascii: " ") })
                if let json = JSONValue(text) { body(json) }
                fflush(nil)
            }
        } catch let error as HTTPClientError {
            throw StartFailure("\(endpoint): \(error)")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }

    private static func target(_ path: String, _ query: [(name: String, value: String)]) -> String {
        let path = path.hasPrefix("/") ? path : prefix + path
        let pairs = query.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        return pairs.isEmpty ? path : "\(path)?\(pairs)"
    }

    private func encrypted(_ plaintext: [UInt8]) throws(StartFailure) -> [UInt8] {
        let salt = SecureRandom.bytes(EncryptedBody.saltByteCount)
        let key = secret.withUnsafeBytes { EncryptedBody.Method.argon2idWithAES.key(from: $0, salt: salt) }
        guard let key else { throw StartFailure("there is not enough memory for a key") }
        return EncryptedBody.seal(plaintext, key: key, salt: salt)
    }

    private func decrypted(_ body: [UInt8]) throws(StartFailure) -> [UInt8] {
        let malformed = StartFailure("\(endpoint): the answer does not open with the secret key")
        guard let header = try? EncryptedBody.Header(body) else { throw malformed }
        guard let key = secret.withUnsafeBytes({ header.method.key(from: $0, salt: header.salt) }) else {
            throw StartFailure("there is not enough memory for a key")
        }
        guard let plaintext = try? EncryptedBody.open(body, header, key: key) else { throw malformed }
        return plaintext
    }
}
