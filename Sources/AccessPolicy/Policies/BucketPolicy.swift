/// The policy of a bucket, compiled once: who may do what with the bucket and its objects, beside its owner.
package struct BucketPolicy: Sendable {
    /// The most bytes that a policy may have.
    package static let maximumBytes = 20 << 10

    /// The document as it was put, byte for byte.
    package let document: [UInt8]
    let statements: [PolicyStatement]
    /// Whether it lets in people whom nobody has named, by AWS's definition.
    package let isPublic: Bool
    /// Whether it asks for tags of the object that a request is about, which are then to be looked up.
    package let asksForExistingTags: Bool

    package typealias Decision = PolicyDecision

    /// - Throws: for a document that is no policy. What it says must be understood to the last name: a statement that is
    ///   not, may be the one that forbids.
    package init(_ document: [UInt8]) throws(PolicyMalformed) {
        self.document = document
        statements = try PolicyDocument(document, .ofBucket).statements
        isPublic = statements.contains(where: \.isPublic)
        asksForExistingTags = statements.contains(where: \.asksForExistingTags)
    }

    /// What the policy says of a request: a statement that forbids it wins over all that allow it.
    package func decide(_ request: AccessRequest) -> Decision { statements.decide(request) }

    /// - Throws: when a statement is about resources that are not of the bucket, or names an action that is done to none
    ///   of its resources.
    package func requireResources(of bucket: String) throws(PolicyMalformed) {
        for statement in statements { try statement.requireResources(of: bucket) }
    }
}

extension PolicyStatement {
    fileprivate func requireResources(of bucket: String) throws(PolicyMalformed) {
        guard !excludesResources else { return }
        for resource in resources.map(\.text)
        where !resource.couldMatch(bucket) && !resource.couldBegin(with: "\(bucket)/") {
            throw PolicyMalformed("Policy has invalid resource")
        }
        let hasBucket = resources.contains { $0.text.couldMatch(bucket) }
        let hasObjects = resources.contains { $0.text.couldBegin(with: "\(bucket)/") }
        for names in actionPatterns
        where !names.contains(where: { PolicyActions.isOfObjects($0) ? hasObjects : hasBucket }) {
            throw PolicyMalformed("Action does not apply to any resource(s) in statement")
        }
    }
}
