import FoundationEssentials
import HTTPClient
import Notation
import Requests
import S3Protocol

/// Asks a running server what only root may ask.
struct AdminClient {
    struct DataKeys: Decodable {
        let catalogueKey: String?
        let catalogueKeyVersion: UInt32?
        let defaultKey: String
        let keys: [KeyCount]
    }

    struct KeyCount: Decodable {
        let kmsKey: String
        let version: UInt32?
        let dataKeys: Int

        /// Such as `my-key, version 2`.
        var title: String { AdminClient.title(kmsKey, version) }
    }

    /// A key of the key service with its version where that is known.
    static func title(_ kmsKey: String, _ version: UInt32?) -> String {
        version.map { "\(kmsKey), version \($0)" } ?? kmsKey
    }

    /// One line of the answer to a move: progress, the outcome, or why it ended.
    struct RewrapLine: Decodable {
        let examined: Int?
        let total: Int?
        let moved: Int?
        let left: [KeyCount]?
        let failed: Int?
        let causes: [Cause]?
        let failures: [Failure]?
        let error: String?
    }

    /// Why so many data keys stayed where they were.
    struct Cause: Decodable {
        let cause: String
        let count: Int
    }

    /// One that stayed.
    struct Failure: Decodable {
        let what: String
        let cause: String
    }

    struct RewrapOutcome {
        let moved: Int
        let left: [KeyCount]
        let failed: Int
        let causes: [Cause]
        let failures: [Failure]
    }

    private struct Refusal: Decodable {
        let message: String

        enum CodingKeys: String, CodingKey { case message = "Message" }
    }

    let endpoint: String
    let http: HTTPClient
    /// For bodies that are encrypted.
    let secret: SecretString
    private let signer: SigV4Signer

    init(endpoint: String, credentials: RootCredentials, ca: String?, isInsecure: Bool) throws(StartFailure) {
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw StartFailure("--endpoint \(endpoint): not an http:// or https:// URL")
        }
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        secret = SecretString(credentials.secret)
        // Administration names no region.
        signer = SigV4Signer(accessKey: credentials.accessKey, secretKey: credentials.secret, region: "")
        var configuration = HTTPClientConfiguration()
        configuration.verifiesServer = !isInsecure
        configuration.caPaths = ca.map { [$0] } ?? []
        do {
            http = try HTTPClient(configuration)
        } catch {
            throw StartFailure("\(error)")
        }
    }

    func dataKeys() async throws(StartFailure) -> DataKeys {
        do {
            let response = try await http.send(try request(.get, "/minio/kms/v1/coffer/data-keys"))
            guard response.status == 200 else { throw refusal(response.status, response.body) }
            return try decode(response.body)
        } catch let error as HTTPClientError {
            throw StartFailure("\(endpoint): \(error)")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }

    /// Moves all data keys; returns when the server says that it is done.
    func rewrap(
        to key: String, progress: (RewrapLine) -> Void
    ) async throws(StartFailure) -> RewrapOutcome {
        do {
            var request = try request(.post, "/minio/kms/v1/coffer/rewrap?to=\(PercentEncoding.encode(key))")
            request.timeout = .seconds(30)
            // A page of data keys lies between two lines, each for a few calls of the key service.
            request.longestSilence = .seconds(300)
            let lines = try await http.open(request)
            while let text = try await lines.next() {
                guard lines.status == 200 else { throw refusal(lines.status, text) }
                let line: RewrapLine = try decode(text)
                if let error = line.error { throw StartFailure("the server gave up: \(error)") }
                if let left = line.left {
                    return RewrapOutcome(
                        moved: line.moved ?? 0, left: left, failed: line.failed ?? 0, causes: line.causes ?? [],
                        failures: line.failures ?? [])
                }
                progress(line)
            }
            throw StartFailure("\(endpoint): the answer ended early (status \(lines.status))")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }

    /// A signed request.
    func request(
        _ method: HTTPClientMethod, _ target: String, body: [UInt8] = [], type: String? = nil
    ) throws(S3Error) -> HTTPClientRequest {
        let host = String(endpoint.drop { $0 != ":" }.dropFirst("://".count))
        var request = HTTPClientRequest(method, endpoint + target)
        request.body = body
        let headers = [(name: "host", value: host)] + (type.map { [(name: "content-type", value: $0)] } ?? [])
        request.headers = try signer.sign(
            method: method.rawValue, target: target, headers: headers, payload: .body(body),
            now: Clock.milliseconds() / 1000
        ).headers
        return request
    }

    private func decode<Document: Decodable>(_ bytes: [UInt8]) throws(StartFailure) -> Document {
        do {
            return try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch {
            throw StartFailure("\(endpoint): the answer is not one of Coffer's")
        }
    }

    func refusal(_ status: Int, _ body: [UInt8]) -> StartFailure {
        let message = (try? JSONDecoder().decode(Refusal.self, from: Data(body)))?.message
        return StartFailure("\(endpoint): \(message ?? "status \(status)")")
    }
}
