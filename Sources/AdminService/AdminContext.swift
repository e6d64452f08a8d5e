package import Accounts
package import Maintenance
package import Requests
package import SealedStorage

/// What operations act on.
package struct AdminContext: Sendable {
    package let drive: SealedDrive
    package let accounts: Accounts
    package var facts: ServerFacts
    /// Holds S3 requests back while the server is frozen.
    package var gate: RequestGate
    package var control: any ServerControl
    package var settings: ServerSettings
    /// What happens, for those who watch.
    package var streams = AdminStreams()
    package var jobs: BatchJobs
    /// Answers that go on for as long as their clients want them.
    package var openStreams: OpenStreams
    /// What lifecycle rules have done since the start.
    package var lifecycleTotals: @Sendable () -> LifecycleCounts

    package init(
        drive: SealedDrive, accounts: Accounts, facts: ServerFacts = ServerFacts(), gate: RequestGate = RequestGate(),
        control: any ServerControl = NoServerControl(), settingsUser: any SettingsUser = NoSettingsUser(),
        jobs: BatchJobs, openStreams: OpenStreams = OpenStreams(),
        lifecycleTotals: @escaping @Sendable () -> LifecycleCounts = { LifecycleCounts() }
    ) {
        self.drive = drive
        self.accounts = accounts
        self.facts = facts
        self.gate = gate
        self.control = control
        self.jobs = jobs
        self.openStreams = openStreams
        self.lifecycleTotals = lifecycleTotals
        settings = ServerSettings(drive.records, user: settingsUser)
    }
}
