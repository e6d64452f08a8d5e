package import ObjectStorage
package import S3Protocol

/// The versioning of a bucket as its document says it.
extension BucketRecord {
    package var versioningRule: VersioningRule { VersioningRule(versioning, except: versioningExclusions) }

    /// Takes over what a document says; one without a status changes nothing.
    ///
    /// - Throws: `invalidBucketState` and `invalidRequest` for what a locked bucket cannot have.
    package mutating func setVersioning(_ configuration: VersioningConfiguration) throws(S3Error) {
        guard let status = configuration.status else { return }
        switch (status, versioning) {
        case (.enabled, .locked):
            guard !configuration.excludes else {
                throw S3Error(
                    .invalidRequest,
                    "An Object Lock configuration is present on this bucket, so nothing can be excluded from versioning."
                )
            }
        case (.enabled, .unversioned), (.enabled, .enabled), (.enabled, .suspended):
            versioning = .enabled
            versioningExclusions = VersioningExclusions(
                prefixes: configuration.excludedPrefixes, folders: configuration.excludesFolders)
        case (.suspended, .locked):
            throw S3Error(
                .invalidBucketState,
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
        case (.suspended, .unversioned), (.suspended, .enabled), (.suspended, .suspended):
            versioning = .suspended
            versioningExclusions = nil
        }
    }

    /// Locks the versions of a bucket for good, which from then on keeps those of all keys.
    ///
    /// - Throws: `invalidBucketState` for a bucket without versioning, or with some of its keys excluded from it.
    package mutating func lock(_ configuration: ObjectLockConfiguration) throws(S3Error) {
        let keepsAll =
            switch versioning {
            case .locked: true
            case .enabled: versioningRule.exclusions == nil
            case .unversioned, .suspended: false
            }
        guard keepsAll else {
            throw S3Error(
                .invalidBucketState,
                "Versioning must be 'Enabled' for the whole bucket to apply an Object Lock configuration")
        }
        versioning = .locked
        objectLock = configuration
    }
}

extension VersioningConfiguration {
    /// What a bucket's clients are told of its versioning.
    package init(_ rule: VersioningRule) {
        let status: Status? =
            switch rule.versioning {
            case .unversioned: nil
            case .enabled, .locked: .enabled
            case .suspended: .suspended
            }
        self.init(
            status: status, excludedPrefixes: rule.exclusions?.prefixes ?? [],
            excludesFolders: rule.exclusions?.folders ?? false)
    }
}
