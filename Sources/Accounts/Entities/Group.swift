/// Users who have policies in common; each user's record says which groups it is in.
package struct Group: Sendable {
    package let name: AccountName
    /// A group that is not gives its members nothing, and forbids them nothing.
    package var isEnabled = true
    /// The policies that are attached, in the order of their names.
    package var policies: [AccountName] = []
    /// When the group was changed last: milliseconds since 1970.
    package var changed: Int64

    package init(name: AccountName, changed: Int64) {
        self.name = name
        self.changed = changed
    }
}
