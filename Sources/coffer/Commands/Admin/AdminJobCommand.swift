import ArgumentParser
import HTTPClient
import JSON

struct AdminJobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Batch jobs, such as moving objects under another key: ls, start, status, cancel.",
        subcommands: [List.self, Start.self, Status.self, Cancel.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "Jobs that run or have ended.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                let client = try options.server.client()
                let answer = try await client.json(.get, "list-jobs")
                guard !options.json else { return options.show(answer) { _ in } }
                var table = TextTable("JOB", "KIND", "USER", "STARTED", "STATE")
                for job in answer["jobs"]?.elements ?? [] {
                    let status = try await client.json(.get, "status-job", [("jobId", job.text("id"))])
                    table.add(
                        job.text("id"), job.text("type"), job.text("user"), job.text("started"),
                        Self.state(status["LastMetric"]))
                }
                table.print()
            }
        }

        static func state(_ metric: JSONValue?) -> String {
            if metric?["failed"]?.boolean == true { return "failed" }
            return metric?["complete"]?.boolean == true ? "complete" : "running"
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "start", abstract: "Start a job; `mc batch generate` has examples.")
        @Argument(help: ArgumentHelp("YAML.", valueName: "FILE")) var file: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, file) = (options, file)
            try await orFail {
                let text = try fileContents(file)
                options.show(try await options.server.client().json(.post, "start-job", body: .plain(text))) { job in
                    print(job.text("id"))
                }
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "status", abstract: "How far a job has come.")
        @Argument(help: ArgumentHelp(valueName: "JOB")) var job: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, job) = (options, job)
            try await orFail {
                options.show(try await options.server.client().json(.get, "status-job", [("jobId", job)])) { answer in
                    let metric = answer["LastMetric"]
                    let counts = metric?["rotation"] ?? metric?["expired"]
                    print("state    \(List.state(metric))")
                    print("objects  \(counts?.number("objects") ?? 0)")
                    print("failed   \(counts?.number("objectsFailed") ?? 0)")
                    print("last     \(counts?.text("lastObject") ?? "")")
                }
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "End a job and forget it; what it has done stays done.")
        @Argument(help: ArgumentHelp(valueName: "JOB")) var job: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, job) = (options, job)
            try await orFail {
                _ = try await options.server.client().call(.delete, "cancel-job", [("id", job)])
                options.reportDone("job \(job) cancelled")
            }
        }
    }
}
