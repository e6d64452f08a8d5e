/// What a request's headers say of access control lists, which this server does not keep: every bucket and object is its
/// owner's, and a bucket's policy says who else may do what.
package enum AccessControlHeaders: Hashable, Sendable {
    /// None, or `private`, or full control for the owner: what holds anyway.
    case owner
    /// Somebody else by name.
    case others
    /// Everybody, or everybody with a signature.
    case everybody

    package init(_ headers: [(name: String, value: String)]) {
        self = .owner
        for index in headers.indices where headers[index].name.begins(with: "x-amz-") {
            let (name, value) = headers[index]
            if name == "x-amz-acl" {
                switch value {
                case "private", "bucket-owner-full-control", "bucket-owner-read", "": break
                case "public-read", "public-read-write", "authenticated-read": self = .everybody
                default: if self == .owner { self = .others }
                }
            } else if name.begins(with: "x-amz-grant-") {
                let isGroup =
                    value.contains("groups/global/AllUsers") || value.contains("groups/global/AuthenticatedUsers")
                if isGroup { self = .everybody } else if self == .owner { self = .others }
            }
        }
    }

    /// Refuses what the bucket does not take.
    ///
    /// - Throws: `AccessDenied` for what would let in everybody where that is blocked; `AccessControlListNotSupported` where
    ///   access control lists are off.
    package func requireAllowed(_ block: PublicAccessBlock?, _ ownership: OwnershipControls?) throws(S3Error) {
        if self == .everybody, block?.blockPublicACLs == true { throw S3Error(.accessDenied) }
        if self != .owner, ownership?.objectOwnership == .bucketOwnerEnforced {
            throw S3Error(.accessControlListNotSupported)
        }
    }
}
