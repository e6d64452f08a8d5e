/// What this server calls itself in the form of KES's releases.
package enum KESVersion {
    package static let release = "2026-11-21T00-00-00Z"
    /// Builds do not know the commit that they are of.
    package static let commit = "unknown"
}
