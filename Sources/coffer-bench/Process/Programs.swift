import Glibc

/// The file this process was started from.
func ownExecutable() -> String { realPath("/proc/self/exe") }

/// The program of that name beside this executable.
func sibling(_ name: String) throws -> String {
    let path = ownExecutable().split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
    guard access(path, X_OK) == 0 else {
        throw BenchError("there is no \(path); build it, or say by an option which server to measure")
    }
    return path
}

private func realPath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Makes `private.key` and `public.crt` for this host.
func makeServerCertificate(in directory: String, log: String) throws {
    let maker = try ChildProcess(
        "/usr/bin/openssl",
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", "\(directory)/private.key", "-out", "\(directory)/public.crt",
        ], log: log)
    while maker.isRunning { usleep(10_000) }
    guard access("\(directory)/public.crt", R_OK) == 0 else {
        throw BenchError("openssl made no certificate:\n\(lastLines(of: log))")
    }
}
