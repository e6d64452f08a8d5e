/// ACLs as they are where buckets have none, AWS's default since 2023: the owner of the bucket owns every object and has
/// full control, and no ACL gives anybody else a right.
///
/// An ACL that says just that is accepted, because clients send one unasked. PutBucketAcl and PutObjectAcl refuse any other.
/// In the headers of a write one that gives others a right is without effect, as on MinIO, whose clients send `public-read`
/// with every upload; refused is it there where the bucket's settings say so.
package enum AccessControlList {
    /// Whether a request's headers name an ACL.
    package static func isPresent(in headers: [(name: String, value: String)]) -> Bool {
        headers.contains { isOfACL($0.name) && !$0.value.isEmpty }
    }

    /// Whom the headers of a request give a right.
    package enum Grantees: Hashable, Sendable {
        /// Nobody but who has every right anyway.
        case owner
        /// Somebody else.
        case others
        /// Everybody, or everybody with a signature.
        case everybody
    }

    /// - Throws: `invalidArgument` for what is no ACL.
    package static func grantees(_ headers: [(name: String, value: String)]) throws(S3Error) -> Grantees {
        var grantees = Grantees.owner
        for index in headers.indices where headers[index].name.begins(with: "x-amz-") {
            let (name, value) = headers[index]
            guard isOfACL(name), !value.isEmpty else { continue }
            if name == "x-amz-acl" {
                switch value {
                // Whoever writes here is of the account that owns the bucket.
                case "private", "bucket-owner-full-control", "bucket-owner-read": break
                case "public-read", "public-read-write", "authenticated-read": grantees = .everybody
                case "aws-exec-read", "log-delivery-write": if grantees == .owner { grantees = .others }
                default:
                    throw S3Error(
                        .invalidArgument, details: [("ArgumentName", "x-amz-acl"), ("ArgumentValue", value)])
                }
            } else if value.contains("groups/global/AllUsers") || value.contains("groups/global/AuthenticatedUsers") {
                grantees = .everybody
            } else if grantees == .owner, name != "x-amz-grant-full-control" || !isOwner(grantees: value) {
                grantees = .others
            }
        }
        return grantees
    }

    /// Checks what the headers of PutBucketAcl and PutObjectAcl ask for.
    ///
    /// - Throws: `accessControlListNotSupported` (400) for an ACL that is one, but not the owner's alone; `invalidArgument`
    ///   for what is no ACL.
    package static func requireOwnerOnly(_ headers: [(name: String, value: String)]) throws(S3Error) {
        guard try grantees(headers) == .owner else { throw S3Error(.accessControlListNotSupported) }
    }

    /// Checks an `AccessControlPolicy` document.
    ///
    /// - Throws: `accessControlListNotSupported` (400) unless it gives the owner full control and nobody anything else;
    ///   `malformedACLError` (400).
    package static func requireOwnerOnly(document: some Collection<UInt8>) throws(S3Error) {
        let grants: [Grant]
        let owner: String?
        do throws(S3Error) {
            let root = try XMLReader.parse(document, root: "AccessControlPolicy")
            owner = try root.optional("Owner")?.optionalText("ID")?.trimmed
            guard let list = try root.optional("AccessControlList") else { throw S3Error(.malformedACLError) }
            var found: [Grant] = []
            for element in list.all("Grant") { found.append(try Grant(element)) }
            grants = found
        } catch {
            throw S3Error(.malformedACLError)
        }
        guard owner == nil || owner?.isEmpty == true || owner?.hasSameBytes(as: Owner.server.id) == true,
            !grants.isEmpty, grants.allSatisfy(\.isOwnersFullControl)
        else { throw S3Error(.accessControlListNotSupported) }
    }

    private struct Grant {
        let isOwnersFullControl: Bool

        init(_ element: XMLElement) throws(S3Error) {
            guard let grantee = try element.optional("Grantee"),
                let permission = try element.optionalText("Permission")?.trimmed,
                ["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"].contains(permission)
            else { throw S3Error(.malformedACLError) }
            isOwnersFullControl =
                try grantee.optionalText("ID")?.trimmed.hasSameBytes(as: Owner.server.id) == true
                && permission == "FULL_CONTROL"
        }
    }

    private static func isOfACL(_ name: String) -> Bool {
        name == "x-amz-acl" || name.begins(with: "x-amz-grant-")
    }

    /// Whether a grant's header, such as `id="…", id="…"`, names the owner alone.
    private static func isOwner(grantees: String) -> Bool {
        grantees.split(separator: ",").allSatisfy { grantee in
            let sides = grantee.split(separator: "=", maxSplits: 1)
            return sides.count == 2 && sides[0].trimmed == "id"
                && String(sides[1].trimmed.drop { $0 == "\"" }.prefix { $0 != "\"" }).hasSameBytes(as: Owner.server.id)
        }
    }
}
