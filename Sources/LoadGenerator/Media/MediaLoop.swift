import CLinux
import Glibc
import Media
import MediaSecurity
import Primitives

/// The media thread: sends for all participants, slot by slot, and counts what they receive.
///
/// It owns its memory, which is laid out once; nothing is allocated for a packet.
struct MediaLoop: ~Copyable {
    let options: LoadOptions
    let board: MediaBoard
    let capacity: Int
    let participants: UnsafeMutablePointer<Participant>
    let ciphers: UnsafeMutablePointer<Ciphers?>
    let listeners: UnsafeMutablePointer<Listener>
    let listenerCount: Int
    var loops: [TalkLoop] = []
    var sockets: [MediaSocket] = []
    var drops: [UInt32] = []
    var dropsBefore: UInt64 = 0
    var addresses: AddressMap
    var wheel: Wheel
    var random: SplitMix64
    var joined = 0
    let poller: Int32
    /// Sends what pretends to be others (`BadInput.forge`).
    let forger: MediaSocket?

    var sendBatch = SendBatch()
    let receiveBatch = ReceiveBatch()
    var batchSocket: Int32 = -1
    var onsetWaits = false
    /// When the last bursts of the marker went out, nanoseconds of the monotonic clock.
    var onsets: [Int64] = []
    var markersSent = 0

    var total = MediaBoard.Progress()
    var lateness = Histogram()
    var latest: Int64 = 0
    var droppedOnPurpose: UInt64 = 0
    var unknown: UInt64 = 0
    var unauthentic: UInt64 = 0
    var civilOffset: Int64 = 0
    var isMeasuring = false
    var began = Instant.zero
    var threadTime = Duration.zero
    var processTime = Duration.zero
    var isStopped = false

    /// - Parameter listening: participants whose sound is decoded, for the marker if it is said so.
    init(_ options: LoadOptions, board: MediaBoard, listening: [(participant: Int, finds: Bool)]) throws(LoadError) {
        self.options = options
        self.board = board
        capacity = max(options.participants, 1)
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { throw LoadError("no epoll") }
        forger = options.bad[.forge] ?? 0 > 0 ? try MediaSocket(.any4) : nil
        participants = .allocate(capacity: capacity)
        participants.initialize(repeating: Participant(), count: capacity)
        ciphers = .allocate(capacity: capacity)
        for index in 0..<capacity { (ciphers + index).initialize(to: nil) }
        listenerCount = listening.count
        listeners = .allocate(capacity: max(listening.count, 1))
        for (index, listener) in listening.enumerated() {
            let path = options.recordings.first { $0.participant == listener.participant }?.path
            (listeners + index).initialize(
                to: Listener(
                    listener.participant, options.codec(of: listener.participant), finds: listener.finds,
                    recording: path,
                    length: options.duration + options.warmUp))
            if listener.participant < capacity { participants[listener.participant].listener = Int32(index) }
        }
        for index in 0..<capacity {
            participants[index].bad = options.badInput(of: index)
            participants[index].isMarker = options.marker && index == 0
        }
        for track in options.sounds where track.participant < capacity { participants[track.participant].waits = true }
        addresses = AddressMap(capacity: capacity * 2)
        wheel = Wheel(start: MonotonicClock.now)
        random = SplitMix64(options.seed)
        civilOffset = MonotonicClock.offsetOfCivilTime
    }

    deinit {
        for index in 0..<listenerCount { (listeners + index).deinitialize(count: 1) }
        listeners.deallocate()
        for index in 0..<capacity { (ciphers + index).deinitialize(count: 1) }
        ciphers.deallocate()
        participants.deinitialize(count: capacity)
        participants.deallocate()
        close(poller)
    }

    mutating func run() {
        while !isStopped {
            for command in board.takeCommands() { obey(command) }
            var now = MonotonicClock.now
            while wheel.due <= now {
                let late = (now - wheel.due).nanoseconds
                if isMeasuring { lateness.add(late) }
                latest = max(latest, late)
                sendSlot()
                wheel.advance()
                if wheel.position % 4 == 0 { receive() }
                if wheel.position % 500 == 0 { tellProgress() }
                now = MonotonicClock.now
            }
            MonotonicClock.sleep(until: wheel.due)
        }
    }

