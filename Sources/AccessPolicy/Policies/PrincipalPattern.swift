/// Whom a statement is about: its `Principal` or `NotPrincipal`.
struct PrincipalPattern: Sendable {
    /// `*`: anybody, with a signature or without.
    private(set) var isEveryone = false
    /// Whether the account of this server is named.
    private(set) var namesAccount = false
    /// The users of this server that are named: the bytes of their names.
    private(set) var users: Set<[UInt8]> = []
    /// Whether others are named: accounts, roles, services that never send a request here.
    private(set) var namesOthers = false
    var isNegated = false

    static let everyone = {
        var pattern = PrincipalPattern()
        pattern.isEveryone = true
        return pattern
    }()

    /// Whether a statement is about the principal.
    ///
    /// The account's name stands for root. That it may do something gives its users nothing, who need a policy of their own
    /// then; that it may not, is forbidden to its users, too. To be left out of a `NotPrincipal`, a user has to be named.
    func contains(_ principal: Principal, by effect: PolicyStatement.Effect) -> Bool {
        let isNamed =
            switch principal {
            case .anonymous: isEveryone
            case .root: isEveryone || namesAccount
            case .account(let identity) where identity.isOfRoot: isEveryone || namesAccount
            case .account(let identity):
                isEveryone || namesAccount && effect == .deny && !isNegated
                    || !users.isEmpty && !identity.isExternal && users.contains(Array(identity.owner.utf8))
            }
        return isNamed != isNegated
    }

    /// One principal of the kind `AWS`: `*`, an account's number, or the name of an account, a user, a role or a session.
    ///
    /// - Throws: for anything else.
    mutating func add(aws text: String) throws(PolicyMalformed) {
        if text == "*" {
            isEveryone = true
            return
        }
        if text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            note(isOwn: text.hasBytes(of: Account.number))
            return
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[3].isEmpty,
            !text.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }),
            Self.isResource(parts[5], of: parts[2])
        else { throw PolicyMalformed("Invalid principal in policy '\(text)'") }
        let isOwn = parts[4].isEmpty || String(parts[4]).hasBytes(of: Account.number)
        if isOwn, parts[2] == "iam", let name = Account.userName(of: parts[5]) {
            users.insert(Array(name.utf8))
            return
        }
        note(isOwn: isOwn && parts[2] == "iam" && parts[5] == "root")
    }

    mutating func add(canonicalUser id: String) throws(PolicyMalformed) {
        guard !id.isEmpty, id.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }) else {
            throw PolicyMalformed("Invalid principal in policy '\(id)'")
        }
        note(isOwn: id.lowercased().hasBytes(of: Account.canonicalID))
    }

    /// A service or a provider of identities: none sends requests here.
    mutating func addOther(_ name: String) throws(PolicyMalformed) {
        guard !name.isEmpty, name != "*" else { throw PolicyMalformed("Invalid principal in policy '\(name)'") }
        note(isOwn: false)
    }

    private mutating func note(isOwn: Bool) {
        if isOwn { namesAccount = true } else { namesOthers = true }
    }

    private static func isResource(_ resource: Substring, of service: Substring) -> Bool {
        let kinds: [String]
        switch service {
        case "iam":
            if resource == "root" { return true }
            kinds = ["user/", "role/"]
        case "sts": kinds = ["assumed-role/", "federated-user/"]
        default: return false
        }
        return kinds.contains { resource.hasPrefix($0) && resource.utf8.count > $0.utf8.count }
    }
}

/// The one account that owns all buckets, as policies name it.
package enum Account {
    /// Where AWS has an account's number of twelve digits.
    package static let number = "000000000000"
    /// The id that listings give for the owner.
    package static let canonicalID = "02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4"
    package static let rootARN = "arn:aws:iam::\(number):root"

    /// Of somebody whom another provider vouches for.
    package static func federatedUserARN(_ name: String) -> String { "arn:aws:sts::\(number):federated-user/\(name)" }

    package static func userARN(_ name: String) -> String { "arn:aws:iam::\(number):user/\(name)" }

    /// The name of a user in the last part of its Amazon resource name.
    static func userName(of resource: Substring) -> Substring? {
        resource.hasPrefix("user/") ? resource.dropFirst("user/".count) : nil
    }
}
