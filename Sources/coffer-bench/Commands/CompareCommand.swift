import ArgumentParser
import Glibc

/// Measures two builds of the server in turns.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measure two builds of coffer in turns and print what the new one's figures are of the old one's.",
        discussion: """
            Loads are written OPERATION:SIZE:CONNECTIONS[:SSE], such as put:1MiB:8:kms; the operations are those of `run`.
            With --instructions nothing is timed: valgrind counts what a request executes, which repeats to 0.1 % and does
            not care how busy the machine is. Its exit code is 1 when a count is above --at-most.
            """)

    @Argument(help: "A program coffer, of the build before.")
    var old: String

    @Argument(help: "A program coffer, of the build after.")
    var new: String

    @Option(parsing: .upToNextOption, help: "Loads instead of the usual ones.")
    var loads: [LoadSpecification] = []

    @Option(help: "Rounds of each load.")
    var rounds = 5

    @Option(help: "Seconds of a round.")
    var duration = 3.0

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 1.0

    @Flag(
        help: "Give both servers one processor and the client another, which makes figures of small objects steadier.")
    var pinned = false

    @Flag(help: "Count instructions of a request instead of measuring rates.")
    var instructions = false

    @Option(help: "The greatest ratio of instructions that passes.")
    var atMost = 1.03

    @Option(help: "Requests whose instructions are counted.")
    var requests = 400

    @Option(help: "Directory on the drive to measure, for temporary drives.")
    var scratch = "/var/tmp"

    func validate() throws {
        guard rounds > 0, duration > 0, warmUp >= 0, requests > 0, atMost > 0 else {
            throw ValidationError("Rounds, seconds, requests and ratios are positive.")
        }
    }

    func run() throws {
        if instructions { try countInstructions() } else { try measureRates() }
    }

    private static let small: [LoadSpecification] = [
        .init(.head, bytes: 4 << 10, connections: 64), .init(.get, bytes: 4 << 10, connections: 64),
        .init(.put, bytes: 4 << 10, connections: 64), .init(.list, bytes: 4 << 10, connections: 64),
    ]

    private static let large: [LoadSpecification] = [
        .init(.put, bytes: 64 << 10, connections: 8), .init(.put, bytes: 256 << 10, connections: 1),
        .init(.put, bytes: 1 << 20, connections: 8), .init(.get, bytes: 1 << 20, connections: 8),
        .init(.put, bytes: 64 << 20, connections: 4), .init(.put, bytes: 64 << 20, connections: 4, sse: .kms),
        .init(.get, bytes: 64 << 20, connections: 4),
    ]

    private func measureRates() throws {
        if pinned { try Processors.confine(to: 0..<1) }
        let servers = try [old, new].map {
            try ServerProcess(executable: $0, isTLS: false, scratch: scratch)
        }
        if pinned { try Processors.confine(to: 1..<max(2, Processors.count)) }
        print(RatioRow.header)
        for load in loads.isEmpty ? Self.small + Self.large : loads {
            let contenders = servers.map {
                ServerContenders(server: $0, seconds: duration, warmUp: warmUp).contender(load)
            }
            var results: [[RoundResult]] = [[], []]
            for round in 0..<rounds {
                for (index, contender) in contenders.enumerated() { results[index].append(try contender.round(round)) }
            }
            print(RatioRow(load: load, old: results[0], new: results[1]).text)
            flushReport()
        }
    }

    private func countInstructions() throws {
        let counters = try [old, new].map { try InstructionCounter(executable: $0, scratch: scratch) }
        print("| Load | old | new | new / old |\n|---|---|---|---|")
        var isMet = true
        for load in loads.isEmpty ? Self.small : loads {
            let counts = try counters.map { try $0.instructions(load.workload, requests: requests) }
            let ratio = counts[1] / counts[0]
            if ratio > atMost { isMet = false }
            let mark = ratio > atMost ? " **above \(number(atMost))**" : ""
            print(
                "| \(load.operation.title) \(load.size) | \(number(counts[0])) | \(number(counts[1])) | \(thousandths(ratio))\(mark) |"
            )
            flushReport()
        }
        if !isMet { throw ExitCode(1) }
    }
}
