/// The parts that the answers about the server have in common, as `mc` reads them.

/// One drive, which is all there is.
struct DriveDocument: Encodable, Sendable {
    let endpoint: String
    let path: String
    let state: String
    let uuid: String
    let major: UInt64
    let minor: UInt64
    let totalspace: UInt64
    let usedspace: UInt64
    let availspace: UInt64
    let usedInodes: UInt64
    let freeInodes: UInt64
    let local = true
    let poolIndex = 0
    let setIndex = 0
    let diskIndex = 0

    init(_ facts: ServerFacts, id: String, isWritable: Bool) {
        let drive = DriveState(directory: facts.drive)
        endpoint = facts.drive
        path = facts.drive
        state = isWritable ? "ok" : "offline"
        uuid = id
        major = drive.major
        minor = drive.minor
        totalspace = drive.total
        usedspace = drive.used
        availspace = drive.available
        usedInodes = drive.inodes - min(drive.inodes, drive.freeInodes)
        freeInodes = drive.freeInodes
    }

    enum CodingKeys: String, CodingKey {
        case endpoint, path, state, uuid, major, minor, totalspace, usedspace, availspace, local
        case usedInodes = "used_inodes"
        case freeInodes = "free_inodes"
        case poolIndex = "pool_index"
        case setIndex = "set_index"
        case diskIndex = "disk_index"
    }
}

/// How objects are spread over drives, in the spelling of storageinfo and accountinfo: one drive, no parity.
struct BackendDocument: Encodable, Sendable {
    let type = 2
    let gatewayOnline = false
    let onlineDisks: [String: Int]? = nil
    let offlineDisks: [String: Int]? = nil
    let standardSCData = [1]
    let rrSCData = [1]
    let totalSets = [1]
    let drivesPerSet = [1]
    let standardSCParity = 0
    let rrSCParity = 0

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case gatewayOnline = "GatewayOnline"
        case onlineDisks = "OnlineDisks"
        case offlineDisks = "OfflineDisks"
        case standardSCData = "StandardSCData"
        case rrSCData = "RRSCData"
        case totalSets = "TotalSets"
        case drivesPerSet = "DrivesPerSet"
        case standardSCParity = "StandardSCParity"
        case rrSCParity = "RRSCParity"
    }
}
