import JSON
import Notation
import S3Protocol
import SealedStorage

/// Finds, in the versions of keys as they are listed, what each key was at a time.
///
/// Versions come in the order of their keys, the latest of each first.
struct Rewind: Sendable {
    /// What a key is, and was.
    struct Outcome: Sendable {
        /// The latest version that was listed.
        let now: TaskSelection.Entry
        /// `nil` where there was no version yet.
        let then: TaskSelection.Entry?
    }

    private let time: RewindTime
    private var latest: TaskSelection.Entry?
    private(set) var isDecided = false

    init(to time: RewindTime) { self.time = time }

    /// Takes the next versions; what is known of a key by then comes out, in the order of the keys.
    mutating func take(_ versions: [TaskSelection.Entry]) -> [Outcome] {
        var outcomes: [Outcome] = []
        for version in versions {
            if let last = latest, !last.key.utf8.elementsEqual(version.key.utf8) { outcomes += end() }
            let now = latest ?? version
            latest = now
            guard !isDecided, version.modified <= time.text else { continue }
            isDecided = true
            outcomes.append(Outcome(now: now, then: version))
        }
        return outcomes
    }

    /// There are no more versions of the key that came last.
    mutating func end() -> [Outcome] {
        defer { (latest, isDecided) = (nil, false) }
        guard let latest, !isDecided else { return [] }
        return [Outcome(now: latest, then: nil)]
    }
}

/// A time as listings have it, so that the two can be compared as they are spelt: `2026-01-31T12:00:00.000Z`.
struct RewindTime: Sendable {
    let text: String

    init?(_ text: String) {
        guard text.utf8.count == 24, let seconds = HTTPDate.parse(text),
            let milliseconds = Int64(text.suffix(4).prefix(3)),
            HTTPDate.iso8601(seconds * 1000 + milliseconds) == text
        else { return nil }
        self.text = text
    }
}

/// A page of a bucket's objects as they were at a time, as far as their versions are still there.
enum RewindCall {
    /// Pages of versions that are looked at for one page.
    private static let mostPages = 5

    static func perform(_ call: Call, at text: String) async throws {
        guard let time = RewindTime(text) else { throw ConsoleError.invalid("The parameter 'at' is no time.") }
        let limit = try call.integer("limit", in: 1...1000, else: 1000)
        var markers = try call.parameter("after").map { text in
            guard let markers = VersionMarkers(text) else {
                throw ConsoleError.invalid("The parameter 'after' is none.")
            }
            return markers
        }
        var rewind = Rewind(to: time)
        var rows: [JSONValue] = []
        var prefixes: [String] = []
        for _ in 0..<mostPages {
            let answer = try await call.agent.perform(try request(call, limit, after: markers))
            let page = try await call.context.drive.offload { try versions(of: answer) }
            var outcomes = rewind.take(page.versions)
            if page.next == nil { outcomes += rewind.end() }
            rows += outcomes.compactMap(row)
            prefixes += page.prefixes
            markers = page.next
            guard rows.count + prefixes.count < limit, markers != nil else { break }
        }
        // Of a key that is known, no further version need be looked at.
        if let end = markers, rewind.isDecided { markers = VersionMarkers(key: end.key, version: nil) }
        try await call.answer(
            .object([
                "prefixes": .strings(prefixes), "objects": .array(rows), "next": markers.map { .string($0.text) },
            ]))
    }

    private static func request(_ call: Call, _ limit: Int, after markers: VersionMarkers?) throws -> InnerRequest {
        var request = InnerRequest("GET", bucket: try call.required("b"), query: [("versions", nil)])
        request.add("max-keys", "\(limit)")
        request.add("prefix", call.parameter("prefix"))
        if try !call.flag("flat") { request.add("delimiter", "/") }
        request.add("key-marker", markers?.key)
        request.add("version-id-marker", markers?.version)
        return request
    }

    private static func versions(
        of answer: InnerAnswer
    ) throws -> (versions: [TaskSelection.Entry], prefixes: [String], next: VersionMarkers?) {
        let xml = try answer.xml()
        return (
            try TaskSelection.versions(xml), try ListObjectsCall.prefixes(xml), try VersionMarkers(nextOf: xml)
        )
    }

    private static func row(_ outcome: Rewind.Outcome) -> JSONValue? {
        guard let then = outcome.then, !then.isDeleteMarker else { return nil }
        return .object([
            "key": .string(then.key), "version": then.version.map { .string($0) }, "latest": .bool(then.isLatest),
            "modified": .string(then.modified), "size": then.size.map { .integer($0) },
            "etag": then.etag.map { .string($0.filter { $0 != "\"" }) },
        ])
    }
}
