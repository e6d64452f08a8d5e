import ArgumentParser
import Certificates

struct CertsServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Make a server's certificate: public.crt and private.key, as --certs-dir wants them.")

    @Argument(help: ArgumentHelp("Where the files are put; made if missing.", valueName: "DIR"))
    var directory: String

    @OptionGroup var issuing: IssuingOptions

    @Option(
        help: ArgumentHelp("A DNS name or IP address that clients use; once or more.", valueName: "NAME"))
    var host: [String]

    func run() throws {
        try CertificateFiles.reportingFailure { () throws(StartFailure) in
            let files = CertificateFiles(directory: directory, certificate: "public.crt", key: "private.key")
            let hosts = HostNames(host)
            let certificate = try issuing.issue(files) { validity in
                var contents = CertificateContents(
                    commonName: hosts.commonName, notBefore: validity.lowerBound, notAfter: validity.upperBound,
                    extendedKeyUsage: [.serverAuth])
                contents.dnsNames = hosts.dns
                contents.ipAddresses = hosts.ip
                return contents
            }
            print(files.summary(of: certificate))
            print("For          \(host.joined(separator: ", "))")
        }
    }
}

/// What a server is called, by kinds.
struct HostNames {
    let dns: [String]
    let ip: [String]

    init(_ hosts: [String]) {
        ip = hosts.filter(Certificate.isIPAddress)
        dns = hosts.filter { !Certificate.isIPAddress($0) }
    }

    /// A common name has no room for more than 64 bytes; what counts are the alternative names.
    var commonName: String { (dns + ip).first { $0.utf8.count <= 64 } ?? "server" }
}
