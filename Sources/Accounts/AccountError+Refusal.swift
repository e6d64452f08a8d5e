import KeyManagement
package import S3Protocol

extension AccountError: RefusalConvertible {
    /// As MinIO's administration names it, whose clients read the code.
    package var refusal: S3Error {
        switch self {
        case .locked(let obstacle):
            S3Error(
                .serviceUnavailable, "The accounts cannot be read: \(obstacle)", headers: [("retry-after", "5")])
        case .noSuchUser: S3Error(.xMinioAdminNoSuchUser)
        case .noSuchGroup: S3Error(.xMinioAdminNoSuchGroup)
        case .noSuchPolicy: S3Error(.xMinioAdminNoSuchPolicy)
        case .noSuchAccessKey: S3Error(.xMinioAdminNoSuchAccessKey)
        case .invalidAccessKey:
            S3Error(
                .xMinioAdminInvalidAccessKey,
                "The access key is invalid: it has 3 to 20 bytes, none of them '=' or ',', and no space at its ends.")
        case .invalidSecret:
            S3Error(.xMinioAdminInvalidSecretKey, "The secret key is invalid: it has 8 to 40 bytes.")
        case .invalidName(let name):
            name.contains(",")
                ? S3Error(.policyInvalidName, "The name '\(name)' has a comma.")
                : S3Error(.xMinioAdminInvalidArgument, "The name '\(name)' is not valid.")
        case .isRoot: S3Error(.xMinioInvalidIAMCredentials, "The access key is root's.")
        case .rootNeedsNoPolicies: S3Error(.xMinioIAMActionNotAllowed, "Root needs no policies.")
        case .isNoUser: S3Error(.xMinioInvalidIAMCredentials, "The access key is not a user's.")
        case .memberIsNoUser:
            S3Error(.xMinioIAMActionNotAllowed, "A member of a group has to be a user.")
        case .isUser: S3Error(.xMinioIAMActionNotAllowed, "The access key is a user's.")
        case .accessKeyTaken:
            S3Error(
                .xMinioIAMServiceAccountNotAllowed,
                "The specified service account is not allowed: its access key is taken.")
        case .groupNotEmpty: S3Error(.xMinioAdminGroupNotEmpty)
        case .policyInUse: S3Error(.xMinioIAMPolicyInUse)
        case .alreadyApplied: S3Error(.xMinioAdminPolicyChangeAlreadyApplied)
        case .invalidDetails(let reason): S3Error(.xMinioInvalidResource, reason)
        case .limitReached(let what):
            S3Error(.slowDown, "There are too many \(what).", headers: [("retry-after", "1")])
        case .mayNotGiveRights: S3Error(.accessDenied)
        }
    }
}
