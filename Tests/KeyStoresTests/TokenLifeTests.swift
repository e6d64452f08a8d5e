import KeyStores
import Testing

/// The life of tokens by a clock that is moved by hand.
@Suite struct TokenLifeTests {
    private typealias Life = TokenLife<Int>

    /// When the token of a store ends, as the store itself sees it.
    private struct Store {
        let lifetime: Duration
        var ends: [Int: ContinuousClock.Instant] = [:]

        mutating func issue(at now: ContinuousClock.Instant) -> Int {
            let token = ends.count + 1
            ends[token] = now + lifetime
            return token
        }

        func accepts(_ token: Int, at now: ContinuousClock.Instant) -> Bool {
            ends[token].map { now < $0 } ?? false
        }
    }

    @Test(arguments: [0.0, 0.5, 1.0])
    func `in a day of tokens of thirty seconds no request fails`(jitter: Double) {
        let start = ContinuousClock.now
        var store = Store(lifetime: .seconds(30))
        var life = Life()
        var requests = 0
        var refusals = 0
        // Every renewal takes two seconds, during which the old token has to serve.
        var renewed: (token: Int, asked: ContinuousClock.Instant, there: ContinuousClock.Instant)?
        for tick in 0..<(24 * 3600 * 2) {
            let now = start + .milliseconds(500) * tick
            if let answer = renewed, now >= answer.there {
                life.obtain(answer.token, asked: answer.asked, lifetime: .seconds(30), jitter: jitter)
                renewed = nil
            }
            switch life.step(at: now) {
            case .use(let token):
                requests += 1
                if !store.accepts(token, at: now) { refusals += 1 }
            case .useAndRenew(let token):
                requests += 1
                if !store.accepts(token, at: now) { refusals += 1 }
                if renewed == nil { renewed = (store.issue(at: now + .seconds(1)), now, now + .seconds(2)) }
            case .obtain:
                // Only at the beginning there is nothing that serves.
                #expect(tick == 0)
                life.obtain(store.issue(at: now), asked: now, lifetime: .seconds(30), jitter: jitter)
            }
        }
        #expect(refusals == 0 && requests == 24 * 3600 * 2 - 1)
        #expect(life.number > 24 * 3600 / 30 && life.number < 24 * 3600 / 15)
    }

    @Test func `a renewal that fails is tried for again while the token serves`() throws {
        let start = ContinuousClock.now
        var life = Life()
        life.obtain(1, asked: start, lifetime: .seconds(600), jitter: 0)
        var tries = 0
        var now = start
        while now < start + .seconds(600) {
            switch life.step(at: now) {
            case .use: break
            case .useAndRenew:
                tries += 1
                life.fail(at: now, jitter: 0)
            case .obtain: Issue.record("nothing serves at \(now - start)")
            }
            now += .milliseconds(100)
        }
        // After 1, 2, 4, 8, 16 s, and from then on every 30 s.
        #expect(tries == 11)
        guard case .obtain = life.step(at: now) else {
            Issue.record("it serves beyond its end")
            return
        }
    }

    @Test func `a token that was refused does not serve, and one that came since does`() {
        var life = Life()
        life.obtain(1, asked: .now, lifetime: nil)
        let first = life.number
        let refusal = life.refuse(first, at: .now)
        #expect(refusal == .replaced && life.token == nil)
        life.obtain(2, asked: .now, lifetime: nil)
        let late = life.refuse(first, at: .now)
        #expect(late == .replaced && life.token == 2 && life.renewal == nil && life.end == nil)
    }

    @Test func `a replacement that is refused stays, and is replaced after longer and longer pauses`() {
        let start = ContinuousClock.now
        var life = Life()
        var signIns = 0
        func serve(_ life: inout Life, at now: ContinuousClock.Instant) {
            if case .obtain = life.step(at: now) {
                signIns += 1
                life.obtain(signIns, asked: now, lifetime: .seconds(3600))
            }
        }
        // Ten calls a second for ten minutes, each of which tries once more where it may.
        for tick in 0..<6000 {
            let now = start + .milliseconds(100) * tick
            serve(&life, at: now)
            if life.refuse(life.number, at: now) == .replaced {
                serve(&life, at: now)
                _ = life.refuse(life.number, at: now)
            }
        }
        // Two at first, and one after each pause of 1, 2, 4, 8, 16 and from then on 30 s.
        #expect(signIns >= 20 && signIns <= 2 + 5 + 20)
        #expect(life.token == signIns)
    }

    @Test func `a store that takes the token again is back at once`() {
        let start = ContinuousClock.now
        var life = Life()
        func refusals(_ count: Int) -> [Life.Refusal] { (0..<count).map { _ in life.refuse(life.number, at: start) } }
        life.obtain(1, asked: start, lifetime: nil)
        #expect(refusals(1) == [.replaced])
        life.obtain(2, asked: start, lifetime: nil)
        #expect(refusals(2) == [.pausing(.seconds(1)), .kept])
        #expect(life.token == 2)
        life.accept(life.number)
        // One that served is replaced at once when it is refused.
        #expect(refusals(1) == [.replaced])
        life.obtain(3, asked: start, lifetime: nil)
        #expect(refusals(1) == [.pausing(.seconds(1))])
    }
}
