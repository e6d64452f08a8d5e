import Cryptography
import HTTPServerTesting
import KeyManagement
import ObjectStorage
import S3Service
import Synchronization
import Testing

/// What each operation does without rights, with a key or version that is not there, without the key service and on a full drive;
/// made from the table of operations, as ``EveryOperationTests`` are.
@Suite struct EveryOperationFaultTests {
    typealias Call = EveryOperationTests.Call

    static let all = EveryOperationTests.all
    /// Those whose answer ends.
    static let ending = all.filter { !$0.name.hasPrefix("Listen") }

    private func send(_ call: Call, to fixture: S3Fixture, _ more: String = "") async throws -> MemoryResponse {
        let target = call.target("bucket")
        let separator = more.isEmpty ? "" : call.query.isEmpty ? "?" : "&"
        return try await fixture.call(call.method, target + separator + more, call.headers)
    }

    @Test(arguments: all)
    func `who has no right is refused, and changes nothing`(call: Call) async throws {
        let fixture = try await EveryOperationTests.fixture()
        let nobody = try await fixture.addUser("nobody")
        let before = try await EveryOperationTests.state(fixture)
        let answer = try await fixture.call(
            by: nobody, call.method, call.target("bucket"), call.headers)
        switch call.name {
        // The form, or the list of keys, says what is asked for, and there is none.
        case "PostObject", "DeleteObjects": #expect((400..<500).contains(answer.status), "\(answer.text)")
        default: #expect(answer.status == 403, "\(answer.status) \(answer.text)")
        }
        #expect(try await EveryOperationTests.state(fixture) == before)
    }

    /// Operations that make an object where there is none, and those to which an absent one is as good as removed.
    private static let withoutObject: Set<String> = [
        "PutObject", "CopyObject", "CreateMultipartUpload", "DeleteObject", "ForceDeleteObject",
    ]

    @Test(arguments: all.filter { $0.level == .object && !withoutObject.contains($0.name) })
    func `an object that is not there is refused, and does not come to be`(call: Call) async throws {
        let fixture = try await EveryOperationTests.fixture()
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        let answer = try await send(call, to: fixture)
        #expect((400..<500).contains(answer.status) || answer.status == 501, "\(answer.status) \(answer.text)")
        #expect(try await fixture.call("GET", "/bucket?versions").elements("Key") == [])
    }

    @Test(arguments: all.filter { $0.understandsVersions })
    func `a version that is none is refused, and changes nothing`(call: Call) async throws {
        let fixture = try await EveryOperationTests.fixture()
        let before = try await EveryOperationTests.state(fixture)
        for version in ["nonsense", "", String(repeating: "g", count: 32)] {
            let answer = try await send(call, to: fixture, "versionId=\(version)")
            #expect(answer.status == 400, "\(version): \(answer.status) \(answer.text)")
            if call.method != "HEAD" { #expect(answer.element("Code") == "InvalidArgument", "\(answer.text)") }
        }
        let absent = try await send(call, to: fixture, "versionId=\(String(repeating: "0", count: 32))")
        #expect(absent.status != 500 && (absent.status != 200), "\(absent.status) \(absent.text)")
        #expect(try await EveryOperationTests.state(fixture) == before)
    }

    @Test(arguments: ending)
    func `without the key service it is done all the same, or to be tried again`(call: Call) async throws {
        let with = try await EveryOperationTests.fixture().reopened()
        let usual = try await send(call, to: with)
        let service = try AbsentKeyService()
        let fixture = try await EveryOperationTests.fixture(service: service).reopened()
        service.isAway.store(true, ordering: .relaxed)
        let answer = try await send(call, to: fixture)
        if answer.status != usual.status {
            #expect(answer.status == 503 && answer.header("retry-after") != nil, "\(answer.status) \(answer.text)")
        }
        service.isAway.store(false, ordering: .relaxed)
        // What was not done has left nothing that is in the way.
        if answer.status == 503 { #expect(try await send(call, to: fixture).status == usual.status) }
    }

    @Test(arguments: ending)
    func `on a full drive it is done all the same, or refused for that`(call: Call) async throws {
        let with = try await EveryOperationTests.fixture().reopened()
        let usual = try await send(call, to: with)
        var options = StoreOptions()
        options.reservedSpace = 1 << 60
        let fixture = try await EveryOperationTests.fixture().reopened(options: options)
        let answer = try await send(call, to: fixture)
        if answer.status != usual.status {
            #expect(answer.status == 507, "\(answer.status) \(answer.text)")
            #expect(answer.element("Code") == "XMinioStorageFull", "\(answer.text)")
        }
        let object = try await fixture.call("GET", "/bucket/k")
        #expect(object.status == 404 || object.body == [7] || answer.status == 200, "\(object.status)")
    }

    @Test func `without room nothing is written and everything is read`() async throws {
        var options = StoreOptions()
        options.reservedSpace = 1 << 60
        let fixture = try await EveryOperationTests.fixture().reopened(options: options)
        let put = try await fixture.call("PUT", "/bucket/new", body: [1])
        #expect(put.status == 507 && put.element("Code") == "XMinioStorageFull", "\(put.text)")
        #expect(try await fixture.call("GET", "/bucket/k").body == [7])
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
    }
}

/// A static key that can be away.
private final class AbsentKeyService: KeyService {
    private let service: StaticKeyService
    let isAway = Atomic<Bool>(false)

    init() throws { service = StaticKeyService(name: try KeyID("key"), key: SecretKey()) }

    var defaultKey: KeyID { service.defaultKey }

    private func require() throws(KeyServiceError) {
        guard !isAway.load(ordering: .relaxed) else { throw .unavailable("it is away") }
    }

    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey {
        try require()
        return try await service.generateDataKey(under: key, context: context)
    }

    func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        try require()
        return try await service.decryptDataKey(wrapped, under: key, context: context)
    }

    func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        try require()
        return try await service.wrapDataKey(dataKey, under: key, context: context)
    }

    func createKey(_ key: KeyID) async throws(KeyServiceError) {
        try require()
        try await service.createKey(key)
    }

    func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        try require()
        return try await service.describeKey(key)
    }

    func listKeys() async throws(KeyServiceError) -> [KeyDescription] {
        try require()
        return try await service.listKeys()
    }

    func status() async -> KeyServiceStatus { await service.status() }
}
