/// A value that may be changed while others read it: a setting of the running server.
public final class Adjustable<Value: Sendable>: Sendable {
    @usableFromInline
    let value: ShortLock<Value>

    public init(_ value: Value) {
        self.value = ShortLock(value)
    }

    /// One part of the value as it is now, without a copy of the rest.
    @inlinable
    public func read<Part>(_ part: (Value) -> Part) -> Part { value.withLock { part($0) } }

    /// Each look takes the value as it is then: who needs two of its parts takes it once.
    public var current: Value {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
