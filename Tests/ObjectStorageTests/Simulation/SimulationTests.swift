import Glibc
import ObjectStorage
import TestSupport
import Testing

/// Schedules of the committer, the unlinker and their clients, thousands of them, each of one seed.
///
/// `COFFER_SIMULATIONS` says how many there are, `COFFER_SIMULATION_SEED` from which seed on: one that has failed is run again by
/// its own seed and one simulation. Swift orders sets by chance: `SWIFT_DETERMINISTIC_HASHING=1` makes that one the same too.
@Suite struct SimulationTests {
    /// Seeds that have found something.
    static let kept: [UInt64] = []

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// The directory of a closed drive with one bucket.
    private static func makeDrive() async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory(inMemory: true)
        let store = try ObjectStore.open("\(directory.path)/drive", options: Drive.options { $0.ballastSize = 0 })
        try await store.makeBucket("bucket")
        store.close()
        return directory
    }

    private static func plan(of seed: UInt64) -> Simulation.Plan {
        Simulation.Plan(
            clients: 2 + Int(seed % 4), operations: 6 + Int(seed / 4 % 8), runs: 1 + Int(seed / 32 % 3),
            hasFaults: seed / 128 % 4 == 0)
    }

    private static func play(_ seed: UInt64, _ drive: TemporaryDirectory) throws -> Simulation {
        let simulation = try Simulation(seed: seed, drive: "\(drive.path)/drive", plan: plan(of: seed))
        try simulation.play()
        return simulation
    }

    @Test func `whatever comes in whichever order, what was acknowledged is there and nothing is left`() async throws {
        let drive = try await Self.makeDrive()
        let first = Self.number("COFFER_SIMULATION_SEED") ?? UInt64.random(in: 0..<1 << 48)
        let count = Self.number("COFFER_SIMULATIONS") ?? 1000
        print("COFFER_SIMULATION_SEED=\(first) COFFER_SIMULATIONS=\(count)")
        for seed in Self.kept + Array(first..<first + count) {
            let simulation = try Self.play(seed, drive)
            for failure in simulation.failures {
                Issue.record("COFFER_SIMULATION_SEED=\(seed) COFFER_SIMULATIONS=1: \(failure)")
            }
            guard simulation.failures.isEmpty else { return }
        }
    }

    @Test func `one seed makes one schedule`() async throws {
        let drive = try await Self.makeDrive()
        for seed in UInt64(128)..<168 {
            let first = try Self.play(seed, drive).summary
            #expect(try Self.play(seed, drive).summary == first)
        }
    }
}
