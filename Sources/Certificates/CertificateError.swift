/// Why a certificate or a private key could not be read, made or written.
package enum CertificateError: Error, Hashable, CustomStringConvertible {
    /// There is no PEM block of the kind that was looked for.
    case noPEMData
    /// A PEM block of another kind stands where only one kind is allowed; its label.
    case unsupportedPEMBlock(String)
    case malformedPEM
    case malformedCertificate
    case malformedPrivateKey
    /// The private key is encrypted and no password was given.
    case passwordRequired
    case incorrectPassword
    /// A text cannot stand in a certificate: a common name of more than 64 characters, a DNS name that is not ASCII, an IP
    /// address that is none.
    case invalidName(String)
    /// A time is beyond what a certificate can say.
    case invalidTime

    package var description: String {
        switch self {
        case .noPEMData: "no PEM data"
        case .unsupportedPEMBlock: "unsupported PEM data block"
        case .malformedPEM: "malformed PEM data"
        case .malformedCertificate: "malformed certificate"
        case .malformedPrivateKey: "malformed or unsupported private key"
        case .passwordRequired: "private key is encrypted: password required"
        case .incorrectPassword: "incorrect password"
        case .invalidName(let name): "'\(name)' cannot be a name in a certificate"
        case .invalidTime: "a certificate cannot hold a time so far away"
        }
    }
}
