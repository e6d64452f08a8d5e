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
    /// A key of the key service; `nil` for its default key: that one alone may use it who may use any.
    case key(String?)
    /// Some keys of the key service: the answer will name them, each with a demand of its own.
    case someKey
}
