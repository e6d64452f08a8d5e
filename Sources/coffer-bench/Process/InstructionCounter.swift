import Glibc

/// A server under valgrind's callgrind, which counts the instructions that it executes: the same for the same requests
/// within about 0.1 %, whatever else the machine does.
final class InstructionCounter: Sendable {
    private static let valgrind = "/usr/bin/valgrind"
    private static let control = "/usr/bin/callgrind_control"
    private static let objcopy = "/usr/bin/objcopy"

    private let server: ServerProcess
    private let directory: ScratchDirectory
    private var log: String { "\(directory.path)/tools.log" }

    /// Starts a copy of the program without its debug information, which valgrind need not read.
    init(executable: String, scratch: String) throws {
        for tool in [Self.valgrind, Self.control, Self.objcopy] where access(tool, X_OK) != 0 {
            throw BenchError("there is no \(tool): install valgrind and binutils")
        }
        directory = try ScratchDirectory(in: scratch)
        let program = "\(directory.path)/coffer"
        try Self.run(
            Self.objcopy, ["--strip-debug", executable, program], log: "\(directory.path)/tools.log")
        let callgrind = ["--tool=callgrind", "--callgrind-out-file=\(directory.path)/counts"]
        server = try ServerProcess(
            executable: program, isTLS: false, scratch: scratch, launcher: [Self.valgrind] + callgrind, patience: 120)
    }

    /// Instructions of one request, on one connection.
    ///
    /// - Parameter requests: How many are counted, after a quarter as many that warm up.
    func instructions(_ workload: Workload, requests: Int) throws -> Double {
        let load = Load(endpoint: server.endpoint, connections: 1)
        try workload.prepare(load)
        let book = workload.book(round: 0, for: server.endpoint)
        let warmUp = Dispenser(.requests(max(20, requests / 4)))
        _ = try load.run(book, warmUp)
        try Self.run(Self.control, ["--zero", "\(server.processID)"], log: log)
        let tally = try load.run(book, Dispenser(.requests(requests), from: warmUp.end))
        guard tally.completed == requests else { throw BenchError("a request failed: \(tally.firstFailure ?? "")") }
        let before = Set(dumps())
        try Self.run(Self.control, ["--dump", "\(server.processID)"], log: log)
        for _ in 0..<300 {
            if let total = dumps().filter({ !before.contains($0) }).lazy.compactMap(total).first {
                return Double(total) / Double(requests)
            }
            usleep(100_000)
        }
        throw BenchError("callgrind has written no counts:\n\(lastLines(of: log))")
    }

    private func dumps() -> [String] {
        directoryEntries(directory.path).filter { $0.hasPrefix("counts.") }.map { "\(directory.path)/\($0)" }
    }

    /// The sum in a finished file of counts, which its last line has.
    private func total(_ path: String) -> Int? {
        guard let line = textFile(path)?.split(separator: "\n").last, line.hasPrefix("totals: ") else { return nil }
        return Int(line.dropFirst("totals: ".count).prefix { $0.isNumber })
    }

    private static func run(_ tool: String, _ arguments: [String], log: String) throws {
        let process = try ChildProcess(tool, arguments, log: log)
        for _ in 0..<12_000 {
            guard process.isRunning else { return }
            usleep(10_000)
        }
        throw BenchError("\(tool) does not end:\n\(lastLines(of: log))")
    }
}
