import ArgumentParser
import HTTPClient
import JSON

struct AdminServiceCommand: AsyncParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case restart, stop, freeze, unfreeze
    }

    static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Restart or stop the server, hold S3 requests back or let them through.")

    @Argument(help: ArgumentHelp("restart, stop, freeze or unfreeze.", valueName: "ACTION")) var action: Action
    @OptionGroup var options: AdminOptions

    mutating func run() async throws {
        let (options, action) = (options, action)
        try await orFail {
            let answer = try await options.server.client().json(
                .post, "service", [("action", action.rawValue), ("type", "2")])
            options.show(answer) { _ in print("\(action.rawValue): the server has begun with it") }
        }
    }
}
