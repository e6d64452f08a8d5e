/// A policy of users, groups, access keys and sessions, compiled once.
///
/// A class, because many users have the same one.
package final class IdentityPolicy: Sendable {
    /// The most bytes that a policy with a name may have.
    package static let maximumBytes = 20 << 10
    /// The most bytes that the policy of an access key may have.
    package static let maximumBytesOfAccessKey = 4096
    /// The most bytes that the policy of a session may have.
    package static let maximumBytesOfSession = 2048

    /// The document as it was put, byte for byte.
    package let document: [UInt8]
    private let statements: [PolicyStatement]
    let asksForExistingTags: Bool

    /// - Parameter mayBeEmpty: whether a document without statements, which allows nothing, is one.
    /// - Throws: for a document that is no policy. What it says must be understood to the last name: a statement that is
    ///   not, may be the one that forbids.
    package init(_ document: [UInt8], mayBeEmpty: Bool = false) throws(PolicyMalformed) {
        self.document = document
        statements = try PolicyDocument(document, mayBeEmpty ? .ofSession : .ofIdentity).statements
        asksForExistingTags = statements.contains(where: \.asksForExistingTags)
    }

    /// What the policy says of a request: a statement that forbids it wins over all that allow it.
    package func decide(_ request: AccessRequest) -> PolicyDecision { statements.decide(request) }

    /// Whether a statement is about the bucket, or objects in it.
    package func mentions(bucket: String) -> Bool { statements.contains { $0.mentions(bucket: bucket) } }
}

extension PolicyStatement {
    fileprivate func mentions(bucket: String) -> Bool {
        guard actions.contains(where: { PolicyActions.isOf(.s3, $0) }) else { return false }
        let isNamed = resources.contains { resource in
            switch resource.space {
            case .any: true
            case .s3: resource.text.couldMatch(bucket) || resource.text.couldBegin(with: "\(bucket)/")
            case .key: false
            }
        }
        return isNamed != excludesResources
    }
}
