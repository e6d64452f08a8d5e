import Cryptography

/// Access keys and secrets as MinIO and its clients draw them.
package enum GeneratedKeys {
    /// 20 letters and digits: 103 bits.
    package static func accessKey() -> String { draw(20, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") }

    /// 40 characters of 64: 240 bits.
    package static func secret() -> String {
        draw(40, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    private static func draw(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet.utf8)
        // Bytes from here on would make the first characters likelier than the others.
        let limit = 256 / characters.count * characters.count
        var drawn: [UInt8] = []
        while drawn.count < count {
            for byte in SecureRandom.privateBytes(count) where Int(byte) < limit && drawn.count < count {
                drawn.append(characters[Int(byte) % characters.count])
            }
        }
        return String(decoding: drawn, as: UTF8.self)
    }
}
