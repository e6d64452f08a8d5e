package import AccessPolicy
package import S3Protocol

extension RequestPipeline {
    /// Verifies the signature among the fields of a form, and notes who sent it.
    ///
    /// - Parameter signature: nil for a form without one.
    package func authenticate(form signature: FormSignature?, _ record: RequestRecord) throws(S3Error) -> Principal {
        let principal =
            if let signature { try verifier.verify(signature, now: record.time / 1000) } else { Principal.anonymous }
        record.principal = principal
        return principal
    }
}
