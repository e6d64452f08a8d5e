import Cryptography
import JSON
import KESProtocol

/// What an engine holds of a key.
enum VaultEntry: Sendable {
    case absent
    /// With v2: the version is deleted, and can come back until it is destroyed.
    case deleted(number: Int)
    /// - number: The version; with v1 1.
    /// - isOurs: False for a version after the first without ``VaultEngine/rotationMark``: somebody else's.
    case live(text: SecretBytes, number: Int, isOurs: Bool)

    /// Reads the answer to ``VaultEngine/read(_:number:)``.
    init(_ answer: StoreAnswer, to call: VaultCall, of name: KeyName, _ version: VaultConfiguration.EngineVersion)
        throws(KeyStoreError)
    {
        if answer.isVaultAbsence {
            self = .absent
            return
        }
        guard answer.isSuccess || answer.status == 404 else { throw call.failure(answer) }
        let data = try answer.document(of: "vault")["data"]
        switch version {
        case .v1:
            guard answer.isSuccess else { throw call.failure(answer) }
            self = .live(text: try Self.field(name, data, call), number: 1, isOurs: true)
        case .v2:
            guard let number = data?["metadata"]?["version"]?.integer else {
                throw answer.isSuccess ? Self.malformed(call, "not as K/V version 2 has it") : call.failure(answer)
            }
            if answer.status == 404 {
                self = .deleted(number: number)
            } else {
                let fields = data?["data"]
                let isOurs = number == 1 || fields?[VaultEngine.rotationMark] != nil
                // Whoever writes a version of their own need not keep to our fields.
                let text = isOurs ? try Self.field(name, fields, call) : SecretBytes([])
                self = .live(text: text, number: number, isOurs: isOurs)
            }
        }
    }

    private static func field(
        _ name: KeyName, _ fields: JSONValue?, _ call: VaultCall
    ) throws(KeyStoreError) -> SecretBytes {
        guard let text = fields?[name.text]?.string else { throw malformed(call, "without a field '\(name)'") }
        return SecretBytes(text.utf8)
    }

    private static func malformed(_ call: VaultCall, _ how: String) -> KeyStoreError {
        .corrupt("vault: the entry '\(call.path)' is \(how)")
    }
}
