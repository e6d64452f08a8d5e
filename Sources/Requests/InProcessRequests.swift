package import AccessPolicy
package import HTTPServer
package import S3Protocol
package import SealedStorage

/// For whom a request is made in this process, without a signature: it is judged, counted, logged and told as a request of
/// this account that came from outside.
package final class InProcessCaller: Sendable {
    package let verified: VerifiedRequest
    /// What a bucket's setting must still be when a change of it is committed; `nil` for any.
    package let expectation: SettingExpectation?
    /// Whether ListObjectsV2 is to show how each object is encrypted, and nothing else of its metadata.
    package let listsEncryption: Bool

    /// - Parameter account: as it is now: who keeps a caller keeps rights that may be gone.
    package init(_ account: SigningAccount, expectation: SettingExpectation? = nil, listsEncryption: Bool = false) {
        verified = VerifiedRequest(inProcessOf: account)
        self.expectation = expectation
        self.listsEncryption = listsEncryption
    }
}

/// The tag of a bucket's setting as somebody has seen it.
package struct SettingExpectation: Sendable {
    package let setting: BucketSettingName
    /// As `BucketRecord.tag(of:)` makes it.
    package let tag: String

    package init(_ setting: BucketSettingName, tag: String) {
        self.setting = setting
        self.tag = tag
    }

    /// - Throws: `PreconditionFailed` unless the record's setting is the one that was seen.
    package func require(of record: BucketRecord) throws(S3Error) {
        guard record.tag(of: setting) == tag else {
            throw S3Error(.preconditionFailed, "The setting has been changed meanwhile.")
        }
    }
}

/// Whoever has requests made in this process: the server's dispatcher.
package protocol InProcessRequests: Sendable {
    /// The answer to a request to S3 (path style) or to the administration.
    ///
    /// On the event loop that the request's body belongs to.
    func answer(_ request: HTTPRequest, as caller: InProcessCaller) -> HTTPAnswer

    /// Whether the caller may do each of the demands with a request like this one.
    ///
    /// Every policy that has a say is asked, as when the request is made.
    func allow(_ demands: [Demand], _ request: HTTPRequest, as caller: InProcessCaller) -> [Bool]
}
