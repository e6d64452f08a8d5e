import Glibc

/// What the whole process needs of the operating system.
enum ProcessSettings {
    static func apply() {
        // A client that is gone is an error of its write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // A core file would hold keys.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // Every connection is a file descriptor.
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            files.rlim_cur = files.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
    }
}
