import Glibc
import Synchronization

/// Reads secrets from where they are kept: text of the configuration, or files that somebody replaces now and then.
struct VaultCredentialFiles: Sendable {
    private static let longest = 64 << 10

    private let calls = BlockingCalls(label: "coffer.vault.credentials", threads: 1)

    /// The secret as it is now, without white space at its ends: editors leave a line feed, and no secret has any.
    func text(of credential: VaultConfiguration.Credential) async throws(KeyStoreError) -> String {
        switch credential {
        case .text(let secret): return Self.trimmed(secret.text)
        case .file(let path):
            let text = try await calls.run { (_) throws(KeyStoreError) in try Self.read(path) }
            guard !text.isEmpty else { throw .notAuthorized("vault: the credential file \(path) is empty") }
            return text
        }
    }

    private static func read(_ path: String) throws(KeyStoreError) -> String {
        guard let file = fopen(path, "re") else {
            throw .notAuthorized("vault: the credential file \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        setvbuf(file, nil, Int32(_IONBF), 0)
        let bytes = [UInt8](unsafeUninitializedCapacity: longest) { buffer, count in
            count = fread(buffer.baseAddress, 1, longest, file)
        }
        guard ferror(file) == 0, bytes.count < longest else {
            throw .notAuthorized("vault: the credential file \(path) cannot be read, or is too long")
        }
        return trimmed(String(decoding: bytes, as: UTF8.self))
    }

    private static func trimmed(_ text: String) -> String {
        guard let end = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[...end].drop(while: \.isWhitespace))
    }
}

/// The secrets that wrapping tokens were exchanged for, for as long as the process lives.
///
/// A wrapping token can be used once, and is in the configuration still when that is read again.
final class UnwrappedSecrets: Sendable {
    static let shared = UnwrappedSecrets()

    private let known = Mutex<[String: SecretText]>([:])

    func secret(
        of wrapping: String, _ unwrap: () async throws(KeyStoreError) -> String
    ) async throws(KeyStoreError) -> String {
        if let known = known.withLock({ $0[wrapping] }) { return known.text }
        let secret = try await unwrap()
        known.withLock { $0[wrapping] = SecretText(secret) }
        return secret
    }
}
