import AccessPolicy
import Testing

@Suite struct PolicyTests {
    private static let get = Demand(.getObject, on: .object(bucket: "b", key: "key"))
    private static let list = Demand(.listBucket, on: .bucket("b"))

    @Test func `what forbids wins, in whatever order`() throws {
        let allow = #"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#
        let deny = #"{"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/key"}"#
        for statements in ["\(allow),\(deny)", "\(deny),\(allow)"] {
            let json = #"{"Statement":[\#(statements)]}"#
            #expect(try decide(json, Self.get) == .denied)
            #expect(try decide(json, Demand(.putObject, on: .object(bucket: "b", key: "key"))) == .allowed)
            #expect(try decide(json, Self.list) == .undecided)
        }
    }

    @Test(arguments: [
        ("s3:GetObject", true), ("S3:getobject", true), ("s3:Get*", true), ("s3:?etObject", true), ("*", true),
        ("s3:GetObjectVersion", false), ("s3:*Version", false),
    ])
    func `actions are named by patterns in any case`(pattern: String, expected: Bool) throws {
        #expect(try decide(policy(#""Action":"\#(pattern)""#)) == (expected ? .allowed : .undecided))
        #expect(try decide(policy(#""NotAction":"\#(pattern)""#)) == (expected ? .undecided : .allowed))
    }

    @Test(arguments: [
        ("arn:aws:s3:::b/key", true), ("arn:aws:s3:::b/*", true), ("arn:aws:s3:::b*", true), ("*", true),
        ("arn:aws:s3:::b/k?y", true), ("arn:aws:s3:::b", false), ("arn:aws:s3:::b/KEY", false),
        ("arn:aws:s3:::bb/*", false),
    ])
    func `resources are named by patterns`(pattern: String, expected: Bool) throws {
        #expect(try decide(policy(#""Resource":"\#(pattern)""#)) == (expected ? .allowed : .undecided))
        #expect(try decide(policy(#""NotResource":["\#(pattern)"]"#)) == (expected ? .undecided : .allowed))
    }

