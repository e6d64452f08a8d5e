import Cryptography
import HTTPServerTesting
import S3Protocol
import S3Service
import SealedStorage
import Testing

/// Who is told of what: configurations, and the events of operations.
@Suite struct NotificationTests {
    private func rule(
        _ events: [String], arn: String = "arn:minio:sqs::hook:webhook", filter: [(String, String)] = [],
        id: String? = nil, more: String = ""
    ) -> String {
        let filters = filter.map { "<FilterRule><Name>\($0.0)</Name><Value>\($0.1)</Value></FilterRule>" }.joined()
        return "<QueueConfiguration>" + (id.map { "<Id>\($0)</Id>" } ?? "")
            + (filters.isEmpty ? "" : "<Filter><S3Key>\(filters)</S3Key></Filter>")
            + events.map { "<Event>\($0)</Event>" }.joined() + "<Queue>\(arn)</Queue>\(more)</QueueConfiguration>"
    }

    private func document(_ rules: String) -> [UInt8] {
        Array("<NotificationConfiguration>\(rules)</NotificationConfiguration>".utf8)
    }

    private func fixture(_ settings: ServiceSettings = ServiceSettings()) async throws -> S3Fixture {
        try await S3Fixture(settings, webhooks: ["hook": EventQueueLimit(), "other": EventQueueLimit(events: 2)])
    }

    private func configure(_ fixture: S3Fixture, _ rules: String) async throws {
        let put = try await fixture.call("PUT", "/bucket?notification", body: document(rules))
        #expect(put.status == 200, "\(put.text)")
    }

