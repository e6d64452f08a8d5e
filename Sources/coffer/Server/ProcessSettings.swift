import CLinux
import Glibc

/// What the whole process needs of the operating system.
enum ProcessSettings {
    static func apply() {
        // A client that is gone is an error of its write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // A core file would hold keys and plaintext.
        coffer_protect_process()
        // Every connection and every open blob is a file descriptor.
        coffer_raise_limits()
        // What this process makes is nobody else's to read.
        umask(0o077)
    }
}
