/// Where objects are exported to.
package protocol ExportTarget: Sendable {
    /// Keys under way at once.
    var parallel: Int { get }

    /// Makes ready for a bucket's objects.
    ///
    /// - Parameter isLocked: whether its versions can be locked where they come from.
    /// - Returns: why nothing of it can be written; nil for nothing.
    func begin(_ bucket: String, isLocked: Bool) async throws -> String?

    /// Which of the wanted versions of a key are there, each as it is in the source.
    ///
    /// - Parameter versions: the oldest first.
    /// - Throws: ``ExportObstacle`` where none of them may be written.
    func present(_ versions: [ExportEntry]) async throws -> [Presence]

    /// Writes a version; it is durable, and has been compared with what was read, when this returns.
    ///
    /// - Returns: what of it the target could not take.
    func write(_ object: ExportedObject, _ entry: ExportEntry) async throws -> [ExportLoss]

    /// Writes a delete marker.
    func writeDeleteMarker(_ entry: ExportEntry) async throws -> [ExportLoss]

    /// Whether an error may be otherwise when everything is looked at again.
    func isPassing(_ error: any Error) -> Bool

    /// Nothing more comes.
    func finish() async throws
}

package enum Presence: Sendable {
    case there
    case missing
    /// It cannot be written, and why.
    case barred(ExportObstacle)
}

/// Why a version, or all of a key, cannot be written.
package struct ExportObstacle: Error, Sendable {
    package let reason: ExportSkip
    package let detail: String

    package init(_ reason: ExportSkip, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
