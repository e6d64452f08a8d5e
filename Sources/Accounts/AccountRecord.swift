import Cryptography
import S3Protocol
package import SealedStorage

/// One of the things that are kept, as its record says it: a kind, then fields with tags.
package enum AccountRecord: Sendable {
    case user(User)
    case group(Group)
    case policy(NamedPolicy)
    case serviceAccount(ServiceAccount)
    case session(TemporaryCredential)
    case consoleSession(ConsoleSession)
    case sharedLink(SharedLink)
}

/// What becomes of one thing.
package enum AccountMutation: Sendable {
    case put(AccountRecord)
    case remove(AccountKind, AccountName)

    var change: AccountRecords.Change {
        switch self {
        case .put(let record): .put(record.name, record: record.encoded())
        case .remove(let kind, let name): .remove(kind.name(name))
        }
    }
}

/// The raw values are part of the format.
package enum AccountKind: UInt8, Sendable {
    case user = 1
    case group = 2
    case policy = 3
    case serviceAccount = 4
    case session = 5
    case consoleSession = 6
    case sharedLink = 7

    func name(_ name: AccountName) -> AccountRecords.Name { AccountRecords.Name(kind: rawValue, name.text) }
}

private enum Tag: UInt8 {
    case kind = 1
    case name = 2
    case secret = 3
    case isEnabled = 4
    case policy = 5
    case group = 6
    case created = 7
    case changed = 8
    case document = 9
    /// Root, as an owner, has no field.
    case owningUser = 10
    case externalOwner = 11
    case title = 12
    case description = 13
    case expiration = 14
    case tokenDigest = 15
    case revocationType = 16
    case claim = 17
    /// With which somebody has logged in.
    case accessKey = 18
    case sessionToken = 19
    case secretCode = 20
    case bucket = 21
    case key = 22
    case version = 23
    case address = 24
}

extension AccountRecord {
    var kind: AccountKind {
        switch self {
        case .user: .user
        case .group: .group
        case .policy: .policy
        case .serviceAccount: .serviceAccount
        case .session: .session
        case .consoleSession: .consoleSession
        case .sharedLink: .sharedLink
        }
    }

    var name: AccountRecords.Name {
        switch self {
        case .user(let user): AccountKind.user.name(user.name)
        case .group(let group): AccountKind.group.name(group.name)
        case .policy(let policy): AccountKind.policy.name(policy.name)
        case .serviceAccount(let account): AccountKind.serviceAccount.name(account.accessKey)
        case .session(let session): AccountKind.session.name(session.accessKey)
        case .consoleSession(let session): AccountKind.consoleSession.name(session.id)
        case .sharedLink(let link): AccountKind.sharedLink.name(link.id)
        }
    }

