import Cryptography
import JSON

/// The pieces of a ciphertext that an older key server wrote as a structure.
struct StructuredCiphertext {
    let declared: MasterKeyCipher
    /// The same pieces in today's order: ciphertext ‖ tag ‖ iv ‖ nonce.
    let raw: [UInt8]

    private init?(declared: MasterKeyCipher?, iv: [UInt8], nonce: [UInt8], bytes: [UInt8]) {
        guard let declared, iv.count == KESCiphertext.ivByteCount, nonce.count == AEADAlgorithm.nonceByteCount else {
            return nil
        }
        self.declared = declared
        raw = bytes + iv + nonce
    }

    /// `{"aead":…,"id":…,"iv":…,"nonce":…,"bytes":…}`, bytes in base64; `id` may be missing and is not checked.
    init?(json: [UInt8]) {
        guard json.first == UInt8(ascii: "{"), let object = JSONValue(json), let aead = object["aead"]?.string else {
            return nil
        }
        let declared: MasterKeyCipher? =
            switch aead {
            case "AES-256-GCM-HMAC-SHA-256": .aes256
            case "ChaCha20Poly1305": .chaCha20
            default: nil
            }
        func bytes(_ name: String) -> [UInt8]? { object[name]?.string.flatMap { Base64.decode($0) } }
        guard let iv = bytes("iv"), let nonce = bytes("nonce"), let sealed = bytes("bytes") else { return nil }
        self.init(declared: declared, iv: iv, nonce: nonce, bytes: sealed)
    }

    /// An array of five: algorithm, id, iv, nonce, bytes, and nothing after it.
    ///
    /// The id is not checked.
    init?(messagePack: [UInt8]) {
        guard messagePack.first == 0x95 else { return nil }
        var rest = messagePack[1...]
        var fields: [[UInt8]] = []
        for _ in 0..<5 {
            guard let field = Self.takeField(&rest) else { return nil }
            fields.append(field)
        }
        guard rest.isEmpty else { return nil }
        let declared: MasterKeyCipher? =
            switch String(decoding: fields[0], as: UTF8.self) {
            case "AES256", "AES256-GCM_SHA256": .aes256
            case "ChaCha20", "XCHACHA20-POLY1305": .chaCha20
            default: nil
            }
        self.init(declared: declared, iv: fields[2], nonce: fields[3], bytes: fields[4])
    }

    /// A MessagePack string or binary; its length is in the first byte or in the one, two or four after it.
    private static func takeField(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let marker = rest.popFirst() else { return nil }
        let lengthBytes: Int
        switch marker {
        case 0xa0...0xbf: return take(Int(marker & 0x1f), &rest)
        case 0xc4, 0xd9: lengthBytes = 1
        case 0xc5, 0xda: lengthBytes = 2
        case 0xc6, 0xdb: lengthBytes = 4
        default: return nil
        }
        return take(lengthBytes, &rest).flatMap { length in take(length.reduce(0) { $0 << 8 | Int($1) }, &rest) }
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }
}
