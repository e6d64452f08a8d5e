import TestSupport

/// Files that the `openssl` command makes and judges, in a directory of a test's own.
final class OpenSSLCommand {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What a shell command in the directory prints, both streams, without white space at its end.
    @discardableResult
    func run(_ command: String) throws -> String {
        var output = Substring(try shellOutput("cd \(directory.path) && { \(command) ; } 2>&1"))
        while output.last?.isWhitespace == true { output.removeLast() }
        return String(output)
    }

    func file(_ name: String) throws -> [UInt8] {
        Array(try shellOutput("cat \(directory.path)/\(name)").utf8)
    }

    func write(_ text: some Sequence<UInt8>, to name: String) throws {
        try run("printf %s \(hex(text)) | xxd -r -p > \(name)")
    }

    /// An authority `root`, an authority `middle` that it issued, and a leaf of each kind that `middle` issued.
    func makeChain() throws {
        let authority = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign"
        try run("openssl req -x509 \(Self.newKey) -keyout root.key -out root.crt -subj /CN=root -days 9 \(authority)")
        try run("openssl req \(Self.newKey) -keyout middle.key -out middle.csr -subj /CN=middle")
        try run("printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\n' > middle.cnf")
        try sign("middle", by: "root")
        for usage in ["clientAuth", "serverAuth"] {
            try run("openssl req \(Self.newKey) -keyout \(usage).key -out \(usage).csr -subj /CN=\(usage)")
            try run("printf 'extendedKeyUsage=\(usage)\\n' > \(usage).cnf")
            try sign(usage, by: "middle")
        }
    }

    static let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    private func sign(_ name: String, by issuer: String) throws {
        try run(
            "openssl x509 -req -in \(name).csr -CA \(issuer).crt -CAkey \(issuer).key -CAcreateserial -days 9 "
                + "-extfile \(name).cnf -out \(name).crt")
    }
}
