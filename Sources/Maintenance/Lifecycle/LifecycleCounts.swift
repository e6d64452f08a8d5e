/// What sweeps have met and done.
package struct LifecycleCounts: Hashable, Sendable {
    /// Versions looked at.
    package var scanned = 0
    /// Current versions that went for good, in buckets without versioning.
    package var expired = 0
    /// Current versions that a delete marker hides since.
    package var hidden = 0
    package var noncurrentRemoved = 0
    package var deleteMarkersRemoved = 0
    package var uploadsAborted = 0
    /// Versions that were due, and that a retention or a legal hold keeps.
    package var held = 0
    /// Versions and uploads that did not open, and stay.
    package var damaged = 0
    /// Versions that could not be removed for another reason.
    package var failed = 0

    package init() {}

    /// Whether nothing was done, and nothing is to be told.
    var isQuiet: Bool {
        var seen = self
        seen.scanned = 0
        return seen == LifecycleCounts()
    }

    static func += (sum: inout LifecycleCounts, other: LifecycleCounts) {
        for count in Self.all { sum[keyPath: count.path] += other[keyPath: count.path] }
    }

    /// Every count with its name.
    package var named: [(name: String, count: Int)] { Self.all.map { ($0.name, self[keyPath: $0.path]) } }

    /// Every count by its name in the log.
    static var all: [(name: String, path: WritableKeyPath<LifecycleCounts, Int>)] {
        [
            ("scanned", \.scanned), ("expired", \.expired), ("hidden", \.hidden),
            ("noncurrent-removed", \.noncurrentRemoved), ("delete-markers-removed", \.deleteMarkersRemoved),
            ("uploads-aborted", \.uploadsAborted), ("held", \.held), ("damaged", \.damaged), ("failed", \.failed),
        ]
    }
}
