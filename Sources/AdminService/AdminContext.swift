package import Maintenance
package import Requests
package import SealedStorage

/// What operations act on.
package struct AdminContext: Sendable {
    package let drive: SealedDrive
    package var facts: ServerFacts
    /// Holds S3 requests back while the server is frozen.
    package var gate: RequestGate
    package var control: any ServerControl
    package var settings: ServerSettings
    package var jobs: BatchJobs
    package var streams: OpenStreams
    /// What lifecycle rules have done since the start.
    package var lifecycleTotals: @Sendable () -> LifecycleCounts

    package init(
        drive: SealedDrive, facts: ServerFacts = ServerFacts(), gate: RequestGate = RequestGate(),
        control: any ServerControl = NoServerControl(), settingsUser: any SettingsUser = NoSettingsUser(),
        jobs: BatchJobs, streams: OpenStreams = OpenStreams(),
        lifecycleTotals: @escaping @Sendable () -> LifecycleCounts = { LifecycleCounts() }
    ) {
        self.drive = drive
        self.facts = facts
        self.gate = gate
        self.control = control
        self.jobs = jobs
        self.streams = streams
        self.lifecycleTotals = lifecycleTotals
        settings = ServerSettings(drive.records, user: settingsUser)
    }
}
