import Cryptography
import Dispatch
import Glibc
import HTTPClient
import Notation
import S3Protocol

/// A client of any S3 server, for operators' commands: path-style addresses, signature version 4, checksums both ways.
///
/// Calls are sent again where that helps: puts and deletes come to the same, and of an upload only one is completed. Who
/// adds versions says otherwise.
package final class S3Client: Sendable {
    private let configuration: S3ClientConfiguration
    private let endpoint: String
    private let host: String
    private let signer: SigV4Signer
    private let http: HTTPClient

    package init(_ configuration: S3ClientConfiguration) throws(S3ClientError) {
        var endpoint = configuration.endpoint[...]
        while endpoint.hasSuffix("/") { endpoint = endpoint.dropLast() }
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw .endpoint(configuration.endpoint)
        }
        self.configuration = configuration
        self.endpoint = String(endpoint)
        host = String(endpoint.drop { $0 != ":" }.dropFirst("://".count))
        signer = SigV4Signer(
            accessKey: configuration.accessKey, secretKey: configuration.secretKey, region: configuration.region)
        do {
            http = try HTTPClient(configuration.http)
        } catch {
            throw .transport(error)
        }
    }

    /// Whether what is sent cannot be read on its way: customers' keys must not travel otherwise.
    package var isSecure: Bool { endpoint.hasPrefix("https://") }

    /// One call.
    struct Call: Sendable {
        var method: HTTPClientMethod
        var address: ObjectAddress?
        /// Names and values as they are before they are encoded.
        var query: [(name: String, value: String)] = []
        /// Names in lower case.
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        /// Headers of the answer that are wanted, in lower case.
        var wanted: [String] = []
        /// What the names of more of them begin with.
        var wantedPrefix: String?
        var maxResponseBytes = 8 << 20
        /// Whether it is sent again where that helps; not what would add another version.
        var mayRepeat = true
    }

    /// Sends a call, again where that helps.
    ///
    /// - Returns: the answer, of a status from 200 to 299.
    func send(_ call: Call) async throws(S3ClientError) -> HTTPClientResponse {
        var attempt = 1
        while true {
            do {
                return try await sendOnce(call)
            } catch {
                guard call.mayRepeat, attempt < configuration.attempts, error.isPassing else { throw error }
            }
            // 0.2, 0.4, 0.8 seconds, each up to half as much longer: others wait for the same server.
            let pause = 200 << (attempt - 1)
            do {
                try await Task.sleep(for: .milliseconds(pause + Int.random(in: 0...pause / 2)))
            } catch {
                throw .transport(.cancelled)
            }
            attempt += 1
        }
    }

    private func sendOnce(_ call: Call) async throws(S3ClientError) -> HTTPClientResponse {
        let version = call.address?.version.map { [(name: "versionId", value: $0)] } ?? []
        let query = (call.query + version).map { name, value in
            value.isEmpty
                ? PercentEncoding.encode(name) : "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))"
        }
        let target = (call.address?.path ?? "/") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        var request = HTTPClientRequest(call.method, endpoint + target)
        var headers = call.headers + [("host", host)]
        if let token = configuration.sessionToken { headers.append(("x-amz-security-token", token)) }
        do {
            // Over TLS the body is authentic without a hash of its own.
            request.headers = try signer.sign(
                method: call.method.rawValue, target: target, headers: headers,
                payload: isSecure && !call.body.isEmpty ? .unsigned : .body(call.body), now: Int64(time(nil))
            ).headers
        } catch {
            throw .unsuitable("\(call.address.map(String.init(describing:)) ?? endpoint): \(error.message)")
        }
        request.body = call.body
        request.wantedHeaders = call.wanted
        request.wantedHeaderPrefix = call.wantedPrefix
        request.maxResponseBytes = call.maxResponseBytes
        request.timeout = .seconds(120)
        let response: HTTPClientResponse
        do {
            response = try await http.send(request)
        } catch {
            throw .transport(error)
        }
        guard (200..<300).contains(response.status) else { throw Self.refusal(response) }
        return response
    }

    private static func refusal(_ response: HTTPClientResponse) -> S3ClientError {
        refusal(in: response.body, status: response.status) ?? .refused(status: response.status, code: "", message: "")
    }

    /// The refusal that an error document tells of; `nil` for another document.
    static func refusal(in body: [UInt8], status: Int) -> S3ClientError? {
        guard let document = try? XMLReader.parse(body, root: "Error") else { return nil }
        let code = (try? document.optionalText("Code")) ?? nil
        let message = (try? document.optionalText("Message")) ?? nil
        return .refused(status: status, code: code ?? "", message: message ?? "")
    }

    /// Reads a document of an answer.
    func document(_ response: HTTPClientResponse, _ root: String) throws(S3ClientError) -> XMLElement {
        do {
            return try XMLReader.parse(response.body, root: root)
        } catch {
            throw .unreadable("\(endpoint): an answer that is no \(root)")
        }
    }
}

extension XMLElement {
    /// The text of a child that must be there once.
    func text(_ name: String) throws(S3ClientError) -> String {
        guard let text = (try? optionalText(name)) ?? nil else {
            throw .unreadable("an answer without \(name) in \(self.name)")
        }
        return text
    }

    func number(_ name: String) throws(S3ClientError) -> Int64 {
        guard let number = (try? optionalNumber(name)) ?? nil else {
            throw .unreadable("an answer without a number for \(name) in \(self.name)")
        }
        return number
    }
}
