import COpenSSL

/// How a key comes from a passphrase: slowly, and with much memory, so that guessing is dear.
///
/// Parameters are kept beside what the key seals; they and the salt are no secrets.
package enum PassphraseDerivation: Hashable, Sendable {
    /// RFC 7914: takes `128 * n * r` bytes of memory. `n` is a power of two above 1.
    case scrypt(n: Int, r: Int, p: Int)
    /// RFC 9106, version 0x13, where OpenSSL has it (3.2 and later).
    case argon2id(passes: Int, kibibytes: Int, lanes: Int)

    /// Size of a fresh salt, in bytes.
    package static let saltByteCount = 32

    /// What new passphrases are derived with: RFC 9106's second choice, or scrypt with 128 MiB.
    package static var preferred: Self {
        let argon2id = Self.argon2id(passes: 3, kibibytes: 64 * 1024, lanes: 4)
        return argon2id.isAvailable ? argon2id : .scrypt(n: 1 << 17, r: 8, p: 1)
    }

    /// Whether OpenSSL has the algorithm.
    package var isAvailable: Bool {
        switch self {
        case .scrypt: return true
        case .argon2id:
            guard let algorithm = coffer_fetch_argon2id() else { return false }
            EVP_KDF_free(algorithm)
            return true
        }
    }

    /// Whether the parameters are ones that the algorithm knows, and that ask for no more than some 2 GiB and minutes.
    ///
    /// They come from a file that somebody may have changed.
    package var isReasonable: Bool {
        switch self {
        case .scrypt(let n, let r, let p):
            (2...1 << 20).contains(n) && n & (n - 1) == 0 && (1...16).contains(r) && (1...16).contains(p)
        case .argon2id(let passes, let kibibytes, let lanes):
            (1...64).contains(passes) && (1...64).contains(lanes) && (8 * lanes...1 << 21).contains(kibibytes)
        }
    }

    /// Blocks for some tenths of a second; `nil` where OpenSSL lacks the algorithm, the parameters are not reasonable,
    /// or there is not enough memory.
    package func derive(from passphrase: SecretBytes, salt: [UInt8]) -> SecretKey? {
        guard isReasonable else { return nil }
        var isDone: Int32 = 0
        let key = SecretKey { output in
            let output = output.assumingMemoryBound(to: UInt8.self)
            passphrase.withUnsafeBytes { passphrase in
                salt.withUnsafeBytes { salt in
                    isDone =
                        switch self {
                        case .scrypt(let n, let r, let p):
                            coffer_scrypt(
                                passphrase.baseAddress, passphrase.count, salt.baseAddress, salt.count, UInt64(n),
                                UInt64(r), UInt64(p), output.baseAddress, output.count)
                        case .argon2id(let passes, let kibibytes, let lanes):
                            coffer_argon2id(
                                passphrase.baseAddress, passphrase.count, salt.baseAddress, salt.count, UInt32(passes),
                                UInt32(kibibytes), UInt32(lanes), output.baseAddress, output.count)
                        }
                }
            }
        }
        return isDone == 1 ? key : nil
    }
}
