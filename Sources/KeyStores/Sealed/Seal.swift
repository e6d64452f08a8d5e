import Cryptography
import JSON

/// What the file `.seal` of a sealed directory holds: the directory's key, sealed under a passphrase.
///
/// One line of JSON, `{"seal":1,"directory":…,"keys":…,"kdf":…,…,"salt":…,"nonce":…,"key":…}`, bytes in base64. The key is
/// sealed with AES-256-GCM under what the derivation makes of the passphrase and the salt; everything before it is
/// authenticated with it. A passphrase is changed by writing this file anew, and no key's.
struct Seal: Sendable {
    /// Which of the directory's keys are sealed; raw values are stored and never change.
    enum Coverage: String, Sendable {
        case all = "sealed"
        /// Some may be plain: the directory held keys before it was sealed, and not all were seen to since.
        case some = "mixed"
    }

    /// The file's name, which is no key's.
    static let fileName = ".seal"

    /// What the directory is told by, random hexadecimal digits; never changes.
    let directory: String
    let coverage: Coverage
    private let derivation: PassphraseDerivation
    private let salt: [UInt8]
    private let nonce: [UInt8]
    private let sealedKey: [UInt8]

    /// Seals the key of a directory; blocks for the derivation.
    init(
        _ key: SecretKey, of directory: String, _ coverage: Coverage, under passphrase: SecretBytes,
        _ derivation: PassphraseDerivation = .preferred
    ) throws(KeyStoreError) {
        self.directory = directory
        self.coverage = coverage
        self.derivation = derivation
        salt = SecureRandom.bytes(PassphraseDerivation.saltByteCount)
        nonce = SecureRandom.bytes(AEADAlgorithm.nonceByteCount)
        guard let sealing = derivation.derive(from: passphrase, salt: salt) else {
            throw .unavailable("there is not enough memory to derive a key from the passphrase")
        }
        sealedKey = key.sealed(
            under: sealing, nonce: nonce,
            associatedData: Self.associatedData(directory, coverage, derivation, salt))
    }

    /// Throws ``KeyStoreError/corrupt(_:)`` when it is something else.
    init(stored text: SecretBytes) throws(KeyStoreError) {
        guard let json = JSONValue(text.withUnsafeBytes { Array($0) }), json["seal"]?.integer == 1,
            let directory = json["directory"]?.string, let coverage = json["keys"]?.string.flatMap(Coverage.init),
            let derivation = PassphraseDerivation(json), derivation.isReasonable,
            let salt = json["salt"]?.string.flatMap({ Base64.decode($0) }),
            let nonce = json["nonce"]?.string.flatMap({ Base64.decode($0) }),
            nonce.count == AEADAlgorithm.nonceByteCount,
            let key = json["key"]?.string.flatMap({ Base64.decode($0) })
        else { throw .corrupt("is not the seal of a directory") }
        self.directory = directory
        self.coverage = coverage
        self.derivation = derivation
        self.salt = salt
        self.nonce = nonce
        sealedKey = key
    }

    var stored: SecretBytes {
        let members: [(String, JSONValue)] =
            [("seal", .number("1")), ("directory", .string(directory)), ("keys", .string(coverage.rawValue))]
            + derivation.members
            + [
                ("salt", .string(Base64.encode(salt))), ("nonce", .string(Base64.encode(nonce))),
                ("key", .string(Base64.encode(sealedKey))),
            ]
        return SecretBytes(JSONValue.object(members).bytes)
    }

    /// The directory's key; blocks for the derivation.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` for another passphrase, which nobody can tell from a seal that was
    /// tampered with.
    func open(_ passphrase: SecretBytes) throws(KeyStoreError) -> SecretKey {
        guard derivation.isAvailable else {
            throw .unavailable("was made with Argon2id, which the system's OpenSSL lacks (it has it since 3.2)")
        }
        guard let sealing = derivation.derive(from: passphrase, salt: salt) else {
            throw .unavailable("cannot be opened: there is not enough memory to derive a key from the passphrase")
        }
        let opened = SecretKey(
            opening: sealedKey, under: sealing, nonce: nonce,
            associatedData: Self.associatedData(directory, coverage, derivation, salt))
        guard let opened else {
            throw .notAuthorized("does not open with this passphrase (or it was tampered with)")
        }
        return opened
    }

    private static func associatedData(
        _ directory: String, _ coverage: Coverage, _ derivation: PassphraseDerivation, _ salt: [UInt8]
    ) -> [UInt8] {
        let parameters = JSONValue.object(derivation.members).bytes
        return Array("coffer-seal-1\0\(directory)\0\(coverage.rawValue)\0".utf8) + parameters + [0] + salt
    }
}

extension PassphraseDerivation {
    /// What the file says of it.
    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .scrypt(let n, let r, let p):
            [("kdf", .string("scrypt")), ("n", .number("\(n)")), ("r", .number("\(r)")), ("p", .number("\(p)"))]
        case .argon2id(let passes, let kibibytes, let lanes):
            [
                ("kdf", .string("argon2id")), ("t", .number("\(passes)")), ("m", .number("\(kibibytes)")),
                ("p", .number("\(lanes)")),
            ]
        }
    }

    fileprivate init?(_ json: JSONValue) {
        switch json["kdf"]?.string {
        case "scrypt":
            guard let n = json["n"]?.integer, let r = json["r"]?.integer, let p = json["p"]?.integer else { return nil }
            self = .scrypt(n: n, r: r, p: p)
        case "argon2id":
            guard let passes = json["t"]?.integer, let kibibytes = json["m"]?.integer, let lanes = json["p"]?.integer
            else { return nil }
            self = .argon2id(passes: passes, kibibytes: kibibytes, lanes: lanes)
        default: return nil
        }
    }
}
