import HTTPServerTesting
import KeyManagement
import S3Service
import Testing

/// What holds for all operations alike, made from their table: a new one cannot forget it.
@Suite struct EveryOperationTests {
    /// A request for an operation, with the least that its route asks for.
    struct Call: Sendable, CustomTestStringConvertible {
        let name: String
        let method: String
        let level: ResourceLevel
        let query: String
        let headers: [(name: String, value: String)]
        let understandsVersions: Bool

        init(_ operation: any S3Operation.Type) {
            let route = operation.route
            name = operation.name
            method = route.method
            level = route.level
            understandsVersions = route.understood.contains("versionId")
            let named = route.understood.contains("annotationName") ? ["annotationName"] : []
            query = (route.required.sorted() + named).map { name in "\(name)=\(Self.values[name] ?? "")" }
                .joined(separator: "&")
            headers = route.header.map { [($0, Self.headerValues[$0] ?? "true")] } ?? Self.headers[name] ?? []
        }

        private static let values = [
            "partNumber": "1", "uploadId": "unknown", "list-type": "2", "annotationName": "note",
            "events": "s3:ObjectCreated:*",
        ]
        private static let headerValues = ["x-amz-copy-source": "/bucket/k"]
        /// Without which a request is refused before its bucket is looked for.
        private static let headers: [String: [(name: String, value: String)]] = [
            "GetObjectAttributes": [("x-amz-object-attributes", "ETag")],
            "RenameObject": [("x-amz-rename-source", "/absent/other")],
        ]

        var testDescription: String { name }

        func target(_ bucket: String) -> String {
            let path =
                switch level {
                case .service: "/"
                case .bucket: "/\(bucket)"
                case .object: "/\(bucket)/k"
                }
            return query.isEmpty ? path : "\(path)?\(query)"
        }
    }

    static let all = OperationTable.operations.map { Call($0) }

    /// With an object `k` of one byte.
    static func fixture(service: (any KeyService)? = nil) async throws -> S3Fixture {
        let fixture = try await S3Fixture(service: service)
        try #require(try await fixture.call("PUT", "/bucket/k", body: [7]).status == 200)
        return fixture
    }

    /// What a request that is refused must leave as it was.
    static func state(_ fixture: S3Fixture) async throws -> [String] {
        let object = try await fixture.call("GET", "/bucket/k")
        let settings = [
            "encryption", "policy", "tagging", "cors", "publicAccessBlock", "ownershipControls", "versioning",
        ]
        var state = ["\(object.status) \(object.body) \(object.header("etag") ?? "")"]
        for setting in settings { state.append(try await fixture.call("GET", "/bucket?\(setting)").withoutIDs) }
        state.append(try await fixture.call("GET", "/bucket?list-type=2").withoutIDs)
        return state
    }

    @Test(arguments: all)
    func `a request without a signature is refused, and changes nothing`(call: Call) async throws {
        let fixture = try await Self.fixture()
        let before = try await Self.state(fixture)
        let answer = await fixture.callAnonymously(call.method, call.target("bucket"), call.headers)
        #expect((400..<500).contains(answer.status) || answer.status == 501, "\(answer.status) \(answer.text)")
        #expect(try await Self.state(fixture) == before)
    }

    @Test(arguments: all)
    func `a bucket that is not there is said not to be`(call: Call) async throws {
        let fixture = try await Self.fixture()
        guard call.level != .service, call.name != "CreateBucket" else { return }
        let answer = try await fixture.call(call.method, call.target("absent"), call.headers)
        switch call.name {
        // A form says who sends it in a body, which this request has not; what is not done is not done anywhere.
        case "PostObject": #expect(answer.status == 400 || answer.status == 412)
        case "AppendObject": #expect(answer.status == 501)
        default:
            #expect(answer.status == 404, "\(answer.status) \(answer.text)")
            if call.method != "HEAD" { #expect(answer.element("Code") == "NoSuchBucket", "\(answer.text)") }
        }
    }

    /// Of what takes a document: nothing that is sent to it makes it fail or grow.
    private static let documents: [(what: String, bytes: [UInt8])] = [
        ("nonsense", Array("nonsense".utf8)), ("zeroes", [UInt8](repeating: 0, count: 100)),
        ("a document type", Array("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>".utf8)),
        ("another root", Array("<Unknown><Rule/></Unknown>".utf8)),
        ("an open element", Array("<a><b>".utf8)),
        ("deep nesting", Array(String(repeating: "<a>", count: 20_000).utf8)),
        ("JSON that ends", Array("{\"Version\":".utf8)),
        ("much", [UInt8](repeating: UInt8(ascii: " "), count: 3 << 20)),
    ]

    /// Operations whose body is no document: bytes of an object, or nothing that they read.
    private static let withoutDocument: Set<String> = [
        "PutObject", "CopyObject", "UploadPart", "UploadPartCopy", "CreateMultipartUpload", "RenameObject",
        "PostObject",
        "AppendObject", "PutObjectAnnotation",
    ]

    @Test(arguments: all.filter { ($0.method == "PUT" || $0.method == "POST") && !withoutDocument.contains($0.name) })
    func `a document that is none is refused, and changes nothing`(call: Call) async throws {
        let fixture = try await Self.fixture()
        let bucket = call.name == "CreateBucket" ? "new" : "bucket"
        let before = try await Self.state(fixture)
        for (what, bytes) in Self.documents {
            let answer = try await fixture.call(call.method, call.target(bucket), call.headers, body: bytes)
            #expect((400..<500).contains(answer.status) || answer.status == 501, "\(what): \(answer.status)")
        }
        #expect(try await Self.state(fixture) == before)
        if call.name == "CreateBucket" { #expect(try await fixture.call("HEAD", "/new").status == 404) }
    }

    @Test(arguments: all)
    func `a parameter that an operation does not know is not passed over in a write`(call: Call) async throws {
        let fixture = try await Self.fixture()
        guard call.method != "GET", call.method != "HEAD" else { return }
        let before = try await Self.state(fixture)
        let target = call.target("bucket") + (call.query.isEmpty ? "?" : "&") + "inventedTomorrow"
        let answer = try await fixture.call(call.method, target, call.headers)
        #expect(answer.status == 501, "\(answer.status) \(answer.text)")
        #expect(try await Self.state(fixture) == before)
    }
}

extension MemoryResponse {
    /// Status and text without what is another's in each answer.
    fileprivate var withoutIDs: String {
        "\(status) "
            + text.replacing(/<RequestId>[^<]*<\/RequestId>/, with: "").replacing(/<HostId>[^<]*<\/HostId>/, with: "")
    }
}
