import ArgumentParser
import Certificates
import Cryptography
import Glibc
import KESProtocol

struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Make identities, and tell whose a key or a certificate is.",
        subcommands: [
            IdentityNewCommand.self, IdentityOfCommand.self, IdentityInfoCommand.self, IdentityListCommand.self,
            IdentityRemoveCommand.self, IdentityOneCommand.self,
        ],
        defaultSubcommand: IdentityOneCommand.self)
}

/// `identity [API-KEY|FILE]`: a new API key, or what belongs to one that there is.
struct IdentityOneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", shouldDisplay: false)

    @Argument(
        help: ArgumentHelp("An API key, or a PEM file with a certificate or a private key.", valueName: "API-KEY|FILE"))
    var subject: String?

    func run() throws {
        guard let subject else {
            let key = APIKey.generate()
            return Terminal.write(Terminal.isPresent ? IdentityText.new(key) : key.text)
        }
        if subject.hasPrefix(APIKey.prefix) {
            let key = try IdentityText.parse(subject)
            return Terminal.write(IdentityText.shown(key.identity))
        }
        // Here, unlike in `identity of`, the prefix may be missing.
        if !SmallFile.exists(subject), let key = try? APIKey(subject) {
            return Terminal.write(IdentityText.shown(key.identity))
        }
        switch try IdentityText.item(ofFile: subject) {
        case .certificate(let certificate): Terminal.write(IdentityText.shown(Identity(of: certificate)))
        case .privateKey(let privateKey):
            guard let seed = privateKey.ed25519Seed else {
                throw CommandFailure("private key in '\(subject)' is not an Ed25519 key")
            }
            let text = APIKey(seed: seed).text
            Terminal.write(Terminal.isPresent ? "API key:\n\n   \(text)\n" : text)
        }
    }
}

struct IdentityOfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "of", abstract: "Print the identity of an API key or a certificate.")

    @Argument(help: ArgumentHelp("An API key, or a PEM file with a certificate.", valueName: "API-KEY|FILE"))
    var subject: String?

    func run() throws {
        guard let subject else { throw CommandFailure.missing("API key or certificate", in: "identity of") }
        if subject.hasPrefix(APIKey.prefix) {
            let key = try IdentityText.parse(subject)
            return Terminal.write(IdentityText.shown(key.identity))
        }
        let text = try SmallFile.contents(of: subject)
        let certificates: [Certificate]
        do {
            certificates = try Certificate.readPEM(text)
        } catch {
            throw CommandFailure("failed to parse certificate in '\(subject)': https: \(error)")
        }
        // A file may hold the whole chain.
        guard let certificate = certificates.first(where: { !$0.isCA }) ?? certificates.first else {
            throw CommandFailure("failed to parse certificate in '\(subject)'")
        }
        Terminal.write(IdentityText.shown(Identity(of: certificate)))
    }
}

/// What the commands about identities print: for people on a terminal, bare for scripts.
enum IdentityText {
    static func shown(_ identity: Identity) -> String {
        Terminal.isPresent ? "Identity:\n\n   \(identity)\n" : identity.text
    }

    static func new(_ key: APIKey) -> String {
        """
        Your API key:

           \(key.text)

        Keep it secret: whoever has it has this identity.


        """ + identity(key.identity, of: [key.text])
    }

    /// An identity, with the keys and files that it can be seen from.
    static func identity(_ identity: Identity, of subjects: [String]) -> String {
        """
        Your Identity:

           \(identity)

        It is no secret. Policies name it, and this prints it again:


        """ + subjects.map { "    \(CommandPath.program) identity of \($0)\n" }.joined()
    }

    static func parse(_ text: String) throws -> APIKey {
        do {
            return try APIKey(text)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// The first certificate or private key of a PEM file.
    static func item(ofFile path: String) throws -> PEMItem {
        var text = try SmallFile.contents(of: path)
        defer { wipe(&text) }
        do {
            return try PEMItem.first(in: text, password: nil)
        } catch CertificateError.passwordRequired {
            var password = try PasswordPrompt.ask("Enter password for private key: ")
            defer { wipe(&password) }
            do {
                return try PEMItem.first(in: text, password: password)
            } catch {
                throw CommandFailure("\(error)")
            }
        } catch {
            throw CommandFailure("failed to parse '\(path)': \(error)")
        }
    }
}
