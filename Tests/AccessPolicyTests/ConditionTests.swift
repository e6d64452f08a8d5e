import AccessPolicy
import Testing

@Suite struct ConditionTests {
    /// Operator, key and values of the policy; the request's values of the key (`nil`: it has none); whether it holds.
    @Test(
        arguments: [
            ("StringEquals", "aws:UserAgent", #""a""#, ["a"], true),
            ("StringEquals", "aws:UserAgent", #""a""#, ["A"], false),
            ("StringEquals", "aws:UserAgent", #""a*""#, ["ab"], false),
            ("StringEquals", "AWS:useragent", #"["a","b"]"#, ["b"], true),
            ("StringEquals", "aws:UserAgent", #""a""#, nil, false),
            // Two spellings of one letter are two texts.
            ("StringEquals", "aws:UserAgent", "\"\u{E9}\"", ["e\u{301}"], false),
            ("StringEqualsIfExists", "aws:UserAgent", #""a""#, nil, true),
            ("StringNotEquals", "aws:UserAgent", #""a""#, ["b"], true),
            ("StringNotEquals", "aws:UserAgent", #"["a","b"]"#, ["b"], false),
            ("StringNotEquals", "aws:UserAgent", #""a""#, nil, true),
            ("StringEqualsIgnoreCase", "aws:UserAgent", #""aBc""#, ["AbC"], true),
            ("StringNotEqualsIgnoreCase", "aws:UserAgent", #""aBc""#, ["AbC"], false),
            ("StringLike", "aws:UserAgent", #""a?c*""#, ["abcdef"], true),
            ("StringLike", "aws:UserAgent", #""a?c""#, ["a\u{E9}c"], true),
            ("StringLike", "aws:UserAgent", #""a?c""#, ["ac"], false),
            ("StringLike", "aws:UserAgent", #""*b*b""#, ["abcab"], true),
            ("StringLike", "aws:UserAgent", #""""#, [""], true),
            ("StringNotLike", "aws:UserAgent", #""a*""#, ["abc"], false),
            ("NumericEquals", "s3:max-keys", "10", ["10"], true),
            ("NumericEquals", "s3:max-keys", #""10""#, ["10.0"], true),
            ("NumericNotEquals", "s3:max-keys", #""10""#, ["11"], true),
            ("NumericLessThan", "s3:max-keys", #""10""#, ["10"], false),
            ("NumericLessThanEquals", "s3:max-keys", #""10""#, ["10"], true),
            ("NumericGreaterThan", "s3:max-keys", #""9""#, ["10"], true),
            ("NumericGreaterThanEquals", "s3:max-keys", #""10.5""#, ["10"], false),
            ("NumericLessThan", "s3:max-keys", #""10""#, ["many"], false),
            ("DateLessThan", "aws:CurrentTime", #""2030-01-01T00:00:00Z""#, ["2029-12-31T23:59:59.999Z"], true),
            ("DateLessThan", "aws:CurrentTime", #""2030-01-01""#, ["2030-01-01T00:00:00.000Z"], false),
            ("DateGreaterThanEquals", "aws:CurrentTime", #""1893456000""#, ["2030-01-01T00:00:00.000Z"], true),
            ("DateEquals", "aws:EpochTime", #""2030-01-01T01:00:00+01:00""#, ["1893456000"], true),
            ("Bool", "aws:SecureTransport", "false", ["false"], true),
            ("Bool", "aws:SecureTransport", #""True""#, ["false"], false),
            ("BoolIfExists", "aws:MultiFactorAuthPresent", #""true""#, nil, true),
            ("BinaryEquals", "aws:UserAgent", #""YWI=""#, ["YWI="], true),
            ("IpAddress", "aws:SourceIp", #""203.0.113.0/24""#, ["203.0.113.200"], true),
            ("IpAddress", "aws:SourceIp", #""203.0.113.77/24""#, ["203.0.113.200"], true),
            ("IpAddress", "aws:SourceIp", #""203.0.113.0/25""#, ["203.0.113.200"], false),
            ("IpAddress", "aws:SourceIp", #""203.0.113.7""#, ["203.0.113.7"], true),
            ("IpAddress", "aws:SourceIp", #""0.0.0.0/0""#, ["2001:db8::1"], false),
            ("IpAddress", "aws:SourceIp", #""2001:db8::/33""#, ["2001:0db8:7fff::1"], true),
            ("IpAddress", "aws:SourceIp", #""2001:db8::/33""#, ["2001:db8:8000::"], false),
            ("NotIpAddress", "aws:SourceIp", #"["10.0.0.0/8","192.168.0.0/16"]"#, ["192.168.1.1"], false),
            ("ArnLike", "aws:PrincipalArn", #""arn:aws:iam::*:user/a*""#, ["arn:aws:iam::1:user/ab"], true),
            ("ArnEquals", "aws:PrincipalArn", #""arn:aws:iam::*:user/a*""#, ["arn:aws:iam::1:user/ab"], true),
            ("ArnLike", "aws:PrincipalArn", #""arn:aws:*:user/a""#, ["arn:aws:iam::1:user/a"], nil),
            ("ArnNotLike", "aws:PrincipalArn", #""arn:aws:iam::*:user/*""#, ["arn:aws:iam::1:root"], true),
            ("Null", "aws:UserAgent", #""true""#, nil, true),
            ("Null", "aws:UserAgent", "true", ["a"], false),
            ("Null", "aws:UserAgent", #""false""#, ["a"], true),
            ("ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", #"["a","b"]"#, ["x", "b"], true),
            ("ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", #""a""#, nil, false),
            ("ForAnyValue:StringEqualsIfExists", "s3:RequestObjectTagKeys", #""a""#, nil, true),
            ("ForAnyValue:StringNotEquals", "s3:RequestObjectTagKeys", #""a""#, ["a", "b"], true),
            ("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", #"["a","b"]"#, ["a", "b"], true),
            ("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", #"["a","b"]"#, ["a", "c"], false),
            ("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", #""a""#, nil, true),
            ("ForAllValues:StringNotLike", "s3:RequestObjectTagKeys", #""a*""#, ["b", "ab"], false),
        ] as [(String, String, String, [String]?, Bool?)])
    func `an operator compares as AWS does`(
        name: String, key: String, operand: String, values: [String]?, expected: Bool?
    ) throws {
        let json = policy(#""Condition":{"\#(name)":{"\#(key)":\#(operand)}}"#)
        var attributes: [String: [String]] = [:]
        attributes[key.lowercased()] = values
        guard let expected else {
            #expect(why(json) != nil)
            return
        }
        #expect(try decide(json, by: .anonymous, attributes) == (expected ? .allowed : .undecided))
    }

    @Test func `all keys of all operators have to hold`() throws {
        let json = policy(
            #""Condition":{"StringEquals":{"aws:UserAgent":"a","aws:Referer":"b"},"Bool":{"aws:SecureTransport":true}}"#
        )
        let all = ["aws:useragent": ["a"], "aws:referer": ["b"], "aws:securetransport": ["true"]]
        #expect(try decide(json, by: .anonymous, all) == .allowed)
        for key in all.keys {
            var some = all
            some[key] = ["else"]
            #expect(try decide(json, by: .anonymous, some) == .undecided, "\(key)")
        }
    }

    @Test func `a variable stands for the request's value and not for its wildcards`() throws {
        let json = policy(#""Resource":"arn:aws:s3:::b/${aws:UserAgent}/*""#)
        func get(_ key: String, _ agent: [String]?) throws -> BucketPolicy.Decision {
            var attributes: [String: [String]] = [:]
            attributes["aws:useragent"] = agent
            return try decide(json, Demand(.getObject, on: .object(bucket: "b", key: key)), by: .anonymous, attributes)
        }
        #expect(try get("ann/x", ["ann"]) == .allowed)
        #expect(try get("bob/x", ["ann"]) == .undecided)
        #expect(try get("bob/x", ["*"]) == .undecided)
        #expect(try get("*/x", ["*"]) == .allowed)
        #expect(try get("/x", nil) == .undecided)
        #expect(try get("${aws:UserAgent}/x", nil) == .undecided)
    }

    @Test func `a variable may have a value for when there is none, and wildcards may be meant literally`() throws {
        func get(_ resource: String, _ key: String, version: String = "2012-10-17") throws -> BucketPolicy.Decision {
            try decide(
                policy(#""Resource":"arn:aws:s3:::b/\#(resource)""#, version: version),
                Demand(.getObject, on: .object(bucket: "b", key: key)))
        }
        #expect(try get("${aws:username, 'public'}/x", "public/x") == .allowed)
        #expect(try get("a${*}", "a*") == .allowed)
        #expect(try get("a${*}", "ab") == .undecided)
        #expect(try get("a${?}${$}", "a?$") == .allowed)
        // The language of 2008 has no variables.
        #expect(try get("${aws:username}", "${aws:username}", version: "2008-10-17") == .allowed)
    }

    @Test func `what is excluded by a variable without a value allows nothing and forbids all`() throws {
        let excluded = #""NotResource":"arn:aws:s3:::b/${aws:username}""#
        #expect(try decide(policy(excluded)) == .undecided)
        #expect(try decide(policy(excluded, effect: "Deny")) == .denied)
    }

    @Test func `existing tags are asked for byte by byte`() throws {
        let json = policy("\"Condition\":{\"StringEquals\":{\"s3:ExistingObjectTag/t\u{E9}am\":\"x\"}}")
        #expect(try BucketPolicy(json: json).asksForExistingTags)
        #expect(try decide(json, existingTags: [("t\u{E9}am", "x")]) == .allowed)
        #expect(try decide(json, existingTags: [("te\u{301}am", "x")]) == .undecided)
        #expect(try decide(json, existingTags: [("T\u{E9}am", "x")]) == .undecided)
    }

    @Test(arguments: [
        "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::1/129", ":::",
        "1::2::3",
        "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:2:3:4:5:6:7", "::1.2.3", "", "fe80::1%eth0",
    ])
    func `what is no address is refused`(address: String) {
        #expect(why(policy(#""Condition":{"IpAddress":{"aws:SourceIp":"\#(address)"}}"#)) != nil)
    }

    @Test(arguments: ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1::8/64"])
    func `an address of version 6 has many forms`(address: String) {
        #expect(why(policy(#""Condition":{"IpAddress":{"aws:SourceIp":"\#(address)"}}"#)) == nil)
    }
}
