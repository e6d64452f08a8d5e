import ObjectStorage

/// Which version of an object a parameter names.
enum VersionAddress {
    /// - Parameter version: `nil` for the latest, `null` for the null version, else a version's identifier.
    static func selector(_ version: String?) -> VersionSelector {
        switch version {
        case nil, "": .current
        case "null": .null
        case let text?: VersionID(hex: text).map { .id($0) } ?? .current
        }
    }
}
