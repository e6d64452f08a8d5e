import AccessPolicy
import Cryptography
import HTTPServer
import JSON
import KeyManagement
import NIOCore
import S3Protocol
import SealedStorage

/// The keys of the key service.
enum KeyCalls {
    static let routes = [
        CallRoute("GET keys", ["pattern", "after", "limit"], list),
        CallRoute("POST keys", create),
        CallRoute("PUT keys/import", ["k"], importKey),
        CallRoute("GET key", ["k"], test),
        CallRoute("GET kms", state),
        CallRoute("POST keys/rewrap", rewrap),
    ]

    private static func list(_ call: Call) async throws {
        let limit = try call.integer("limit", in: 1...1000, else: 1000)
        let after = call.parameter("after")
        let answer = try await call.agent.perform(
            InnerRequest(
                "GET", administration: "/minio/kms/v1/key/list",
                query: [("pattern", call.parameter("pattern") ?? "*")]))
        try await call.makeRoom()
        let counts = try await KeyUse.dataKeys(call)
        let document = try await call.context.drive.offload {
            let keys = try (answer.json().elements ?? []).compactMap(ListedKey.init)
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                .filter { key in after.map { $0.utf8.lexicographicallyPrecedes(key.name.utf8) } ?? true }
            let page = keys.prefix(limit)
            let buckets = KeyUse.buckets(call, of: Set(page.map(\.name)))
            let rows = page.map { KeyRow.document($0, counts, buckets, call.context) }
            return JSONValue.object([
                "keys": .array(rows), "next": keys.count > limit ? page.last.map { .string($0.name) } : nil,
            ]).bytes
        }
        try await call.answer(document)
    }

    private static func create(_ call: Call) async throws {
        let name = try await call.members(["name"]).required("name")
        _ = try await call.agent.perform(
            InnerRequest("POST", administration: "/minio/kms/v1/key/create", query: [("key-id", name)]))
        try await made(name, call)
    }

    /// The body is the key, 32 bytes in base64: no document, of which there would be copies.
    private static func importKey(_ call: Call) async throws {
        let name = try call.required("k")
        let connection = call.request.connection
        guard connection.isTLS || call.context.settings.isPublicSecure || connection.isLoopback else {
            throw ConsoleError.invalid("A key is imported over HTTPS only: it would cross the network in the clear.")
        }
        var request = InnerRequest("POST", administration: "/minio/kms/v1/key/import", query: [("key-id", name)])
        request.body = [UInt8](try await call.request.body.collect(upTo: 1024).readableBytesView)
        request.addHeader("content-type", "text/plain")
        defer { wipe(&request.body) }
        _ = try await call.agent.perform(request)
        try await made(name, call)
    }

    private static func made(_ name: String, _ call: Call) async throws {
        // The list may be refused to who may make keys.
        var listed = ListedKey(name: name)
        let answer = try await call.agent.answer(
            InnerRequest("GET", administration: "/minio/kms/v1/key/list", query: [("pattern", name)]))
        if !answer.isRefusal, let key = try (answer.json().elements ?? []).compactMap(ListedKey.init).first {
            listed = key
        }
        let counts = try await KeyUse.dataKeys(call)
        try await call.answer(KeyRow.document(listed, counts, [:], call.context), status: 201)
    }

    /// Has a data key made and opened again.
    private static func test(_ call: Call) async throws {
        let name = try call.required("k")
        let status = try await call.agent.perform(
            InnerRequest("GET", administration: "/minio/kms/v1/key/status", query: [("key-id", name)])
        ).json()
        let counts = try await KeyUse.dataKeys(call)
        let buckets = try await call.context.drive.offload { KeyUse.buckets(call, of: [name]) }
        var document = JSONObject(["name": .string(name)])
        let failure = status["encryption-error"]?.string
        document["encryption"] = .string(failure ?? "ok")
        document["decryption"] = .string(status["decryption-error"]?.string ?? failure ?? "ok")
        if let counts {
            document["versions"] = .array(
                (counts[name] ?? []).map { count in
                    .object(["version": count.version.map { .integer($0) }, "dataKeys": .integer(count.dataKeys)])
                })
        }
        document["buckets"] = .strings(buckets[name]?.names ?? [])
        document["bucketCount"] = .integer(buckets[name]?.count ?? 0)
        try await call.answer(document.value)
    }

