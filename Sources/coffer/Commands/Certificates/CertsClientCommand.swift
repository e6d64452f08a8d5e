import ArgumentParser
import Certificates
import KESProtocol

struct CertsClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Make a client's certificate, client.crt and client.key, and print its identity.",
        discussion:
            "The identity is what a key server's policies name. It is the key's: a renewed certificate keeps it.")

    @Argument(help: ArgumentHelp("Where the files are put; made if missing.", valueName: "DIR"))
    var directory: String

    @OptionGroup var issuing: IssuingOptions

    @Option(help: ArgumentHelp("The client's name.", valueName: "TEXT"))
    var name = "coffer"

    func run() throws {
        try CertificateFiles.reportingFailure { () throws(StartFailure) in
            let files = CertificateFiles(directory: directory, certificate: "client.crt", key: "client.key")
            let certificate = try issuing.issue(files) { validity in
                CertificateContents(
                    commonName: name, notBefore: validity.lowerBound, notAfter: validity.upperBound,
                    extendedKeyUsage: [.clientAuth])
            }
            print(files.summary(of: certificate))
            print("Identity     \(Identity(of: certificate))")
        }
    }
}
