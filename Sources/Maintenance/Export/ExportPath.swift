import Cryptography

/// Where a version's file and its sidecar stand below an export's directory.
///
/// A key is its own path where it can be one. Where it cannot (an empty name, `.`, `..`, NUL, a name that is too long for a
/// file or would be in a sidecar's way), and where another key's file or folder stands there, it stands by the SHA-256 of
/// its bytes: its sidecar says which key it is. Nothing of a key that is looked at name by name can lead out of the
/// directory.
struct ExportPath: Sendable {
    /// Below the export's directory; the last one is the file's.
    let file: [String]
    let sidecar: [String]

    /// What a sidecar's name has behind its file's.
    static let suffix = ".json"
    /// Bytes of a name, on every file system in use.
    private static let longestName = 255

    /// Nil for a key that can be no path.
    init?(ofLatest key: String, in bucket: String) {
        var names: [String] = []
        let segments = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            guard Self.isName(segment, isLast: isLast) else { return nil }
            names.append(String(Substring(segment)))
        }
        guard let last = names.popLast() else { return nil }
        file = ["objects", bucket] + names + [last]
        sidecar = ["metadata", bucket] + names + [last + Self.suffix]
    }

    private static func isName(_ name: Substring.UTF8View, isLast: Bool) -> Bool {
        guard !name.isEmpty, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8), !name.contains(0) else {
            return false
        }
        guard !isLast else { return name.count <= longestName - suffix.utf8.count }
        // A folder of this name could be where the sidecar of another key is to stand.
        return name.count <= longestName
            && !name.suffix(suffix.utf8.count).map { $0 | 0x20 }.elementsEqual(suffix.utf8.map { $0 | 0x20 })
    }

    /// Of the newest version of a key that cannot stand by its name.
    static func hashed(_ key: String, in bucket: String) -> ExportPath {
        let hash = hash(key)
        let folder = ["by-hash", bucket, String(hash.prefix(2))]
        return ExportPath(file: folder + [hash], sidecar: folder + [hash + suffix])
    }

    /// Of an older version, or of a delete marker.
    static func version(_ version: String, of key: String, in bucket: String) -> ExportPath {
        let hash = hash(key)
        let folder = ["versions", bucket, String(hash.prefix(2)), hash]
        return ExportPath(file: folder + [version], sidecar: folder + [version + suffix])
    }

    private init(file: [String], sidecar: [String]) {
        self.file = file
        self.sidecar = sidecar
    }

    private static func hash(_ key: String) -> String { Hex.encode(Digest.hash(.sha256, Array(key.utf8))) }
}
