import KESProtocol
import KeyManagement

/// `GET /v1/key/describe/<name>`; the versions are shown only of keys that were rotated, which KES does not know.
enum DescribeKeyRoute: WaitingRoute {
    static let route = Route(.describeKey, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        return call.vault.cached(name).map { answer($0, name) }
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        return answer(try await call.vault.key(name), name)
    }

    private static func answer(_ key: MasterKey, _ name: KeyName) -> ServiceAnswer {
        var description = KeyDescribeResponse(
            name: name.text, algorithm: key.cipher.rawValue, createdAt: key.createdAt, createdBy: key.createdBy)
        if key.newestVersion > 1 {
            description.version = Int(key.newestVersion)
            description.versions = key.versions.map { version in
                KeyVersionDescription(
                    version: Int(version.number), createdAt: version.createdAt, createdBy: version.createdBy,
                    generated: version.uses.sealed, decrypted: version.uses.opened)
            }
        }
        return ServiceAnswer(description)
    }
}
