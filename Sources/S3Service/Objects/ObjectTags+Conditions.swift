import AccessPolicy
import S3Protocol

extension ObjectTags {
    /// What policies can ask of tags that a request's body says; of those in its headers the request itself tells.
    var conditions: [ConditionKey: [String]] {
        guard !pairs.isEmpty else { return [:] }
        var conditions: [ConditionKey: [String]] = [.requestObjectTagKeys: pairs.map(\.key)]
        for (key, value) in pairs { conditions[.requestObjectTag(key)] = [value] }
        return conditions
    }
}
