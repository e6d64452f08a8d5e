import AdminService
import Logging
import Maintenance
import Requests
import S3Protocol
import Threading

/// The settings that are in effect: what the environment says, and where it says nothing, what the drive keeps.
final class LiveSettings: SettingsUser {
    /// Without secrets.
    private let base: Environment
    private let authorities: String
    private let logger: Logger
    let runtime: Adjustable<RuntimeSettings>
    let allowedOrigins: Adjustable<AllowedOrigins>
    let pace: Adjustable<Pace>
    let gate = RequestGate()
    let environment: [String: String]
    private let logLevels: LogLevels
    private let versionLimit: Adjustable<Int?>

    /// - Parameters:
    ///   - environment: without what the drive keeps.
    ///   - runtime: what the server starts with.
    init(
        _ environment: Environment, authorities: String, runtime: RuntimeSettings, logLevels: LogLevels,
        versionLimit: Adjustable<Int?>, logger: Logger
    ) {
        base = environment.withoutSecrets
        self.environment = environment.values(redactedAs: ServerFacts.redacted)
        self.authorities = authorities
        self.logger = logger
        self.logLevels = logLevels
        self.versionLimit = versionLimit
        self.runtime = Adjustable(runtime)
        allowedOrigins = Adjustable(runtime.allowedOrigins)
        pace = Adjustable(runtime.pace)
        gate.setLimit(runtime.requestsMax, patience: runtime.requestsDeadline)
        logLevels.apply(runtime.logLevels)
        versionLimit.current = runtime.versionLimit
    }

    func reads(_ variable: String) -> Bool { KnownVariables.contains(variable) }

    func check(_ settings: StoredSettings) throws(SettingsMalformed) {
        do throws(StartFailure) {
            let environment = base.completed(with: settings.variables)
            _ = try RuntimeSettings(environment)
            var notes: [String] = []
            _ = try WebhookVariables.targets(environment, authorities: authorities, notes: &notes)
        } catch {
            throw SettingsMalformed(.value, error.reason)
        }
    }

    func apply(_ settings: StoredSettings) {
        do throws(StartFailure) {
            apply(try RuntimeSettings(base.completed(with: settings.variables)))
        } catch {
            logger.error("the drive's configuration is not in effect", metadata: ["cause": "\(error.reason)"])
        }
    }

    private func apply(_ settings: RuntimeSettings) {
        runtime.current = settings
        allowedOrigins.current = settings.allowedOrigins
        pace.current = settings.pace
        gate.setLimit(settings.requestsMax, patience: settings.requestsDeadline)
        logLevels.apply(settings.logLevels)
        versionLimit.current = settings.versionLimit
    }
}
