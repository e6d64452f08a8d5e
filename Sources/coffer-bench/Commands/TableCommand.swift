import ArgumentParser

/// Measures the server against the reference mechanisms and prints the table of the README.
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Measure the server against the bare mechanisms and print a Markdown table.",
        discussion: "Each pair is measured in turns in the same run. Takes about six minutes with the defaults.")

    @OptionGroup var local: LocalOptions

    @Option(help: "Seconds of a round.")
    var duration = 5.0

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 1.0

    @Option(help: "Rounds of each pair.")
    var rounds = 3

    @Option(help: "Measure only rows whose name contains this.")
    var only = ""

    @Flag(help: "Leave out what has no target.")
    var targetsOnly = false

    func run() throws {
        let comparisons = try comparisons().filter {
            (only.isEmpty || $0.subject.name.contains(only)) && (!targetsOnly || $0.target != nil)
        }
        print(ComparisonResult.header)
        var missed = 0
        for comparison in comparisons {
            let result = try comparison.measure(rounds: rounds)
            print(result.row)
            flushReport()
            if !result.isMet { missed += 1 }
        }
        if missed > 0 { complain("\(missed) of the targets missed") }
    }

    private func comparisons() throws -> [Comparison] {
        let small = 4 << 10
        let large = 64 << 20
        let references = References(scratch: local.scratch, seconds: duration, warmUp: warmUp)
        let rows = references.committedRows(bytes: small, writers: 64)
        let responder = try references.responder(bytes: small, connections: 64)
        let pipeline = try references.pipeline(bytes: large, connections: 4)

        let plain = ServerContenders(
            server: try local.startServer(isTLS: false), seconds: duration, warmUp: warmUp)
        let tls = ServerContenders(
            server: try local.startServer(isTLS: true), seconds: duration, warmUp: warmUp)
        let keyServer = try KeyServerProcess(scratch: local.scratch)
        let withKES = ServerContenders(
            server: try local.startServer(isTLS: false, keyServer: keyServer), seconds: duration, warmUp: warmUp,
            remark: ", keys in coffer-kes")

        let smallPut = plain.contender(.put, small, .s3)
        let smallGet = plain.contender(.get, small, .s3)
        let largePut = plain.contender(.put, large, .kms)
        let largeGet = plain.contender(.get, large, .kms)
        let smallPutWithKES = withKES.contender(.put, small, .s3)
        return [
            Comparison(subject: smallPut, reference: rows, figure: .operations, target: 0.4),
            Comparison(subject: smallGet, reference: responder, figure: .operations, target: 0.4),
            Comparison(subject: largePut, reference: pipeline.put, figure: .bytes, target: 0.6),
            Comparison(subject: largeGet, reference: pipeline.get, figure: .bytes, target: 0.6),
            Comparison(
                subject: withKES.contender(.put, small, .kms), reference: smallPutWithKES, figure: .operations,
                target: 0.6),
            Comparison(subject: smallPutWithKES, reference: smallPut, figure: .operations),
            Comparison(subject: plain.contender(.head, small, .s3), reference: smallGet, figure: .operations),
            Comparison(subject: plain.contender(.list, small, .s3), figure: .operations),
            Comparison(subject: plain.contender(.put, small, .kms), reference: smallPut, figure: .operations),
            Comparison(subject: plain.contender(.get, small, .kms), reference: smallGet, figure: .operations),
            Comparison(subject: plain.contender(.put, large, .s3), reference: largePut, figure: .bytes),
            Comparison(subject: tls.contender(.put, small, .s3), reference: smallPut, figure: .operations),
            Comparison(subject: tls.contender(.get, small, .s3), reference: smallGet, figure: .operations),
            Comparison(subject: tls.contender(.put, large, .kms), reference: largePut, figure: .bytes),
            Comparison(subject: tls.contender(.get, large, .kms), reference: largeGet, figure: .bytes),
        ]
    }
}