    package func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 512)
        encoder.put(Tag.kind, [kind.rawValue])
        switch self {
        case .user(let user):
            encoder.put(Tag.name, user.name.text)
            encoder.put(user.secret)
            encoder.put(Tag.isEnabled, [user.isEnabled ? 1 : 0])
            for policy in user.policies { encoder.put(Tag.policy, policy.text) }
            for group in user.groups { encoder.put(Tag.group, group.text) }
            encoder.put(Tag.created, user.created)
            if let changed = user.policiesChanged { encoder.put(Tag.changed, changed) }
        case .group(let group):
            encoder.put(Tag.name, group.name.text)
            encoder.put(Tag.isEnabled, [group.isEnabled ? 1 : 0])
            for policy in group.policies { encoder.put(Tag.policy, policy.text) }
            encoder.put(Tag.changed, group.changed)
        case .policy(let policy):
            encoder.put(Tag.name, policy.name.text)
            encoder.put(Tag.document, policy.policy.document)
            encoder.put(Tag.created, policy.created)
            encoder.put(Tag.changed, policy.changed)
        case .serviceAccount(let account):
            encoder.put(Tag.name, account.accessKey.text)
            encoder.put(account.secret)
            encoder.put(account.owner)
            encoder.put(Tag.isEnabled, [account.isEnabled ? 1 : 0])
            if let policy = account.policy { encoder.put(Tag.document, policy.document) }
            encoder.put(Tag.title, account.name)
            encoder.put(Tag.description, account.description)
            if let expiration = account.expiration { encoder.put(Tag.expiration, expiration) }
            encoder.put(Tag.created, account.created)
        case .session(let session):
            encoder.put(Tag.name, session.accessKey.text)
            encoder.put(session.secret)
            encoder.put(session.owner)
            encoder.put(Tag.tokenDigest, session.tokenDigest)
            encoder.put(Tag.expiration, session.expiration)
            if let policy = session.policy { encoder.put(Tag.document, policy.document) }
            encoder.put(Tag.revocationType, session.revocationType)
            encoder.put(Tag.created, session.created)
            for policy in session.policies { encoder.put(Tag.policy, policy.text) }
            for claim in session.claims { encoder.put(Tag.claim, name: claim.name, value: claim.value) }
        case .consoleSession(let session):
            encoder.put(Tag.name, session.id.text)
            encoder.put(Tag.accessKey, session.accessKey.text)
            encoder.put(Tag.sessionToken, session.sessionToken)
            encoder.put(Tag.secretCode, session.secretCode)
            encoder.put(Tag.created, session.created)
            encoder.put(Tag.changed, session.lastSeen)
            encoder.put(Tag.expiration, session.end)
        case .sharedLink(let link):
            encoder.put(Tag.name, link.id.text)
            encoder.put(Tag.accessKey, link.accessKey.text)
            encoder.put(Tag.bucket, link.bucket)
            encoder.put(Tag.key, link.key)
            encoder.put(Tag.version, link.version)
            encoder.put(Tag.address, link.address)
            encoder.put(Tag.created, link.created)
            encoder.put(Tag.expiration, link.end)
            if let revoked = link.revoked { encoder.put(Tag.changed, revoked) }
        }
        return encoder.bytes
    }

    package init(decoding record: [UInt8]) throws(RecordMalformed) {
        let fields = try AccountFields(record)
        switch fields.kind {
        case .user: self = .user(try User(fields))
        case .group: self = .group(try Group(fields))
        case .policy: self = .policy(try NamedPolicy(fields))
        case .serviceAccount: self = .serviceAccount(try ServiceAccount(fields))
        case .session: self = .session(try TemporaryCredential(fields))
        case .consoleSession: self = .consoleSession(try ConsoleSession(fields))
        case .sharedLink: self = .sharedLink(try SharedLink(fields))
        }
    }
}

extension RecordEncoder {
    fileprivate mutating func put(_ secret: SecretString) {
        secret.withUnsafeBytes { put(Tag.secret, $0) }
    }

    fileprivate mutating func put(_ owner: AccountOwner) {
        switch owner {
        case .root: break
        case .user(let name): put(Tag.owningUser, name.text)
        case .external(let name): put(Tag.externalOwner, name.text)
        }
    }
}

/// The fields of a record, whatever it is of.
private struct AccountFields {
    var kind = AccountKind.user
    var name: String?
    var secret: SecretString?
    var isEnabled = false
    var policies: [AccountName] = []
    var groups: [AccountName] = []
    var created: Int64 = 0
    var changed: Int64?
    var document: [UInt8]?
    var owner = AccountOwner.root
    var title: String?
    var description: String?
    var expiration: Int64?
    var tokenDigest: [UInt8]?
    var revocationType: String?
    var claims: [(name: String, value: String)] = []
    var accessKey: String?
    var sessionToken: String?
    var secretCode: [UInt8]?
    var bucket: String?
    var key: String?
    var version: String?
    var address: String?

