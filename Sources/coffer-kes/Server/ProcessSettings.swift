import CLinux
import CWipingHeap
import Glibc

/// What the whole process needs of the operating system.
enum ProcessSettings {
    static func apply() {
        // A client that is gone is an error of its write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // A core file would hold keys.
        coffer_protect_process()
        // And so would memory that was used and given back.
        _ = coffer_heap_is_wiped()
        // Every connection is a file descriptor.
        coffer_raise_limits()
    }
}
