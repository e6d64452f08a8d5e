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
///
/// A class, because it is handed from function to function: a copy is one reference instead of two dozen.
package final class FoundVersion: Sendable {
    package let version: StoredVersion
    /// The row of the data key that the version names, when it was asked for.
    package let dataKey: DataKeyRow?
    /// The body, when it is inline and was asked for.
    package let inline: [UInt8]?
    /// The sealed manifest, when the body is of parts and was asked for.
    package let manifest: [UInt8]?
    /// Keeps the files of the body, until it is released, whatever happens to the key.
    package let lease: ReadLease?
    /// The order of the key's null version, when this is the newest version and another one is it.
    let nullOrder: Int64?

    init(
        version: StoredVersion, dataKey: DataKeyRow?, inline: [UInt8]?, manifest: [UInt8]?, lease: ReadLease?,
        nullOrder: Int64?
    ) {
        self.version = version
        self.dataKey = dataKey
        self.inline = inline
        self.manifest = manifest
        self.lease = lease
        self.nullOrder = nullOrder
    }

    /// The same with a lease on its files.
    func leased(_ lease: ReadLease) -> FoundVersion {
        FoundVersion(
            version: version, dataKey: dataKey, inline: inline, manifest: manifest, lease: lease, nullOrder: nullOrder)
    }
}
