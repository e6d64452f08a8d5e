import AccessPolicy
import Accounts
import FoundationEssentials
import JSON
import Notation
import S3Protocol

/// Times as the administration's documents have them.
enum DocumentTime {
    /// Of what has never happened.
    static let never = "0001-01-01T00:00:00Z"
    /// Of an access key that does not expire.
    static let unlimited = "1970-01-01T00:00:00Z"

    /// - Parameter milliseconds: since 1970; nil for what has never happened.
    static func text(_ milliseconds: Int64?) -> String { milliseconds.map { HTTPDate.iso8601($0) } ?? never }
}

/// A user as lists and answers show it.
struct UserDocument: Encodable {
    let policyName: String?
    let status: String
    let memberOf: [String]?
    let updatedAt: String
    /// Coffer's own: when the user's own access key has last signed a request, to the minute; left out where that is not known.
    var lastUsed: String?

    init(_ user: User, lastUse: Int64? = nil) {
        lastUsed = lastUse.map { DocumentTime.text($0) }
        policyName = user.policies.isEmpty ? nil : user.policies.map(\.text).joined(separator: ",")
        status = StatusText.of(user.isEnabled)
        memberOf = user.groups.isEmpty ? nil : user.groups.map(\.text)
        updatedAt = DocumentTime.text(user.policiesChanged)
    }
}

/// `enabled` and `disabled`.
enum StatusText {
    static func of(_ isEnabled: Bool) -> String { isEnabled ? "enabled" : "disabled" }

    /// - Throws: for another word.
    static func parse(_ text: String) throws(S3Error) -> Bool {
        switch text {
        case "enabled": true
        case "disabled": false
        default: throw S3Error(.xMinioAdminInvalidArgument, "The status is neither 'enabled' nor 'disabled'.")
        }
    }
}

/// A policy inside of another document, as it was put, with single strings in lists: what `mc` reads.
struct PolicyJSON: Encodable {
    private let value: JSONValue

    init(_ policy: AttachedPolicy) { self.init(policy.document) }

    init(_ document: [UInt8]) { value = Self.normalised(JSONValue(document) ?? .null) }

    /// One with the statements of several.
    init(merging policies: [AttachedPolicy]) {
        let statements = policies.flatMap { policy -> [JSONValue] in
            Self.normalised(JSONValue(policy.document) ?? .null)["Statement"]?.elements ?? []
        }
        value = .object([("Version", .string("2012-10-17")), ("Statement", .array(statements))])
    }

    /// As text, with two spaces a level.
    var indented: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Of a principal without a limit: no version, no statements.
    static let unlimited = #"{"Version":"","Statement":null}"#

    func encode(to encoder: any Encoder) throws { try EncodedJSON(value).encode(to: encoder) }

    private static func normalised(_ policy: JSONValue) -> JSONValue {
        guard case .object(let members) = policy else { return policy }
        return .object(
            members.map { name, value in
                guard name == "Statement" else { return (name, value) }
                let statements: [JSONValue] = if case .array(let listed) = value { listed } else { [value] }
                return (name, .array(statements.map(statement)))
            })
    }

    private static func statement(_ statement: JSONValue) -> JSONValue {
        guard case .object(let members) = statement else { return statement }
        let lists = ["Action", "NotAction", "Resource", "NotResource"]
        return .object(
            members.map { name, value in
                if lists.contains(name), case .string = value { return (name, .array([value])) }
                return (name, value)
            })
    }
}

/// Any JSON in a document.
private struct EncodedJSON: Encodable {
    private let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for member in members {
                try container.encode(EncodedJSON(member.value), forKey: Key(stringValue: member.name))
            }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(EncodedJSON(element)) }
        case .string(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .number(let text):
            var container = encoder.singleValueContainer()
            if let integer = Int64(text) {
                try container.encode(integer)
            } else if let number = Double(text), number.isFinite {
                try container.encode(number)
            } else {
                try container.encode(text)
            }
        case .bool(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        }
    }
}

extension PolicyJSON {
    /// Whether it is what every server has under this name from the start.
    func isBuiltIn(_ name: AccountName) -> Bool {
        NamedPolicy.builtIn.contains { $0.name == name && PolicyJSON($0.policy).indented == indented }
    }
}

/// What the sender of a request asks for, when it is about the sender's own access keys.
extension Principal {
    /// For whom the sender acts; nil of nobody, and of who is no account of this server.
    var accountOwner: AccountOwner? {
        switch self {
        case .anonymous: nil
        case .root: .root
        case .account(let identity):
            if identity.isOfRoot { .root } else { identity.isExternal ? nil : .user(AccountName(identity.owner)) }
        }
    }
}

extension AdminDemands {
    /// The right to give rights: who has it can come by every other one but root's own.
    ///
    /// It is demanded, besides the right to the thing itself, of whatever gives its caller the rights of somebody else.
    static let givesRights = AdminDemands.anyAction(.updatePolicyAssociation, .attachUserOrGroupPolicy)
}

extension AdminRequest {
    /// Whether the sender is this owner, with all of its rights: what is about itself needs no right then, unless it is
    /// forbidden.
    func isSelf(_ owner: AccountOwner, unlessForbidden action: Action) -> Bool {
        isSelf(owner, unlessForbidden: Demand(action, on: .service))
    }

    func isSelf(_ owner: AccountOwner, unlessForbidden demand: Demand) -> Bool {
        !principal.isRestricted && principal.accountOwner == owner && !forbids(demand)
    }
}
