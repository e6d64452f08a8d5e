import Cryptography
import Glibc
import Logging

/// Tells the operator, once, when there are more keys than memory that may be locked.
struct KeyMemoryWatch {
    let logger: Logger

    /// Looks now and every minute until it has told, or is cancelled.
    func run() async {
        SecretMemory.prepare()
        while !tells() {
            guard (try? await Task.sleep(for: .seconds(60))) != nil else { return }
        }
    }

    private func tells() -> Bool {
        let memory = SecretMemory.state
        guard memory.unlockedBytes > 0 else { return false }
        logger.warning(
            "keys may be written to the swap space: not all of their memory can be locked",
            metadata: [
                "cause": "\(String(cString: strerror(memory.lockError)))",
                "locked-bytes": "\(memory.lockedBytes)", "unlocked-bytes": "\(memory.unlockedBytes)",
                "remedy": "LimitMEMLOCK=, ulimit -l, or the capability IPC_LOCK",
            ])
        return true
    }
}
