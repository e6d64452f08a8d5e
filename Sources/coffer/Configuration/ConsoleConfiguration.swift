import Console

/// Where and as what the web console is served.
struct ConsoleConfiguration: Sendable {
    /// The port beside S3's usual one.
    private static let usualPort = "9001"

    /// `host:port`; a missing host is every interface.
    var address: String
    /// Whether the operator has named the address: then no other will do.
    var isAddressGiven: Bool
    /// The whole address by which browsers find it from outside; `nil`: the one it listens on.
    var redirectAddress: String?
    var settings = ConsoleSettings()

    /// Nil when it is switched off.
    init?(
        _ option: String?, _ environment: Environment, addresses: [String], loopbackOnly: Bool
    ) throws(StartFailure) {
        if environment.value("BROWSER") != nil, try !environment.isOn("BROWSER") { return nil }
        let first = addresses.first ?? ":9000"
        let colon = first.lastIndex(of: ":") ?? first.startIndex
        let (host, port) = (first[..<colon], first[first.index(after: colon)...])
        let given = option ?? environment.value("CONSOLE_ADDRESS")
        isAddressGiven = given != nil
        // Beside another port than the usual one, a free one: there may be several servers on the host.
        address = given ?? "\(host):\(port == "9000" ? Self.usualPort : "0")"
        guard let sign = address.lastIndex(of: ":"), let number = UInt16(address[address.index(after: sign)...]) else {
            throw StartFailure("--console-address \(address): not HOST:PORT")
        }
        if loopbackOnly, !["127.0.0.1", "localhost", "[::1]"].contains(address[..<sign]) {
            address = "127.0.0.1:\(number)"
        }
        for other in addresses where number != 0 && other.hasSuffix(":\(number)") {
            throw StartFailure("--console-address \(address): the port is that of --address \(other)")
        }
        settings.assetsDirectory = environment.variables["COFFER_CONSOLE_ASSETS"].flatMap { $0.isEmpty ? nil : $0 }
        if let text = environment.value("BROWSER_REDIRECT_URL") {
            let url = try Self.url(text, "MINIO_BROWSER_REDIRECT_URL")
            redirectAddress = url.text
            settings.publicPath = url.path.isEmpty ? "/" : "\(url.path)/"
            settings.isPublicSecure = url.isSecure
        }
        if let text = environment.value("SERVER_URL") {
            settings.serverAddress = try Self.url(text, "MINIO_SERVER_URL").text
        }
    }

    /// An address without a slash at its end, and its path alike.
    private static func url(
        _ text: String, _ variable: String
    ) throws(StartFailure) -> (text: String, path: String, isSecure: Bool) {
        let isSecure = text.lowercased().hasPrefix("https://")
        guard isSecure || text.lowercased().hasPrefix("http://"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains(where: { "?#\"\\<>".contains($0) })
        else {
            throw StartFailure("\(variable): \"\(text)\" is not the address of a server: http(s)://HOST[:PORT][/PATH]")
        }
        var text = text[...]
        while text.last == "/" { text = text.dropLast() }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        guard let host = rest.split(separator: "/", omittingEmptySubsequences: false).first, !host.isEmpty else {
            throw StartFailure("\(variable): the address has no host")
        }
        return (String(text), String(rest.dropFirst(host.count)), isSecure)
    }
}
