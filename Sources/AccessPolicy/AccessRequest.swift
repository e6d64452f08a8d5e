/// What a request says about itself that policies can ask for, whatever it demands.
package protocol RequestAttributes: Sendable {
    /// The values that a key has when this action is demanded, `nil` when the request has no such key.
    ///
    /// Never asked for what the demand says itself, nor for the object's tags.
    func values(of key: ConditionKey, for action: Action) -> [String]?
}

/// One demand of a request, with everything that a policy can ask of it.
package struct AccessRequest: Sendable {
    package let principal: Principal
    package let demand: Demand
    package let attributes: any RequestAttributes
    /// The tags of the object that is demanded; none when there is no object.
    package let existingTags: [(key: String, value: String)]

    package init(
        _ principal: Principal, _ demand: Demand, _ attributes: any RequestAttributes,
        existingTags: [(key: String, value: String)] = []
    ) {
        self.principal = principal
        self.demand = demand
        self.attributes = attributes
        self.existingTags = existingTags
    }
}

extension AccessRequest: VariableValues {
    func values(of key: ConditionKey) -> [String]? {
        if let tag = key.tag, key.isOfExistingTag {
            return existingTags.first { $0.key.hasBytes(of: tag) }.map { [$0.value] }
        }
        return demand.conditions[key] ?? attributes.values(of: key, for: demand.action)
    }
}
