import HTTPClient
import KESProtocol

extension KESClient {
    /// A listing ends here, whatever the server says.
    private static let maxNames = 1_000_000

    /// All names that begin with `prefix`, page by page, sorted.
    func list(
        _ route: KESRoute, _ kind: ListResponse.Kind, prefix: String
    ) async throws(KESClientError) -> [String] {
        // KES refuses a prefix that ends in a hyphen, and of a prefix with an asterisk it finds nothing.
        var sent = prefix[...]
        while sent.last == "-" { sent = sent.dropLast() }
        var pattern = sent.isEmpty ? "*" : String(sent)
        var names: [String] = []
        while true {
            let page = try await page(route, kind, pattern)
            names += page.names
            guard names.count <= Self.maxNames else { throw .invalidResponse("kes: the list has no end") }
            // A server that names the page it has just given would never come to an end.
            guard !page.continueAt.isEmpty, page.continueAt != pattern, !page.names.isEmpty else { break }
            pattern = page.continueAt
        }
        return Set(names.filter { $0.hasPrefix(prefix) }).sorted()
    }

    private func page(
        _ route: KESRoute, _ kind: ListResponse.Kind, _ pattern: String
    ) async throws(KESClientError) -> ListResponse {
        let answer = try await listAnswer(route, pattern)
        guard Self.isLines(answer) else { return try Self.document(answer.body) }
        // Servers up to 2023 answer lines, and to them a pattern without an asterisk is a whole name.
        let complete = pattern.hasSuffix("*") ? answer : try await listAnswer(route, pattern + "*")
        return ListResponse(kind, names: try Self.names(inLines: complete.body))
    }

    private func listAnswer(_ route: KESRoute, _ pattern: String) async throws(KESClientError) -> HTTPClientResponse {
        var call = Call(route: route, argument: pattern, wantedHeaders: ["content-type"])
        call.maxResponseBytes = 16 << 20
        return try await perform(call)
    }

    private static func isLines(_ answer: HTTPClientResponse) -> Bool {
        answer.headers["content-type"]?.lowercased().hasPrefix("application/x-ndjson") ?? false
    }

    private static func document(_ body: [UInt8]) throws(KESClientError) -> ListResponse {
        do throws(KESDocumentError) {
            return try ListResponse(json: body)
        } catch {
            throw .invalidResponse("kes: invalid list: \(error)")
        }
    }

    /// `{"name":"a"}`, `{"identity":"…"}`, and `{"error":"…"}` when the server failed half-way.
    private static func names(inLines body: [UInt8]) throws(KESClientError) -> [String] {
        var names: [String] = []
        for line in body.split(separator: UInt8(ascii: "\n")) {
            let line = Array(line)
            if let name = (try? KeyDescribeResponse(json: line))?.name, !name.isEmpty {
                names.append(name)
            } else if let identity = (try? SelfDescribeResponse(json: line))?.identity, !identity.isEmpty {
                names.append(identity)
            } else {
                throw .fault(KESFault(status: 500, body: line))
            }
        }
        return names
    }
}
