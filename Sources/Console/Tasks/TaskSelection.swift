import JSON
import S3Protocol
import SealedStorage

/// Which objects a task, or an archive, is about: some keys, and all that is beneath some prefixes.
struct TaskSelection: Sendable {
    /// Keys and prefixes that one selection names.
    private static let most = 10_000

    struct Entry: Sendable {
        let key: String
        /// Of a version; nil for the latest.
        let version: String?
        /// `nil` where the key was named by who asks.
        let etag: String?
        let size: Int64?
        /// As listings have it; empty where the key was named by who asks.
        var modified = ""
        /// Of a version: whether it is the latest.
        var isLatest = false
        var isDeleteMarker = false
    }

    let bucket: String
    let keys: [String]
    let prefixes: [String]

    static let members: Set<String> = ["bucket", "keys", "prefixes"]

    init(_ members: JSONMembers) throws {
        bucket = try members.required("bucket")
        keys = try members.texts("keys")
        prefixes = try members.texts("prefixes")
        guard !keys.isEmpty || !prefixes.isEmpty else {
            throw ConsoleError.invalid("Neither keys nor prefixes are named.")
        }
        guard keys.count + prefixes.count <= Self.most else {
            throw ConsoleError.invalid("More than \(Self.most) keys and prefixes are named.")
        }
        guard keys.allSatisfy({ !$0.isEmpty }) else { throw ConsoleError.invalid("A key is empty.") }
    }

    /// The number of objects, where it is known without looking.
    var count: Int? { prefixes.isEmpty ? keys.count : nil }

    /// Gives all of them, at most a thousand at once, as the account may list them.
    func forEachBatch(_ agent: Agent, _ body: ([Entry]) async throws -> Void) async throws {
        for start in stride(from: 0, to: keys.count, by: 1000) {
            try Task.checkCancellation()
            try await body(
                keys[start..<min(start + 1000, keys.count)].map {
                    Entry(key: $0, version: nil, etag: nil, size: nil)
                })
        }
        for prefix in prefixes {
            var token: String?
            repeat {
                try Task.checkCancellation()
                var request = InnerRequest("GET", bucket: bucket, query: [("list-type", "2"), ("prefix", prefix)])
                request.add("continuation-token", token)
                let xml = try await Self.document(of: request, agent)
                try await body(try xml.all("Contents").map(Self.entry))
                token = try xml.optionalText("NextContinuationToken")
            } while token?.isEmpty == false
        }
    }

    /// The same with every version of each, delete markers among them.
    func forEachBatchOfVersions(_ agent: Agent, _ body: ([Entry]) async throws -> Void) async throws {
        // A key's versions are beneath the key, with those of longer keys, which are left out.
        let places = keys.map { (prefix: $0, isKey: true) } + prefixes.map { (prefix: $0, isKey: false) }
        for place in places {
            var markers: VersionMarkers?
            repeat {
                try Task.checkCancellation()
                var request = InnerRequest("GET", bucket: bucket, query: [("versions", nil), ("prefix", place.prefix)])
                request.add("key-marker", markers?.key)
                request.add("version-id-marker", markers?.version)
                let xml = try await Self.document(of: request, agent)
                var entries = try Self.versions(xml)
                let count = entries.count
                if place.isKey { entries.removeAll { !$0.key.utf8.elementsEqual(place.prefix.utf8) } }
                if !entries.isEmpty { try await body(entries) }
                // In the order of the keys those of longer ones come last.
                markers = !place.isKey || entries.count == count ? try VersionMarkers(nextOf: xml) : nil
            } while markers != nil
        }
    }

    private static func document(of request: InnerRequest, _ agent: Agent) async throws -> XMLElement {
        let answer = try await agent.perform(request)
        return try await agent.context.drive.offload { try answer.xml() }
    }

    /// The versions of a listing, delete markers among them.
    static func versions(_ xml: XMLElement) throws -> [Entry] {
        try xml.children.filter { $0.name == "Version" || $0.name == "DeleteMarker" }.map(entry)
    }

    private static func entry(_ element: XMLElement) throws -> Entry {
        Entry(
            key: try element.optionalText("Key") ?? "", version: try element.optionalText("VersionId"),
            etag: try element.optionalText("ETag"), size: try element.optionalNumber("Size"),
            modified: try element.optionalText("LastModified") ?? "",
            isLatest: try element.optionalFlag("IsLatest") == true, isDeleteMarker: element.name == "DeleteMarker")
    }
}
