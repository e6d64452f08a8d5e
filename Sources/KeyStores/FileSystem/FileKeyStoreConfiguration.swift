/// Where a ``FileKeyStore`` keeps its files.
package struct FileKeyStoreConfiguration: Sendable, Hashable {
    /// The directory, from the working directory unless it is absolute.
    package var path: String

    package init(path: String) { self.path = path }
}
