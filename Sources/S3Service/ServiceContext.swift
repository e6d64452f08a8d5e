import KeyManagement
package import Logging
package import ObjectStorage

/// What operations work with.
package struct ServiceContext: Sendable {
    package let store: ObjectStore
    package let catalogue: Catalogue
    package let buckets: BucketDirectory
    package let dataKeys: DataKeys
    package let settings: ServiceSettings
    package let logger: Logger

    package init(
        catalogue: Catalogue, buckets: BucketDirectory, dataKeys: DataKeys, settings: ServiceSettings, logger: Logger
    ) {
        store = catalogue.store
        self.catalogue = catalogue
        self.buckets = buckets
        self.dataKeys = dataKeys
        self.settings = settings
        self.logger = logger
    }
}

/// The parts of the server's configuration that requests see.
package struct ServiceSettings: Sendable {
    /// The region that signatures must name; `nil` accepts any and GetBucketLocation answers an empty one.
    package var region: String?
    /// Domains whose sub-domains are buckets (virtual-host style), lower-case, without a leading dot.
    package var domains: [String]
    /// A write that says nothing, into a bucket without a rule, is SSE-KMS under the default key instead of SSE-S3.
    package var autoEncryption: Bool
    /// TLS is ended by a trusted proxy: SSE-C is allowed on plain connections.
    package var trustsUpstreamTLS: Bool

    package init(
        region: String? = nil, domains: [String] = [], autoEncryption: Bool = false, trustsUpstreamTLS: Bool = false
    ) {
        self.region = region
        self.domains = domains
        self.autoEncryption = autoEncryption
        self.trustsUpstreamTLS = trustsUpstreamTLS
    }
}
