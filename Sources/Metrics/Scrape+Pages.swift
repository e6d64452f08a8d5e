extension Scrape {
    /// Writes the families of a page.
    func write(_ page: MetricsPath) async {
        switch page {
        case .v2(let name):
            switch name {
            case .cluster: await writeCluster()
            case .node: await writeNode()
            case .bucket: await writeBuckets()
            case .resource: writeResources()
            }
        case .v3(let groups): for group in groups { await write(group) }
        }
    }

    private func writeCluster() async {
        await writeUsage()
        writeCapacity()
        await writeKeyService()
        writeWebhooks()
        writeRequests()
        writeProcess()
        writeLifecycle()
        writeSoftware()
        await writeOwn()
    }

    private func writeNode() async {
        writeNodes()
        writeTargets()
        writeRequests()
        writeDrive()
        writeProcessLibrary()
        writeSoftware()
    }

    private func write(_ group: MetricsPath.V3Group) async {
        switch group {
        case .requests: writeRequestsV3()
        case .bucketRequests(let bucket): writeBucketRequestsV3(bucket)
        case .drive: writeDriveV3()
        case .memory: writeMemoryV3()
        case .cpu: writeCPUV3()
        case .process: writeProcessV3()
        case .clusterHealth: writeHealthV3()
        case .usageObjects: await writeUsageObjectsV3()
        case .usageBuckets: await writeUsageBucketsV3()
        case .erasureSet: writeErasureSetV3()
        case .config: writeConfigV3()
        case .ilm: writeLifecycleV3()
        case .audit: writeAuditV3()
        case .logger: writeLoggerV3()
        case .notification: writeNotificationV3()
        case .scanner: writeScannerV3()
        case .coffer: await writeOwn()
        }
    }
}