    init(_ record: [UInt8]) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .kind:
                guard let byte = field.value.first, let kind = AccountKind(rawValue: byte) else {
                    throw RecordMalformed()
                }
                self.kind = kind
            case .name: name = field.string
            case .secret: secret = SecretString(bytes: field.value)
            case .isEnabled: isEnabled = field.value.first == 1
            case .policy: policies.append(AccountName(field.string))
            case .group: groups.append(AccountName(field.string))
            case .created: created = try field.integer()
            case .changed: changed = try field.integer()
            case .document: document = field.bytes
            case .owningUser: owner = .user(AccountName(field.string))
            case .externalOwner: owner = .external(AccountName(field.string))
            case .title: title = field.string
            case .description: description = field.string
            case .expiration: expiration = try field.integer()
            case .tokenDigest: tokenDigest = field.bytes
            case .revocationType: revocationType = field.string
            case .claim: claims.append(try field.pair())
            case .accessKey: accessKey = field.string
            case .sessionToken: sessionToken = field.string
            case .secretCode: secretCode = field.bytes
            case .bucket: bucket = field.string
            case .key: key = field.string
            case .version: version = field.string
            case .address: address = field.string
            case nil: throw RecordMalformed()
            }
        }
    }

    var requiredName: AccountName {
        get throws(RecordMalformed) {
            guard let name, !name.isEmpty else { throw RecordMalformed() }
            return AccountName(name)
        }
    }

    var requiredSecret: SecretString {
        get throws(RecordMalformed) {
            guard let secret else { throw RecordMalformed() }
            return secret
        }
    }

    var policy: AttachedPolicy? { document.map { AttachedPolicy($0) } }
}

extension User {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        self.init(
            name: try fields.requiredName, secret: try fields.requiredSecret, isEnabled: fields.isEnabled,
            created: fields.created)
        policies = fields.policies
        groups = fields.groups
        policiesChanged = fields.changed
    }
}

extension Group {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        self.init(name: try fields.requiredName, changed: fields.changed ?? 0)
        isEnabled = fields.isEnabled
        policies = fields.policies
    }
}

extension NamedPolicy {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        guard let policy = fields.policy else { throw RecordMalformed() }
        self.init(
            name: try fields.requiredName, policy: policy, created: fields.created,
            changed: fields.changed ?? fields.created)
    }
}

extension ServiceAccount {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        self.init(
            accessKey: try fields.requiredName, secret: try fields.requiredSecret, owner: fields.owner,
            created: fields.created)
        isEnabled = fields.isEnabled
        policy = fields.policy
        name = fields.title
        description = fields.description
        expiration = fields.expiration
    }
}

extension TemporaryCredential {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        guard let tokenDigest = fields.tokenDigest, let expiration = fields.expiration else { throw RecordMalformed() }
        self.init(
            accessKey: try fields.requiredName, secret: try fields.requiredSecret, owner: fields.owner,
            tokenDigest: tokenDigest, expiration: expiration, policy: fields.policy,
            revocationType: fields.revocationType, created: fields.created, policies: fields.policies,
            claims: fields.claims)
    }
}

extension ConsoleSession {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        guard let accessKey = fields.accessKey, let secretCode = fields.secretCode, let end = fields.expiration else {
            throw RecordMalformed()
        }
        self.init(
            id: try fields.requiredName, accessKey: AccountName(accessKey), sessionToken: fields.sessionToken,
            secretCode: secretCode, created: fields.created, lastSeen: fields.changed ?? fields.created, end: end)
    }
}

extension SharedLink {
    fileprivate init(_ fields: AccountFields) throws(RecordMalformed) {
        guard let accessKey = fields.accessKey, let bucket = fields.bucket, let key = fields.key,
            let address = fields.address, let end = fields.expiration
        else { throw RecordMalformed() }
        self.init(
            id: try fields.requiredName, accessKey: AccountName(accessKey), bucket: bucket, key: key,
            version: fields.version, address: address, created: fields.created, end: end, revoked: fields.changed)
    }
}
