import ObjectStorage
import S3Protocol
import SealedStorage

/// What is known on a walk over the versions of a bucket, which come by key and the newest of a key first.
///
/// It decides by columns in clear alone, and takes unknown tags for those that a rule asks for: what it finds is looked at
/// again.
struct LifecycleWalk: Sendable {
    private let schedule: LifecycleSchedule
    /// Milliseconds since 1970.
    private let time: Int64

    private(set) var visited = 0
    private var candidates: [ExpiryCandidate] = []
    private var expired: [ExpiredObjectVersion] = []

    /// The key whose versions come now, and the rules that are about it.
    private var key: [UInt8] = []
    private var isBegun = false
    private var rules: [Int] = []
    /// When the version before this one was written, which is the next newer one of the key: milliseconds since 1970.
    private var newerModified: Int64 = 0
    /// Objects of the key that have come, but for the current one.
    private var noncurrentObjects: Int64 = 0
    /// The current version, with which all older ones go unless its tags say otherwise.
    private var expiredObject: VersionID?
    /// Whether it goes without them then.
    private var isCurrentDue = false
    /// A delete marker that goes unless another version of its key comes.
    private var loneMarker: VersionID?

    /// Candidates at which a piece of the walk ends.
    private static let mostCandidates = 256

    init(_ schedule: LifecycleSchedule, at time: Int64) {
        self.schedule = schedule
        self.time = time
    }

    mutating func visit(_ version: ScannedVersion) -> ScanStep {
        visited += 1
        let isMarker = version.flags.contains(.deleteMarker)
        if isBegun, version.key.elementsEqual(key) {
            loneMarker = nil
            if let expiredObject {
                expired.append(ExpiredObjectVersion(key: key, version: version.version, newest: expiredObject))
            }
            if isDue(version, .noncurrent(since: newerModified, newer: noncurrentObjects)) {
                add(.noncurrent(newer: noncurrentObjects), version.version)
            }
            if !isMarker { noncurrentObjects += 1 }
        } else {
            settle()
            isBegun = true
            key.removeAll(keepingCapacity: true)
            key.append(contentsOf: version.key)
            schedule.rules(of: version.key, into: &rules)
            noncurrentObjects = 0
            if !isMarker, removesAllVersions(of: version) {
                // It goes behind the others, which go because of it.
                expiredObject = version.version
                isCurrentDue = isDue(version, .current)
            } else if isDue(version, isMarker ? .loneDeleteMarker : .current) {
                if isMarker { loneMarker = version.version } else { add(.current, version.version) }
            }
        }
        newerModified = version.modified
        return candidates.count + expired.count < Self.mostCandidates ? .proceed : .stop
    }

    /// There are no more versions.
    mutating func finish() {
        settle()
        isBegun = false
    }

    /// What was found since it was last asked: the older versions of a key before the newer ones.
    mutating func takeCandidates() -> [ExpiryCandidate] {
        defer { candidates = [] }
        return candidates.reversed()
    }

    /// Versions of objects that go whole, to be removed before the candidates; the newest version of each comes behind the others.
    mutating func takeExpired() -> [ExpiredObjectVersion] {
        defer { expired = [] }
        return expired
    }

    private mutating func settle() {
        if let expiredObject {
            expired.append(ExpiredObjectVersion(key: key, version: expiredObject, newest: expiredObject))
            if isCurrentDue { add(.current, expiredObject) }
        }
        expiredObject = nil
        if let loneMarker { add(.loneDeleteMarker, loneMarker) }
        loneMarker = nil
    }

    private mutating func add(_ kind: ExpiryCandidate.Kind, _ version: VersionID) {
        candidates.append(ExpiryCandidate(key: key, version: version, kind: kind))
    }

    private func removesAllVersions(of version: ScannedVersion) -> Bool {
        guard !rules.isEmpty else { return false }
        let facts = LifecycleSchedule.Version(size: version.size, modified: version.modified, standing: .current)
        return schedule.removesAllVersions(of: facts, rules, tags: nil, at: time)
    }

    private func isDue(_ version: ScannedVersion, _ standing: LifecycleSchedule.Standing) -> Bool {
        guard !rules.isEmpty else { return false }
        let facts = LifecycleSchedule.Version(size: version.size, modified: version.modified, standing: standing)
        return schedule.newerObjects(toRemove: facts, rules, tags: nil, at: time) != nil
    }
}
