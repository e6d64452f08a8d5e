import ArgumentParser

/// What is started on this machine, and where its temporary drives go.
struct LocalOptions: ParsableArguments {
    @Option(help: "Directory on the drive to measure, for temporary drives.")
    var scratch = "/var/tmp"

    @Option(help: "The coffer to start, if not the one beside this program.")
    var server: String?

    func startServer(isTLS: Bool, keyServer: KeyServerProcess? = nil) throws -> ServerProcess {
        try ServerProcess(executable: server, isTLS: isTLS, keyServer: keyServer, scratch: scratch)
    }
}
