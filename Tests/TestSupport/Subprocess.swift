import Glibc

/// What a shell command prints to its standard output.
///
/// Not Foundation's `Process`, whose `run()` crashes when several tests start processes at once.
package func shellOutput(_ command: String) throws -> String {
    guard let pipe = popen(command, "r") else { throw ShellNotStarted(errno: errno) }
    defer { pclose(pipe) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        guard count > 0 else { return String(decoding: output, as: UTF8.self) }
        output.append(contentsOf: buffer[..<count])
    }
}

package struct ShellNotStarted: Error {
    package let errno: Int32
}
