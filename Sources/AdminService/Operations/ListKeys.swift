import AccessPolicy
import KeyManagement
import Notation
import S3Protocol
import SealedStorage

/// The keys whose names match a pattern of `*` and `?`: `mc admin kms key list`.
enum ListKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/key/list", "GET /minio/admin/v3/kms/key/list"]

    static func demands(_ request: AdminRequest) -> [Demand] {
        [Demand(.listKeys, on: .key(nil))]
    }

    static func perform(_ request: AdminRequest, on drive: SealedDrive, _ reply: AdminReply) async throws {
        let pattern = GlobPattern(try request.required("pattern"))
        let keys = try await drive.keys.service.listKeys()
        await reply.send(keys.filter { pattern.matches($0.name.name) }.map(Key.init))
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
