import Cryptography
import Glibc

/// The program, the arguments and the environment of this process, for running it anew.
///
/// The environment has secrets in it, and stands in memory that is wiped.
struct ProcessImage: Sendable {
    private let program: String
    private let arguments: [String]
    /// Entries that end with a zero byte each.
    private let environment: SecretBytes

    /// To be taken before secrets are wiped from the environment.
    static func capture() -> ProcessImage {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let program = count > 0 ? String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
        var entries: [UInt8] = []
        var entry = environ
        while let pointer = entry.pointee {
            entries.append(
                contentsOf: UnsafeRawBufferPointer(start: UnsafeRawPointer(pointer), count: strlen(pointer) + 1))
            entry += 1
        }
        return ProcessImage(
            program: program, arguments: CommandLine.arguments, environment: SecretBytes(moving: &entries))
    }

    /// Runs the program anew in this process; returns only when that fails, with the reason.
    func run() -> String {
        // What this process ignores or blocks, its successor would too.
        for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)

        let copies = arguments.map { strdup($0) }
        var argv: [UnsafeMutablePointer<CChar>?] = copies + [nil]
        return environment.withUnsafeBytes { bytes in
            var envp: [UnsafeMutablePointer<CChar>?] = []
            var start = 0
            for place in bytes.indices where bytes[place] == 0 {
                let first = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + start) }
                envp.append(first?.assumingMemoryBound(to: CChar.self))
                start = place + 1
            }
            envp.append(nil)
            // A program that was replaced meanwhile is the one to run; one that is gone is still this process's.
            _ = execve(program, &argv, &envp)
            _ = execve("/proc/self/exe", &argv, &envp)
            return String(cString: strerror(errno))
        }
    }
}
