import CCurl
import Glibc
import Threading

/// All requests of a client on one thread, which libcurl uses when the system says that a connection is ready.
///
/// A request takes a connection that is free; while all are taken, it waits for its turn.
///
/// `@unchecked Sendable`: what is not in ``inbox`` is touched by the loop's own thread alone.
final class TransferLoop: @unchecked Sendable {
    /// What other threads have for the loop.
    private struct Inbox {
        var arrived: [Transfer] = []
        var cancelled: [Exchange] = []
        /// Requests without an answer.
        var count = 0
        var hasThread = false
        /// The thread will look in here before it sleeps.
        var isWoken = false
        var isClosed = false
    }

    let settings: TransferSettings
    private let inbox = ShortLock(Inbox())
    private let poller: SocketPoller
    private let multi: UnsafeMutableRawPointer
    private let maxActive: Int
    private let maxCount: Int

    private var waiting = FIFOQueue<Transfer>()
    /// No later than the first deadline of those that wait.
    private var nextDeadline: ContinuousClock.Instant?
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Not used now; connections are libcurl's, and any of these may use any of them.
    private var free: [EasyHandle] = []
    /// When libcurl wants to act though nothing has come.
    private var alarm: ContinuousClock.Instant?

    init(_ settings: TransferSettings) throws(HTTPClientError) {
        guard EasyHandle.isLibraryReady, let multi = curl_multi_init() else { throw .other("libcurl does not start") }
        self.settings = settings
        self.multi = multi
        poller = try SocketPoller()
        maxActive = max(1, settings.configuration.maxConnections)
        maxCount = maxActive + settings.configuration.maxWaiting
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maxActive)
        ccurl_multi_set_callbacks(multi, onSocket, onAlarm, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        free = []
        curl_multi_cleanup(multi)
    }

    // MARK: Other threads

    /// Takes a request, which will be answered through `exchange`; false, and nothing is done, when too many wait.
    func submit(_ request: HTTPClientRequest, until deadline: ContinuousClock.Instant, for exchange: Exchange) -> Bool {
        let transfer = Transfer(request, until: deadline, for: exchange)
        let (isTaken, needsThread, needsWaking) = inbox.withLock { inbox in
            guard !inbox.isClosed, inbox.count < maxCount else { return (false, false, false) }
            let (hadThread, wasWoken) = (inbox.hasThread, inbox.isWoken)
            inbox.arrived.append(transfer)
            inbox.count += 1
            inbox.hasThread = true
            inbox.isWoken = true
            return (true, !hadThread, !wasWoken)
        }
        if needsThread { return start() }
        if needsWaking { poller.wake() }
        return isTaken
    }

    /// Gives up a request whose task waits no more.
    func cancel(_ exchange: Exchange) {
        let needsWaking = inbox.withLock { inbox in
            inbox.cancelled.append(exchange)
            defer { inbox.isWoken = true }
            return !inbox.isWoken
        }
        if needsWaking { poller.wake() }
    }

    /// Takes no more; the thread ends when what it has is done.
    func close() {
        inbox.withLock { $0.isClosed = true }
        poller.wake()
    }

    private func start() -> Bool {
        if SystemThread.detached(name: "coffer-http", { self.run() }) { return true }
        let stranded = inbox.withLock { inbox in
            defer { inbox = Inbox(isClosed: inbox.isClosed) }
            return inbox.arrived
        }
        for transfer in stranded { transfer.exchange.finish(.failure(.other("no thread"))) }
        return true
    }

    // MARK: The loop

    private func run() {
        while true {
            let (arrived, cancelled, isClosed) = inbox.withLock { inbox in
                defer {
                    inbox.arrived = []
                    inbox.cancelled = []
                    inbox.isWoken = false
                }
                return (inbox.arrived, inbox.cancelled, inbox.isClosed)
            }
            for transfer in arrived { wait(transfer) }
            for exchange in cancelled { abandon(exchange) }
            startWaiting()
            if isClosed, active.isEmpty { return }
            if let alarm, alarm <= .now {
                self.alarm = nil
                act(on: Self.noSocket, 0)
            } else {
                poller.wait(milliseconds: pause) { act(on: $0, $1) }
            }
            while let (transfer, code) = nextFinished() { finish(transfer, code) }
        }
    }

    /// Milliseconds, up to the next moment at which there is something to do; negative when there is none.
    private var pause: Int32 {
        // Each that waits for a connection has a deadline of its own.
        let next = [alarm, nextDeadline].compactMap(\.self).min()
        guard let next else { return -1 }
        // Rounded up: a little too early would be once more in vain.
        return Int32(clamping: max(0, (next - .now).milliseconds + (next > .now ? 1 : 0)))
    }

