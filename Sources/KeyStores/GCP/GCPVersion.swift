import Cryptography

/// One version of a secret.
///
/// Version 1 is the key's value and nothing else, as KES keeps it. A rotation adds a version whose first line says which
/// version it was made after, by number and by the digest of its payload: `coffer-kes after=1 sha256=…`, then the value.
/// It is valid if that is the version just before it. So of two servers that rotate at once, one has the number
/// that its line asks for; the other's version, like one that somebody has added by hand, counts for nothing.
struct GCPVersion: Sendable {
    /// The store refuses longer payloads; in bytes.
    static let longestPayload = 65_536

    private static let mark = "coffer-kes after="
    private static let digestMark = " sha256="

    /// From 1; each is one more than the one before.
    let number: Int
    let payload: SecretBytes

    /// What a rotation puts after `version`.
    static func payload(_ value: SecretBytes, after version: GCPVersion) -> SecretBytes {
        let line = Array("\(mark)\(version.number)\(digestMark)\(version.digest)\n".utf8)
        return SecretBytes(capacity: line.count + value.count) { bytes in
            bytes.copyBytes(from: line)
            value.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[line.count...]).copyMemory(from: $0) }
            return line.count + value.count
        }
    }

    /// The value in the payload, if the version is valid where it is.
    ///
    /// - Parameter before: The version before it; `nil` for the first.
    func value(after before: GCPVersion?) -> SecretBytes? {
        guard let before else { return number == 1 ? payload : nil }
        let line = Array("\(Self.mark)\(before.number)\(Self.digestMark)\(before.digest)\n".utf8)
        guard before.number == number - 1 else { return nil }
        return payload.withUnsafeBytes { bytes in
            bytes.starts(with: line) ? SecretBytes(bytes[line.count...]) : nil
        }
    }

    private var digest: String { payload.withUnsafeBytes { Hex.encode(Digest.hash(.sha256, $0)) } }
}
