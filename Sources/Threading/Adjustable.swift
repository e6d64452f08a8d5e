/// A value that may be changed while others read it: a setting of the running server.
public final class Adjustable<Value: Sendable>: Sendable {
    private let value: ShortLock<Value>

    public init(_ value: Value) {
        self.value = ShortLock(value)
    }

    /// Each look takes the value as it is then: who needs two of its parts takes it once.
    public var current: Value {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
