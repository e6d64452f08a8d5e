import AccessPolicy
import KeyManagement
import Notation
import S3Protocol
import SealedStorage

/// The keys whose names match a pattern of `*` and `?`: `mc admin kms key list`.
enum ListKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/key/list", "GET /minio/admin/v3/kms/key/list"]

    static let required = ["pattern"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.listKeys, on: .someKey))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let pattern = GlobPattern(try request.required("pattern"))
        let keys = try await context.drive.keys.service.listKeys()
        try await reply.send(
            keys.filter { key in
                pattern.matches(key.name.name) && request.allows(.all(Demand(.listKeys, on: .key(key.name.name))))
            }.map(Key.init))
    }

    private struct Key: Encodable {
        let createdAt: String
        let createdBy: String
        let name: String

        init(_ key: KeyDescription) {
            createdAt = key.createdAt.map { HTTPDate.iso8601($0) } ?? "0001-01-01T00:00:00Z"
            createdBy = key.createdBy
            name = key.name.name
        }
    }
}

/// `*` stands for any characters, `?` for one; nothing else is special, and an empty pattern is `*`.
struct GlobPattern {
    private let pattern: [UInt8]

    init(_ text: String) { pattern = text.isEmpty ? [UInt8(ascii: "*")] : Array(text.utf8) }

    /// Takes time proportional to the product of both lengths at worst.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
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
}
