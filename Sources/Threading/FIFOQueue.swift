/// First in, first out; both ends in constant time, amortised.
///
/// What was taken is let go at once. Plain state: its owner keeps it behind a lock.
public struct FIFOQueue<Element> {
    /// Taken up to ``head``; cut when half of it has been taken.
    @usableFromInline
    var elements: [Element?] = []
    @usableFromInline
    var head = 0

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { elements.count - head }
    @inlinable
    public var isEmpty: Bool { head == elements.count }
    @inlinable
    public var first: Element? { head < elements.count ? elements[head] : nil }

    @inlinable
    public mutating func append(_ element: Element) { elements.append(element) }

    @inlinable
    public mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
