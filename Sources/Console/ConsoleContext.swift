package import Accounts
import HTTPServer
package import Logging
package import Requests
package import S3Protocol
package import SealedStorage

/// What the console's calls work with; one value for the life of the server.
package final class ConsoleContext: Sendable {
    package let settings: ConsoleSettings
    /// Makes the requests of the calls.
    let requests: any InProcessRequests
    let drive: SealedDrive
    let accounts: Accounts
    let pipeline: RequestPipeline
    let logger: Logger
    let sessions: ConsoleSessions
    let inProcess = InProcessClient()
    let keyService: KeyServiceWatch
    let tasks = TaskList()
    let selections = Selections()
    let streams = StreamCount()
    /// The audit's records as requests end.
    let audit: RecordFeed
    let diagnosis: RecentDiagnosis
    /// Milliseconds since 1970.
    let clock: @Sendable () -> Int64
    /// Whether the server stops: what goes on without an end is to end.
    let isClosing: @Sendable () -> Bool
    /// Bytes of the drive's file system that are free.
    let freeSpace: @Sendable () -> Int64
    /// The port that S3 is served at.
    let s3Port: @Sendable () -> Int
    /// Until when each certificate of the server is valid, the earliest: seconds since 1970.
    let certificateEnd: @Sendable () -> Int64?

    /// - Parameter lookup: finds the account of an access key, as for signatures.
    package init(
        _ settings: ConsoleSettings, requests: any InProcessRequests, drive: SealedDrive, accounts: Accounts,
        lookup: @escaping AccountLookup, pipeline: RequestPipeline, s3Port: @escaping @Sendable () -> Int = { 9000 },
        certificateEnd: @escaping @Sendable () -> Int64? = { nil },
        freeSpace: @escaping @Sendable () -> Int64 = { 0 }, audit: RecordFeed = RecordFeed { _ in nil },
        diagnosis: @escaping ServerDiagnosis = { [] }, isClosing: @escaping @Sendable () -> Bool = { false },
        clock: @escaping @Sendable () -> Int64 = Clock.milliseconds, logger: Logger
    ) {
        self.settings = settings
        self.requests = requests
        self.drive = drive
        self.accounts = accounts
        self.pipeline = pipeline
        self.logger = logger
        self.s3Port = s3Port
        self.isClosing = isClosing
        self.clock = clock
        self.freeSpace = freeSpace
        self.audit = audit
        self.diagnosis = RecentDiagnosis(diagnosis)
        self.certificateEnd = certificateEnd
        sessions = ConsoleSessions(accounts: accounts, records: drive.records, lookup: lookup)
        keyService = KeyServiceWatch(drive.keys.service)
    }

    /// Writes down what sessions were used, and forgets what is over, until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await sessions.writeDown(at: clock())
                while try await accounts.sweepSharedLinks(at: clock()) { try Task.checkCancellation() }
            } catch is CancellationError {
                break
            } catch AccountError.locked {
                // They are not known yet.
            } catch {
                logger.error("the console's sessions and links were not kept", metadata: ["cause": "\(error)"])
            }
            tasks.forget(endedBefore: Clock.milliseconds() - 3_600_000)
            selections.forget(at: Clock.milliseconds())
            guard (try? await Task.sleep(for: .seconds(60))) != nil else { break }
        }
        tasks.stopAll()
    }
}
