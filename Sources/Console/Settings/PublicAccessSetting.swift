import JSON
import S3Protocol

/// What a bucket refuses of public access, as the page spells it.
enum PublicAccessSetting {
    static func value(_ block: PublicAccessBlock) -> JSONValue {
        .object([
            "blockPublicAcls": .bool(block.blockPublicACLs), "ignorePublicAcls": .bool(block.ignorePublicACLs),
            "blockPublicPolicy": .bool(block.blockPublicPolicy),
            "restrictPublicBuckets": .bool(block.restrictPublicBuckets),
        ])
    }

    static func block(_ value: JSONValue) throws -> PublicAccessBlock {
        let members = try JSONMembers(
            value, known: ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"],
            path: "publicAccess")
        var block = PublicAccessBlock()
        block.blockPublicACLs = try members.flag("blockPublicAcls")
        block.ignorePublicACLs = try members.flag("ignorePublicAcls")
        block.blockPublicPolicy = try members.flag("blockPublicPolicy")
        block.restrictPublicBuckets = try members.flag("restrictPublicBuckets")
        return block
    }
}
