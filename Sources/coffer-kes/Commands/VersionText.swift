import KESProtocol

/// The answer to `--version`.
enum VersionText {
    static let text = """
        Version    \(KESVersion.release)   commit=\(KESVersion.commit)
        Runtime    swift \(os)/\(architecture)          compiler=swiftc
        License    Apache-2.0             https://www.apache.org/licenses/LICENSE-2.0
        Copyright  2026 Coffer

        """

    #if os(macOS)
        private static let os = "darwin"
    #else
        private static let os = "linux"
    #endif

    #if arch(arm64)
        private static let architecture = "arm64"
    #else
        private static let architecture = "amd64"
    #endif
}
