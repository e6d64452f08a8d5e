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
    package var jobs: BatchJobs
    /// What happens, for those who watch.
    package var streams = AdminStreams()
    /// The samples that are being sent.
    package var samplings = OpenStreams()
    /// The verifications of the drive that are under way.
    package var verifications = OpenStreams(limit: 1)
    package var backups = BackupSessions()
    /// How objects are spread over sizes; `nil` where nobody looks.
    package var survey: UsageSurvey?
    /// How far the scrubbing of the drive has come.
    package var scrubStatus: @Sendable () -> Scrub.Status = { Scrub.Status() }
    /// What lifecycle rules have done since the start.
    package var lifecycleTotals: @Sendable () -> LifecycleCounts = { LifecycleCounts() }

    package init(
        drive: SealedDrive, accounts: Accounts, jobs: BatchJobs, facts: ServerFacts = ServerFacts(),
        gate: RequestGate = RequestGate(), control: any ServerControl = NoServerControl(),
        settingsUser: any SettingsUser = NoSettingsUser()
    ) {
        self.drive = drive
        self.accounts = accounts
        self.facts = facts
        self.gate = gate
        self.control = control
        self.jobs = jobs
        settings = ServerSettings(drive.records, user: settingsUser)
    }
}
