/// Where a listing goes on: behind a key, or behind everything that a common prefix folds away.
package enum ListPosition: Sendable {
    case key(String)
    case commonPrefix(String)

    /// The key or prefix itself, as V1's markers show it.
    package var text: String {
        switch self {
        case .key(let text), .commonPrefix(let text): text
        }
    }

    /// Where a marker that is compared with what the listing shows stands: behind the common prefix that folds it away, if
    /// one does.
    package init(marker: String, prefix: String, delimiter: String?) {
        guard let delimiter, let fold = Self.fold(of: Array(marker.utf8), prefix: prefix, Array(delimiter.utf8)) else {
            self = .key(marker)
            return
        }
        self = .commonPrefix(fold)
    }

    private static func fold(of key: [UInt8], prefix: String, _ delimiter: [UInt8]) -> String? {
        guard key.starts(with: prefix.utf8), key.count >= prefix.utf8.count + delimiter.count else { return nil }
        var index = prefix.utf8.count
        while index + delimiter.count <= key.count {
            if key[index..<index + delimiter.count].elementsEqual(delimiter) {
                return String(decoding: key[..<(index + delimiter.count)], as: UTF8.self)
            }
            index += 1
        }
        return nil
    }

    /// An opaque continuation token: base64url of a kind byte and the text's UTF-8.
    package var token: String {
        switch self {
        case .key(let text): Self.encode([0x6B] + text.utf8)
        case .commonPrefix(let text): Self.encode([0x70] + text.utf8)
        }
    }

    /// Reads a token that this server made; nil for anything else.
    package init?(token: String) {
        // A key has up to 1024 bytes, so its token has up to 1368 characters.
        guard token.utf8.count <= 1368, let bytes = Self.decode(token), let kind = bytes.first,
            let text = String(validating: bytes.dropFirst(), as: UTF8.self), !text.isEmpty
        else { return nil }
        switch kind {
        case 0x6B: self = .key(text)
        case 0x70: self = .commonPrefix(text)
        default: return nil
        }
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity((bytes.count * 4 + 2) / 3)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                characters.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { characters.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        return String(decoding: characters, as: UTF8.self)
    }

    private static func decode(_ token: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for character in token.utf8 {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case 0x2D: value = 62
            case 0x5F: value = 63
            default: return nil
            }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        // The rest is padding: fewer bits than a character, all zero, or the token is not one of ours.
        guard bits < 6, buffer & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

extension ListPosition: Equatable {
    package static func == (one: ListPosition, other: ListPosition) -> Bool {
        switch (one, other) {
        case (.key(let text), .key(let otherText)), (.commonPrefix(let text), .commonPrefix(let otherText)):
            text.hasSameBytes(as: otherText)
        case (.key, .commonPrefix), (.commonPrefix, .key): false
        }
    }
}
