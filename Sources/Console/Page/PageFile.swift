import CLinux
import Cryptography
import Threading

/// A file of the page.
package final class PageFile: Sendable {
    let name: String
    package let bytes: [UInt8]
    let tag: String
    private let squeezed = ShortLock<[UInt8]?>(nil)

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        tag = String(Hex.encode(Digest.hash(.sha256, bytes)).prefix(16))
    }

    /// By gzip; `nil` where the system has no libz, or where it would not be shorter.
    ///
    /// Made when it is asked for first: a millisecond for each but the joined ones, which take ten.
    var compressed: [UInt8]? {
        squeezed.withLock { squeezed in
            if let squeezed { return squeezed.isEmpty ? nil : squeezed }
            let made = Self.compress(bytes)
            squeezed = made
            return made.isEmpty ? nil : made
        }
    }

    private static func compress(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 256 else { return [] }
        var output = [UInt8](repeating: 0, count: bytes.count)
        let count = coffer_gzip(bytes, bytes.count, &output, output.count)
        return count == 0 ? [] : Array(output[..<count])
    }

    var type: String { Self.type(of: name) }

    static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json", "map": "application/json"
        case "png": "image/png"
        case "woff2": "font/woff2"
        default: "application/octet-stream"
        }
    }
}
