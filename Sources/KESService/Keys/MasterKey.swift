package import Cryptography
package import KESProtocol
package import KeyManagement
import Synchronization

/// A named key of the key server with all its versions: it seals with the newest and opens with each.
///
/// A key begins with version 1, which is all that the original KES knows of; its ciphertexts are exactly KES's. Rotation
/// adds versions. <doc:KeyFormats> describes what is stored and what is sealed.
///
/// Immutable but for the counts of uses, and shared by reference.
package final class MasterKey: Sendable {
    /// One generation of the key.
    package struct Version: Sendable {
        /// 1 for the first; each later one has a higher number.
        package let number: UInt32
        /// `nil` for keys from before ciphers were recorded: old ciphertexts say for themselves what they were made with.
        package let cipher: MasterKeyCipher?
        /// ``RFC3339Time/unknown`` for the oldest keys.
        package let createdAt: RFC3339Time
        /// The identity of who made it; may be empty.
        package let createdBy: String
        package let uses: UseCounts
        let key: SecretKey

        init(
            number: UInt32, key: SecretKey, cipher: MasterKeyCipher?, createdAt: RFC3339Time, createdBy: String,
            uses: UseCounts = UseCounts()
        ) {
            self.number = number
            self.key = key
            self.cipher = cipher
            self.createdAt = createdAt
            self.createdBy = createdBy
            self.uses = uses
        }
    }

    /// How often a version was used since the server first held it.
    package final class UseCounts: Sendable {
        private let seals = Atomic(0)
        private let opens = Atomic(0)

        package init() {}

        package var sealed: Int { seals.load(ordering: .relaxed) }
        package var opened: Int { opens.load(ordering: .relaxed) }

        func countSeal() { seals.wrappingAdd(1, ordering: .relaxed) }
        func countOpen() { opens.wrappingAdd(1, ordering: .relaxed) }
    }

    /// No key has more versions: with so many, its stored value is some 200 kB.
    package static let maximumVersionCount = 1000
    /// The size of a data key, in bytes.
    package static let dataKeyByteCount = SecretKey.byteCount

    /// Ascending, version 1 first.
    package let versions: [Version]
    /// What ``hmac(_:)`` works with; the oldest keys have none.
    let hmacKey: SecretKey?
    private let newest: Version

    /// - Precondition: the numbers of the versions ascend from 1.
    init(versions: [Version], hmacKey: SecretKey?) {
        precondition(versions.first?.number == 1, "a key begins with version 1")
        self.versions = versions
        self.hmacKey = hmacKey
        newest = versions[versions.count - 1]
    }

    /// A new key with one version.
    ///
    /// Without `key`, a random one.
    package convenience init(
        key: SecretKey = SecretKey(), cipher: MasterKeyCipher = .aes256, createdAt: RFC3339Time, createdBy: String
    ) {
        let version = Version(number: 1, key: key, cipher: cipher, createdAt: createdAt, createdBy: createdBy)
        self.init(versions: [version], hmacKey: SecretKey())
    }

    /// What new ciphertexts are made with.
    package var cipher: MasterKeyCipher { newest.cipher ?? .aes256 }
    package var newestVersion: UInt32 { newest.number }
    package var supportsHMAC: Bool { hmacKey != nil }
    /// When version 1 was made, which the original KES shows as the key's time.
    package var createdAt: RFC3339Time { versions[0].createdAt }
    package var createdBy: String { versions[0].createdBy }

    /// A copy of the key whose versions go on counting where `known` has them, by their numbers.
    func counting(in known: [UInt32: UseCounts]) -> MasterKey {
        guard !known.isEmpty else { return self }
        let versions = versions.map { version in
            Version(
                number: version.number, key: version.key, cipher: version.cipher, createdAt: version.createdAt,
                createdBy: version.createdBy, uses: known[version.number] ?? version.uses)
        }
        return MasterKey(versions: versions, hmacKey: hmacKey)
    }

    // MARK: Use

    /// Seals `plaintext` under the newest version and binds `context` to it.
    package func seal(_ plaintext: [UInt8], context: [UInt8]) -> [UInt8] {
        plaintext.withUnsafeBytes { seal($0, context: context) }
    }

    /// A fresh data key of 32 bytes, plain and sealed under the newest version.
    ///
    /// The caller wipes the plain one.
    package func generateDataKey(context: [UInt8]) -> (plaintext: [UInt8], ciphertext: [UInt8]) {
        let plaintext = SecureRandom.privateBytes(Self.dataKeyByteCount)
        return (plaintext, plaintext.withUnsafeBytes { seal($0, context: context) })
    }

    /// Opens a ciphertext of any version, in any form that KES ever wrote.
    package func open(_ ciphertext: [UInt8], context: [UInt8]) throws(OpeningFailure) -> [UInt8] {
        let header = CiphertextHeader(ciphertext)
        if let header, let version = version(header.version) {
            do {
                let plaintext = try KESCiphertext.openRaw(
                    ciphertext, from: CiphertextHeader.byteCount, key: version.key, cipher: version.cipher ?? .aes256,
                    context: context)
                version.uses.countOpen()
                return plaintext
            } catch {
                // One in four billion of version 1's ciphertexts looks like a later one's.
            }
        }
        do {
            let plaintext = try KESCiphertext.open(
                ciphertext, key: versions[0].key, cipher: versions[0].cipher, context: context)
            versions[0].uses.countOpen()
            return plaintext
        } catch {
            guard let header, header.version > newest.number else { throw .notAuthentic }
            throw .unknownVersion(header.version)
        }
    }

    /// HMAC-SHA-256 of `message`, which rotation does not change; `nil` for keys that have no key for it.
    package func hmac(_ message: [UInt8]) -> [UInt8]? {
        hmacKey.map { HMACSHA256.code(message, key: $0) }
    }

    /// Why a ciphertext does not open.
    package enum OpeningFailure: Error, Hashable {
        case notAuthentic
        /// It says that it was made with a version that this copy of the key does not have yet.
        case unknownVersion(UInt32)
    }

    private func seal(_ plaintext: UnsafeRawBufferPointer, context: [UInt8]) -> [UInt8] {
        newest.uses.countSeal()
        let start = newest.number == 1 ? 0 : CiphertextHeader.byteCount
        let count = start + plaintext.count + KESCiphertext.overhead
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            if start > 0 { CiphertextHeader(version: newest.number).write(to: output) }
            context.withUnsafeBytes { context in
                KESCiphertext.seal(
                    plaintext, key: newest.key, cipher: cipher, context: context,
                    into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
            }
            initialized = count
        }
    }

    private func version(_ number: UInt32) -> Version? {
        number == newest.number ? newest : versions.last { $0.number == number }
    }
}
