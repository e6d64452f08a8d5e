import Fuzz
import Glibc

// coffer-fuzz NAME [libFuzzer's arguments]: reads inputs that libFuzzer makes until one breaks a promise.
// coffer-fuzz --list: the targets' names.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var chosen: FuzzTarget?

let arguments = CommandLine.arguments
guard arguments.count > 1 else {
    print("usage: coffer-fuzz NAME [ARGUMENT …], coffer-fuzz --list")
    exit(2)
}
if arguments[1] == "--list" {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
}
chosen = FuzzTarget.all.first { $0.name == arguments[1] }
guard chosen != nil else {
    print("there is no target \(arguments[1])")
    exit(2)
}
// The program's name, then what is libFuzzer's.
var kept = [CommandLine.unsafeArgv[0]] + (2..<arguments.count).map { CommandLine.unsafeArgv[$0] } + [nil]
var count = CInt(arguments.count - 1)
kept.withUnsafeMutableBufferPointer { buffer in
    guard var list = buffer.baseAddress else { return }
    _ = runDriver(&count, &list) { bytes, length in
        let input = Array(UnsafeBufferPointer(start: bytes, count: length))
        do throws(BrokenPromise) {
            try chosen?.read(input)
        } catch {
            let line = Array("broken promise: \(error)\n".utf8)
            write(STDERR_FILENO, line, line.count)
            abort()
        }
        return 0
    }
}
