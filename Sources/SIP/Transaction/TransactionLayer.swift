public import Primitives

/// All transactions of one SIP element (RFC 3261 section 17, RFC 6026), with the transport's part in Via (section 18).
///
/// A value: the owner feeds messages and time, drains what is to be sent, and wakes it when it asks.
public struct TransactionLayer: Sendable {
    let timers: SIPTimers
    let entropy: Entropy
    /// Most transactions of either side; beyond it requests get 503.
    let limit: Int
    /// Whether large requests go by TCP where they would go by UDP.
    let sendsLargeByTCP: Bool
    /// How many transactions the requests of each address have made.
    var shares: [IPAddress: Int] = [:]
    /// How many transactions our requests to each address have made.
    var clientShares: [IPAddress: Int] = [:]
    /// Peers that are not reached by TCP, and until when that is believed.
    var withoutTCP: [SocketAddress: Instant] = [:]
    var servers: [ServerTransactionID: ServerEntry] = [:]
    var clients: [ClientTransactionID: ClientEntry] = [:]
    private var merges: [MergeKey: ServerTransactionID] = [:]
    private(set) var deadlines = TimerHeap<TimerKey>()
    private var outbox: [Outgoing] = []

    struct ServerEntry: Sendable {
        var machine: ServerMachine
        var flow: SIPFlow
        let source: IPAddress
        /// The port of the topmost Via, for responses by a new connection.
        let viaPort: UInt16?
        let mergeKey: MergeKey
        let tag: String
        /// The deadline that was last told to `deadlines`.
        var armed: Instant?

        init(_ machine: ServerMachine, _ request: SIPMessage, _ flow: SIPFlow, tag: String) {
            self.machine = machine
            self.flow = request.responseFlow(flow)
            source = flow.remote.ip
            viaPort = request.vias.first?.port
            mergeKey = MergeKey(fromTag: request.from.tag, callID: request.callID, cseq: request.cseq)
            self.tag = tag
        }
    }

    struct ClientEntry: Sendable {
        var machine: ClientMachine
        var flow: SIPFlow
        /// Where the request goes if there is no connection to be had (RFC 3261 section 18.1.1).
        var fallback: SIPFlow?
        /// CANCEL is wanted and waits for a provisional response (RFC 3261 section 9.1).
        var cancelHeaders: [SIPHeader]?
        /// The deadline that was last told to `deadlines`.
        var armed: Instant?
    }

    enum TimerKey: Sendable {
        case server(ServerTransactionID)
        case client(ClientTransactionID)
    }

    /// RFC 3261 section 8.2.2.2.
    struct MergeKey: Hashable, Sendable {
        var fromTag: String?
        var callID: String
        var cseq: CSeq
    }

    public init(timers: SIPTimers = SIPTimers(), limit: Int = 20_000, sendsLargeByTCP: Bool = false, entropy: Entropy) {
        self.timers = timers
        self.limit = limit
        self.sendsLargeByTCP = sendsLargeByTCP
        self.entropy = entropy
    }

    /// When `wake` is next due; may be early, never late.
    public var nextWake: Instant? { deadlines.next }

    /// How many transactions there are.
    public var count: Int { servers.count + clients.count }

    /// Whether a request of ours, of another method than that, has no final response yet.
    public func awaitsAnswer(but method: SIPMethod) -> Bool {
        clients.contains { $0.key.method != method && $0.value.machine.isPending }
    }

    /// What is to be sent, in order; empties it.
    public mutating func drain() -> [Outgoing] {
        defer { outbox = [] }
        return outbox
    }

    // MARK: From the wire

    /// Takes a message that arrived; gives what the transaction user is to know.
    public mutating func receive(_ message: SIPMessage, on flow: SIPFlow, at now: Instant) -> [TransactionEvent] {
        guard let method = message.method else { return receiveResponse(message, on: flow, at: now) }
        var request = message
        request.noteSource(of: flow)
        let id = ServerTransactionID(of: request, method: method == .ack ? .invite : method)
        if servers[id] != nil { return again(request, id, flow, at: now) }
        switch method {
        case .ack: return [.acknowledged(request, flow)]
        case .cancel: return cancel(request, id, flow, at: now)
        default: return begin(request, method, id, flow, at: now)
        }
    }

