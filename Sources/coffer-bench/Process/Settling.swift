import Glibc

/// Waits, at most ten seconds, until a server has finished what it does after its answers: checkpoints, unlinking.
func settle(_ process: pid_t) {
    var last = ProcessStatistics(of: process)?.cpuSeconds
    for _ in 0..<40 {
        usleep(250_000)
        let now = ProcessStatistics(of: process)?.cpuSeconds
        if now == last { return }
        last = now
    }
}
