/// What a bucket keeps of an object that is written over or deleted.
///
/// In clear, because every commit is decided by it, and because a bucket whose sealed record is damaged must not take to
/// another one. The numbers lie many bits apart: damage makes none of another.
package enum BucketVersioning: Int64, Sendable {
    /// Nothing: each key has one version, its null version.
    case unversioned = 0
    /// Everything: a write adds a version, a deletion a delete marker.
    case enabled = 0x5A69_C3A5_963C
    /// What the key has besides its null version; that is replaced by writes and by delete markers.
    case suspended = 0x0F33_55AA_CCF0
    /// As ``enabled``, for good: versions may be locked, and none is removed but by who has seen its record.
    case locked = 0x3CA5_0FF0_5AC3

    /// - Parameter column: one that is damaged counts as ``enabled``, in which nothing gets lost.
    init(column: Int64) {
        self = BucketVersioning(rawValue: column) ?? .enabled
    }

    /// Whether what is written is, and replaces, the null version of its key.
    package var writesNullVersions: Bool {
        switch self {
        case .unversioned, .suspended: true
        case .enabled, .locked: false
        }
    }
}
