import Cryptography
import JSON
import KESProtocol

/// A key's value as an ``EnvelopeKeyStore`` keeps it: sealed under a key of its own, which a ``KeyWrapper`` has wrapped.
///
/// Stored as one line of JSON, `{"envelope":1,"kind":…,"wrapping_key":…,"wrapped":…,"nonce":…,"sealed":…}`, bytes in base64.
/// Sealed with AES-256-GCM; the kind, the wrapping key's name and the key's name are authenticated with it, so an envelope
/// under another key's name does not open.
struct Envelope: Sendable {
    let kind: EnvelopeKind
    let wrapped: WrappedKey
    private let nonce: [UInt8]
    private let sealed: [UInt8]

    /// Seals a value; `key` must never seal another.
    init(sealing value: SecretBytes, of name: KeyName, key: SecretKey, kind: EnvelopeKind, wrapped: WrappedKey) {
        self.kind = kind
        self.wrapped = wrapped
        nonce = SecureRandom.bytes(AEADAlgorithm.nonceByteCount)
        var plain = value.withUnsafeBytes { Array($0) }
        defer { wipe(&plain) }
        sealed = AEAD.seal(
            plain, key: key, nonce: nonce, associatedData: Self.associatedData(kind, wrapped.wrappingKey, name))
    }

    /// Whether a text is an envelope's, whole or damaged; no plain key's text begins like one.
    static func isStored(in text: SecretBytes) -> Bool {
        text.withUnsafeBytes { $0.starts(with: #"{"envelope":"#.utf8) }
    }

    /// Throws ``KeyStoreError/corrupt(_:)`` when the key's file holds something else.
    init(stored text: SecretBytes) throws(KeyStoreError) {
        guard let json = JSONValue(text.withUnsafeBytes { Array($0) }), json["envelope"]?.integer == 1 else {
            throw .corrupt("the file is not a sealed key; a key that is not sealed has to be migrated into this store")
        }
        guard let kind = json["kind"]?.string.flatMap(EnvelopeKind.init), let key = json["wrapping_key"]?.string,
            let wrapped = json["wrapped"]?.string.flatMap({ Base64.decode($0) }),
            let nonce = json["nonce"]?.string.flatMap({ Base64.decode($0) }),
            nonce.count == AEADAlgorithm.nonceByteCount,
            let sealed = json["sealed"]?.string.flatMap({ Base64.decode($0) })
        else { throw .corrupt("the sealed key is malformed") }
        self.kind = kind
        self.wrapped = WrappedKey(wrappingKey: key, bytes: wrapped)
        self.nonce = nonce
        self.sealed = sealed
    }

    var stored: SecretBytes {
        let json = JSONValue.object([
            ("envelope", .number("1")), ("kind", .string(kind.rawValue)),
            ("wrapping_key", .string(wrapped.wrappingKey)),
            ("wrapped", .string(Base64.encode(wrapped.bytes))), ("nonce", .string(Base64.encode(nonce))),
            ("sealed", .string(Base64.encode(sealed))),
        ])
        return SecretBytes(json.bytes)
    }

    /// The value; throws ``KeyStoreError/corrupt(_:)`` when it is not what was sealed, for this name and under this key.
    func open(_ name: KeyName, key: SecretKey) throws(KeyStoreError) -> SecretBytes {
        let associatedData = Self.associatedData(kind, wrapped.wrappingKey, name)
        do throws(AuthenticationFailure) {
            var plain = try AEAD.open(sealed, key: key, nonce: nonce, associatedData: associatedData)
            return SecretBytes(moving: &plain)
        } catch {
            throw .corrupt("the sealed key is not authentic")
        }
    }

    private static func associatedData(_ kind: EnvelopeKind, _ wrappingKey: String, _ name: KeyName) -> [UInt8] {
        Array("coffer-envelope-1\0\(kind.rawValue)\0\(wrappingKey)\0\(name.text)".utf8)
    }
}
