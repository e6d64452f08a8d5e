import AccessPolicy
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

extension Bucket {
    /// Refuses what is about locks in a bucket that has none.
    func requireObjectLock() throws(S3Error) {
        guard versioning == .locked else {
            throw S3Error(.invalidRequest, "Bucket is missing Object Lock Configuration")
        }
    }
}

extension S3Request {
    /// Whether the request asks for governance to be bypassed, and may.
    ///
    /// Who may not is refused where that matters: consoles ask for it always.
    func bypassesGovernance(_ object: ObjectName, in bucket: BucketName) -> Bool {
        header("x-amz-bypass-governance-retention")?.lowercased() == "true"
            && access.allows(Demand(.bypassGovernanceRetention, on: object, in: bucket))
    }

    /// What of a version's lock the request's sender may be told.
    func visibleHeaders(
        of lock: ObjectLock, _ object: ObjectName, in bucket: BucketName
    ) -> [(name: String, value: String)] {
        guard !lock.isEmpty else { return [] }
        var headers: [(name: String, value: String)] = []
        if access.allows(Demand(.getObjectRetention, on: object, in: bucket)) { headers += lock.retentionHeaders }
        if access.allows(Demand(.getObjectLegalHold, on: object, in: bucket)) { headers += lock.legalHoldHeaders }
        return headers
    }
}

extension ObjectRetentionRequest {
    /// What policies can ask of a retention that a document says.
    ///
    /// - Parameter time: milliseconds since 1970.
    func conditions(at time: Int64) -> [ConditionKey: [String]] {
        var conditions: [ConditionKey: [String]] = [:]
        if let mode { conditions[.objectLockMode] = [mode.rawValue] }
        if let until {
            conditions[.objectLockUntil] = [until]
            conditions[.objectLockRemainingDays] = HTTPDate.parse(until)
                .map { ["\(max(0, $0 - time / 1000) / 86_400)"] }
        }
        return conditions
    }
}

extension ObjectLock {
    /// The rights that a write needs which locks what it writes.
    func demands(on object: ObjectName, in bucket: BucketName) -> [Demand] {
        var demands: [Demand] = []
        if retention != nil { demands.append(Demand(.putObjectRetention, on: object, in: bucket)) }
        if legalHold != nil { demands.append(Demand(.putObjectLegalHold, on: object, in: bucket)) }
        return demands
    }
}
