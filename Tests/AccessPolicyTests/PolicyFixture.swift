import AccessPolicy

/// What a request says about itself, as a table.
struct FixedAttributes: RequestAttributes {
    var values: [String: [String]] = [:]

    func values(of key: ConditionKey, for action: Action) -> [String]? { values["\(key)"] }
}

extension BucketPolicy {
    init(json: String) throws(PolicyMalformed) { try self.init(Array(json.utf8)) }
}

/// A policy of one statement about everything, with what is to be tested.
func policy(_ more: String, effect: String = "Allow", version: String = "2012-10-17") -> String {
    var members = [#""Effect":"\#(effect)""#]
    if !more.contains("Principal\"") { members.append(#""Principal":"*""#) }
    if !more.contains("Action\"") { members.append(#""Action":"s3:*""#) }
    if !more.contains("Resource\"") { members.append(#""Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#) }
    members.append(more)
    return #"{"Version":"\#(version)","Statement":[{\#(members.joined(separator: ","))}]}"#
}

/// What the policy says of a GET of `b/key`, or of what is demanded instead.
func decide(
    _ json: String, _ demand: Demand = Demand(.getObject, on: .object(bucket: "b", key: "key")),
    by principal: Principal = .anonymous, _ attributes: [String: [String]] = [:],
    existingTags: [(key: String, value: String)] = []
) throws -> BucketPolicy.Decision {
    try BucketPolicy(json: json).decide(
        AccessRequest(principal, demand, FixedAttributes(values: attributes), existingTags: existingTags))
}

func why(_ json: String) -> String? {
    do throws(PolicyMalformed) {
        _ = try BucketPolicy(json: json)
        return nil
    } catch {
        return error.description
    }
}
