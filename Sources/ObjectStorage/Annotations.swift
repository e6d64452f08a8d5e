/// Annotations: small payloads with names of their own that belong to one version of an object.
///
/// Each is a row among the versions, with a sealed record and a body as a version has, so that all that is done for versions'
/// bodies and data keys is done for theirs. What finds, reads and lists objects never meets them: their rows are those of
/// another bucket, whose number is the negative of the object's bucket's. A row's key begins with the version that it belongs to.
extension BucketID {
    /// The number under which the annotations of a bucket's objects have their rows.
    package var ofAnnotations: BucketID { BucketID(rawValue: -rawValue) }

    /// The bucket whose objects have annotations under this number; nil of any other.
    var ofAnnotatedObjects: BucketID? {
        rawValue < 0 && rawValue > Self.ofReleasedAnnotations.rawValue ? BucketID(rawValue: -rawValue) : nil
    }

    /// The number of rows that each stand for a version that is gone and whose annotations are still to be removed.
    static let ofReleasedAnnotations = BucketID(rawValue: .min + 1)

    /// Whether a row of this number stands for what is about to be removed, and for no version of an object.
    package var standsForRemains: Bool { rawValue == 0 || self == .ofReleasedAnnotations }
}

extension VersionID {
    /// What the keys of this version's annotations begin with: 33 characters.
    package var annotationPrefix: String { hex + "/" }

    /// The first key behind all that begin with ``annotationPrefix``.
    var annotationEnd: String { hex + "0" }
}

/// The most annotations that a version has.
package let greatestAnnotationCount = 1000

package enum AnnotationOutcome: Sendable {
    case done
    /// The version that it was to belong to is gone, or has another data key or record than it was read with.
    case ownerChanged
    /// The version has as many as it may have, and none of this name.
    case limitExceeded
    /// The version has one of this name, which may not be replaced.
    case present
}

extension ObjectStore {
    /// Stores an annotation in the place of the one that has its key, if one has.
    ///
    /// Throws `noSuchBucket`, `noSuchDataKey`, `noSuchBlob`, `diskFull`; the blob is unlinked then. With an outcome other than
    /// `done` it waits for its row again.
    ///
    /// - Parameters:
    ///   - owner: the version that it belongs to: with the record that was read, where it takes the place of another.
    ///   - mayReplace: whether it may take the place of one.
    package func putAnnotation(
        _ new: NewVersion, of owner: StoredVersion, mayReplace: Bool = true
    ) async throws(StorageError) -> AnnotationOutcome {
        precondition(
            new.columns.bucket == owner.columns.bucket.ofAnnotations
                && new.columns.key.hasPrefix(owner.columns.version.annotationPrefix), "an annotation of another version"
        )
        var bytes = new.sealed.count
        if case .inline(let body) = new.body { bytes += body.count }
        let result = try await commitClaiming(
            new.files, bytes: bytes, .putAnnotation(new, of: owner, mayReplace: mayReplace))
        guard case .annotation(let outcome) = result else {
            preconditionFailure("an annotation has the outcome of one")
        }
        return outcome
    }

    /// Removes the annotation of a key, if there is one, from a version that still has the record that was read.
    package func deleteAnnotation(
        _ key: String, of owner: StoredVersion
    ) async throws(StorageError) -> AnnotationOutcome {
        let result = try await committer.commit(.deleteAnnotation(key: key, of: owner))
        guard case .annotation(let outcome) = result else {
            preconditionFailure("an annotation has the outcome of one")
        }
        return outcome
    }

    /// Whether a version has any annotation; a few microseconds, in place.
    package func hasAnnotationsAtHand(_ version: VersionColumns) throws(StorageError) -> Bool {
        try catalogue.readers.read { session throws(StorageError) in
            try session.hasAnnotations(version.bucket, version.version)
        }
    }
}

extension NewVersion {
    /// The new files that its body and those of its annotations are.
    var files: [BlobID] {
        let own: [BlobID] = if case .file(let blob) = body { [blob.id] } else { [] }
        return own + annotations.flatMap(\.files)
    }
}
