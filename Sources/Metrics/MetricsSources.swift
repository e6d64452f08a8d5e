package import HTTPServer
package import KeyManagement
package import Maintenance
package import Notifications
package import ObjectStorage
package import Requests
package import SealedStorage

/// Where numbers come from: nothing here is asked unless somebody scrapes.
package struct MetricsSources: Sendable {
    package let version: String
    /// The drive's directory.
    package let path: String
    package let drive: SealedDrive
    package let store: ObjectStore
    package let requests: RequestCounts
    package let keyService: KeyServiceCounts
    package let notifier: Notifier
    package let lifecycle: Lifecycle
    package let scrub: Scrub
    package let survey: UsageSurvey
    /// The host's name.
    package let host: String
    /// The HTTP engine's figures; `nil` before it serves.
    package let engine: @Sendable () -> EngineFigures?
    /// When the server's certificate ends, and the key service's client's, in seconds since 1970; those that there are.
    package let certificates: @Sendable () -> [(name: String, notAfter: Int64)]
    /// Lines of logs that were lost, by the log.
    package let lostLines: @Sendable () -> [(log: String, lines: Int)]

    package init(
        version: String, path: String, drive: SealedDrive, store: ObjectStore, requests: RequestCounts,
        keyService: KeyServiceCounts, notifier: Notifier, lifecycle: Lifecycle, scrub: Scrub, survey: UsageSurvey,
        host: String,
        engine: @escaping @Sendable () -> EngineFigures?,
        certificates: @escaping @Sendable () -> [(name: String, notAfter: Int64)],
        lostLines: @escaping @Sendable () -> [(log: String, lines: Int)]
    ) {
        self.version = version
        self.path = path
        self.drive = drive
        self.store = store
        self.requests = requests
        self.keyService = keyService
        self.notifier = notifier
        self.lifecycle = lifecycle
        self.scrub = scrub
        self.survey = survey
        self.host = host
        self.engine = engine
        self.certificates = certificates
        self.lostLines = lostLines
    }
}
