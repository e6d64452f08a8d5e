extension StringProtocol {
    /// Whether both texts have the same bytes.
    ///
    /// `==` finds texts equal that look alike ("é" as one character or as two), and hashes them alike. Keys, tags and
    /// whatever else a client names are their bytes.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
