import FoundationEssentials
import HTTPClient
import Notation
import Requests
import S3Protocol

/// A small S3 client for operators: one request after another, objects in pieces.
struct S3Client {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
    }

    /// Bytes of a piece, up and down: S3's least for the parts of an upload is 5 MiB.
    static let pieceBytes = 8 << 20
    private static let wantedHeaders = [
        "etag", "content-length", "content-type", "last-modified", "x-amz-version-id", "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class",
    ]

    let endpoint: String
    private let signer: SigV4Signer
    private let http: HTTPClient

    init(_ options: ServerOptions, region: String) throws(StartFailure) {
        var notes: [String] = []
        guard let credentials = try RootCredentials(Environment.ofProcess(), notes: &notes) else {
            throw StartFailure("set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to an access key and its secret key")
        }
        guard options.endpoint.hasPrefix("http://") || options.endpoint.hasPrefix("https://") else {
            throw StartFailure("--endpoint \(options.endpoint): not an http:// or https:// URL")
        }
        endpoint = options.endpoint.hasSuffix("/") ? String(options.endpoint.dropLast()) : options.endpoint
        signer = SigV4Signer(accessKey: credentials.accessKey, secretKey: credentials.secret, region: region)
        var configuration = HTTPClientConfiguration()
        configuration.verifiesServer = !options.insecure
        configuration.caPaths = options.ca.map { [$0] } ?? []
        do {
            http = try HTTPClient(configuration)
        } catch {
            throw StartFailure("\(error)")
        }
    }

    /// One request; a refusal is thrown with the server's words.
    func call(
        _ method: HTTPClientMethod, _ address: S3Address?, _ query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws(StartFailure) -> Answer {
        do {
            let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            let target = (address?.path ?? "/") + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
            var request = HTTPClientRequest(method, endpoint + target)
            request.body = body
            request.timeout = .seconds(300)
            request.maxResponseBytes = Self.pieceBytes + (1 << 20)
            request.wantedHeaders = Self.wantedHeaders
            let host = String(endpoint.drop { $0 != ":" }.dropFirst("://".count))
            request.headers = try signer.sign(
                method: method.rawValue, target: target, headers: [(name: "host", value: host)] + headers,
                payload: .body(body), now: Clock.milliseconds() / 1000
            ).headers
            let response = try await http.send(request)
            guard (200..<300).contains(response.status) else { throw refusal(response, address) }
            return Answer(status: response.status, headers: response.headers, body: response.body)
        } catch let error as HTTPClientError {
            throw StartFailure("\(endpoint): \(error)")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }

    /// The answer's document.
    func document(
        _ address: S3Address?, _ query: [(name: String, value: String)] = []
    ) async throws(StartFailure) -> XMLElement {
        let answer = try await call(.get, address, query)
        do {
            return try XMLReader.parse(answer.body)
        } catch {
            throw StartFailure("\(endpoint): the answer is no XML")
        }
    }

    private func refusal(_ response: HTTPClientResponse, _ address: S3Address?) -> StartFailure {
        let error = try? XMLReader.parse(response.body, root: "Error")
        let message = (try? error?.optionalText("Message")) ?? (response.status == 404 ? "there is no such thing" : nil)
        return StartFailure(
            "\(address?.description ?? endpoint): \(message ?? "status \(response.status)")",
            isNotFound: response.status == 404)
    }
}

/// A bucket, or a key or prefix in one, as people write it: `s3://BUCKET/KEY`.
struct S3Address: CustomStringConvertible {
    let bucket: String
    /// Empty for the bucket itself.
    let key: String

    init(bucket: String, key: String = "") {
        self.bucket = bucket
        self.key = key
    }

    /// `nil` for what does not begin with `s3://`.
    init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let rest = text.dropFirst("s3://".count)
        bucket = String(rest.prefix { $0 != "/" })
        key = String(rest.dropFirst(bucket.count).dropFirst())
        guard !bucket.isEmpty else { return nil }
    }

    /// - Throws: for a text that is none.
    init(requiring text: String) throws(StartFailure) {
        guard let address = S3Address(text) else { throw StartFailure("\(text): not s3://BUCKET or s3://BUCKET/KEY") }
        self = address
    }

    var description: String { "s3://\(bucket)\(key.isEmpty ? "" : "/")\(key)" }

    var path: String {
        let components = key.split(separator: "/", omittingEmptySubsequences: false)
            .map { PercentEncoding.encode(String($0)) }
        return "/\(bucket)" + (key.isEmpty ? "" : "/" + components.joined(separator: "/"))
    }
}

extension XMLElement {
    /// The text of a child; empty when there is none.
    func text(_ name: String) -> String { (try? optionalText(name)) ?? "" }
}
