package import KESProtocol

/// A call of the server: its name, what it may cost, who may make it, what is recorded of it, and what answers it.
///
/// A route is one file, which declares it beside its handler, and one line in ``RouteTable``. Everything that treats one
/// route otherwise than another asks here.
package final class Route: Sendable {
    /// How the answer comes about.
    enum Handler: Sendable {
        case immediate(any ImmediateRoute.Type)
        case waiting(any WaitingRoute.Type)
        case stream(any StreamRoute.Type)
    }

    /// Method and path.
    package let name: KESRoute
    /// How long a request's body may be, in bytes; at zero it is not read.
    package let bodyLimit: Int
    /// How long an answer may take; zero is without end.
    package let timeout: Duration
    /// Whether a policy has to allow it; anybody may make the other calls.
    package let requiresPolicy: Bool
    /// Whether the configuration may open it to everybody: it tells how the server is, and nothing of keys.
    package let mayBeOpened: Bool
    /// Whether the path without its last slash is answered, too; clients ask so for an empty pattern.
    package let takesNoArgument: Bool
    /// Whether KES's metrics are about it.
    package let isCounted: Bool
    /// What the audit log says became of a key by it; `nil` when it changes none.
    package let change: String?
    /// How the error log takes it when it fails.
    package let failureLevel: KESLogLevel
    /// Whether the list that `/v1/api` answers has it: that is what the last KES has.
    package let isListed: Bool
    let handler: Handler

    init(
        _ name: KESRoute, bodyLimit: Int = 0, timeout: Duration = .seconds(15), requiresPolicy: Bool = true,
        mayBeOpened: Bool = false, takesNoArgument: Bool = false, isCounted: Bool = true, change: String? = nil,
        failureLevel: KESLogLevel = .error, isListed: Bool = true, _ handler: Handler
    ) {
        self.name = name
        self.bodyLimit = bodyLimit
        self.timeout = timeout
        self.requiresPolicy = requiresPolicy
        self.mayBeOpened = mayBeOpened
        self.takesNoArgument = takesNoArgument
        self.isCounted = isCounted
        self.change = change
        self.failureLevel = failureLevel
        self.isListed = isListed
        self.handler = handler
    }

    /// KES's limit for bodies, in bytes.
    static let bodyLimit = 1_000_000

    /// What `/v1/api` says of it, with the settings in force.
    package func description(timeout: Duration) -> APIDescription {
        APIDescription(
            method: name.method.rawValue, path: name.path, maxBody: bodyLimit,
            timeout: Int(timeout.components.seconds))
    }
}
