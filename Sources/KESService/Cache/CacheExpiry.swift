/// How long master keys stay in memory.
package struct CacheExpiry: Sendable, Hashable {
    /// The longest life of an entry since it was read from the key store.
    package var any: Duration
    /// The longest life of an entry that nobody uses.
    package var unused: Duration
    /// For how long entries serve while the key store does not answer, counted from its last answer.
    ///
    /// ``any`` and ``unused`` do not count then, and an entry that had expired no longer ago than this serves as well. At
    /// zero, nothing is ever served past them.
    package var offline: Duration

    package init(any: Duration = .seconds(300), unused: Duration = .seconds(30), offline: Duration = .zero) {
        self.any = any
        self.unused = unused
        self.offline = offline
    }
}
