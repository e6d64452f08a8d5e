/// Which version of a key a change expects to find; decided inside the committing transaction.
package enum Expectation: Hashable, Sendable {
    /// Whatever is there.
    case none
    /// No version, or a delete marker as the newest one.
    case absent
    /// The version of this identifier.
    case current(VersionID)
    /// This version with this very record.
    case exactly(StoredVersion)

    /// Whether a version, nil if there is none, is what is expected.
    func holds(for found: StoredVersion?) -> Bool {
        switch self {
        case .none: true
        case .absent: found.map { $0.columns.flags.contains(.deleteMarker) } ?? true
        case .current(let version): found?.columns.version == version
        case .exactly(let version):
            found?.columns.version == version.columns.version && found?.sealed == version.sealed
        }
    }
}

/// What became of a new version.
package enum PutOutcome: Hashable, Sendable {
    case stored
    /// The expectation did not hold, and nothing was changed: this is the key's newest version.
    case changed(current: StoredVersion?)
    /// A version of the key has this order, which is not less; nothing was changed.
    ///
    /// The record is to be sealed anew under an order from ``ObjectStore/nextOrder(after:)``.
    case staleOrder(newest: Int64)
    /// The version is flagged as what the bucket, under this rule, does not write of the key; nothing was changed.
    case versioningChanged(VersioningRule)
}

/// What a move finds at the key that it moves from, and leaves there.
package struct MoveSource: Sendable {
    /// The key's newest version, with its record as it was read.
    package let version: StoredVersion
    /// The annotations that it had then, in the order of their rows' keys.
    package let annotations: [VersionID]
    /// Hides the key from then on; nil in a bucket without versioning, which keeps nothing of it.
    package let marker: NewVersion?

    package init(_ version: StoredVersion, annotations: [VersionID] = [], leaving marker: NewVersion? = nil) {
        self.version = version
        self.annotations = annotations
        self.marker = marker
    }
}

/// What became of a version's move to another key.
package enum MoveOutcome: Hashable, Sendable {
    case moved
    /// The version is not its key's newest one any more, its record is another, or it has other annotations; nothing was
    /// changed.
    case sourceChanged
    /// The other key has not what was expected, or one of both has a version of no lesser order: never `stored`; nothing
    /// was changed.
    case refused(PutOutcome)
}

/// A version with the record that is to take the place of its own when it gets another data key.
package struct RekeyedVersion: Sendable {
    package let version: StoredVersion
    package let sealed: [UInt8]

    package init(_ version: StoredVersion, sealed: [UInt8]) {
        self.version = version
        self.sealed = sealed
    }
}

/// Which version of a key is meant.
package enum VersionSelector: Hashable, Sendable {
    /// The newest, a delete marker too.
    case current
    /// The one that the key has had without versioning, if it is still there.
    case null
    case id(VersionID)
}

/// How a version that is to be removed must stand to the others of its key; decided inside the committing transaction.
package enum VersionStanding: Hashable, Sendable {
    case any
    /// This version is the next newer one, and of those between it and the newest so many are objects, no delete markers.
    case noncurrent(behind: VersionID, newerObjects: Int64)
    /// The key has no other version.
    case alone
}

/// One of the changes that a batch of deletions makes.
package struct Deletion: Sendable {
    package enum Change: Sendable {
        /// Removes a version for good; in a bucket with ``BucketVersioning/locked`` only one that is expected exactly.
        case version(VersionSelector)
        /// Removes all that a bucket without versioning has of the key, for good; refused in others.
        case onlyVersion
        /// Hides the key behind a delete marker: a version without a body.
        case marker(NewVersion)
    }

    package let key: String
    package let change: Change
    /// What is expected of the selected version; for a marker, of the newest one.
    package let expectation: Expectation
    /// Of a version that is removed, what is expected besides; a marker is always the newest.
    package let standing: VersionStanding
    /// What targets are to be told once a version is removed; a marker brings its own.
    package let events: [NewEvent]

    package init(
        key: String, _ change: Change, expecting expectation: Expectation = .none, standing: VersionStanding = .any,
        events: [NewEvent] = []
    ) {
        self.key = key
        self.change = change
        self.expectation = expectation
        self.standing = standing
        self.events = events
    }

    /// Whether who asks for it has seen the record of what it removes.
    var isOfRecord: Bool {
        switch expectation {
        case .exactly: true
        case .none, .absent, .current: false
        }
    }
}

/// What became of one deletion.
package enum DeletionOutcome: Hashable, Sendable {
    /// These columns are those of the version that is gone.
    case removed(VersionColumns)
    /// There was no such version, and nothing was changed.
    case absent
    /// The delete marker is the newest version now.
    case marked
    /// The expectation did not hold, and nothing was changed: this is the version that is there.
    case changed(current: StoredVersion?)
    /// As in ``PutOutcome/staleOrder(newest:)``.
    case staleOrder(newest: Int64)
    /// In a bucket under this rule the key is to be deleted in another way; nothing was changed.
    case versioningChanged(VersioningRule)
    /// Damage was met, and nothing was changed for this key.
    case failed(StorageError)
}

/// What became of another record of a bucket in the place of the one that was read.
package enum BucketUpdateOutcome: Hashable, Sendable {
    case updated
    /// This row is there with another record than the expected one; nothing was changed.
    case changed(current: BucketRow)
}

/// What became of new bytes in the place of others.
package enum SwapOutcome: Hashable, Sendable {
    case swapped
    /// These bytes are there, not the expected ones; nil if there are none. Nothing was changed.
    case changed(current: [UInt8]?)
}