    private static func state(_ call: Call) async throws {
        // The right to ask is judged, and the question told, as ever.
        _ = try await call.agent.perform(InnerRequest("GET", administration: "/minio/kms/v1/status"))
        guard let reading = await call.context.keyService.reading else {
            throw ConsoleError(503, "ServiceUnavailable", "The key service does not answer.")
        }
        try await call.answer(reading.document(call.context.settings, isFull: true))
    }

    private static func rewrap(_ call: Call) async throws {
        let name = try await call.members(["to"]).required("to")
        guard try call.agent.allows(.rewrapDataKeys, on: .service, in: call.request) else {
            throw ConsoleError(S3Error(.accessDenied))
        }
        let task = try call.context.tasks.begin("rewrap", call.signedIn, bucket: nil) { task in
            try await RewrapTask(target: name).run(task, call.agent)
        }
        try await call.answer(.object(["task": .string(task)]), status: 202)
    }
}

/// A key as the administration lists it.
struct ListedKey: Sendable {
    let name: String
    /// As it was written; nil where the service does not know.
    var created: String?
    var createdBy = ""

    init(name: String) { self.name = name }

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.name = name
        created = json["createdAt"]?.string.flatMap { $0.hasPrefix("0001-") ? nil : $0 }
        createdBy = json["createdBy"]?.string ?? ""
    }
}

enum KeyRow {
    static func document(
        _ key: ListedKey, _ counts: [String: [KeyUse.Count]]?, _ buckets: [String: KeyUse.Buckets],
        _ context: ConsoleContext
    ) -> JSONValue {
        var row = JSONObject(["name": .string(key.name)])
        row["created"] = key.created.map { .string($0) }
        row["createdBy"] = .string(key.createdBy)
        row["default"] = .bool(context.keyService.defaultKey == key.name)
        if let counts {
            let own = counts[key.name] ?? []
            row["version"] = own.compactMap(\.version).max().map { .integer($0) }
            row["dataKeys"] = .integer(own.reduce(0) { $0 + $1.dataKeys })
        }
        row["buckets"] = .strings(buckets[key.name]?.names ?? [])
        row["bucketCount"] = .integer(buckets[key.name]?.count ?? 0)
        return row.value
    }
}

/// What keys are used for.
enum KeyUse {
    struct Count: Sendable {
        /// `nil` where the wrapped data keys do not tell.
        let version: Int?
        let dataKeys: Int
    }

    struct Buckets: Sendable {
        var count = 0
        /// The first of them.
        var names: [String] = []
    }

    /// Data keys by the key that wraps them; nil for who may not ask.
    static func dataKeys(_ call: Call) async throws -> [String: [Count]]? {
        guard try call.agent.allows(.listDataKeys, on: .service, in: call.request) else { return nil }
        let answer = try await call.agent.answer(
            InnerRequest("GET", administration: "/minio/kms/v1/coffer/data-keys"))
        guard !answer.isRefusal else { return nil }
        var counts: [String: [Count]] = [:]
        for entry in try answer.json()["keys"]?.elements ?? [] {
            guard let key = entry["kmsKey"]?.string, let number = entry["dataKeys"]?.integer else { continue }
            counts[key, default: []].append(Count(version: entry["version"]?.integer, dataKeys: number))
        }
        return counts
    }

    /// The buckets whose rule names one of the keys, as far as one may read the rule.
    ///
    /// Walks over all buckets: for one of the drive's threads.
    static func buckets(_ call: Call, of keys: Set<String>) -> [String: Buckets] {
        var found: [String: Buckets] = [:]
        let directory = call.context.drive.buckets
        for listed in directory.sorted.page(limit: .max).buckets {
            guard let algorithm = (try? directory.bucket(named: listed.name)?.record)?.encryption?.algorithm else {
                continue
            }
            let key: String
            switch algorithm {
            case .sseS3: continue
            case .sseKMS(let id), .dsseKMS(let id):
                key = id.map(EncryptionSetting.name) ?? call.context.keyService.defaultKey
            }
            guard keys.contains(key),
                (try? call.agent.allows(
                    .getEncryptionConfiguration, on: .bucket(listed.name), in: call.request)) == true
            else { continue }
            found[key, default: Buckets()].count += 1
            if (found[key]?.names.count ?? 0) < 20 { found[key]?.names.append(listed.name) }
        }
        return found
    }
}

extension ConnectionInfo {
    /// Whether the client is on this machine.
    fileprivate var isLoopback: Bool { remoteAddress == "::1" || remoteAddress.hasPrefix("127.") }
}
