import Testing
import KESService

struct ModuleTests {
    @Test func `the module is there`() { #expect(Bool(true)) }
}
