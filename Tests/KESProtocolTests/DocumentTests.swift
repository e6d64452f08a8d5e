import KESProtocol
import Testing

/// What documents look like, against transcripts of KES.
struct DocumentTests {
    private static let time = RFC3339Time("2026-11-21T00:30:08.754236633Z") ?? .unknown
    private static let digest = "d88984b90b776c102bd56fdadb2c81b37c7c019c973e2787476a8ba2daf3f90b"
    private static let rest = #""created_at":"2026-11-21T00:30:08.754236633Z","created_by":"\#(digest)"}"#

    /// A document and the text that KES sends for it.
    static let documents: [(any KESDocument, String)] = [
        (VersionResponse(version: "v", commit: "c"), #"{"version":"v","commit":"c"}"#),
        (
            StatusResponse(
                version: "v", os: "linux", arch: "amd64", uptime: 1, cpuCount: 2, usableCPUCount: 3,
                heapByteCount: 1_130_904,
                stackByteCount: 491_520, keyStoreLatency: 1),
            #"{"version":"v","os":"linux","arch":"amd64","uptime":1,"num_cpu":2,"num_cpu_used":3,"#
                + #""mem_heap_used":1130904,"mem_stack_used":491520,"keystore_latency":1}"#
        ),
        (
            StatusResponse(
                version: "v", os: "linux", arch: "amd64", uptime: 1, cpuCount: 2, usableCPUCount: 2, heapByteCount: 1,
                stackByteCount: 1, isKeyStoreUnreachable: true, isKeyStoreUnavailable: true),
            #"{"version":"v","os":"linux","arch":"amd64","uptime":1,"num_cpu":2,"num_cpu_used":2,"mem_heap_used":1,"#
                + #""mem_stack_used":1,"keystore_unreachable":true,"keystore_unavailable":true}"#
        ),
        (
            KeyDescribeResponse(name: "my-app-1", algorithm: "AES256", createdAt: time, createdBy: digest),
            #"{"name":"my-app-1","algorithm":"AES256",\#(rest)"#
        ),
        (
            KeyDescribeResponse(name: "k", algorithm: "", createdAt: .unknown, createdBy: "", version: 3),
            #"{"name":"k","created_at":"0001-01-01T00:00:00Z","version":3}"#
        ),
        (ListResponse(.keys, names: []), #"{"names":[]}"#),
        (ListResponse(.keys, names: ["a", "b"], continueAt: "a.Yg"), #"{"names":["a","b"],"continue_at":"a.Yg"}"#),
        (ListResponse(.identities, names: ["a"]), #"{"identities":["a"],"continue_at":""}"#),
        (GenerateRequest(context: Array("my-context".utf8)), #"{"context":"bXktY29udGV4dA=="}"#),
        (GenerateResponse(plaintext: [0], ciphertext: [1, 2]), #"{"plaintext":"AA==","ciphertext":"AQI="}"#),
        (EncryptRequest(plaintext: [1, 2, 3], context: []), #"{"plaintext":"AQID","context":""}"#),
        (EncryptResponse(ciphertext: []), #"{"ciphertext":""}"#),
        (DecryptRequest(ciphertext: [255], context: [254]), #"{"ciphertext":"/w==","context":"/g=="}"#),
        (DecryptResponse(plaintext: []), #"{"plaintext":""}"#),
        (
            BulkDecryptRequest(ciphertexts: [
                DecryptRequest(ciphertext: [255], context: [254]), DecryptRequest(ciphertext: [1], context: []),
            ]), #"[{"ciphertext":"/w==","context":"/g=="},{"ciphertext":"AQ==","context":""}]"#
        ),
        (BulkDecryptResponse(plaintexts: []), "[]"),
        (BulkDecryptResponse(plaintexts: [DecryptResponse(plaintext: [0])]), #"[{"plaintext":"AA=="}]"#),
        (HMACRequest(message: [0]), #"{"message":"AA=="}"#),
        (HMACResponse(hmac: [0]), #"{"hmac":"AA=="}"#),
        (ImportRequest(key: [7], cipher: "AES256"), #"{"key":"Bw==","cipher":"AES256"}"#),
        (PolicyDescribeResponse(name: "my-app", createdAt: time, createdBy: digest), #"{"name":"my-app",\#(rest)"#),
        (
            PolicyReadResponse(
                name: "p", rules: PolicyRules(allow: ["/v1/b*", "/v1/a"], deny: []), createdAt: time, createdBy: digest),
            #"{"name":"p","allow":{"/v1/a":{},"/v1/b*":{}},\#(rest)"#
        ),
        (
            IdentityDescribeResponse(isAdmin: false, policy: "my-app", createdAt: time, createdBy: digest),
            #"{"policy":"my-app",\#(rest)"#
        ),
        (
            IdentityDescribeResponse(isAdmin: true, policy: "", createdAt: time, createdBy: ""),
            #"{"admin":true,"created_at":"2026-11-21T00:30:08.754236633Z"}"#
        ),
        (
            SelfDescribeResponse(
                identity: "i", isAdmin: true, createdAt: time, createdBy: "", policy: "",
                rules: PolicyRules(allow: [], deny: [])),
            #"{"identity":"i","admin":true,"created_at":"2026-11-21T00:30:08.754236633Z"}"#
        ),
        (
            SelfDescribeResponse(
                identity: "i", isAdmin: false, createdAt: .unknown, createdBy: "x", policy: "p",
                rules: PolicyRules(allow: ["/*"], deny: ["/v1/a", "/v1/b"])),
            #"{"identity":"i","created_at":"0001-01-01T00:00:00Z","created_by":"x","policy":"p","allow":{"/*":{}},"#
                + #""deny":{"/v1/a":{},"/v1/b":{}}}"#
        ),
        (
            AuditEvent(
                time: time, ip: "127.0.0.1", path: "/v1/status", identity: digest, code: 403, responseTime: 23_000),
            #"{"time":"2026-11-21T00:30:08.754236633Z","request":{"ip":"127.0.0.1","path":"/v1/status","#
                + #""identity":"\#(digest)"},"response":{"code":403,"time":23000}}"#
        ),
        (
            AuditEvent(time: time, ip: "", path: "/", identity: "", code: 200, responseTime: 0),
            #"{"time":"2026-11-21T00:30:08.754236633Z","request":{"path":"/"},"response":{"code":200,"time":0}}"#
        ),
        (ErrorEvent(message: #"level=ERROR msg="x""#), #"{"message":"level=ERROR msg=\"x\""}"#),
        (APIListResponse([]), "[]"),
        (
            APIListResponse([APIDescription(method: "GET", path: "/x", maxBody: 1, timeout: 2)]),
            #"[{"method":"GET","path":"/x","max_body":1,"timeout":2}]"#
        ),
    ]

    @Test(arguments: documents.indices) func `documents are spelt as KES spells them and read again`(index: Int) throws
    {
        let (document, text) = Self.documents[index]
        #expect(String(decoding: document.json, as: UTF8.self) == text + "\n")
        #expect(try roundTrip(document) == text + "\n")
    }

    @Test func `policies are listed like keys but always say where to go on`() throws {
        let json = ListResponse(.policies, names: ["a"]).json
        #expect(String(decoding: json, as: UTF8.self) == #"{"names":["a"],"continue_at":""}"# + "\n")
        #expect(try ListResponse(json: json).names == ["a"])
    }

    @Test func `a body of secrets is written without growing`() {
        // The room is reserved at once, so an array of that size keeps its place.
        let response = GenerateResponse(
            plaintext: [UInt8](repeating: 1, count: 32), ciphertext: [UInt8](repeating: 2, count: 76))
        #expect(response.json.count == 181)
        #expect(response.json.capacity < 400)
    }

    private func roundTrip<Document: KESDocument>(_ document: Document) throws -> String {
        String(decoding: try Document(json: document.json).json, as: UTF8.self)
    }
}
