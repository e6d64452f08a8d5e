import HTTPServer
import JSON
import NIOCore
import S3Protocol
import SealedStorage

/// Looks for objects by their names, in all that is beneath a prefix, and tells them as they are found.
enum SearchCall {
    static func perform(_ call: Call) async throws {
        let bucket = try call.required("b")
        let prefix = call.parameter("prefix") ?? ""
        let pattern = SearchPattern(try call.required("q"))
        let limit = try call.integer("limit", in: 1...10_000, else: 1000)
        let place = try call.context.streams.enter(call.signedIn)
        defer { place.leave() }
        var token: String?
        var examined = 0
        var found = 0
        var hasBegun = false
        repeat {
            do {
                let (rows, count, next) = try await page(call, bucket, prefix, pattern, after: token)
                if !hasBegun {
                    // Until now a refusal is answered as one.
                    try await call.stream.start(head)
                    hasBegun = true
                }
                examined += count
                let shown = rows.prefix(limit - found)
                for row in shown { try await write(["object": row], call) }
                found += shown.count
                token = next
                if found == limit, shown.count < rows.count || next != nil {
                    try await write(["end": .bool(true), "examined": .integer(examined), "more": .bool(true)], call)
                    return await call.stream.finish()
                }
                if token != nil { try await write(["examined": .integer(examined)], call) }
            } catch {
                guard hasBegun, !(error is ResponseError) else { throw error }
                let refusal = ConsoleError(of: error)
                try await write(
                    ["error": .object(["code": .string(refusal.code), "message": .string(refusal.message)])], call)
                return await call.stream.finish()
            }
        } while token != nil
        try await write(["end": .bool(true), "examined": .integer(examined), "more": .bool(false)], call)
        await call.stream.finish()
    }

    private static let head = ResponseHead(
        status: 200,
        headers: ConsoleHeaders.ofCalls + [("content-type", "application/x-ndjson"), ("x-accel-buffering", "no")],
        contentLength: nil)

    private static func write(_ members: KeyValuePairs<String, JSONValue?>, _ call: Call) async throws {
        try await call.stream.write(ByteBuffer(bytes: JSONObject(members).value.bytes + [UInt8(ascii: "\n")]))
    }

    private static func page(
        _ call: Call, _ bucket: String, _ prefix: String, _ pattern: SearchPattern, after token: String?
    ) async throws -> (rows: [JSONValue], count: Int, next: String?) {
        var request = InnerRequest("GET", bucket: bucket, query: [("list-type", "2"), ("prefix", prefix)])
        request.add("continuation-token", token)
        request.listsEncryption = true
        let answer = try await call.agent.perform(request)
        return try await call.context.drive.offload {
            let xml = try answer.xml()
            let rows = try ListObjectsCall.rows(xml)
            let found = rows.filter { pattern.matches($0.key.utf8.dropFirst(prefix.utf8.count)) }
            let next = try xml.optionalText("NextContinuationToken")
            return (found.map(\.row), rows.count, next?.isEmpty == false ? next : nil)
        }
    }
}

/// A text to be found anywhere, or with `*` and `?` in it a pattern of the whole; in any case, as far as ASCII has one.
struct SearchPattern: Sendable {
    private let pattern: [UInt8]

    init(_ text: String) {
        let lowered = text.utf8.map(Self.lowered)
        let isPattern = lowered.contains(UInt8(ascii: "*")) || lowered.contains(UInt8(ascii: "?"))
        pattern = isPattern ? lowered : [UInt8(ascii: "*")] + lowered + [UInt8(ascii: "*")]
    }

    /// Takes time proportional to the product of both lengths at worst.
    func matches(_ text: some Sequence<UInt8>) -> Bool {
        let text = text.map(Self.lowered)
        var position = 0
        var index = 0
        var star: (index: Int, position: Int)?
        while position < text.count {
            if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                star = (index, position)
                index += 1
            } else if index < pattern.count, pattern[index] == UInt8(ascii: "?") || pattern[index] == text[position] {
                index += 1
                position += 1
            } else if let last = star {
                star = (last.index, last.position + 1)
                index = last.index + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
