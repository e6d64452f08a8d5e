import ArgumentParser
import Certificates
import Glibc

/// What certificates for servers and clients have in common.
struct IssuingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The authority's directory, with ca.crt and ca.key.", valueName: "DIR"))
    var ca: String

    @Option(help: ArgumentHelp("How long it is valid; not beyond the authority's end.", valueName: "DAYS"))
    var days: Lifetime = Lifetime(days: 365)

    @Flag(help: "Make a new certificate for the key that is there, in the old one's place.")
    var renew = false

    /// Makes the certificate with a key of its own, or with the one that is there, and writes what is new.
    func issue(
        _ files: CertificateFiles, contents: (Range<Int64>) -> CertificateContents
    ) throws(StartFailure) -> Certificate {
        let authority = try CertificateFiles.authority(in: ca).readAuthority()
        if !renew { try files.requireAbsent() }
        let key = renew ? try files.readKey() : PrivateKey.ecdsaP256()
        let certificate: Certificate
        do {
            certificate = try contents(days.validity).signed(for: key, by: authority)
        } catch {
            throw StartFailure("\(error)")
        }
        if renew {
            try files.replaceCertificate(certificate)
        } else {
            try files.write([certificate], key)
        }
        return certificate
    }
}

/// How long a certificate is valid.
struct Lifetime: ExpressibleByArgument {
    let days: Int64

    init(days: Int64) { self.days = days }

    init?(argument: String) {
        guard let days = Int64(argument), 1...36500 ~= days else { return nil }
        self.days = days
    }

    var defaultValueDescription: String { String(days) }

    /// From some minutes ago on, since other machines' clocks may be behind; in seconds since 1970.
    var validity: Range<Int64> {
        let now = Int64(time(nil))
        return now - 300..<now + days * 86400
    }
}
