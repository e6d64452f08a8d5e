/// What of the server's configuration the console depends on.
package struct ConsoleSettings: Sendable {
    /// The path under which browsers find the console, with a slash at both ends.
    package var publicPath = "/"
    /// Whether browsers find it by HTTPS, whoever ends that.
    package var isPublicSecure = false
    /// Where S3 is found from outside, without a slash at the end; `nil`: on the same host, at S3's port.
    package var serverAddress: String?
    /// A directory that the page's files are read from with each request; `nil`: those in the program.
    package var assetsDirectory: String?
    package var version = ""
    /// Empty where any is accepted.
    package var region = ""
    /// The drive's directory.
    package var drive = ""
    /// When the process began to serve: milliseconds since 1970.
    package var started: Int64 = 0
    /// Whether a write that says nothing, into a bucket without a rule, is SSE-KMS under the default key.
    package var autoEncryption = false
    package var keyService = KeyServiceKind.keyring

    package init() {}

    /// What kind of key service there is.
    package enum KeyServiceKind: String, Sendable {
        case kes, keyring
        case staticKey = "static"

        /// Why no key can be made; `nil` where one can.
        var cannotCreateKeys: String? {
            switch self {
            case .kes, .keyring: nil
            case .staticKey: "The server has one static key (MINIO_KMS_SECRET_KEY): another cannot be made."
            }
        }
    }
}
