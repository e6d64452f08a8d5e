import CLinux
import Glibc

/// The processors that a thread may run on; those that it starts, and processes too, inherit them.
enum Processors {
    static var count: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// Lets the calling thread, and what it starts from now on, run on these processors only, counted from 0.
    static func confine(to numbers: Range<Int>) throws {
        let result = coffer_confine_to_processors(Int32(numbers.lowerBound), Int32(numbers.count))
        guard result == 0 else { throw BenchError("cannot choose processors: \(String(cString: strerror(result)))") }
    }
}
