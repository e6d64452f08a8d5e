/// How much of a version a lookup brings along.
package enum FindDetail: Sendable {
    /// The version's clear columns and its sealed record.
    case row
    /// The row of its data key as well.
    case rowAndDataKey
    /// Everything it takes to read the object: data key, inline body or manifest, and a lease on files.
    case body
}

/// A version and what belongs to it, all of one moment.
package struct FoundVersion: Sendable {
    package let version: StoredVersion
    /// The row of the data key that the version names, when it was asked for.
    package let dataKey: DataKeyRow?
    /// The body, when it is inline and was asked for.
    package let inline: [UInt8]?
    /// The sealed manifest, when the body is of parts and was asked for.
    package let manifest: [UInt8]?
    /// Keeps the files of the body, until it is released, whatever happens to the key.
    package internal(set) var lease: ReadLease?
    /// The order of the key's null version, when this is the newest version and another one is it.
    let nullOrder: Int64?
}