    @Test(arguments: [
        (#""*""#, true, true), (#"{"AWS":"*"}"#, true, true), (#"{"AWS":["*"]}"#, true, true),
        (#"{"AWS":"000000000000"}"#, false, true), (#"{"AWS":"arn:aws:iam::000000000000:root"}"#, false, true),
        (#"{"AWS":"arn:aws:iam::111122223333:root"}"#, false, false),
        (#"{"AWS":"arn:aws:iam::000000000000:user/ann"}"#, false, false),
        (#"{"AWS":["arn:aws:iam::another:role/r","000000000000"]}"#, false, true),
        (#"{"CanonicalUser":"02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4"}"#, false, true),
        (#"{"Service":"logging.s3.amazonaws.com"}"#, false, false),
    ])
    func `principals are who is named`(principal: String, anonymous: Bool, root: Bool) throws {
        for (who, expected) in [(Principal.anonymous, anonymous), (.root(accessKey: "a"), root)] {
            let named = try decide(policy(#""Principal":\#(principal)"#), by: who)
            #expect(named == (expected ? .allowed : .undecided))
            guard !principal.contains("*") else { continue }
            let others = try decide(policy(#""NotPrincipal":\#(principal)"#, effect: "Deny"), by: who)
            #expect(others == (expected ? .undecided : .denied))
        }
    }

    @Test(arguments: [
        ("[]", "first byte must be '{'"), ("", "valid JSON"), ("{}", "Missing required field Statement"),
        (#"{"Version":"2013-01-01","Statement":[]}"#, "2013-01-01"), (#"{"Statement":[]}"#, "at least one"),
        (#"{"Statement":[{}],"Statement":[{}]}"#, "Duplicate field 'Statement'"),
        (#"{"statement":[]}"#, "Unknown field 'statement'"),
        (policy(#""Effect":"Allow""#), "Duplicate field 'Effect'"),
        (policy(#""Sid":"a","Extra":1"#), "Unknown field 'Extra'"), (policy(#""Sid":1"#), "Sid"),
        (policy(#""Sid":"a""#, effect: "allow"), "Invalid effect: allow"),
        (policy(#""Action":"s3:GetObjekt""#), "s3:GetObjekt"), (policy(#""Action":"ec2:*""#), "ec2:*"),
        (policy(#""Action":"iam:Get*""#), "iam:Get*"), (policy(#""Action":[]"#), "Action"),
        (policy(#""Action":"s3:*","NotAction":"s3:*""#), "exclude each other"),
        (policy(#""Resource":"b/*""#), "invalid resource"),
        (policy(#""Resource":"arn:aws:s3:::""#), "invalid resource"),
        (policy(#""Resource":"arn:aws:s3:::b/${aws:nonsense}""#), "aws:nonsense"),
        (policy(#""Resource":"arn:aws:s3:::b/${aws:username""#), "variable"),
        (policy(#""Principal":"ann""#), "principal"), (policy(#""Principal":{"AWS":"ann"}"#), "ann"),
        (policy(#""Principal":{"AWS":"arn:aws:iam::1:user/*"}"#), "user/*"),
        (policy(#""Principal":{"Users":"*"}"#), "Users"),
        (policy(#""NotPrincipal":{"AWS":"000000000000"}"#), "NotPrincipal"),
        (policy(#""NotPrincipal":"*""#, effect: "Deny"), "NotPrincipal"),
        (policy(#""Condition":{"StringMatches":{"aws:Referer":"a"}}"#), "StringMatches"),
        (policy(#""Condition":{"NullIfExists":{"aws:Referer":"true"}}"#), "NullIfExists"),
        (policy(#""Condition":{"StringEquals":{"aws:Refferer":"a"}}"#), "aws:Refferer"),
        (policy(#""Condition":{"StringEquals":{"s3:ExistingObjectTag":"a"}}"#), "s3:ExistingObjectTag"),
        (policy(#""Condition":{"StringEquals":{"aws:Referer":[]}}"#), "aws:Referer"),
        (policy(#""Condition":{"StringEquals":{"aws:Referer":"a"},"StringEquals":{"aws:Referer":"b"}}"#), "Duplicate"),
        (policy(#""Condition":{"NumericEquals":{"s3:max-keys":"0x10"}}"#), "0x10"),
        (policy(#""Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}"#), "soon"),
        (policy(#""Condition":{"Bool":{"aws:SecureTransport":"yes"}}"#), "yes"),
        (policy(#""Action":"s3:GetObject","Condition":{"StringEquals":{"s3:x-amz-acl":"private"}}"#), "s3:x-amz-acl"),
    ])
    func `what is not understood is refused by name`(json: String, part: String) {
        let reason = why(json)
        #expect(reason?.contains(part) == true, "\(json): \(reason ?? "accepted")")
    }

    @Test(arguments: [
        (#""Resource":"arn:aws:s3:::b/*""#, true), (#""Resource":"arn:aws:s3:::*""#, true),
        (#""Resource":"arn:aws:s3:::other/*""#, false), (#""Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]"#, false),
        (#""Resource":"arn:aws:s3:::b${aws:username}/*""#, true),
        (#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b""#, false),
        (#""Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*""#, false),
        (#""Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]"#, true),
        (#""Action":"s3:*","Resource":"arn:aws:s3:::b""#, true),
        (#""Action":"s3:*","NotResource":"arn:aws:s3:::c""#, true),
    ])
    func `a policy is about its own bucket`(more: String, expected: Bool) throws {
        let policy = try BucketPolicy(json: policy(more))
        #expect(((try? policy.requireResources(of: "b")) != nil) == expected)
    }

    @Test(arguments: [
        (#""Sid":"""#, true), (#""Principal":{"AWS":"000000000000"}"#, false),
        (#""Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/32"}}"#, false),
        (#""Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (#""Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/32"}}"#, true),
        (#""Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#, false),
        (#""Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (#""Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (#""Condition":{"StringEquals":{"aws:Referer":"a"}}"#, true),
    ])
    func `public is what lets in people whom nobody has named`(more: String, expected: Bool) throws {
        #expect(try BucketPolicy(json: policy(more)).isPublic == expected)
        #expect(try !BucketPolicy(json: policy(more, effect: "Deny")).isPublic)
    }

    @Test func `root does what nothing forbids, and can always repair the policy`() throws {
        let deny = try BucketPolicy(json: policy(#""Sid":"all""#, effect: "Deny"))
        let allow = try BucketPolicy(json: policy(#""Sid":"all""#))
        func decision(_ policy: BucketPolicy, _ principal: Principal, _ action: Action, restricts: Bool = false)
            -> Authoriser.Decision
        {
            Authoriser().decide(
                AccessRequest(principal, Demand(action, on: .bucket("b")), FixedAttributes()), by: policy,
                restrictsPublic: restricts)
        }
        #expect(decision(deny, .root(accessKey: "a"), .listBucket) == .forbidden)
        for action in [Action.getBucketPolicy, .putBucketPolicy, .deleteBucketPolicy] {
            #expect(decision(deny, .root(accessKey: "a"), action) == .allowed)
            #expect(decision(deny, .anonymous, action) == .forbidden)
        }
        #expect(decision(allow, .anonymous, .listBucket) == .allowed)
        #expect(decision(allow, .anonymous, .listBucket, restricts: true) == .notAllowed)
        #expect(decision(allow, .root(accessKey: "a"), .listBucket, restricts: true) == .allowed)
    }
}
