import Accounts
import FoundationEssentials
import JSON
import S3Protocol

/// The files of MinIO's archive of users, groups, policies and access keys; secrets stand in it in clear.
enum IAMFile: String, CaseIterable {
    case policies, users, groups
    case serviceAccounts = "svcaccts"
    case userMappings = "user_mappings"
    case groupMappings = "group_mappings"
    case sessionMappings = "stsuser_mappings"

    var path: String { "iam-assets/\(rawValue).json" }
}

struct IAMUser: Codable {
    var secretKey: String
    var status: String?
}

struct IAMGroup: Codable {
    var version: Int? = 1
    var status: String?
    var members: [String]?
    var updatedAt: String?
}

/// The policies of a user or group, by commas.
struct IAMMapping: Codable {
    var version: Int? = 0
    var policy: String
    var updatedAt: String?
}

struct IAMServiceAccount: Codable {
    struct Claims: Codable {
        var accessKey: String?
        var parent: String?
        var kind: String?
        var sessionPolicy: String?

        enum CodingKeys: String, CodingKey {
            case accessKey, parent, sessionPolicy
            case kind = "sa-policy"
        }
    }

    var parent: String
    var accessKey: String
    var secretKey: String
    var groups: [String]?
    var claims: Claims?
    var status: String?
    var name: String?
    var description: String?
    var expiration: String?
}
