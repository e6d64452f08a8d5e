import Cryptography
import HTTPClient
import JSON

/// Encrypts what is stored, by a key of Vault's transit engine.
struct VaultTransit: Sendable {
    private let engine: VaultPath
    private let key: String

    /// Throws ``KeyStoreError/unavailable(_:)`` where the configuration leads to no key: nothing must be stored as it is then.
    init(_ configuration: VaultConfiguration.Transit) throws(KeyStoreError) {
        guard let engine = VaultPath(configuration.engine), !["", ".", ".."].contains(configuration.key) else {
            throw .unavailable("vault: transit: '\(configuration.engine)' or '\(configuration.key)' names no key")
        }
        self.engine = engine
        key = configuration.key
    }

    /// Whether a stored text is one that a transit engine has made, with whatever version of its key: `vault:vN:…`.
    static func isCiphertext(_ text: SecretBytes) -> Bool {
        text.withUnsafeBytes { bytes in
            guard bytes.starts(with: "vault:v".utf8) else { return false }
            let digits = bytes.dropFirst(7).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            return !digits.isEmpty && bytes.dropFirst(7 + digits.count).first == UInt8(ascii: ":")
        }
    }

    func encrypt(
        _ value: SecretBytes, _ session: VaultSession, _ time: CallTime
    ) async throws(KeyStoreError) -> SecretBytes {
        let plaintext = value.withUnsafeBytes { Base64.encode(Array($0)) }
        let call = call("encrypt", "plaintext", .string(plaintext))
        let answer = try await session.send(call, time)
        // To encrypt by a key that is not there is to create it, which is another right.
        if answer.isRefusal {
            throw .notAuthorized("\(call.failure(answer)), and the transit key '\(key)' has to exist")
        }
        guard answer.isSuccess else { throw call.failure(answer) }
        guard let text = try answer.document(of: "vault")["data"]?["ciphertext"]?.string,
            case let ciphertext = SecretBytes(text.utf8), Self.isCiphertext(ciphertext)
        else { throw .unavailable("vault: \(call.title): no ciphertext in the answer") }
        return ciphertext
    }

    /// Throws ``KeyStoreError/corrupt(_:)`` when Vault cannot decrypt this one text.
    func decrypt(
        _ ciphertext: SecretBytes, _ session: VaultSession, _ time: CallTime
    ) async throws(KeyStoreError) -> SecretBytes {
        let call = call("decrypt", "ciphertext", .string(ciphertext.text))
        let answer = try await session.send(call, time)
        let isAboutText = answer.status == 400 && !answer.vaultWords.contains("encryption key not found")
        if isAboutText { throw .corrupt("vault: \(call.title): \(answer.vaultWords)") }
        guard answer.isSuccess else { throw call.failure(answer) }
        guard let text = try answer.document(of: "vault")["data"]?["plaintext"]?.string,
            var plaintext = Base64.decode(text)
        else { throw .unavailable("vault: \(call.title): no plaintext in the answer") }
        return SecretBytes(moving: &plaintext)
    }

    private func call(_ verb: String, _ field: String, _ text: JSONValue) -> VaultCall {
        VaultCall(method: .post, path: engine / verb / key, document: .object([(field, text)]), right: "update")
    }
}

extension SecretBytes {
    /// For a document; what is stored is text.
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
