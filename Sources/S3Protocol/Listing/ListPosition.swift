import Cryptography

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
        case .key(let text): Base64URL.encode([0x6B] + text.utf8)
        case .commonPrefix(let text): Base64URL.encode([0x70] + text.utf8)
        }
    }

    /// Reads a token that this server made; nil for anything else.
    package init?(token: String) {
        // A key has up to 1024 bytes, so its token has up to 1368 characters.
        guard token.utf8.count <= 1368, let bytes = Base64URL.decode(token), let kind = bytes.first,
            let text = String(validating: bytes.dropFirst(), as: UTF8.self), !text.isEmpty
        else { return nil }
        switch kind {
        case 0x6B: self = .key(text)
        case 0x70: self = .commonPrefix(text)
        default: return nil
        }
    }
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
