import AccessPolicy
package import S3Protocol

extension RequestPipeline {
    /// Verifies the token of a scrape, notes who sent it, and demands the right to see metrics.
    ///
    /// - Parameter authorization: the header's value; `nil` without one.
    /// - Throws: `AccessDenied`, whatever is wrong.
    package func authenticate(scrape authorization: String?, _ record: RequestRecord) throws(S3Error) {
        guard let authorization, let blank = authorization.firstIndex(of: " "),
            authorization[..<blank].lowercased() == "bearer"
        else { throw S3Error(.accessDenied) }
        let token = authorization[authorization.index(after: blank)...].drop { $0 == " " }
        let principal = try verifier.verify(scrapeToken: String(token), now: record.time / 1000)
        record.principal = principal
        try authorise(principal, [Demand(.prometheus, on: .service)], record)
    }
}
