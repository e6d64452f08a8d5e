import HTTPClient
import JSON
import KESProtocol

/// The calls of a K/V engine, of either version, for keys below a prefix.
///
/// A key's entry has one field, which is named like the key.
struct VaultEngine: Sendable {
    let version: VaultConfiguration.EngineVersion
    let path: VaultPath
    private let prefix: VaultPath

    /// `nil` when the engine or the prefix is no path.
    init?(_ configuration: VaultConfiguration) {
        guard let path = VaultPath(configuration.engine), let prefix = VaultPath(configuration.prefix ?? "") else {
            return nil
        }
        version = configuration.version
        self.path = path
        self.prefix = prefix
    }

    /// A field of the versions that rotations have written, which tells them from those of somebody else.
    ///
    /// No key has such a name.
    static let rotationMark = "coffer:rotation"

    func entry(_ name: KeyName) -> VaultPath {
        switch version {
        case .v1: path / prefix / name.text
        case .v2: path / "data" / prefix / name.text
        }
    }

    /// Reads the latest version, or with v2 another one.
    func read(_ name: KeyName, number: Int? = nil) -> VaultCall {
        VaultCall(method: .get, path: entry(name), query: number.map { "version=\($0)" }, right: "read")
    }

    /// Writes an entry, with v2 as the version after `number`, which for a new one is 0.
    ///
    /// With v2 it may be sent twice: the second is refused, which ``StoreAnswer/saysVersionMismatch`` tells. With v1 a second
    /// one could put the value over another's, so it is not: see ``VaultKeyStore/write(_:_:_:lookedAt:_:isUnchanged:)``.
    func write(_ name: KeyName, _ text: String, after number: Int) -> VaultCall {
        let field = (name: name.text, value: JSONValue.string(text))
        let right = number == 0 ? "create" : "update"
        switch version {
        case .v1:
            return VaultCall(
                method: .put, path: entry(name), document: .object([field]), right: right, isRepeatable: false,
                retries: .once)
        case .v2:
            let mark = number == 0 ? [] : [(name: Self.rotationMark, value: JSONValue.string("1"))]
            let document = JSONValue.object([
                ("data", .object([field] + mark)), ("options", .object([("cas", .number("\(number)"))])),
            ])
            return VaultCall(method: .put, path: entry(name), document: document, right: right)
        }
    }

    /// Removes the entry with all its versions.
    func remove(_ name: KeyName) -> VaultCall {
        switch version {
        case .v1: VaultCall(method: .delete, path: entry(name), right: "delete")
        case .v2: VaultCall(method: .delete, path: path / "metadata" / prefix / name.text, right: "delete")
        }
    }

    func list() -> VaultCall {
        let place =
            switch version {
            case .v1: path / prefix
            case .v2: path / "metadata" / prefix
            }
        return VaultCall(method: .get, path: place, query: "list=true", right: "list", maxAnswerBytes: 32 << 20)
    }
}