    @Test func `a configuration is read back, and an empty one takes it away`() async throws {
        let fixture = try await fixture()
        let rules =
            rule(["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], filter: [("prefix", "a/"), ("Suffix", " .jpg")])
            + rule(["s3:ObjectAccessed:Get"], arn: "arn:minio:sqs::other:webhook", id: "mine")
        try await configure(fixture, rules)
        let read = try await fixture.call("GET", "/bucket?notification")
        #expect(read.elements("Event") == ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete", "s3:ObjectAccessed:Get"])
        #expect(read.elements("Queue") == ["arn:minio:sqs::hook:webhook", "arn:minio:sqs::other:webhook"])
        #expect(read.elements("Name") == ["prefix", "suffix"] && read.elements("Value") == ["a/", " .jpg"])
        #expect(read.elements("Id").count == 2 && read.elements("Id")[1] == "mine" && !read.elements("Id")[0].isEmpty)
        // What is read can be put.
        #expect(try await fixture.call("PUT", "/bucket?notification", body: read.body).status == 200)
        #expect(try await fixture.call("GET", "/bucket?notification").body == read.body)
        for empty in [document(""), []] {
            try await configure(fixture, rules)
            #expect(try await fixture.call("PUT", "/bucket?notification", body: empty).status == 200)
            #expect(try await fixture.call("GET", "/bucket?notification").elements("Event").isEmpty)
        }
    }

    @Test func `what cannot be kept is refused, and changes nothing`() async throws {
        let fixture = try await fixture(ServiceSettings(region: "us-east-1"))
        try await configure(fixture, rule(["s3:ObjectCreated:Put"]))
        let good = "s3:ObjectCreated:Put"
        let refused: [(String, String)] = [
            (rule([good], arn: "arn:minio:sqs::absent:webhook"), "InvalidArgument"),
            (rule([good], arn: "arn:aws:sqs:us-east-1:1:queue"), "InvalidArgument"),
            (rule([good], arn: "arn:minio:sqs::hook:kafka"), "InvalidArgument"),
            (rule([good], arn: "arn:minio:sqs:there:hook:webhook"), "InvalidArgument"),
            (rule([good], arn: ""), "InvalidArgument"), (rule([]), "MalformedXML"),
            (rule([good, good]), "MalformedXML"), (rule(["s3:ObjectCreated:Tomorrow"]), "InvalidArgument"),
            (rule(["s3:*"]), "InvalidArgument"), (rule(["*"]), "InvalidArgument"), (rule([""]), "InvalidArgument"),
            (rule([good], filter: [("infix", "a")]), "InvalidArgument"),
            (rule([good], filter: [("prefix", "a"), ("Prefix", "b")]), "InvalidArgument"),
            (rule([good], filter: [("prefix", String(repeating: "a", count: 1025))]), "InvalidArgument"),
            (rule([good], id: String(repeating: "a", count: 256)), "MalformedXML"),
            (rule([good], more: "<Tomorrow/>"), "MalformedXML"), (rule([good]) + rule([good]), "InvalidArgument"),
            (rule([good], more: "<Queue>arn:minio:sqs::hook:webhook</Queue>"), "MalformedXML"),
            ("<TopicConfiguration/>", "InvalidArgument"), ("<CloudFunctionConfiguration/>", "InvalidArgument"),
            ("<EventBridgeConfiguration/>", "InvalidArgument"), ("<Tomorrow/>", "MalformedXML"),
            ((0...100).map { rule([good], filter: [("prefix", "\($0)")]) }.joined(), "MalformedXML"),
        ]
        for (rules, code) in refused {
            let answer = try await fixture.call("PUT", "/bucket?notification", body: document(rules))
            #expect(answer.status == 400 && answer.element("Code") == code, "\(rules.prefix(300)): \(answer.text)")
        }
        for (body, status) in [
            (Array("<!DOCTYPE a><NotificationConfiguration/>".utf8), 400), (Array("<Other/>".utf8), 400),
            (Array("<NotificationConfiguration>".utf8), 400),
            (document(String(repeating: " ", count: NotificationConfiguration.maximumByteCount)), 400),
        ] {
            #expect(try await fixture.call("PUT", "/bucket?notification", body: body).status == status)
        }
        #expect(try await fixture.call("PUT", "/absent?notification", body: document("")).status == 404)
        #expect(await fixture.callAnonymously("PUT", "/bucket?notification").status == 403)
        #expect(await fixture.callAnonymously("GET", "/bucket?events=s3:ObjectCreated:*").status == 403)
        #expect(await fixture.callAnonymously("GET", "/?events=s3:ObjectCreated:*").status == 403)
        for query in [
            "events=s3:Tomorrow", "events=", "events=s3:ObjectCreated:*&ping=0", "events=s3:ObjectCreated:*&ping=x",
        ] {
            #expect(try await fixture.call("GET", "/bucket?\(query)").element("Code") == "InvalidArgument")
        }
        #expect(try await fixture.call("GET", "/absent?events=s3:ObjectCreated:*").element("Code") == "NoSuchBucket")
        #expect(try await fixture.call("GET", "/bucket?notification").elements("Event") == [good])
    }

    @Test func `every change tells of itself, once and in its order`() async throws {
        let fixture = try await fixture()
        #expect(try await fixture.call("PUT", "/bucket/before", body: [1]).status == 200)
        try await configure(fixture, rule(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]))
        let lock = [("x-amz-bucket-object-lock-enabled", "true")]
        #expect(try await fixture.call("PUT", "/locked", lock).status == 200)
        let forLocked = document(rule(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]))
        #expect(try await fixture.call("PUT", "/locked?notification", body: forLocked).status == 200)

        let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
        let hold = "<LegalHold><Status>OFF</Status></LegalHold>"
        let delete = "<Delete><Object><Key>b</Key></Object><Object><Key>absent</Key></Object></Delete>"
        _ = try await fixture.call(
            "PUT", "/bucket/a", [("x-amz-meta-note", "x"), ("content-type", "text/plain")], body: [1, 2, 3])
        _ = try await fixture.call("PUT", "/bucket/b", [("x-amz-copy-source", "/bucket/a")])
        try await fixture.upload("parts", parts: [[1, 2, 3, 4]])
        _ = try await fixture.call("PUT", "/bucket/a?tagging", body: Array(tags.utf8))
        _ = try await fixture.call("DELETE", "/bucket/a?tagging")
        _ = try await fixture.call("PUT", "/bucket/c?renameObject", [("x-amz-rename-source", "/bucket/parts")])
        _ = try await fixture.call("DELETE", "/bucket/a")
        _ = try await fixture.call("DELETE", "/bucket/absent")
        _ = try await fixture.call(
            "POST", "/bucket?delete", [("content-md5", md5(delete))], body: Array(delete.utf8))
        let put = try await fixture.call("PUT", "/locked/v", body: [1])
        _ = try await fixture.call(
            "PUT", "/locked/v?legal-hold", body: Array("<LegalHold><Status>ON</Status></LegalHold>".utf8))
        _ = try await fixture.call("PUT", "/locked/v?legal-hold", body: Array(hold.utf8))
        _ = try await fixture.call("DELETE", "/locked/v")
        _ = try await fixture.call("DELETE", "/locked/v?versionId=\(put.header("x-amz-version-id") ?? "")")
        // What was refused has not happened.
        _ = try await fixture.call("PUT", "/bucket/c", [("if-none-match", "*")], body: [1])

        let expected = [
            "Created:Put bucket/a", "Created:Copy bucket/b", "Created:CompleteMultipartUpload bucket/parts",
            "Created:PutTagging bucket/a", "Created:DeleteTagging bucket/a", "Created:Copy bucket/c",
            "Removed:Delete bucket/parts", "Removed:Delete bucket/a", "Removed:Delete bucket/b",
            "Created:Put locked/v", "Created:PutLegalHold locked/v", "Created:PutLegalHold locked/v",
            "Removed:DeleteMarkerCreated locked/v", "Removed:Delete locked/v",
        ]
        let told = fixture.observer.events.map {
            "\($0.name.rawValue.dropFirst("s3:Object".count)) \($0.bucket)/\($0.key)"
        }
        #expect(told == expected)
        let waiting = try await fixture.waiting(for: "hook")
        #expect(waiting.count == expected.count)
        for (line, document) in zip(expected, waiting) {
            let words = line.split(separator: " ")
            #expect(
                document.contains(#"{"EventName":"s3:Object\#(words[0])","Key":"\#(words[1])","Records":[{"#),
                "\(document)")
        }
        for part in [
            #""size":3"#, #""contentType":"text/plain""#, #""X-Amz-Meta-Note":"x""#, #""principalId":"tester""#,
            #""sourceIPAddress":"127.0.0.1""#, #""x-minio-origin-endpoint":"https://localhost""#,
        ] { #expect(waiting[0].contains(part), "\(part) in \(waiting[0])") }
        // Two versions of one key are told apart, and their order is known.
        let sequences = fixture.observer.events.filter { $0.bucket == "locked" }.map(\.sequence)
        #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
        #expect(try await fixture.waiting(for: "other").isEmpty)
    }

    private func md5(_ text: String) -> String {
        Base64.encode(Digest.hash(.md5, Array(text.utf8)))
    }

    @Test func `reads are told of where that is asked for`() async throws {
        let fixture = try await fixture()
        #expect(try await fixture.call("PUT", "/bucket/k.jpg", body: [1]).status == 200)
        #expect(try await fixture.call("PUT", "/bucket/k.txt", body: [1]).status == 200)
        try await configure(fixture, rule(["s3:ObjectAccessed:*"], filter: [("suffix", ".jpg")]))
        for key in ["k.jpg", "k.txt", "absent.jpg"] {
            _ = try await fixture.call("GET", "/bucket/\(key)")
            _ = try await fixture.call("HEAD", "/bucket/\(key)")
        }
        _ = try await fixture.call("GET", "/bucket/k.jpg", [("if-none-match", "*")])
        while fixture.observer.queued < 2 { await Task.yield() }
        let waiting = try await fixture.waiting(for: "hook")
        #expect(waiting.count == 2)
        #expect(waiting.contains { $0.contains("s3:ObjectAccessed:Get") })
        #expect(waiting.contains { $0.contains("s3:ObjectAccessed:Head") })
    }

    @Test func `filters go by bytes, and a target is told once`() async throws {
        let fixture = try await fixture()
        let rules =
            rule(["s3:ObjectCreated:*"], filter: [("prefix", "\u{E9}")])
            + rule(["s3:ObjectCreated:Put"], filter: [("prefix", "\u{E9}t"), ("suffix", "t\u{E9}")])
        try await configure(fixture, rules)
        // One é is one character, the other is an e with an accent.
        for key in ["%C3%A9t%C3%A9", "e%CC%81te%CC%81", "x%C3%A9"] {
            #expect(try await fixture.call("PUT", "/bucket/\(key)", body: [1]).status == 200)
        }
        let waiting = try await fixture.waiting(for: "hook")
        #expect(waiting.count == 1 && waiting[0].contains(#""key":"%C3%A9t%C3%A9""#), "\(waiting)")
    }

    @Test func `a full queue loses events, and no write`() async throws {
        let fixture = try await fixture()
        try await configure(fixture, rule(["s3:ObjectCreated:*"], arn: "arn:minio:sqs::other:webhook"))
        for number in 0..<5 { #expect(try await fixture.call("PUT", "/bucket/\(number)", body: [1]).status == 200) }
        #expect(try await fixture.waiting(for: "other").count == 2)
        #expect(fixture.observer.dropped == 3)
    }
}
