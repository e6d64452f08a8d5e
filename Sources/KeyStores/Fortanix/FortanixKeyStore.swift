package import Cryptography
import HTTPClient
import JSON
package import KESProtocol
package import Logging
import Notation
import Synchronization

/// Keys as opaque security objects of Fortanix SDKMS.
///
/// See <doc:Fortanix> for calls, rights and faults.
package final class FortanixKeyStore: KeyStore {
    private static let pageSize = 100

    private let configuration: FortanixConfiguration
    private let client: StoreClient
    private let endpoint: String
    private let walk = NameWalk()
    private let knowsAPIKey = Atomic(false)

    /// A configured authority replaces those of the system.
    package init(_ configuration: FortanixConfiguration, logger: Logger) throws(KeyStoreError) {
        self.configuration = configuration
        endpoint = StoreEndpoint.url(configuration.endpoint)
        client = try StoreClient("fortanix", HTTPClientConfiguration(trustingOnly: configuration.authorities))
    }

    package var title: String { "Fortanix SDKMS: \(endpoint)" }

    // MARK: Authentication

    private var apiKey: (name: String, value: String) {
        ("Authorization", "Basic \(configuration.apiKey.text)")
    }

    /// Opens a session with the API key and ends it, which shows that the store takes the key.
    private func checkAPIKey(_ time: CallTime) async throws(KeyStoreError) {
        var opening = StoreRequest(.post, "\(endpoint)/sys/v1/session/auth", isRepeatable: true)
        opening.headers = [apiKey]
        let opened = try await client.send(opening, time)
        guard opened.isSuccess else { throw failure(opened, needing: "an API key of an app") }
        guard let token = try opened.document(of: "fortanix")["access_token"]?.string else {
            throw .unavailable("fortanix: the answer to the login holds no token")
        }
        var ending = StoreRequest(.post, "\(endpoint)/sys/v1/session/terminate", isRepeatable: true)
        ending.headers = [("Authorization", "Bearer \(token)")]
        // It ends by itself anyway.
        _ = try? await client.send(ending, time)
    }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let time = CallTime()
        if !knowsAPIKey.load(ordering: .relaxed) {
            try await checkAPIKey(time)
            knowsAPIKey.store(true, ordering: .relaxed)
        }
        let start = ContinuousClock.now
        let answer = try await client.send(request(.get, "/sys/v1/health"), time)
        // Below that any answer shows that the service is there.
        guard answer.status < 500 else { throw failure(answer, needing: "") }
        return ContinuousClock.now - start
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        var members: [(name: String, value: JSONValue)] = [
            ("obj_type", .string("OPAQUE")), ("name", .string(name.text)),
        ]
        if let group = configuration.groupID { members.append(("group_id", .string(group))) }
        members += [
            ("key_ops", .array([.string("EXPORT"), .string("APPMANAGEABLE")])),
            ("value", .string(Base64.encode(value.withUnsafeBytes { Array($0) }))), ("enabled", .bool(true)),
        ]
        let answer = try await client.send(request(.put, "/crypto/v1/keys", .object(members)), time)
        if answer.status == 409, answer.says("sobject already exists") {
            // Names are unique, so the store decides who was first: maybe an earlier try of this call.
            guard answer.mayHaveHappenedBefore, let object = try await export(name, time),
                object.value?.isEqual(to: value) == true
            else { throw .keyExists }
            return
        }
        guard answer.isSuccess else { throw failure(answer, needing: "to create security objects in the group") }
        _ = try answer.document(of: "fortanix")
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        guard let object = try await export(name, CallTime()) else { throw .keyNotFound }
        guard object.isEnabled else {
            throw .unavailable("fortanix: the security object '\(name)' is disabled; enable it to use the key")
        }
        guard let value = object.value else { throw .corrupt("fortanix: the security object has no value in base64") }
        return value
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        let time = CallTime()
        // Objects are deleted by their identifier, which only the object itself says.
        guard let object = try await export(name, time) else { throw .keyNotFound }
        let answer = try await client.send(
            request(.delete, "/crypto/v1/keys/\(PercentEncoding.encode(object.identifier))"), time)
        if answer.isAbsence {
            guard answer.mayHaveHappenedBefore else { throw .keyNotFound }
            return
        }
        guard answer.isSuccess else { throw failure(answer, needing: "to delete security objects of the group") }
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        let time = CallTime()
        return try await walk.page(prefix: prefix, after: last, limit: limit, from: { $0 }) {
            (start) throws(KeyStoreError) in
            var path = "/crypto/v1/keys?sort=name:asc&limit=\(Self.pageSize)"
            if let start { path += "&start=\(PercentEncoding.encode(start))" }
            let answer = try await client.send(request(.get, path), time)
            guard answer.isSuccess else { throw failure(answer, needing: "to list security objects") }
            guard let objects = try answer.document(of: "fortanix").elements else {
                throw .unavailable("fortanix: the answer is no list of security objects")
            }
            let names = objects.compactMap { $0["name"]?.string }
            // A page of nothing but the name that it begins with leads nowhere.
            let isLast = objects.count < Self.pageSize || names.last == nil || names.last == start
            return NameWalk.StorePage(names: names, next: isLast ? nil : names.last)
        }
    }

    // MARK: Parts

    private struct Object {
        let identifier: String
        let isEnabled: Bool
        let value: SecretBytes?
    }

    /// `nil`: there is no such object.
    private func export(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Object? {
        let answer = try await client.send(
            request(.post, "/crypto/v1/keys/export", .object([("name", .string(name.text))])), time)
        if answer.isAbsence { return nil }
        guard answer.isSuccess else { throw failure(answer, needing: "to export security objects of the group") }
        let document = try answer.document(of: "fortanix")
        guard let identifier = document["kid"]?.string else {
            throw .unavailable("fortanix: the answer is no security object")
        }
        let isEnabled = if case .bool(false)? = document["enabled"] { false } else { true }
        let value = document["value"]?.string.flatMap { Base64.decode($0) }.map { SecretBytes($0) }
        return Object(identifier: identifier, isEnabled: isEnabled, value: value)
    }

    private func request(_ method: HTTPClientMethod, _ path: String, _ body: JSONValue? = nil) -> StoreRequest {
        var request = StoreRequest(method, endpoint + path, isRepeatable: true)
        request.headers = [apiKey]
        if let body {
            request.headers.append(("Content-Type", "application/json"))
            request.body = body.bytes
        }
        return request
    }

    // MARK: Errors

    private func failure(_ answer: StoreAnswer, needing right: String) -> KeyStoreError {
        // Revoked, maybe: the next look at the store's state shows the key again.
        if answer.status == 401 { knowsAPIKey.store(false, ordering: .relaxed) }
        return answer.failure(of: "fortanix", saying: answer.words, needing: right)
    }
}

extension StoreAnswer {
    /// SDKMS says what is wrong in plain text, or in the field `message`.
    fileprivate var words: String? {
        if let json { return json["message"]?.string }
        guard body.count <= 400, body.first != UInt8(ascii: "<") else { return nil }
        return String(validating: body, as: UTF8.self)
    }

    /// A 404 of an object, and not of a group, an account or a wrong address.
    fileprivate var isAbsence: Bool { status == 404 && says("sobject does not exist") }

    fileprivate func says(_ text: String) -> Bool { words?.contains(text) ?? false }
}
