import Glibc

/// Who may do what with a file or directory: the permission bits of its mode.
struct FileAccess: Hashable, Sendable {
    private let bits: mode_t

    init(_ status: stat) { bits = status.st_mode & 0o7777 }

    private var mayBeChangedByOthers: Bool { bits & 0o022 != 0 }
    private var isOpenToOthers: Bool { bits & 0o077 != 0 }

    /// What to tell the operator when others than the owner have access to `thing`; `wanted` is the mode to give it.
    func warning(of thing: String, wanted: String) -> String? {
        guard isOpenToOthers else { return nil }
        let verb = mayBeChangedByOthers ? "changed" : "read"
        let octal = String(bits, radix: 8)
        return "\(thing) can be \(verb) by others than its owner (mode 0\(octal)); its mode should be \(wanted)"
    }
}
