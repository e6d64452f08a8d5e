import Cryptography
import TestSupport
import Testing

/// Keys from passphrases, against published vectors.
@Suite struct PassphraseDerivationTests {
    private func key(_ derivation: PassphraseDerivation, _ passphrase: String, _ salt: String) -> String? {
        derivation.derive(from: SecretBytes(passphrase.utf8), salt: Array(salt.utf8))?.withUnsafeBytes { hex($0) }
    }

    // RFC 7914 §12: the first 32 of its 64 bytes, which do not depend on how many are asked for.
    @Test func `scrypt makes the keys of RFC 7914`() {
        #expect(
            key(.scrypt(n: 1024, r: 8, p: 16), "password", "NaCl")
                == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
        #expect(
            key(.scrypt(n: 16384, r: 8, p: 1), "pleaseletmein", "SodiumChloride")
                == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }

    @Test func `scrypt takes as much memory as new seals use`() {
        let key = PassphraseDerivation.scrypt(n: 1 << 17, r: 8, p: 1).derive(from: SecretBytes([1]), salt: [2])
        #expect(key != nil)
    }

    // Made with the reference implementation (argon2-cffi 25.1.0).
    @Test(.enabled(if: PassphraseDerivation.argon2id(passes: 3, kibibytes: 65536, lanes: 4).isAvailable))
    func `Argon2id makes the reference implementation's keys`() {
        #expect(
            key(.argon2id(passes: 3, kibibytes: 65536, lanes: 4), "password", "somesaltsomesalt")
                == "81db97a7e67a891784a2599bc879f957cb3512d273984bd97d8a18fc59ff01e2")
    }

    @Test func `Argon2id is preferred where it is there, and nothing comes of it elsewhere`() {
        let argon2id = PassphraseDerivation.argon2id(passes: 3, kibibytes: 65536, lanes: 4)
        #expect((PassphraseDerivation.preferred == argon2id) == argon2id.isAvailable)
        #expect((key(argon2id, "p", "0123456789abcdef") != nil) == argon2id.isAvailable)
    }

    @Test(
        arguments: [
            .scrypt(n: 1, r: 8, p: 1), .scrypt(n: 3, r: 8, p: 1), .scrypt(n: 1 << 30, r: 8, p: 1),
            .scrypt(n: 1024, r: 0, p: 1), .scrypt(n: 1024, r: 8, p: -1), .scrypt(n: .min, r: 8, p: 1),
            .argon2id(passes: 0, kibibytes: 65536, lanes: 4), .argon2id(passes: 3, kibibytes: 31, lanes: 4),
            .argon2id(passes: 3, kibibytes: 1 << 30, lanes: 4), .argon2id(passes: 3, kibibytes: 65536, lanes: 0),
        ] as [PassphraseDerivation])
    func `unreasonable parameters make no key`(_ derivation: PassphraseDerivation) {
        #expect(!derivation.isReasonable)
        #expect(derivation.derive(from: SecretBytes([1]), salt: [2]) == nil)
    }
}
