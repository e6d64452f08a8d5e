/// What sealed storage itself refuses; what the drive or the key service refuses passes through as their own errors.
package enum SealedStorageError: Error, Hashable, Sendable {
    case noSuchBucket
    case noSuchKey
    /// A version that was asked for by its identifier is not there.
    case noSuchVersion
    /// The version is to be kept longer.
    case locked
    /// A delete marker is there in the place of an object.
    case deleteMarker(FoundDeleteMarker)
    /// The identifier as the client wrote it.
    case noSuchUpload(String)
    /// A condition of a write or delete does not hold for what is stored.
    case preconditionFailed
    /// Whenever a condition of a write or delete was found to hold, another writer was faster with the change: to be tried
    /// again.
    case conditionalConflict
    /// Other changes of the same object were faster, time after time: to be tried again.
    case overtaken
    /// The object is encrypted with a customer's key, and none came.
    case customerKeyRequired
    /// A customer's key came for an object that is encrypted otherwise.
    case customerKeyNotApplicable
    /// The object is encrypted in two layers, where that does not go.
    case layeredEncryption
    case noSuchAnnotation
    /// The version has as many annotations as it may have.
    case annotationLimitExceeded
    /// Objects under a customer's key have no annotations.
    case annotationUnderCustomerKey
    /// The customer's key that came is not the one that the object was written with.
    case wrongCustomerKey
}

/// A delete marker that was met where an object was looked for.
package struct FoundDeleteMarker: Hashable, Sendable {
    /// As clients are told it.
    package let versionID: String
    /// Milliseconds since 1970.
    package let modified: Int64
    /// Whether the request has asked for this version, rather than for the current one.
    package let isNamed: Bool
}

/// Something at rest that did not open or does not fit together: edited, cut, swapped, or written by a defect.
///
/// Never retried and never answered with data; the log line names what it was.
package struct Corruption: Error, CustomStringConvertible {
    package let what: String

    package init(what: String) { self.what = what }

    package var description: String { "\(what) does not authenticate: altered or damaged at rest" }
}
