/// All operations; a new one is a file, and a line in the list of its folder.
enum AdminOperations {
    static let all: [any AdminOperation.Type] = keys + server + settings + buckets + jobs + identity + streams

    /// The key service, and the data keys of the drive.
    private static let keys: [any AdminOperation.Type] = [
        CreateKey.self, ImportKey.self, ListKeys.self, KeyStatus.self, KeyServiceState.self, KMSVersion.self,
        ListKMSAPIs.self,
        ListDataKeys.self, RewrapDataKeys.self,
    ]

    /// The process and the drive as a whole.
    private static let server: [any AdminOperation.Type] = [
        ServerInfo.self, StorageInfo.self, DataUsageInfo.self, AccountInfo.self, RealtimeMetrics.self,
        ServiceAction.self, VerifyDrive.self, ScrubStatus.self, BeginBackup.self, ReadBackup.self, EndBackup.self,
        ServerUpdate.self,
        SiteReplicationInfo.self, SiteReplicationStatus.self, ListRemoteTargets.self, ListTiers.self, TierStats.self,
        VerifyTier.self, RemoveTier.self, AddTier.self,
    ]

    private static let buckets: [any AdminOperation.Type] = [
        GetBucketQuota.self, SetBucketQuota.self, ExportBucketMetadata.self, ImportBucketMetadata.self,
    ]

    private static let jobs: [any AdminOperation.Type] = [
        StartBatchJob.self, ListBatchJobs.self, BatchJobStatus.self, DescribeBatchJob.self, CancelBatchJob.self,
    ]

    private static let settings: [any AdminOperation.Type] = [
        GetConfigKV.self, SetConfigKV.self, DeleteConfigKV.self, HelpConfigKV.self, ExportConfig.self,
        ImportConfig.self,
        ListConfigHistoryKV.self, ClearConfigHistoryKV.self, RestoreConfigHistoryKV.self, ListIDPConfig.self,
        GetIDPConfig.self, SetIDPConfig.self, DeleteIDPConfig.self, LDAPIdentities.self,
    ]
}
