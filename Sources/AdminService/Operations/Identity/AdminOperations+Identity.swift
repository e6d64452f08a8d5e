extension AdminOperations {
    /// Users, groups, policies, access keys, and all of that at once.
    static let identity: [any AdminOperation.Type] = [
        AddUser.self, ListUsers.self, GetUserInfo.self, SetUserStatus.self, RemoveUser.self,
        UpdateGroupMembers.self, ListGroups.self, GetGroup.self, SetGroupStatus.self,
        AddCannedPolicy.self, InfoCannedPolicy.self, ListCannedPolicies.self, RemoveCannedPolicy.self,
        ChangePolicyAssociation.self, SetUserOrGroupPolicy.self, ListPolicyEntities.self,
        AddServiceAccount.self, UpdateServiceAccount.self, DeleteServiceAccount.self, InfoServiceAccount.self,
        ListServiceAccounts.self, InfoAccessKey.self, ListAccessKeysBulk.self, TemporaryAccountInfo.self,
        RevokeTokens.self, ExportIAM.self, ImportIAM.self,
    ]
}
