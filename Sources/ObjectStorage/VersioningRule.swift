import Notation

/// What a bucket keeps of an object of each key that is written over or deleted.
package struct VersioningRule: Hashable, Sendable {
    package let versioning: BucketVersioning
    /// Only of a bucket that has versioning and locks nothing.
    package let exclusions: VersioningExclusions?

    package init(_ versioning: BucketVersioning, except exclusions: VersioningExclusions? = nil) {
        self.versioning = versioning
        self.exclusions = versioning == .enabled ? exclusions : nil
    }

    /// Whether what is written under a key is, and replaces, its null version.
    package func writesNullVersion(of key: String) -> Bool {
        versioning.writesNullVersions || exclusions?.cover(key) == true
    }
}

/// Keys of a bucket with versioning whose objects are written as if that were suspended.
///
/// In clear on the drive, as keys are, because every commit is decided by it. A key is compared with all of them: there are
/// few, and they are short.
package struct VersioningExclusions: Sendable {
    package static let greatestCount = 10
    /// Bytes of one prefix: none of a key is longer.
    package static let greatestLength = 1024

    /// What keys begin with; `*` stands for any text.
    package let prefixes: [String]
    /// Whether keys that end with a slash are excluded.
    package let folders: Bool
    /// As they stand in the bucket's row: a byte 0 or 1 for the folders, and for each prefix its length in two bytes,
    /// big-endian, and its UTF-8.
    package let encoded: [UInt8]
    private let patterns: [[GlobPattern.Symbol]]

    /// `nil` for what excludes nothing.
    ///
    /// - Parameter prefixes: at most ``greatestCount``, each of ``greatestLength`` bytes at most.
    package init?(prefixes: [String], folders: Bool) {
        guard folders || !prefixes.isEmpty else { return nil }
        precondition(prefixes.count <= Self.greatestCount, "few prefixes are excluded")
        self.prefixes = prefixes
        self.folders = folders
        patterns = prefixes.map { prefix in
            prefix.utf8.map { $0 == UInt8(ascii: "*") ? GlobPattern.anyText : GlobPattern.Symbol($0) }
                + [GlobPattern.anyText]
        }
        encoded = prefixes.reduce(into: [folders ? 1 : 0]) { bytes, prefix in
            let length = UInt16(prefix.utf8.count)
            bytes += [UInt8(length >> 8), UInt8(length & 0xFF)] + prefix.utf8
        }
    }

    /// From a bucket's row; `nil` for what is damaged: then nothing is excluded, and nothing gets lost.
    init?(encoded: [UInt8]) {
        var rest = encoded[...]
        guard let folders = rest.popFirst(), folders <= 1 else { return nil }
        var prefixes: [String] = []
        while !rest.isEmpty {
            guard rest.count >= 2, prefixes.count < Self.greatestCount else { return nil }
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            guard rest.count >= length, let prefix = String(validating: rest.prefix(length), as: UTF8.self) else {
                return nil
            }
            prefixes.append(prefix)
            rest = rest.dropFirst(length)
        }
        self.init(prefixes: prefixes, folders: folders == 1)
    }

    func cover(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { bytes in
            folders && bytes.last == UInt8(ascii: "/") || patterns.contains { GlobPattern.matches($0, bytes) }
        }
    }
}

extension VersioningExclusions: Hashable {
    /// To the byte: texts are equal in more ways than one.
    package static func == (one: VersioningExclusions, other: VersioningExclusions) -> Bool {
        one.encoded == other.encoded
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}
