/// First in, first out; what was taken is let go at once.
struct Queue<Element> {
    /// Taken from `head` on; cut when half of it has been taken.
    private var places: [Element?] = []
    private var head = 0

    var count: Int { places.count - head }
    var isEmpty: Bool { count == 0 }

    var first: Element? { head < places.count ? places[head] : nil }

    /// The oldest first.
    var elements: [Element] { places[head...].compactMap(\.self) }

    mutating func append(_ element: Element) { places.append(element) }

    mutating func popFirst() -> Element? {
        guard head < places.count else { return nil }
        let element = places[head]
        places[head] = nil
        head += 1
        if head == places.count {
            places.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > places.count {
            places.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes all for which it is so, the oldest first; the others keep their order.
    mutating func removeAll(where isTaken: (Element) -> Bool) -> [Element] {
        var (taken, kept): ([Element], [Element?]) = ([], [])
        for element in elements {
            if isTaken(element) { taken.append(element) } else { kept.append(element) }
        }
        (places, head) = (kept, 0)
        return taken
    }
}
