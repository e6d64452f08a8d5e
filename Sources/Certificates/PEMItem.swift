/// A certificate or a private key, where either may be in a PEM text.
package enum PEMItem: Sendable {
    case certificate(Certificate)
    case privateKey(PrivateKey)

    /// The first of either kind; blocks of other kinds are skipped.
    package static func first(in text: [UInt8], password: [UInt8]?) throws(CertificateError) -> PEMItem {
        for block in try PEMBlock.read(text) {
            if block.label == Certificate.label {
                return .certificate(try Certificate(der: block.withContents { Array($0) }))
            }
            if block.isPrivateKey { return .privateKey(try PrivateKey.read(block, password: password)) }
        }
        throw CertificateError.noPEMData
    }
}
