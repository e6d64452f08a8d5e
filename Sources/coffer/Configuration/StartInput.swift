import AdminService
import Threading

/// What the process was started with, until it has been read for good: it has secrets in it.
final class StartInput: Sendable {
    private let command: ServerCommand
    private let sockets: SocketConfiguration
    private let holder: ShortLock<Environment?>

    init(_ command: ServerCommand, _ environment: Environment, _ sockets: SocketConfiguration) {
        self.command = command
        self.sockets = sockets
        holder = ShortLock(environment)
    }

    /// The configuration, as far as it is known before the drive is open.
    func configuration() throws(StartFailure) -> ServerConfiguration {
        try ServerConfiguration(command: command, environment: try environment, sockets: sockets)
    }

    /// The configuration with what the drive keeps, for a drive that could be opened.
    func configuration(completedWith settings: StoredSettings) throws(StartFailure) -> ServerConfiguration {
        try ServerConfiguration(
            command: command, environment: try environment.completed(with: settings.variables), sockets: sockets)
    }

    /// Gives the environment away; nothing is read from it any more.
    func take() throws(StartFailure) -> Environment {
        let taken = try environment
        holder.withLock { $0 = nil }
        return taken
    }

    private var environment: Environment {
        get throws(StartFailure) {
            guard let environment = holder.withLock({ $0 }) else { throw StartFailure("the environment is gone") }
            return environment
        }
    }
}
