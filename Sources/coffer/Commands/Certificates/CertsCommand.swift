import ArgumentParser

struct CertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Make a certificate authority of one's own, and certificates for servers and clients.",
        discussion: """
            For machines that get certificates from nowhere else. Keys are ECDSA on P-256 and readable by their owner alone; \
            nothing is overwritten.

              coffer certs ca certs/ca
              coffer certs server --ca certs/ca --host kes.example.net --host 127.0.0.1 certs/kes
              coffer certs client --ca certs/ca --name coffer certs/coffer
            """,
        subcommands: [CertsAuthorityCommand.self, CertsServerCommand.self, CertsClientCommand.self])
}
