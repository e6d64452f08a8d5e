import Testing
import KESClient

struct ModuleTests {
    @Test func `the module is there`() { #expect(Bool(true)) }
}