    /// libcurl's word for what its alarm is about.
    private static let noSocket: Int32 = -1

    private func act(on socket: Int32, _ ready: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, ready, &running)
    }

    private func wait(_ transfer: Transfer) {
        waiting.append(transfer)
        nextDeadline = min(nextDeadline ?? transfer.deadline, transfer.deadline)
    }

    /// Ends the waiting of those that are late or cancelled, wherever they stand.
    private func dismissLate() {
        guard let nextDeadline, nextDeadline <= .now else { return }
        let now = ContinuousClock.now
        self.nextDeadline = nil
        for _ in 0..<waiting.count {
            guard let transfer = waiting.popFirst() else { break }
            if transfer.exchange.isCancelled {
                answer(transfer, .failure(.cancelled))
            } else if transfer.deadline <= now {
                answer(transfer, .failure(.timedOut(.response)))
            } else {
                wait(transfer)
            }
        }
    }

    private func startWaiting() {
        dismissLate()
        while let transfer = waiting.first {
            guard active.count < maxActive || transfer.exchange.isCancelled else { return }
            _ = waiting.popFirst()
            if waiting.isEmpty { nextDeadline = nil }
            guard !transfer.exchange.isCancelled else {
                answer(transfer, .failure(.cancelled))
                continue
            }
            let left = transfer.deadline - .now
            guard left > .zero else {
                answer(transfer, .failure(.timedOut(.response)))
                continue
            }
            do throws(HTTPClientError) {
                let handle = try freeHandle()
                transfer.handle = handle
                try handle.begin(transfer.request, within: left)
                active[handle.curl] = transfer
                curl_multi_add_handle(multi, handle.curl)
            } catch {
                answer(transfer, .failure(error))
            }
        }
    }

    private func freeHandle() throws(HTTPClientError) -> EasyHandle {
        if let handle = free.popLast() { return handle }
        return try EasyHandle(settings)
    }

    private func nextFinished() -> (Transfer, CURLcode)? {
        var code = CURLE_OK
        while let curl = ccurl_multi_next_finished(multi, &code) {
            curl_multi_remove_handle(multi, curl)
            if let transfer = active.removeValue(forKey: curl) { return (transfer, code) }
        }
        return nil
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        guard let handle = transfer.handle else { return }
        let left = transfer.deadline - .now
        if transfer.hops < Transfer.maxHops, handle.followsRedirection(of: transfer.request, code, within: left) {
            transfer.hops += 1
            active[handle.curl] = transfer
            curl_multi_add_handle(multi, handle.curl)
            return
        }
        do throws(HTTPClientError) {
            answer(transfer, .success(try handle.response(to: transfer.request, code)))
        } catch {
            answer(transfer, .failure(error))
        }
    }

    private func abandon(_ exchange: Exchange) {
        // One that waits is found cancelled when its turn comes.
        guard let (curl, transfer) = active.first(where: { $0.value.exchange === exchange }) else { return }
        // Its connection, with half an answer on it, is closed by this.
        curl_multi_remove_handle(multi, curl)
        active[curl] = nil
        answer(transfer, .failure(.cancelled))
    }

    private func answer(_ transfer: Transfer, _ outcome: Exchange.Outcome) {
        if let handle = transfer.handle {
            handle.end()
            free.append(handle)
        }
        transfer.handle = nil
        inbox.withLock { $0.count -= 1 }
        transfer.exchange.finish(outcome)
    }

    // MARK: What libcurl calls

    fileprivate func watch(_ socket: Int32, for wish: Int32) { poller.watch(socket, for: wish) }

    fileprivate func setAlarm(milliseconds: Int) {
        alarm = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }

    fileprivate static func of(_ context: UnsafeMutableRawPointer) -> TransferLoop {
        Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue()
    }
}

/// A request on its way through the loop.
///
/// `@unchecked Sendable`: it goes from the thread that makes it to the loop's, once.
private final class Transfer: @unchecked Sendable {
    /// Redirections are followed so often.
    static let maxHops = 4

    let request: HTTPClientRequest
    let deadline: ContinuousClock.Instant
    let exchange: Exchange
    var handle: EasyHandle?
    var hops = 0

    init(_ request: HTTPClientRequest, until deadline: ContinuousClock.Instant, for exchange: Exchange) {
        self.request = request
        self.deadline = deadline
        self.exchange = exchange
    }
}

private let onSocket: ccurl_socket_callback = { _, socket, wish, context, _ in
    guard let context else { return 0 }
    TransferLoop.of(context).watch(socket, for: wish)
    return 0
}

private let onAlarm: ccurl_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    TransferLoop.of(context).setAlarm(milliseconds: milliseconds)
    return 0
}
