/// The enabled rules of a bucket, ready to be asked about many versions.
package struct LifecycleSchedule: Sendable {
    /// How a version stands to the others of its key.
    package enum Standing: Sendable {
        /// The newest, and no delete marker.
        case current
        /// The only one, and a delete marker.
        case loneDeleteMarker
        /// Since a time in milliseconds since 1970, behind so many objects that are not current either.
        case noncurrent(since: Int64, newer: Int64)
    }

    /// What rules ask of a version.
    package struct Version: Sendable {
        /// Bytes; a delete marker has none.
        package var size: Int64
        /// Milliseconds since 1970.
        package var modified: Int64
        package var standing: Standing

        package init(size: Int64, modified: Int64, standing: Standing) {
            self.size = size
            self.modified = modified
            self.standing = standing
        }
    }

    private let configuration: LifecycleConfiguration
    /// Those that are enabled.
    private let rules: [LifecycleRule]
    /// Of the rules, in their order.
    private let prefixes: [[UInt8]]
    package let calendar: LifecycleCalendar

    package init(_ configuration: LifecycleConfiguration, _ calendar: LifecycleCalendar) {
        self.configuration = configuration
        rules = configuration.rules.filter(\.isEnabled)
        prefixes = rules.map { Array(($0.filter.prefix ?? "").utf8) }
        self.calendar = calendar
    }

    /// What keys begin with that a rule is about: in their order, none twice, none within another.
    package var keyPrefixes: [[UInt8]] { Self.outermost(zip(rules, prefixes).filter(\.0.isOfVersions).map(\.1)) }

    /// The same of rules that abort uploads.
    package var uploadPrefixes: [[UInt8]] {
        Self.outermost(zip(rules, prefixes).filter { $0.0.abortUploadAfterDays != nil }.map(\.1))
    }

    private static func outermost(_ prefixes: [[UInt8]]) -> [[UInt8]] {
        var outermost: [[UInt8]] = []
        for prefix in prefixes.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            // In this order the last one is the only one that it could lie within.
            if let last = outermost.last, prefix.starts(with: last) { continue }
            outermost.append(prefix)
        }
        return outermost
    }

    /// The numbers of the rules that are about a key.
    package func rules(of key: some Collection<UInt8>, into matching: inout [Int]) {
        matching.removeAll(keepingCapacity: true)
        for index in prefixes.indices where key.starts(with: prefixes[index]) { matching.append(index) }
    }

    /// Whether one of the rules removes the version, and behind how many newer ones at least that is so.
    ///
    /// - Parameters:
    ///   - matching: from ``rules(of:into:)``.
    ///   - tags: of the version; nil when they are not known: rules that ask for some count as met.
    ///   - time: milliseconds since 1970.
    /// - Returns: how many newer objects that are not current there must be, nil when the version stays.
    package func newerObjects(
        toRemove version: Version, _ matching: [Int], tags: [(key: String, value: String)]?, at time: Int64
    ) -> Int64? {
        var least: Int64?
        for index in matching {
            let rule = rules[index]
            guard let newer = rule.newerObjects(toRemove: version, calendar, at: time),
                rule.filter.admits(size: version.size),
                tags.map(rule.filter.admits) ?? true
            else { continue }
            least = min(newer, least ?? newer)
        }
        return least
    }

    /// Whether one of the rules removes a current version with all older ones.
    ///
    /// - Parameters: as of ``newerObjects(toRemove:_:tags:at:)``.
    package func removesAllVersions(
        of version: Version, _ matching: [Int], tags: [(key: String, value: String)]?, at time: Int64
    ) -> Bool {
        matching.contains { index in
            let rule = rules[index]
            return rule.expiresAllVersions && rule.newerObjects(toRemove: version, calendar, at: time) != nil
                && rule.filter.admits(size: version.size) && (tags.map(rule.filter.admits) ?? true)
        }
    }

    /// When the first of the rules aborts an upload, and which.
    ///
    /// - Parameter initiated: milliseconds since 1970, as the result.
    package func abortion(ofUploadTo key: String, initiated: Int64) -> (time: Int64, rule: String)? {
        configuration.abortion(ofUploadTo: key, initiated: initiated, calendar)
    }
}

extension LifecycleRule {
    fileprivate var isOfVersions: Bool { expiration != nil || noncurrentExpiration != nil }

    fileprivate func newerObjects(
        toRemove version: LifecycleSchedule.Version, _ calendar: LifecycleCalendar, at time: Int64
    ) -> Int64? {
        switch version.standing {
        case .current:
            guard let expiry = expiry(modified: version.modified, calendar), expiry <= time else { return nil }
            return 0
        case .loneDeleteMarker:
            if expiration == .expiredDeleteMarker { return 0 }
            // A marker has no tags; a rule that asks for some is not about it, whether they are known or not.
            guard filter.tags.isEmpty, let expiry = expiry(modified: version.modified, calendar), expiry <= time else {
                return nil
            }
            return 0
        case .noncurrent(let since, let newer):
            guard let noncurrent = noncurrentExpiration, newer >= noncurrent.newerVersions else { return nil }
            if let days = noncurrent.days, calendar.moment(days, after: since) > time { return nil }
            return noncurrent.newerVersions
        }
    }
}
