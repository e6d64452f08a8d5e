import Cryptography

/// The name of a secret's version, chosen by who writes it: a random UUID (RFC 9562, version 4).
///
/// A write that is sent again with the same name is the same write.
struct VersionID: Sendable {
    let text: String

    init() {
        var bytes = SecureRandom.bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        text = groups.map { Hex.encode(bytes[$0]) }.joined(separator: "-")
    }
}
