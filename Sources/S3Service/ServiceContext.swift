import AccessPolicy
import KeyManagement
package import Logging
package import Notifications
package import Requests
package import S3Protocol
package import SealedStorage
package import Threading

/// The storage, the keys and the settings that operations work with; one value for the life of the server.
///
/// A class, because what waits in a request keeps it: a copy is one reference.
package final class ServiceContext: Sendable {
    package let buckets: BucketDirectory
    package let objects: Objects
    package let uploads: Uploads
    package let keys: DataKeys
    package let drive: SealedDrive
    package let settings: ServiceSettings
    /// Who listens to what happens.
    package let hub: EventHub
    /// The names of the webhooks that buckets may have told.
    package let webhooks: Set<String>
    package let logger: Logger
    /// What a bucket's setting must still be when a change of it is committed; `nil` for any.
    private let expectation: SettingExpectation?

    package init(
        drive: SealedDrive, settings: ServiceSettings, hub: EventHub = EventHub(), webhooks: Set<String> = [],
        expectation: SettingExpectation? = nil, logger: Logger
    ) {
        self.expectation = expectation
        self.drive = drive
        buckets = drive.buckets
        objects = drive.objects
        uploads = drive.uploads
        keys = drive.keys
        self.settings = settings
        self.hub = hub
        self.webhooks = webhooks
        self.logger = logger
    }

    /// Changes what is configured for a bucket, if it is still as the request's maker has seen it.
    ///
    /// - Throws: what `change` does, `PreconditionFailed`, and `StorageError.noSuchBucket`.
    func update(_ bucket: Bucket, _ change: (inout BucketRecord) throws -> Void) async throws {
        try await buckets.update(bucket) { record in
            try expectation?.require(of: record)
            try change(&record)
        }
    }

    /// Says in the log what of a page is damaged: ten of it by name, for a page may have thousands, and how much more.
    func note(_ damaged: [Corruption]) {
        for corruption in damaged.prefix(10) { logger.error("damaged", metadata: ["cause": "\(corruption)"]) }
        guard damaged.count > 10 else { return }
        logger.error("damaged", metadata: ["cause": "\(damaged.count - 10) more of the same page"])
    }

    /// The same for one request, with what that expects.
    func expecting(_ expectation: SettingExpectation) -> ServiceContext {
        ServiceContext(
            drive: drive, settings: settings, hub: hub, webhooks: webhooks, expectation: expectation, logger: logger)
    }

    /// How a write is to be encrypted: what the client asked, else the bucket's rule, else this server's setting.
    ///
    /// - Throws: `AccessDenied` for what the bucket blocks, and for a key that a policy of the sender's forbids it.
    func encryption(
        _ requested: RequestedEncryption, in bucket: Bucket, by access: RequestAccess
    ) throws -> EncryptionDecision {
        if case .sseC = requested { try bucket.record.encryption?.blocked?.requireAllowed(requested) }
        let decision = try EncryptionDecision(
            requested, bucket: bucket, defaultKey: keys.service.defaultKey, autoEncryption: settings.autoEncryption)
        switch decision {
        case .sseKMS(let key, _, _), .dsseKMS(let key, _): try access.requireUse(of: key.name, .generateDataKey)
        case .sseS3, .sseC: break
        }
        return decision
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
    /// Origins whose pages may use the buckets that have no CORS configuration.
    package var allowedOrigins: Adjustable<AllowedOrigins>
    /// The server's identifier, as events name it; empty while it is not known.
    package var deployment: @Sendable () -> String = { "" }

    package init(
        region: String? = nil, domains: [String] = [], autoEncryption: Bool = false, trustsUpstreamTLS: Bool = false,
        allowedOrigins: AllowedOrigins = .any
    ) {
        self.init(
            region: region, domains: domains, autoEncryption: autoEncryption, trustsUpstreamTLS: trustsUpstreamTLS,
            allowedOrigins: Adjustable(allowedOrigins))
    }

    package init(
        region: String?, domains: [String], autoEncryption: Bool, trustsUpstreamTLS: Bool,
        allowedOrigins: Adjustable<AllowedOrigins>
    ) {
        self.region = region
        self.domains = domains
        self.autoEncryption = autoEncryption
        self.trustsUpstreamTLS = trustsUpstreamTLS
        self.allowedOrigins = allowedOrigins
    }

    /// Whether a `Host` header names a bucket.
    package func namesBucket(_ host: String?) -> Bool {
        ResourceAddress.virtualHostBucket(host, domains: domains) != nil
    }
}
