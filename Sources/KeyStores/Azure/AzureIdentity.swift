/// Who signs in, and by what: the configuration's credentials, or what the environment offers.
package enum AzureIdentity: Sendable {
    /// An application of Microsoft Entra ID.
    package struct Application: Sendable, Hashable {
        var tenantID: String
        var clientID: String
    }

    case secret(Application, SecretText)
    case certificate(Application, path: String, password: SecretText?)
    /// A token that somebody else signed, as in Kubernetes (workload identity), read from its file at every sign-in.
    case federated(Application, path: String)
    /// The virtual machine's own service; `clientID` where it has several identities.
    case machine(endpoint: String, clientID: String?)
    /// The service that App Service, Functions and Container Apps put beside a program.
    case appService(endpoint: String, secret: SecretText, clientID: String?)

    /// Ambient credentials are, in this order: the environment's secret, its certificate, its federated token, and the
    /// managed identity.
    package init(_ credentials: AzureConfiguration.Credentials, environment: [String: String]) {
        switch credentials {
        case .client(let tenantID, let clientID, let secret):
            self = .secret(.init(tenantID: tenantID, clientID: clientID), secret)
        case .certificate(let tenantID, let clientID, let path, let password):
            self = .certificate(.init(tenantID: tenantID, clientID: clientID), path: path, password: password)
        case .managedIdentity(let clientID): self = .managed(clientID: clientID, environment)
        case .ambient: self = .ambient(environment)
        }
    }

    private static func ambient(_ environment: [String: String]) -> AzureIdentity {
        let variable = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let tenantID = variable("AZURE_TENANT_ID"), let clientID = variable("AZURE_CLIENT_ID") else {
            return managed(clientID: variable("AZURE_CLIENT_ID"), environment)
        }
        let application = Application(tenantID: tenantID, clientID: clientID)
        if let secret = variable("AZURE_CLIENT_SECRET") { return .secret(application, SecretText(secret)) }
        if let path = variable("AZURE_CLIENT_CERTIFICATE_PATH") {
            let password = variable("AZURE_CLIENT_CERTIFICATE_PASSWORD").map { SecretText($0) }
            return .certificate(application, path: path, password: password)
        }
        if let path = variable("AZURE_FEDERATED_TOKEN_FILE") { return .federated(application, path: path) }
        return managed(clientID: clientID, environment)
    }

    private static func managed(clientID: String?, _ environment: [String: String]) -> AzureIdentity {
        if let endpoint = environment["IDENTITY_ENDPOINT"], let secret = environment["IDENTITY_HEADER"] {
            return .appService(endpoint: endpoint, secret: SecretText(secret), clientID: clientID)
        }
        return .machine(endpoint: environment[machineVariable] ?? "http://169.254.169.254", clientID: clientID)
    }

    /// Names another service of the machine, for tests and for proxies of it.
    private static let machineVariable = "KES_AZURE_IMDS_ENDPOINT"
}

extension AzureIdentity: CustomStringConvertible {
    /// For log lines.
    package var description: String {
        switch self {
        case .secret(let application, _): "the client \(application.clientID)"
        case .certificate(let application, let path, _): "the client \(application.clientID) (certificate \(path))"
        case .federated(let application, let path): "the client \(application.clientID) (token \(path))"
        case .machine(_, let clientID), .appService(_, _, let clientID):
            clientID.map { "the managed identity \($0)" } ?? "the managed identity"
        }
    }
}
