import ArgumentParser

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("coffer version \(Release.version)")
    }
}

enum Release {
    static let version = "0.1.0"
}
