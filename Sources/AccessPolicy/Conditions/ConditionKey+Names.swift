extension ConditionKey {
    /// The keys of S3 and the global ones of IAM (AWS's Service Authorization Reference), in lower case.
    ///
    /// Some name what no request here has, such as a VPC: a condition on them sees an absent key, as it does on AWS when
    /// the request did not come that way.
    static let names: Set<String> = Set([
        // Every request.
        "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:epochtime",
        "aws:federatedprovider", "aws:multifactorauthage", "aws:multifactorauthpresent", "aws:principalaccount",
        "aws:principalarn", "aws:principalisawsservice", "aws:principalorgid", "aws:principalorgpaths",
        "aws:principalservicename", "aws:principalservicenameslist", "aws:principaltype", "aws:referer",
        "aws:requestedregion", "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths",
        "aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:sourceidentity", "aws:sourceip",
        "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn",
        "aws:sourcevpce", "aws:tagkeys", "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username",
        "aws:viaawsservice", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:vpcsourceip",
        "s3:authtype", "s3:resourceaccount", "s3:signatureage", "s3:signatureversion", "s3:tlsversion",
        "s3:x-amz-content-sha256",
        // Some actions.
        "s3:accessgrantsinstancearn", "s3:accesspointnetworkorigin", "s3:accesspointtag", "s3:annotationname",
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:delimiter", "s3:destinationregion", "s3:if-match",
        "s3:if-none-match", "s3:inventoryaccessibleoptionalfields", "s3:isreplicationpauserequest",
        "s3:locationconstraint", "s3:max-keys", "s3:object-lock-legal-hold", "s3:object-lock-mode",
        "s3:object-lock-remaining-retention-days", "s3:object-lock-retain-until-date", "s3:objectcreationoperation",
        "s3:prefix", "s3:requestobjecttagkeys", "s3:versionid", "sts:durationseconds", "svc:durationseconds",
        // MinIO's own: what a provider of identities has said of the sender, and the groups that it is in.
        "aws:groups", "jwt:address", "jwt:aud", "jwt:birthdate", "jwt:client_id", "jwt:email", "jwt:family_name",
        "jwt:gender", "jwt:given_name", "jwt:groups", "jwt:iss", "jwt:jti", "jwt:middle_name", "jwt:name",
        "jwt:nickname", "jwt:phone_number", "jwt:picture", "jwt:preferred_username", "jwt:profile", "jwt:scope",
        "jwt:sub", "jwt:upn", "jwt:website", "ldap:groups", "ldap:user", "ldap:username",
    ]).union(headerActions.keys)

    /// Keys about one tag, which stands behind the slash.
    static let namesOfTags: Set<String> = [
        "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "s3:accesspointtag/", "s3:buckettag/",
        "s3:existingobjecttag/", "s3:requestobjecttag/",
    ]

    /// The keys that are headers of the request, `s3:` in place of nothing, with the actions that have them.
    ///
    /// A header says nothing of any other action: else a client could open what is closed by sending one that S3 does not
    /// look at.
    static let headerActions: [String: Set<String>] = {
        let writesACL: Set<String> = [
            "s3:CreateBucket", "s3:PutBucketAcl", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
        ]
        let writes: Set<String> = ["s3:PutObject", "s3:ReplicateObject", "s3:UpdateObjectEncryption"]
        return [
            "s3:x-amz-acl": writesACL,
            "s3:x-amz-grant-full-control": writesACL,
            "s3:x-amz-grant-read": writesACL,
            "s3:x-amz-grant-read-acp": writesACL,
            "s3:x-amz-grant-write": writesACL,
            "s3:x-amz-grant-write-acp": writesACL,
            "s3:x-amz-copy-source": writes,
            "s3:x-amz-metadata-directive": writes,
            "s3:x-amz-object-ownership": ["s3:CreateBucket", "s3:PutBucketOwnershipControls"],
            "s3:x-amz-server-side-encryption": writes,
            "s3:x-amz-server-side-encryption-aws-kms-key-id": writes,
            "s3:x-amz-server-side-encryption-customer-algorithm": writes,
            "s3:x-amz-storage-class": writes,
            "s3:x-amz-website-redirect-location": writes,
        ]
    }()

    /// The header whose value the key has in a request for the action, in lower case; `nil` when it is none.
    package func header(for action: Action) -> String? {
        guard let actions = Self.headerActions[name], actions.contains(action.name) else { return nil }
        return String(name.dropFirst(3))
    }
}
