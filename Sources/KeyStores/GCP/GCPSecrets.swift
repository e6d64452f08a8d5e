import Cryptography
import HTTPClient
import JSON
import KESProtocol
import Notation

/// The calls of Secret Manager (REST, v1) that a key store needs, each with what its answers mean.
struct GCPSecrets: Sendable {
    enum Creation {
        case created
        /// It was there, or an earlier try of this call has made it.
        case existed(mayBeOurs: Bool)
    }

    struct Page {
        let names: [String]
        /// `nil`: it is the last.
        let next: String?
    }

    private static let pageSize = 5000

    let client: AuthorizedClient<String>
    /// As in `https://secretmanager.googleapis.com/v1/projects/my-project/secrets`.
    let url: String

    func create(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Creation {
        let body = JSONValue.object([("replication", .object([("automatic", .object([]))]))]).bytes
        let answer = try await client.send(time) { post("?secretId=\(PercentEncoding.encode(name.text))", body) }
        if answer.status == 409, answer.code == "ALREADY_EXISTS" {
            return .existed(mayBeOurs: answer.mayHaveHappenedBefore)
        }
        _ = try document(answer, needing: "secretmanager.secrets.create")
        return .created
    }

    /// Adds a version; its number, or `nil` when there is no such secret.
    ///
    /// When an answer was lost it may add two, of which the first counts: the number is then that of the second.
    func add(_ payload: SecretBytes, to name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Int? {
        guard payload.count <= GCPVersion.longestPayload else {
            throw .unavailable(
                "gcp: a secret holds \(GCPVersion.longestPayload) bytes at most and the value has \(payload.count): "
                    + "the key has too many versions")
        }
        let answer = try await client.send(time) {
            let data = Base64.encode(payload.withUnsafeBytes { Array($0) })
            return post(
                "/\(PercentEncoding.encode(name.text)):addVersion",
                JSONValue.object([("payload", .object([("data", .string(data))]))]).bytes)
        }
        if answer.isAbsence { return nil }
        let document = try document(answer, needing: "secretmanager.versions.add")
        guard let number = Self.number(document) else { throw .unavailable("gcp: a version without a number") }
        return number
    }

    /// A version by its number, or `latest`; `nil` when the secret or the version does not exist.
    func version(
        _ version: String, of name: KeyName, _ time: CallTime
    ) async throws(KeyStoreError) -> GCPVersion? {
        let target = "\(url)/\(PercentEncoding.encode(name.text))/versions/\(version):access"
        let answer = try await client.send(time) { StoreRequest(.get, target, isRepeatable: true) }
        if answer.isAbsence { return nil }
        let document = try document(answer, needing: "secretmanager.versions.access")
        guard let number = Self.number(document),
            var bytes = document["payload"]?["data"]?.string.flatMap({ Base64.decode($0) })
        else { throw .unavailable("gcp: the answer is no version of a secret") }
        return GCPVersion(number: number, payload: SecretBytes(moving: &bytes))
    }

    /// Whether there was such a secret; true also when an earlier try of this call has deleted it.
    func delete(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Bool {
        let target = "\(url)/\(PercentEncoding.encode(name.text))"
        let answer = try await client.send(time) { StoreRequest(.delete, target, isRepeatable: true) }
        if answer.isAbsence { return answer.mayHaveHappenedBefore }
        _ = try document(answer, needing: "secretmanager.secrets.delete")
        return true
    }

    func list(after token: String?, _ time: CallTime) async throws(KeyStoreError) -> Page {
        var target = "\(url)?pageSize=\(Self.pageSize)&fields=secrets.name,nextPageToken"
        if let token { target += "&pageToken=\(PercentEncoding.encode(token))" }
        let answer = try await client.send(time) { StoreRequest(.get, target, isRepeatable: true) }
        let document = try document(answer, needing: "secretmanager.secrets.list")
        let names = (document["secrets"]?.elements ?? []).compactMap { secret in
            secret["name"]?.string?.split(separator: "/").last.map(String.init)
        }
        return Page(names: names, next: document["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 })
    }

    private func post(_ suffix: String, _ body: [UInt8]) -> StoreRequest {
        // What a repetition may do is told by the answer: a secret that exists, a version of a later number.
        var request = StoreRequest(.post, url + suffix, isRepeatable: true)
        request.headers = [("Content-Type", "application/json")]
        request.body = body
        return request
    }

    private static func number(_ version: JSONValue) -> Int? {
        version["name"]?.string?.split(separator: "/").last.flatMap { Int($0) }
    }

    // MARK: Errors

    private func document(_ answer: StoreAnswer, needing right: String) throws(KeyStoreError) -> JSONValue {
        guard answer.isSuccess else { throw answer.failure(of: "gcp", saying: answer.message, needing: right) }
        return try answer.document(of: "gcp")
    }
}

extension StoreAnswer {
    /// `NOT_FOUND`, `PERMISSION_DENIED`, …: Google's name of the error.
    fileprivate var code: String? { json?["error"]?["status"]?.string }

    fileprivate var message: String? {
        guard let error = json?["error"] else { return nil }
        return [error["status"]?.string, error["message"]?.string].compactMap(\.self).joined(separator: ": ")
    }

    /// A 404 that is the store's own, and not that of a proxy or a wrong address.
    fileprivate var isAbsence: Bool { status == 404 && code == "NOT_FOUND" }
}
