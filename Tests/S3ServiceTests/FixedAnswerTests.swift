import HTTPServerTesting
import S3Protocol
import Testing

/// Settings that no bucket has here, ACLs among them.
@Suite struct FixedAnswerTests {
    @Test(arguments: [
        ("acl", 200, "AccessControlPolicy"), ("logging", 200, "BucketLoggingStatus"),
        ("notification", 200, "NotificationConfiguration"), ("accelerate", 200, "AccelerateConfiguration"),
        ("requestPayment", 200, "RequestPaymentConfiguration"), ("website", 404, "NoSuchWebsiteConfiguration"),
        ("replication", 404, "ReplicationConfigurationNotFoundError"),
        ("replication-metrics", 404, "ReplicationConfigurationNotFoundError"),
        ("replication-metrics=2", 404, "ReplicationConfigurationNotFoundError"),
        ("cors", 404, "NoSuchCORSConfiguration"),
        ("tagging", 404, "NoSuchTagSet"),
    ])
    func `a bucket answers for what nobody has set on it`(query: String, status: Int, word: String) async throws {
        let fixture = try await S3Fixture()
        let answer = try await fixture.call("GET", "/bucket?\(query)")
        #expect(answer.status == status && answer.text.contains(word), "\(answer.text)")
        let absent = try await fixture.call("GET", "/absent?\(query)")
        #expect(absent.status == 404 && absent.element("Code") == "NoSuchBucket")
        #expect(await fixture.callAnonymously("GET", "/bucket?\(query)").status == 403)
    }

    @Test(arguments: [
        ("logging", "<BucketLoggingStatus/>", 200),
        (
            "logging",
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket></LoggingEnabled></BucketLoggingStatus>",
            501
        ),
        (
            "requestPayment", "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
            200
        ),
        ("requestPayment", "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>", 501),
        ("accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>", 200),
        ("accelerate", "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>", 501),
        ("accelerate", "<Other/>", 400), ("website", "<WebsiteConfiguration/>", 501),
        ("replication", "<ReplicationConfiguration/>", 501),
    ])
    func `what would promise something is refused`(query: String, document: String, status: Int) async throws {
        let fixture = try await S3Fixture()
        let answer = try await fixture.call("PUT", "/bucket?\(query)", body: Array(document.utf8))
        #expect(answer.status == status, "\(answer.text)")
        #expect(try await fixture.call("HEAD", "/bucket").status == 200)
    }

    @Test(arguments: ["website", "replication", "cors", "tagging"])
    func `deleting a setting leaves the bucket`(query: String) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("DELETE", "/bucket?\(query)").status == 204)
        #expect(try await fixture.call("HEAD", "/bucket").status == 200)
    }

    private static let full = grants([(Owner.server.id, "FULL_CONTROL")])

    private static func grants(_ grants: [(id: String, permission: String)], owner: String = Owner.server.id) -> String
    {
        let list = grants.map {
            #"<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">"#
                + "<ID>\($0.id)</ID></Grantee><Permission>\($0.permission)</Permission></Grant>"
        }.joined()
        return "<AccessControlPolicy><Owner><ID>\(owner)</ID></Owner><AccessControlList>\(list)</AccessControlList>"
            + "</AccessControlPolicy>"
    }

    @Test(arguments: ["/bucket?acl", "/bucket/k?acl"])
    func `the ACL that everything has is accepted, and no other`(target: String) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/bucket/k", body: [1]).status == 200)
        for acl in ["private", "bucket-owner-full-control"] {
            #expect(try await fixture.call("PUT", target, [("x-amz-acl", acl)]).status == 200)
        }
        let full = "id=\"\(Owner.server.id)\""
        #expect(try await fixture.call("PUT", target, [("x-amz-grant-full-control", full)]).status == 200)
        #expect(try await fixture.call("PUT", target, body: Array(Self.full.utf8)).status == 200)
        let own = try await fixture.call("GET", target)
        #expect(own.status == 200 && own.elements("Permission") == ["FULL_CONTROL"])
        #expect(try await fixture.call("PUT", target, body: own.body).status == 200)

        let others: [(name: String, value: String)] = [
            ("x-amz-acl", "public-read"), ("x-amz-acl", "authenticated-read"), ("x-amz-grant-read", full),
            ("x-amz-grant-full-control", "\(full), id=\"other\""), ("x-amz-grant-full-control", "uri=\"x\""),
        ]
        for header in others {
            let refused = try await fixture.call("PUT", target, [header])
            #expect(refused.status == 400 && refused.element("Code") == "AccessControlListNotSupported", "\(header)")
        }
        for document in [
            Self.grants([]), Self.grants([(Owner.server.id, "READ")]), Self.grants([("other", "FULL_CONTROL")]),
            Self.grants([(Owner.server.id, "FULL_CONTROL")], owner: "other"),
        ] {
            let refused = try await fixture.call("PUT", target, body: Array(document.utf8))
            #expect(refused.status == 400 && refused.element("Code") == "AccessControlListNotSupported", "\(document)")
        }
        for document in ["", "<AccessControlPolicy/>", Self.full.replacing("FULL_CONTROL", with: "ALL")] {
            let refused = try await fixture.call("PUT", target, body: Array(document.utf8))
            #expect(refused.status == 400 && refused.element("Code") == "MalformedACLError", "\(document)")
        }
        let unknown = try await fixture.call("PUT", target, [("x-amz-acl", "mine")])
        #expect(unknown.status == 400 && unknown.element("Code") == "InvalidArgument")
    }

    @Test func `the ACL of a write or a new bucket is without effect, and refused where the owner is enforced`()
        async throws
    {
        let fixture = try await S3Fixture()
        let isPublic = [(name: "x-amz-acl", value: "public-read")]
        let isEnforced = [(name: "x-amz-object-ownership", value: "BucketOwnerEnforced")]
        let bucket = try await fixture.call("PUT", "/other", isPublic + isEnforced)
        #expect(bucket.status == 400 && bucket.element("Code") == "InvalidBucketAclWithObjectOwnership")
        #expect(try await fixture.call("HEAD", "/other").status == 404)
        #expect(try await fixture.call("PUT", "/public", isPublic).status == 200)
        #expect(try await fixture.call("PUT", "/enforced", isEnforced).status == 200)
        for (method, key) in [("PUT", "k"), ("POST", "k?uploads")] {
            let refused = try await fixture.call(method, "/enforced/\(key)", isPublic)
            #expect(refused.status == 400 && refused.element("Code") == "AccessControlListNotSupported")
            #expect(try await fixture.call(method, "/enforced/\(key)", [("x-amz-acl", "private")]).status == 200)
            #expect(try await fixture.call(method, "/public/\(key)", isPublic).status == 200)
            let wrong = try await fixture.call(method, "/public/\(key)", [("x-amz-acl", "mine")])
            #expect(wrong.status == 400 && wrong.element("Code") == "InvalidArgument")
        }
        #expect(await fixture.callAnonymously("GET", "/public/k").status == 403)
        #expect(try await fixture.call("PUT", "/other", [("x-amz-acl", "private")]).status == 200)
        #expect(try await fixture.call("GET", "/bucket/absent?acl").status == 404)
        #expect(try await fixture.call("PUT", "/bucket/absent?acl", [("x-amz-acl", "private")]).status == 404)
    }
}
