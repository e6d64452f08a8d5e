/// What stores have in common whose protocol cannot change a value on the condition that it is still the old one.
enum ImmutableValues {
    /// The refusal of a rotation: to put one value over another unconditionally would lose what a second server put there.
    static func refusal(of store: String) -> KeyStoreError {
        .unavailable("\(store): this store cannot replace a key's value atomically, so its keys cannot be rotated")
    }
}