    private mutating func again(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [TransactionEvent] {
        guard var entry = servers[id] else { return [] }
        let actions = entry.machine.receive(request, at: now)
        return settle(entry, id, actions, flow)
    }

    private mutating func begin(
        _ request: SIPMessage, _ method: SIPMethod, _ id: ServerTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [TransactionEvent] {
        guard hasRoom(for: flow.remote.ip) else { return refuse(request, flow) }
        let entry = ServerEntry(
            ServerMachine(for: method, timers: timers, isReliable: flow.transport.isReliable), request, flow,
            tag: entropy.token(10))
        servers[id] = entry
        shares[entry.source, default: 0] += 1
        if request.to.tag == nil {
            if merges[entry.mergeKey] != nil {
                respond(request.response(482, "Merged Request", tag: entry.tag), to: id, at: now)
                return []
            }
            merges[entry.mergeKey] = id
        }
        if method == .invite { respond(request.response(100), to: id, at: now) }
        return [.request(request, id, flow)]
    }

    /// There are too many transactions: 503, without one.
    private mutating func refuse(_ request: SIPMessage, _ flow: SIPFlow) -> [TransactionEvent] {
        var refusal = request.response(503, tag: entropy.token(10))
        refusal.set("Retry-After", "5")
        send(refusal.bytes, on: request.responseFlow(flow))
        return []
    }

    private mutating func cancel(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, at now: Instant
    ) -> [TransactionEvent] {
        let target = ServerTransactionID(key: id.key, method: .invite)
        let invite = servers[target]
        guard invite != nil || hasRoom(for: flow.remote.ip) else { return refuse(request, flow) }
        let entry = ServerEntry(
            ServerMachine(for: .cancel, timers: timers, isReliable: flow.transport.isReliable), request, flow,
            tag: invite?.tag ?? entropy.token(10))
        servers[id] = entry
        shares[entry.source, default: 0] += 1
        guard let invite, case .invite(let transaction) = invite.machine else {
            respond(request.response(481, tag: servers[id]?.tag), to: id, at: now)
            return []
        }
        respond(request.response(200, tag: invite.tag), to: id, at: now)
        return transaction.state == .proceeding ? [.cancelled(target, request)] : []
    }

    private mutating func receiveResponse(
        _ response: SIPMessage, on flow: SIPFlow, at now: Instant
    ) -> [TransactionEvent] {
        guard response.vias.count == 1, let branch = response.vias.first?.branch else { return [] }
        let id = ClientTransactionID(branch: branch, method: response.cseq.method)
        guard var entry = clients[id] else { return [] }
        let actions = entry.machine.receive(response, at: now)
        let headers = entry.cancelHeaders
        entry.cancelHeaders = nil
        let events = settle(entry, id, actions, flow)
        if let headers, (response.status ?? 0) < 200 { sendCancel(id, headers, at: now) }
        return events
    }

    // MARK: From the transaction user

    /// The tag that the layer used, or would use, as ours in answers to this request.
    public func tag(of id: ServerTransactionID) -> String? { servers[id]?.tag }

    /// Whether a request may still be given a final response.
    public func isOpen(_ id: ServerTransactionID) -> Bool {
        servers[id]?.machine.isOpen ?? false
    }

    /// Answers a request. Responses out of turn, and to transactions that are over, are ignored; a repeated 2xx to
    /// INVITE is sent as long as the transaction lasts.
    public mutating func respond(_ response: SIPMessage, to id: ServerTransactionID, at now: Instant) {
        guard var entry = servers[id], let status = response.status else { return }
        let actions = entry.machine.respond(status, response.bytes, at: now)
        _ = settle(entry, id, actions, entry.flow)
    }

    /// Sends a request in a new transaction, under a Via of the layer's making.
    /// - Returns: nil, and nothing is sent, when there are as many transactions as may be, or as may be to that address.
    public mutating func send(_ request: SIPMessage, on flow: SIPFlow, at now: Instant) -> ClientTransactionID? {
        guard let method = request.method, hasRoom(for: request, to: flow.remote.ip) else { return nil }
        var request = request
        let branch = "z9hG4bK" + entropy.token(16)
        request.vias = [via(branch, flow)]
        // May keep-alives be sent for as long as the dialog or the registration lasts (RFC 6223 section 4.3)?
        if method == .register || method == .invite && request.to.tag == nil, flow.transport.isReliable {
            request.vias[0].parameters.flag("keep")
        }
        let id = ClientTransactionID(branch: branch, method: method)
        if let connected = connected(insteadOf: flow, for: request, at: now) {
            request.vias[0].transport = connected.transport.viaName
            begin(request, id, connected, fallback: flow, at: now)
        } else {
            begin(request, id, flow, at: now)
        }
        return id
    }

    /// Sends an ACK to a 2xx, which is outside of any transaction (RFC 3261 section 13.2.2.4).
    public mutating func sendAcknowledgement(_ request: SIPMessage, on flow: SIPFlow) {
        var request = request
        request.vias = [via("z9hG4bK" + entropy.token(16), flow)]
        send(request.bytes, on: flow)
    }

    /// Sends bytes as they are: a response that needs no transaction, a keep-alive.
    public mutating func send(_ bytes: [UInt8], on flow: SIPFlow) { outbox.append(Outgoing(bytes, on: flow)) }

    /// Cancels an INVITE of ours: at once if it has a provisional response, else as soon as it gets one. Nothing
    /// happens when it has its final response.
    /// - Parameter headers: for the CANCEL, such as Reason (RFC 3326).
    public mutating func cancel(_ id: ClientTransactionID, headers: [SIPHeader] = [], at now: Instant) {
        guard case .invite(let machine) = clients[id]?.machine else { return }
        switch machine.state {
        case .calling: clients[id]?.cancelHeaders = headers
        case .proceeding: sendCancel(id, headers, at: now)
        default: break
        }
    }

    /// Nobody waits for the final response to an INVITE any more: its transaction ends without one, too.
    public mutating func expectEnd(of id: ClientTransactionID, at now: Instant) {
        guard var entry = clients[id], case .invite(var machine) = entry.machine, machine.isPending else { return }
        machine.expectEnd(at: now)
        entry.machine = .invite(machine)
        _ = settle(entry, id, [], entry.flow)
    }

    private mutating func sendCancel(_ id: ClientTransactionID, _ headers: [SIPHeader], at now: Instant) {
        expectEnd(of: id, at: now)
        guard let entry = clients[id], case .invite(let machine) = entry.machine, machine.isPending,
            let uri = machine.request.requestURI
        else { return }
        let invite = machine.request
        var cancel = SIPMessage(
            .cancel, uri, from: invite.from, to: invite.to, callID: invite.callID, sequence: invite.cseq.number)
        cancel.vias = invite.vias
        cancel.routes = invite.routes
        cancel.headers = headers
        begin(cancel, ClientTransactionID(branch: id.branch, method: .cancel), entry.flow, at: now)
    }

    private mutating func begin(
        _ request: SIPMessage, _ id: ClientTransactionID, _ flow: SIPFlow, fallback: SIPFlow? = nil, at now: Instant
    ) {
        let machine = ClientMachine(
            for: id.method, request, timers: timers, isReliable: flow.transport.isReliable, at: now)
        let entry = ClientEntry(machine: machine, flow: flow, fallback: fallback)
        _ = settle(entry, id, [.send(request.bytes)], flow)
    }

    /// Sends a request of a transaction anew, another way.
    mutating func restart(
        _ request: SIPMessage, _ id: ClientTransactionID, _ flow: SIPFlow, cancelHeaders: [SIPHeader]?, at now: Instant
    ) {
        begin(request, id, flow, at: now)
        clients[id]?.cancelHeaders = cancelHeaders
    }

    private func via(_ branch: String, _ flow: SIPFlow) -> Via {
        var via = Via(
            transport: flow.transport.viaName, host: flow.local?.ip.description ?? "invalid.invalid",
            port: flow.local?.port)
        via.parameters["branch"] = branch
        via.parameters.flag("rport")
        return via
    }

    // MARK: Time and transport

    /// Fires the timers that are due.
    public mutating func wake(at now: Instant) -> [TransactionEvent] {
        var events: [TransactionEvent] = []
        while let key = deadlines.pop(dueBy: now) {
            switch key {
            case .server(let id): events += wakeServer(id, at: now)
            case .client(let id): events += wakeClient(id, at: now)
            }
        }
        return events
    }

    private mutating func wakeServer(_ id: ServerTransactionID, at now: Instant) -> [TransactionEvent] {
        guard var entry = servers[id], let due = entry.machine.nextWake, due <= now else { return [] }
        let actions = entry.machine.wake(at: now)
        return settle(entry, id, actions, entry.flow)
    }

    private mutating func wakeClient(_ id: ClientTransactionID, at now: Instant) -> [TransactionEvent] {
        guard var entry = clients[id], let due = entry.machine.nextWake, due <= now else { return [] }
        let actions = entry.machine.wake(at: now)
        return settle(entry, id, actions, entry.flow)
    }

    /// A connection closed: requests on it that have no final response fail, and responses to the peer's requests go
    /// by a new connection (RFC 3261 sections 17.1.4 and 18.2.2).
    public mutating func connectionClosed(_ connection: UInt64) -> [TransactionEvent] {
        for (id, entry) in servers where entry.flow.connection == connection {
            servers[id]?.flow.connection = nil
            servers[id]?.flow.remote.port = entry.viaPort ?? entry.flow.transport.defaultPort
        }
        return fail { $0.connection == connection }
    }

    /// Nothing can be sent to that address by that transport: an ICMP error, or a connection refused.
    public mutating func unreachable(
        _ remote: SocketAddress, by transport: SIPTransport, at now: Instant
    ) -> [TransactionEvent] {
        if transport == .tcp { fallBack(from: remote, at: now) }
        return fail { $0.remote == remote && $0.transport == transport }
    }

    private mutating func fail(where isDead: (SIPFlow) -> Bool) -> [TransactionEvent] {
        var events: [TransactionEvent] = []
        for (id, entry) in clients where isDead(entry.flow) && entry.machine.isPending {
            forget(id)
            events.append(.failed(id, .transport))
        }
        return events
    }

    // MARK: Keeping

    private mutating func settle(
        _ entry: ServerEntry, _ id: ServerTransactionID, _ actions: [TransactionAction], _ flow: SIPFlow
    ) -> [TransactionEvent] {
        if entry.machine.isTerminated {
            if servers.removeValue(forKey: id) != nil { release(entry.source) }
            if merges[entry.mergeKey] == id { merges[entry.mergeKey] = nil }
        } else {
            var entry = entry
            if let due = entry.machine.nextWake, due != entry.armed {
                entry.armed = due
                deadlines.push(due, .server(id))
            }
            servers[id] = entry
        }
        return actions.compactMap { action in
            switch action {
            case .send(let bytes):
                send(bytes, on: entry.flow)
                return nil
            case .pass(let message): return .acknowledged(message, flow)
            case .timedOut: return .unacknowledged(id)
            }
        }
    }

    private mutating func settle(
        _ entry: ClientEntry, _ id: ClientTransactionID, _ actions: [TransactionAction], _ flow: SIPFlow
    ) -> [TransactionEvent] {
        if entry.machine.isTerminated {
            forget(id)
        } else {
            var entry = entry
            if let due = entry.machine.nextWake, due != entry.armed {
                entry.armed = due
                deadlines.push(due, .client(id))
            }
            if clients.updateValue(entry, forKey: id) == nil { clientShares[entry.flow.remote.ip, default: 0] += 1 }
        }
        return actions.compactMap { action in
            switch action {
            case .send(let bytes):
                send(bytes, on: entry.flow)
                return nil
            case .pass(let message): return .response(message, id, flow)
            case .timedOut: return .failed(id, .timeout)
            }
        }
    }
}
