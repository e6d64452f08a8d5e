/// The actions of the administration of the server and of its keys: MinIO's names, and Coffer's few beside them.
///
/// Some are of things that this server does not have: policies that came from elsewhere name them.
enum AdministrationActions {
    static let ofServer = """
        AccountInfo AddUserToGroup AttachUserOrGroupPolicy BandwidthMonitor CancelBatchJob ClusterInfo ConfigUpdate
        ConsoleLog CreatePolicy CreateServiceAccount CreateUser DataUsageInfo Decommission DeletePolicy DeleteUser
        DescribeBatchJob DisableGroup DisableUser DriveInfo EnableGroup EnableUser ExportBucketMetadata ExportIAM
        ForceUnlock GenerateBatchJob GetBucketQuota GetBucketTarget GetGroup GetPolicy GetUser Heal HealthInfo
        ImportBucketMetadata ImportIAM InspectData KMSCreateKey KMSKeyStatus LicenseInfo ListBatchJobs ListGroups
        ListServiceAccounts ListTemporaryAccounts ListTier ListUserPolicies ListUsers OBDInfo PoolInfo PoolList Profiling
        Prometheus Rebalance RemoveServiceAccount RemoveUserFromGroup ReplicationDiff ServerInfo ServerTrace ServerUpdate
        ServiceFreeze ServiceRestart ServiceStop SetBucketQuota SetBucketTarget SetInfo SetTier SiteReplicationAdd
        SiteReplicationDisable SiteReplicationInfo SiteReplicationOperation SiteReplicationRemove SiteReplicationResync
        StartBatchJob StorageInfo TopLocksInfo UpdatePolicyAssociation UpdateServiceAccount
        """
    static let ofKeys = """
        API AssignPolicy AuditLog CreateKey Decrypt DeleteIdentity DeleteKey DeletePolicy DescribeIdentity DescribePolicy
        DescribeSelfIdentity ErrorLog GenerateDataKey GetPolicy ImportKey KeyStatus ListDataKeys ListIdentities ListKeys
        ListPolicies Metrics RewrapDataKeys SetPolicy Status Version
        """

    /// Of these, policies can only forbid ``Action/assumeRole`` here: the others are asked for by who has no policy yet.
    static let ofSessions = """
        AssumeRole AssumeRoleWithCertificate AssumeRoleWithClientGrants AssumeRoleWithCustomToken
        AssumeRoleWithLDAPIdentity AssumeRoleWithWebIdentity
        """
}
