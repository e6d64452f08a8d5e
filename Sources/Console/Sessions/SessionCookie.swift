import HTTPServer

/// The cookie that a browser has of its session.
enum SessionCookie {
    /// How many cookies of one name are looked at.
    private static let most = 4

    /// The values of the cookies of that name, the first few of them.
    static func values(named name: String, _ head: RequestHead) -> [String] {
        var values: [String] = []
        for header in head.headers(named: "cookie") {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let sign = pair.firstIndex(of: "="), pair[..<sign] == name else { continue }
                if values.count < most { values.append(String(pair[pair.index(after: sign)...])) }
            }
        }
        return values
    }

    /// The header that gives the browser a session, or with an empty value takes it away.
    static func header(
        _ name: String, _ value: String, _ request: HTTPRequest, _ settings: ConsoleSettings
    ) -> (name: String, value: String) {
        var text = "\(name)=\(value); Path=\(settings.publicPath); HttpOnly; SameSite=Strict"
        if isSecure(request, settings) { text += "; Secure" }
        text += value.isEmpty ? "; Max-Age=0" : "; Max-Age=\(ConsoleSessions.longest / 1000)"
        return ("set-cookie", text)
    }

    /// Whether the browser speaks HTTPS, with this server or with a proxy before it.
    private static func isSecure(_ request: HTTPRequest, _ settings: ConsoleSettings) -> Bool {
        if request.connection.isTLS || settings.isPublicSecure { return true }
        let protocols = request.head.header("x-forwarded-proto") ?? ""
        return protocols.prefix { $0 != "," }.lowercased() == "https"
    }
}
