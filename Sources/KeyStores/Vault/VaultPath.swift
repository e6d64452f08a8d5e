import Notation

/// A path of Vault's API below `/v1/`: names between slashes.
package struct VaultPath: Sendable, Hashable, CustomStringConvertible {
    private let segments: [String]

    /// Reads a path as operators write it: empty segments and `.` do not count.
    ///
    /// `nil` when a segment is `..`, which would lead out of the place that a policy was written for.
    package init?(_ text: String) {
        let segments = text.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !segments.contains("..") else { return nil }
        self.segments = segments
    }

    private init(segments: [String]) { self.segments = segments }

    /// As Vault's own words and policies spell it.
    package var description: String { segments.joined(separator: "/") }
    /// As a URL has it.
    var encoded: String { segments.map(PercentEncoding.encode).joined(separator: "/") }

    static func / (path: Self, segment: String) -> Self { Self(segments: path.segments + [segment]) }
    static func / (path: Self, rest: Self) -> Self { Self(segments: path.segments + rest.segments) }
}

extension VaultPath {
    /// A path that is part of the API.
    static func fixed(_ text: StaticString) -> Self {
        guard let path = Self("\(text)") else { preconditionFailure("'\(text)' is no path") }
        return path
    }
}
