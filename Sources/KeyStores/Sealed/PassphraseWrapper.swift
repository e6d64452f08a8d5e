import Cryptography
import KESProtocol

/// Wraps keys under the key of their directory, which the passphrase has opened at the start.
///
/// Wrapped form: nonce (12) ‖ ciphertext (32) ‖ tag (16), AES-256-GCM, bound to the directory and the key's name.
struct PassphraseWrapper: KeyWrapper {
    /// What the directory is told by; the envelopes' `wrapping_key`.
    let directory: String
    let key: SecretKey

    var title: String { "Sealed by a passphrase" }
    var kind: EnvelopeKind { .passphrase }

    // MARK: Calls

    func status() async throws(KeyStoreError) -> Duration { .zero }

    func wrap(_ key: SecretKey, for name: KeyName) async throws(KeyStoreError) -> WrappedKey { wrapped(key, name) }

    func unwrap(_ wrapped: WrappedKey, for name: KeyName) async throws(KeyStoreError) -> SecretKey {
        try unwrapped(wrapped, name)
    }

    /// As ``wrap(_:for:)``, which has nothing to wait for.
    func wrapped(_ key: SecretKey, _ name: KeyName) -> WrappedKey {
        let nonce = SecureRandom.bytes(AEADAlgorithm.nonceByteCount)
        let sealed = key.sealed(under: self.key, nonce: nonce, associatedData: associatedData(name))
        return WrappedKey(wrappingKey: directory, bytes: nonce + sealed)
    }

    func unwrapped(_ wrapped: WrappedKey, _ name: KeyName) throws(KeyStoreError) -> SecretKey {
        guard wrapped.wrappingKey == directory else {
            throw .corrupt("the key was sealed in another directory; copy keys with 'coffer-kes migrate'")
        }
        let count = AEADAlgorithm.nonceByteCount
        let key = SecretKey(
            opening: Array(wrapped.bytes.dropFirst(count)), under: self.key,
            nonce: Array((wrapped.bytes + [UInt8](repeating: 0, count: count)).prefix(count)),
            associatedData: associatedData(name))
        guard let key else { throw .corrupt("the sealed key is not authentic") }
        return key
    }

    private func associatedData(_ name: KeyName) -> [UInt8] {
        Array("coffer-passphrase-1\0\(directory)\0\(name.text)".utf8)
    }
}
