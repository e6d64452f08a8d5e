/// What MinIO's policies may allow an administrator to do.
extension Action {
    // MARK: The server as a whole

    package static let serverInfo = Action("admin:ServerInfo")
    package static let storageInfo = Action("admin:StorageInfo")
    package static let dataUsageInfo = Action("admin:DataUsageInfo")
    package static let serverTrace = Action("admin:ServerTrace")
    package static let consoleLog = Action("admin:ConsoleLog")
    package static let serviceRestart = Action("admin:ServiceRestart")
    package static let serviceStop = Action("admin:ServiceStop")
    package static let serviceFreeze = Action("admin:ServiceFreeze")
    package static let serverUpdate = Action("admin:ServerUpdate")
    package static let heal = Action("admin:Heal")
    package static let topLocksInfo = Action("admin:TopLocksInfo")
    package static let forceUnlock = Action("admin:ForceUnlock")
    package static let obdInfo = Action("admin:OBDInfo")
    package static let profiling = Action("admin:Profiling")
    package static let inspectData = Action("admin:InspectData")
    package static let decommission = Action("admin:Decommission")
    package static let rebalance = Action("admin:Rebalance")
    package static let configUpdate = Action("admin:ConfigUpdate")
    package static let prometheus = Action("admin:Prometheus")
    package static let bandwidthMonitor = Action("admin:BandwidthMonitor")

    // MARK: Users, groups, policies and access keys

    package static let createUser = Action("admin:CreateUser")
    package static let listUsers = Action("admin:ListUsers")
    package static let getUser = Action("admin:GetUser")
    package static let enableUser = Action("admin:EnableUser")
    package static let disableUser = Action("admin:DisableUser")
    package static let deleteUser = Action("admin:DeleteUser")
    package static let addUserToGroup = Action("admin:AddUserToGroup")
    package static let removeUserFromGroup = Action("admin:RemoveUserFromGroup")
    package static let listGroups = Action("admin:ListGroups")
    package static let getGroup = Action("admin:GetGroup")
    package static let enableGroup = Action("admin:EnableGroup")
    package static let disableGroup = Action("admin:DisableGroup")
    package static let createPolicy = Action("admin:CreatePolicy")
    package static let getPolicy = Action("admin:GetPolicy")
    package static let listUserPolicies = Action("admin:ListUserPolicies")
    package static let deletePolicy = Action("admin:DeletePolicy")
    package static let updatePolicyAssociation = Action("admin:UpdatePolicyAssociation")
    package static let attachUserOrGroupPolicy = Action("admin:AttachUserOrGroupPolicy")
    package static let createServiceAccount = Action("admin:CreateServiceAccount")
    package static let updateServiceAccount = Action("admin:UpdateServiceAccount")
    package static let listServiceAccounts = Action("admin:ListServiceAccounts")
    package static let removeServiceAccount = Action("admin:RemoveServiceAccount")
    package static let listTemporaryAccounts = Action("admin:ListTemporaryAccounts")
    package static let exportIAM = Action("admin:ExportIAM")
    package static let importIAM = Action("admin:ImportIAM")

    // MARK: Buckets

    package static let exportBucketMetadata = Action("admin:ExportBucketMetadata")
    package static let importBucketMetadata = Action("admin:ImportBucketMetadata")
    package static let getBucketQuota = Action("admin:GetBucketQuota")
    package static let setBucketQuota = Action("admin:SetBucketQuota")
    package static let getBucketTarget = Action("admin:GetBucketTarget")
    package static let setBucketTarget = Action("admin:SetBucketTarget")
    package static let replicationDiff = Action("admin:ReplicationDiff")

    // MARK: Jobs, tiers and other sites

    package static let startBatchJob = Action("admin:StartBatchJob")
    package static let listBatchJobs = Action("admin:ListBatchJobs")
    package static let describeBatchJob = Action("admin:DescribeBatchJob")
    package static let cancelBatchJob = Action("admin:CancelBatchJob")
    package static let generateBatchJob = Action("admin:GenerateBatchJob")
    package static let listTier = Action("admin:ListTier")
    package static let setTier = Action("admin:SetTier")
    package static let siteReplicationAdd = Action("admin:SiteReplicationAdd")
    package static let siteReplicationRemove = Action("admin:SiteReplicationRemove")
    package static let siteReplicationInfo = Action("admin:SiteReplicationInfo")
    package static let siteReplicationResync = Action("admin:SiteReplicationResync")

    // MARK: Keys, by the older addresses

    package static let createKeyByAdministration = Action("admin:KMSCreateKey")
    package static let keyStatusByAdministration = Action("admin:KMSKeyStatus")

    // MARK: Sessions

    /// Everybody may, whom no policy forbids it.
    package static let assumeRole = Action("sts:AssumeRole")
}
