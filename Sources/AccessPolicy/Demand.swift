/// A right that a request needs: to do something, to something, under the conditions that policies may ask about.
package struct Demand: Hashable, Sendable {
    package let action: Action
    package let resource: Resource
    /// What the request says about itself that policies can have conditions on, beyond what every request has.
    package let conditions: [ConditionKey: [String]]

    package init(_ action: Action, on resource: Resource, conditions: [ConditionKey: [String]] = [:]) {
        self.action = action
        self.resource = resource
        self.conditions = conditions
    }
}

/// What an action is done to.
package enum Resource: Hashable, Sendable {
    /// The server as a whole: its list of buckets, its administration.
    case service
    case bucket(String)
    case object(bucket: String, key: String)
    /// Some object of a bucket: the request's body will name them, each with a demand of its own.
    case someObject(bucket: String)
    /// A key of the key service; `nil` for its default key, or for keys in general.
    case key(String?)
}

/// The name of a condition as policies spell it.
package struct ConditionKey: Hashable, Sendable {
    package let name: String

    package init(_ name: StaticString) { self.name = name.description }

    package static let prefix = ConditionKey("s3:prefix")
    package static let delimiter = ConditionKey("s3:delimiter")
    package static let maxKeys = ConditionKey("s3:max-keys")
    package static let versionID = ConditionKey("s3:VersionId")
    package static let serverSideEncryption = ConditionKey("s3:x-amz-server-side-encryption")
    package static let kmsKeyID = ConditionKey("s3:x-amz-server-side-encryption-aws-kms-key-id")
    package static let customerAlgorithm = ConditionKey("s3:x-amz-server-side-encryption-customer-algorithm")
}
