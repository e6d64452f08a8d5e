import ObjectStorage
import SealedStorage

/// How much of the time background work takes: it waits after each piece, longer when the machine is busy and pieces take
/// long.
package struct Pace: Sendable {
    /// How long is waited for each second of work.
    let restPerWork: Int
    /// The least that is waited.
    let leastRest: Duration

    package init(restPerWork: Int, leastRest: Duration) {
        self.restPerWork = restPerWork
        self.leastRest = leastRest
    }

    /// A quarter of the time.
    package static let background = Pace(restPerWork: 3, leastRest: .milliseconds(1))
    /// Without waiting, for tests.
    package static let immediate = Pace(restPerWork: 0, leastRest: .zero)

    private static let longestRest = Duration.seconds(1)

    /// - Throws: what `piece` does, and `CancellationError`.
    func work<R>(_ piece: () async throws -> R) async throws -> R {
        let began = ContinuousClock.now
        let result = try await piece()
        guard restPerWork > 0 else { return result }
        let rest = max(leastRest, began.duration(to: .now) * restPerWork)
        try await Task.sleep(for: min(rest, Self.longestRest))
        return result
    }
}

extension Pace {
    /// Shows a piece of a bucket's versions, and rests.
    ///
    /// - Returns: what `visit` has made of it, and where the next piece begins.
    func scan<State: Sendable>(
        _ drive: SealedDrive, _ request: VersionScan, _ initial: State,
        _ visit: @escaping @Sendable (inout State, ScannedVersion) -> ScanStep
    ) async throws -> (state: State, next: ScanPosition?) {
        try await work { try await drive.objects.scan(request, initial, visit) }
    }
}
