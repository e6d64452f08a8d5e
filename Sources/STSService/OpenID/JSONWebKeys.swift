import Certificates
import Cryptography
import JSON

/// The keys that a provider signs with (RFC 7517).
package struct JSONWebKeys: Sendable {
    private static let greatestCount = 100

    private struct Key: Sendable {
        let id: String?
        let key: PublicKey
    }

    private let keys: [Key]

    /// Keys of other kinds, and for other uses, are passed over; `nil` for what is no list of keys.
    package init?(_ document: [UInt8]) {
        guard let elements = JSONValue(document)?["keys"]?.elements, elements.count <= Self.greatestCount else {
            return nil
        }
        keys = elements.compactMap { element in
            guard element["use"]?.string ?? "sig" == "sig", let key = Self.key(element) else { return nil }
            return Key(id: element["kid"]?.string, key: key)
        }
    }

    /// The keys of a name; all of them for a token that names none.
    func candidates(_ id: String?) -> [PublicKey] {
        guard let id else { return keys.map(\.key) }
        return keys.filter { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false }.map(\.key)
    }

    private static func key(_ element: JSONValue) -> PublicKey? {
        func bytes(_ name: String) -> [UInt8]? { element[name]?.string.flatMap { Base64URL.decode($0) } }
        switch element["kty"]?.string {
        case "RSA":
            guard let modulus = bytes("n"), let exponent = bytes("e") else { return nil }
            return PublicKey(rsaModulus: modulus, exponent: exponent)
        case "EC":
            guard element["crv"]?.string == "P-256", let x = bytes("x"), let y = bytes("y") else { return nil }
            return PublicKey(p256X: x, y: y)
        default: return nil
        }
    }
}
