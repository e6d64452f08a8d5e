import JSON

/// Name–value pairs that a wrapped data key is bound to.
///
/// Two contexts are the same to a key service if and only if their ``canonicalJSON`` is the same, byte for byte.
package struct KMSContext: Hashable, Sendable {
    package var pairs: [String: String]

    package init(_ pairs: [String: String] = [:]) {
        self.pairs = pairs
    }

    /// The context as key services authenticate it: one JSON object, names in the order of their UTF-8 bytes, no white
    /// space, the characters `<`, `>`, `&`, U+2028 and U+2029 escaped.
    ///
    /// An empty context is `{}`, which is not the same as no context at all.
    package var canonicalJSON: [UInt8] {
        // Most contexts are one pair or none, and every look into a cache of data keys comes through here.
        let sorted =
            pairs.count < 2 ? Array(pairs) : pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var json: [UInt8] = []
        json.reserveCapacity(128)
        json.append(UInt8(ascii: "{"))
        for (name, value) in sorted {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            JSONText.append(name, to: &json)
            json.append(UInt8(ascii: ":"))
            JSONText.append(value, to: &json)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// A stored context; `nil` unless the bytes are exactly what ``canonicalJSON`` gives.
    package init?(canonicalJSON: [UInt8]) {
        guard case .object(let members) = JSONValue(canonicalJSON) else { return nil }
        var pairs: [String: String] = [:]
        for (name, value) in members {
            guard case .string(let value) = value else { return nil }
            pairs[name] = value
        }
        self.init(pairs)
        guard self.canonicalJSON == canonicalJSON else { return nil }
    }
}
