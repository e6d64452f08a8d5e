package import KESProtocol

/// The servers, whom to trust, and who asks.
package struct KESClientConfiguration: Sendable {
    package var endpoints: KESEndpoints
    package var credentials: KESCredentials
    /// A file, or a directory of files, with authorities that are trusted besides the system's.
    package var caPath: String?
    /// Another such directory, which may be missing or empty.
    package var extraCADirectory: String?
    /// Any server certificate will do.
    package var isInsecure = false
    /// Sent along for servers of 2022 and 2023.
    package var enclave: String?
    /// For a whole call, with all retries.
    package var callTimeout: Duration = .seconds(10)
    /// Calls under way at one time; others wait.
    package var maxConnections = 16

    package init(
        endpoints: KESEndpoints, credentials: KESCredentials, caPath: String? = nil, extraCADirectory: String? = nil,
        isInsecure: Bool = false, enclave: String? = nil
    ) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.caPath = caPath
        self.extraCADirectory = extraCADirectory
        self.isInsecure = isInsecure
        self.enclave = enclave
    }
}

/// How a client shows who it is.
package enum KESCredentials: Sendable {
    /// The client makes itself a certificate.
    case apiKey(APIKey)
    /// PEM files; the password is for an encrypted key.
    case files(certificate: String, key: String, password: [UInt8]?)
    /// No client certificate at all: enough for what a server answers to anybody.
    case none
}
