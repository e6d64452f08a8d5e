import Testing
import KESProtocol

struct ModuleTests {
    @Test func `the module is there`() { #expect(Bool(true)) }
}
