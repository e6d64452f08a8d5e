import ArgumentParser
import Certificates

struct CertsAuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Make a certificate authority: ca.crt, which clients trust, and ca.key.",
        discussion: "Whoever has ca.key can be any server: keep it where no server runs, or remove it after use.")

    @Argument(help: ArgumentHelp("Where the files are put; made if missing.", valueName: "DIR"))
    var directory: String

    @Option(help: ArgumentHelp("Its name.", valueName: "TEXT"))
    var name = "Coffer local CA"

    @Option(help: ArgumentHelp("How long it is valid.", valueName: "DAYS"))
    var days: Lifetime = Lifetime(days: 3650)

    func run() throws {
        try CertificateFiles.reportingFailure { () throws(StartFailure) in
            let files = CertificateFiles.authority(in: directory)
            try files.requireAbsent()
            let authority: CertificateAuthority
            do {
                let validity = days.validity
                authority = try CertificateAuthority(
                    commonName: name, notBefore: validity.lowerBound, notAfter: validity.upperBound)
            } catch {
                throw StartFailure("--name: \(error)")
            }
            try files.write([authority.certificate], authority.key)
            print(files.summary(of: authority.certificate))
        }
    }
}
