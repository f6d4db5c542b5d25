import Glibc
import MediaSecurity
import Primitives

/// Carries out a run: participants join at their rate, media flows for its time, all leave, and a report is made.
public final class LoadRun {
    private let options: LoadOptions
    private let board = MediaBoard()
    private let pool: SocketPool
    private let caller: any Caller
    private let entropy: Entropy
    private var sounds: Sounds
    private var tally = JoinTally()
    private var joinedAt: [Int: Instant] = [:]
    private let progress: ((String) -> Void)?
    private var line: ProgressLine

    /// - Parameter progress: gets a line each second.
    /// - Throws: `LoadError` when the run cannot even begin.
    public init(_ options: LoadOptions, progress: ((String) -> Void)?) throws {
        self.options = options
        self.progress = progress
        entropy = .system
        if let processor = options.processor { try LoadRun.pin(processor) }
        LoadRun.raiseDescriptorLimit()
        sounds = try Sounds(options)
        pool = SocketPool(board: board, sharedBy: options.sharedBy)
        switch options.scenario {
        case .sip(let target, let overTCP):
            caller = try SIPCaller(options, target: target, overTCP: overTCP, pool: pool, entropy: entropy)
        case .gateway(let target, let password):
            caller = try GatewayCaller(options, target: target, password: password, pool: pool, entropy: entropy)
        case .jingle(let listen, let secret, let domain, let room):
            caller = try JingleCaller(
                options, listen: listen, secret: secret, domain: domain, room: room, pool: pool, entropy: entropy)
        case .rtp(let endpoints, let announce):
            caller = try EndpointCaller(
                options, source: endpoints, announce: announce, pool: pool, entropy: entropy)
        }
        line = ProgressLine(asked: options.participants)
    }

    /// Runs to the end, or until `isStopped` says so.
    public func run(isStopped: () -> Bool = { false }) throws -> LoadReport {
        // Sounds are encoded before the clock runs.
        for participant in 0..<options.participants { _ = try sounds.loop(for: participant) }
        let finding = Set(options.markerListening)
        let listening = finding.union(options.recordings.map(\.participant)).sorted()
        try MediaThread(options, board: board, listening: listening, finding: finding).start()
        defer { board.post(.stop) }

        try waitUntilReady(isStopped)
        join(isStopped)
        guard tally.joined > 0 else { throw LoadError("nobody joined: \(tally.failures.first?.reason ?? "stopped")") }
        if !isStopped() { turn(until: MonotonicClock.now + options.warmUp, isStopped) }
        board.post(.measure)
        line.isMeasuring = true
        turn(until: MonotonicClock.now + options.duration, isStopped)
        board.post(.finish)
        turn(until: MonotonicClock.now + .seconds(5)) { board.results != nil || board.failure != nil }
        if let failure = board.failure { throw failure }
        guard let results = board.results else { throw LoadError("the media thread does not answer") }
        leave()
        board.post(.stop)
        turn(until: MonotonicClock.now + .seconds(10)) { board.isStopped }
        if let failure = board.failure { throw failure }
        return LoadReport(options, results, tally)
    }

    // MARK: The three acts

    private func waitUntilReady(_ isStopped: () -> Bool) throws {
        let end = MonotonicClock.now + .seconds(120)
        turn(until: end) { isStopped() || caller.isReady }
        guard caller.isReady else { throw LoadError("nobody connected") }
    }

    private func join(_ isStopped: () -> Bool) {
        let start = MonotonicClock.now
        for participant in 0..<options.participants {
            if options.ramp > 0 {
                turn(until: start + .nanoseconds(Int64(Double(participant) * 1e9 / options.ramp)), isStopped)
            }
            if isStopped() || board.failure != nil { return }
            let now = MonotonicClock.now
            joinedAt[participant] = now
            tally.asked += 1
            caller.join(participant, now: now)
            follow()
        }
        turn(until: MonotonicClock.now + .seconds(35)) { isStopped() || tally.isSettled }
    }

    private func leave() {
        let count = Double(max(tally.joined, 1))
        let start = MonotonicClock.now
        for (index, participant) in joinedAt.keys.sorted().enumerated() {
            board.post(.leave(participant))
            caller.leave(participant, now: MonotonicClock.now)
            // Within two seconds or by 500 a second, whichever is longer.
            turn(until: start + .milliseconds(Int64(Double(index) * max(2, 2000 / count))))
        }
        turn(until: MonotonicClock.now + .seconds(5)) { caller.active == 0 }
    }

    // MARK: Events

    /// Serves signalling until then, or until `isDone`.
    private func turn(until deadline: Instant, _ isDone: () -> Bool = { false }) {
        while !isDone() {
            let now = MonotonicClock.now
            if let due = caller.nextWake, due <= now { caller.wake(now: now) }
            follow()
            if let text = line.tick(now, board.progress, tally), let progress { progress(text) }
            guard now < deadline else { return }
            let wake = min(deadline, caller.nextWake ?? deadline, line.next)
            poll(for: wake - now)
        }
    }

    private func poll(for time: Duration) {
        var entries = caller.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        entries.append(pollfd(fd: board.bell, events: Int16(POLLIN), revents: 0))
        let milliseconds = min(max(time.nanoseconds / 1_000_000, 0), 100)
        // Less than a millisecond is slept instead.
        let ready = Glibc.poll(&entries, nfds_t(entries.count), Int32(milliseconds))
        if milliseconds == 0, ready <= 0, time > .zero {
            MonotonicClock.sleep(until: MonotonicClock.now + min(time, .milliseconds(1)))
        }
        guard ready > 0 else { return }
        for entry in entries where entry.revents != 0 {
            if entry.fd == board.bell {
                board.clearBell()
            } else {
                caller.readable(entry.fd, now: MonotonicClock.now)
            }
        }
    }

    private func follow() {
        for stray in board.takeStrays() { caller.receive(stray, now: MonotonicClock.now) }
        for (participant, arrival) in board.takeArrivals() {
            if let began = joinedAt[participant] { tally.note(.media, participant, arrival - began) }
        }
        for event in caller.takeEvents() {
            switch event {
            case .joined(var joined):
                if let sound = try? sounds.loop(for: joined.participant) {
                    joined.sound = Joined.Sound(loop: sound.loop, start: sound.start)
                }
                tally.joined += 1
                board.post(.join(joined))
            case .took(let step, let participant, let time): tally.note(step, participant, time)
            case .failed(let participant, let reason): tally.failures.append((participant, reason))
            case .ended(let participant, let reason):
                tally.dropped.append((participant, reason))
                board.post(.leave(participant))
            }
        }
    }

    // MARK: The process

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