    private mutating func tellProgress() {
        civilOffset = MonotonicClock.offsetOfCivilTime
        total.latest = latest
        latest = 0
        board.tell(total)
    }

    private mutating func obey(_ command: MediaCommand) {
        switch command {
        case .open(let socket):
            var event = epoll_event()
            event.events = EPOLLIN.rawValue
            event.data.u32 = UInt32(sockets.count)
            epoll_ctl(poller, EPOLL_CTL_ADD, socket.descriptor, &event)
            sockets.append(socket)
            drops.append(0)
        case .join(let joined): join(joined)
        case .leave(let participant): leave(participant)
        case .measure: begin()
        case .finish: finish()
        case .stop: isStopped = true
        }
    }

    private mutating func join(_ join: Joined) {
        let index = join.participant
        guard (0..<capacity).contains(index), sockets.indices.contains(join.socket),
            case .v4(let address) = join.remote.ip.unmapped
        else { return }
        let participant = participants + index
        if participant.pointee.isJoined { leave(index) }
        participant.pointee.isJoined = true
        participant.pointee.socket = Int32(join.socket)
        participant.pointee.remote = sockaddr_in.of(address, join.remote.port)
        participant.pointee.payloadType = join.payloadType
        participant.pointee.levelID = join.levelID ?? 0
        participant.pointee.ssrc = join.ssrc
        participant.pointee.sequence = UInt16(truncatingIfNeeded: random.next())
        participant.pointee.timestamp = UInt32(truncatingIfNeeded: random.next())
        if let sound = join.sound {
            let known = loops.firstIndex { $0 === sound.loop }
            participant.pointee.loop = Int32(known ?? loops.count)
            if known == nil { loops.append(sound.loop) }
            participant.pointee.frame = Int32(sound.start % sound.loop.count)
        }
        if let keys = join.keys { ciphers[index] = try? Ciphers(keys) }
        participant.pointee.isSecured = join.keys != nil
        addresses.insert(AddressMap.key(address, join.remote.port, socket: join.socket), Int32(index))
        guard participant.pointee.loop >= 0 else { return }
        let participants = participants
        wheel.add(Int32(index), slot: Wheel.slot(of: joined)) { participants[Int($0)].socket }
        joined += 1
    }

    private mutating func leave(_ index: Int) {
        guard (0..<capacity).contains(index), participants[index].isJoined else { return }
        participants[index].isJoined = false
        wheel.remove(Int32(index))
    }

    // MARK: Measuring

    private mutating func begin() {
        receive()
        for index in 0..<capacity {
            participants[index].sent = 0
            participants[index].waits = false
            participants[index].reception.restart()
        }
        for index in 0..<listenerCount { listeners[index].forget() }
        sendBatch.forgetErrors()
        lateness = Histogram()
        markersSent = 0
        droppedOnPurpose = 0
        unknown = 0
        unauthentic = 0
        dropsBefore = drops.reduce(0) { $0 + UInt64($1) }
        isMeasuring = true
        began = MonotonicClock.now
        threadTime = MonotonicClock.threadTime
        processTime = MonotonicClock.processTime
    }

    private mutating func finish() {
        receive()
        var results = MediaResults(
            duration: MonotonicClock.now - began,
            participants: (0..<capacity).map { index in
                participants[index].isJoined
                    ? MediaResults.Participant(sent: participants[index].sent, reception: participants[index].reception)
                    : nil
            },
            markersSent: markersSent, hearings: [], lateness: lateness, sendErrors: sendBatch.errors,
            droppedOnPurpose: droppedOnPurpose,
            receiveDrops: drops.reduce(0) { $0 + UInt64($1) } &- dropsBefore, unknown: unknown,
            unauthentic: unauthentic, threadTime: MonotonicClock.threadTime - threadTime,
            processTime: MonotonicClock.processTime - processTime)
        for index in 0..<listenerCount {
            if let hearing = listeners[index].hearing { results.hearings.append(hearing) }
        }
        isMeasuring = false
        board.tell(results)
    }

    /// Writes what was recorded.
    func writeRecordings() throws(LoadError) {
        for index in 0..<listenerCount { try listeners[index].write() }
    }
}
