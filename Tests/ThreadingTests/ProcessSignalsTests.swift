import Glibc
import Testing
import Threading

@Suite struct ProcessSignalsTests {
    @Test func `a signal that comes as soon as it is listened for is told`() {
        for number in [SIGUSR1, SIGUSR2, SIGHUP] {
            let told = Monitor<Int32?>(nil)
            let signals = ProcessSignals([number]) { number in told.signal { $0 = number } }
            kill(getpid(), number)
            // A signal that is lost never comes.
            #expect(told.wait(milliseconds: 20_000) { $0 } == number)
            signals.cancel()
        }
    }
}
