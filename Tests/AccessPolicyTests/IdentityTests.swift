import AccessPolicy
import Testing

@Suite struct IdentityTests {
    private static func identityPolicy(_ statements: String) throws -> IdentityPolicy {
        try IdentityPolicy(Array(#"{"Version":"2012-10-17","Statement":[\#(statements)]}"#.utf8), mayBeEmpty: true)
    }

    private static func user(_ policies: String..., restriction: String? = nil) throws -> Principal {
        .account(
            Identity(
                accessKey: "ann", kind: restriction == nil ? .user : .serviceAccount, owner: "ann",
                rights: .policies(try policies.map(identityPolicy)), restriction: try restriction.map(identityPolicy)))
    }

    private static func decide(
        _ principal: Principal, _ action: Action, _ resource: Resource, _ values: [String: [String]] = [:]
    ) -> Bool {
        Authoriser().decide(AccessRequest(principal, Demand(action, on: resource), FixedAttributes(values: values)))
            == .allowed
    }

    private static let object = Resource.object(bucket: "b", key: "k")

    @Test(arguments: [
        // Statement, an object, buckets as a whole, the server, a key of the key service.
        (#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, true, true, true, true),
        (#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::*"}"#, true, true, false, false),
        (#"{"Effect":"Allow","Action":"*","Resource":"arn:minio:kms:::k*"}"#, false, false, false, true),
        (#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#, true, true, false, false),
        (#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#, true, false, false, false),
        (#"{"Effect":"Allow","NotAction":"s3:DeleteObject","Resource":"arn:aws:s3:::*"}"#, true, true, false, false),
        (#"{"Effect":"Allow","NotAction":"s3:DeleteObject","Resource":"*"}"#, true, true, true, true),
        (#"{"Effect":"Allow","NotAction":"s3:*","NotResource":"arn:aws:s3:::b"}"#, false, false, false, false),
        (#"{"Effect":"Allow","Action":"admin:*"}"#, false, false, true, false),
        (#"{"Effect":"Allow","Action":"admin:ServerInfo","Resource":"arn:aws:s3:::*"}"#, false, false, true, false),
        (#"{"Effect":"Allow","Action":"kms:*"}"#, false, false, false, true),
        (#"{"Effect":"Allow","Action":"kms:KeyStatus","Resource":"arn:minio:kms:::key-*"}"#, false, false, false, true),
        (#"{"Effect":"Allow","Action":"kms:KeyStatus","Resource":"arn:minio:kms:::o"}"#, false, false, false, false),
    ])
    func `each service has its own`(statement: String, object: Bool, list: Bool, admin: Bool, key: Bool) throws {
        let user = try Self.user(statement)
        #expect(Self.decide(user, .getObject, Self.object) == object)
        #expect(Self.decide(user, .listAllMyBuckets, .service) == list)
        #expect(Self.decide(user, .serverInfo, .service) == admin)
        #expect(Self.decide(user, .keyStatus, .key("key-1")) == key)
    }

    @Test(arguments: [
        #"{"Effect":"Deny","Action":"*","Resource":"*"}"#, #"{"Effect":"Deny","Action":"admin:*"}"#,
        #"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#,
        #"{"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::b"}"#,
        #"{"Effect":"Deny","Action":"admin:ServerInfo","NotResource":"arn:aws:s3:::b"}"#,
    ])
    func `what forbids administration does`(deny: String) throws {
        let user = try Self.user(#"{"Effect":"Allow","Action":"admin:*"}"#, deny)
        #expect(!Self.decide(user, .serverInfo, .service))
    }

    @Test(arguments: [
        ("[]", "first byte"), (#"{"Version":"2008-10-17","Statement":[]}"#, "2008-10-17"),
        (#"{"Statement":[]}"#, "version"), (#"{"Version":"2012-10-17"}"#, "Statement"),
    ])
    func `a document that is none is refused`(json: String, part: String) {
        Self.expectRefusal(json, part)
    }

    @Test(arguments: [
        (#""Action":"s3:Bogus","Resource":"*""#, "unsupported action 's3:Bogus'"),
        (#""Action":"sts:AssumeNothing","Resource":"*""#, "unsupported action"),
        (#""Action":["s3:GetObject","admin:ServerInfo"],"Resource":"*""#, "several services"),
        (#""Action":"s3:GetObject""#, "Resource"), (#""Action":"*""#, "Resource"),
        (#""Action":"s3:GetObject","Resource":"arn:minio:kms:::k""#, "invalid resource"),
        (#""Action":"kms:KeyStatus","Resource":"arn:aws:s3:::b""#, "invalid resource"),
        (#""Principal":"*","Action":"s3:GetObject","Resource":"*""#, "Principal"),
        (#""Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:Nothing":"a"}}"#, "aws:Nothing"),
    ])
    func `a statement that is none is refused`(members: String, part: String) {
        Self.expectRefusal(#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",\#(members)}]}"#, part)
    }

    private static func expectRefusal(_ json: String, _ part: String) {
        do throws(PolicyMalformed) {
            _ = try IdentityPolicy(Array(json.utf8))
            Issue.record("\(json) was taken")
        } catch {
            #expect(error.description.contains(part))
        }
    }

    @Test func `a policy of its own narrows, and gives nothing`() throws {
        let all = #"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#
        let get = #"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*"}"#
        #expect(Self.decide(try Self.user(all, restriction: get), .getObject, Self.object))
        #expect(!Self.decide(try Self.user(all, restriction: get), .putObject, Self.object))
        #expect(!Self.decide(try Self.user(get, restriction: all), .putObject, Self.object))
        #expect(!Self.decide(try Self.user(all, restriction: ""), .getObject, Self.object))
        #expect(!Self.decide(try Self.user(), .getObject, Self.object))
        let root = Principal.account(
            Identity(
                accessKey: "k", kind: .serviceAccount, owner: "root", isOfRoot: true, rights: .everything,
                restriction: try Self.identityPolicy(get)))
        #expect(Self.decide(root, .getObject, Self.object) && !Self.decide(root, .serverInfo, .service))
        #expect(!root.isRoot)
        let unknown = Principal.account(Identity(accessKey: "k", kind: .user, owner: "k", rights: .unknown))
        #expect(!Self.decide(unknown, .getObject, Self.object))
    }

    @Test func `a bucket's policy counts beside a user's own`() throws {
        let bob = try Self.user()
        let get = #"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#
        func decision(_ principal: Principal, _ json: String, restricts: Bool = false) throws -> Authoriser.Decision {
            Authoriser().decide(
                AccessRequest(principal, Demand(.getObject, on: Self.object), FixedAttributes()),
                by: try BucketPolicy(json: json), restrictsPublic: restricts)
        }
        for named in [
            #""*""#, #"{"AWS":"*"}"#, #"{"AWS":"arn:aws:iam:::user/ann"}"#,
            #"{"AWS":"arn:aws:iam::000000000000:user/ann"}"#,
        ] {
            #expect(try decision(bob, policy(#""Principal":\#(named)"#)) == .allowed)
            #expect(try decision(bob, policy(#""Principal":\#(named)"#), restricts: true) == .allowed)
            #expect(try decision(try Self.user(get), policy(#""Principal":\#(named)"#, effect: "Deny")) == .forbidden)
        }
        let others = #"{"AWS":["arn:aws:iam:::user/bob","arn:aws:iam::111122223333:user/ann"]}"#
        #expect(try decision(bob, policy(#""Principal":\#(others)"#)) == .notAllowed)
        // The account may give its users rights, and has not; what it is forbidden, they are.
        let account = #"{"AWS":"arn:aws:iam::000000000000:root"}"#
        #expect(try decision(bob, policy(#""Principal":\#(account)"#)) == .notAllowed)
        #expect(try decision(try Self.user(get), policy(#""Principal":\#(account)"#, effect: "Deny")) == .forbidden)
        #expect(
            try decision(try Self.user(get), policy(#""NotPrincipal":\#(account)"#, effect: "Deny")) == .forbidden)
        #expect(
            try decision(
                try Self.user(get), policy(#""NotPrincipal":{"AWS":"arn:aws:iam:::user/ann"}"#, effect: "Deny"))
                == .allowed)
        // Narrowed by a policy of its own, a user's key has no more of the bucket's policy than that allows.
        let restricted = try Self.user(restriction: #"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#)
        #expect(try decision(restricted, policy(#""Principal":"*""#)) == .notAllowed)
        // Nobody takes a bucket's policy from root, and an access key of root's with a policy is not root.
        let key = Principal.account(
            Identity(accessKey: "k", kind: .serviceAccount, owner: "root", isOfRoot: true, rights: .everything))
        let deny = try BucketPolicy(json: policy(#""Sid":"all""#, effect: "Deny"))
        #expect(
            Authoriser().decide(
                AccessRequest(key, Demand(.putBucketPolicy, on: .bucket("b")), FixedAttributes()), by: deny,
                restrictsPublic: false) == .allowed)
    }

    @Test func `a policy forbids sessions, or long ones`() throws {
        func forbids(_ statement: String, seconds: Int = 900) throws -> Bool {
            let demand = Demand(.assumeRole, on: .service, conditions: [.sessionDuration: [String(seconds)]])
            return Authoriser().forbids(AccessRequest(try Self.user(statement), demand, FixedAttributes()))
        }
        #expect(try forbids(#"{"Effect":"Deny","Action":"sts:AssumeRole"}"#))
        #expect(try forbids(#"{"Effect":"Deny","Action":"*","Resource":"*"}"#))
        #expect(try !forbids(#"{"Effect":"Deny","Action":"sts:AssumeRoleWithWebIdentity"}"#))
        #expect(try !forbids(#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#))
        #expect(try !forbids(#"{"Effect":"Allow","Action":"sts:*"}"#))
        let long =
            #"{"Effect":"Deny","Action":"sts:AssumeRole","Condition":{"NumericGreaterThan":{"sts:DurationSeconds":"3600"}}}"#
        #expect(try forbids(long, seconds: 3601) && !forbids(long, seconds: 3600))
    }

    @Test func `variables are the sender's, and match nothing without a value`() throws {
        let home = #"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}"#
        let user = try Self.user(home)
        let own = Resource.object(bucket: "b", key: "ann/x")
        #expect(Self.decide(user, .getObject, own, ["aws:username": ["ann"]]))
        #expect(!Self.decide(user, .getObject, own, ["aws:username": ["*"]]))
        #expect(!Self.decide(user, .getObject, own))
        #expect(!Self.decide(user, .getObject, .object(bucket: "b", key: "bob/x"), ["aws:username": ["ann"]]))
    }
}
