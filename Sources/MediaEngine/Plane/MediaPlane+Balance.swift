import Conference
import Logging
import Primitives

/// Rooms change their thread when the load is uneven, and legs when they go to a mix of another.
extension MediaPlane {
    /// Looks about every two seconds at how busy the media threads are.
    func weighWorkers(_ now: Instant) {
        guard workers.count > 1, now >= balance.next else { return }
        guard balance.measure(workers.map(\.busy), at: now) else { return }
        for (worker, address) in passedOn.before { workers[worker].tell(.forget(address)) }
        passedOn = ([], passedOn.now)
        guard transits.isEmpty else { return }
        if balance.isUneven {
            weigh(balance.busiest)
        } else if !spread.isEmpty {
            for worker in Set(spread.compactMap { mixes[$0]?.worker }) where balance.loads[worker] < LoadBalance.calm {
                weigh(worker)
            }
        }
    }

    private func weigh(_ worker: Int) {
        var weights: [RoomWeight] = []
        weights.reserveCapacity(mixes.count)
        workers[worker].tell(.weigh(into: consume weights))
    }

    /// A thread said what its rooms cost.
    func rebalance(_ worker: Int, _ rooms: [RoomWeight]) {
        guard transits.isEmpty else { return }
        spread.formIntersection(mixes.keys)
        for room in rooms where room.spread == 0 { spread.remove(room.mix) }
        for action in balance.actions(worker, rooms, legs: { movable($0)?.legs.count }) {
            switch action {
            case .move(let mix, let to):
                logger.debug("\(mix) moves from media thread \(worker) to \(to)")
                move(mix, to: to)
            case .spread(let mix, let count, let host):
                logger.debug("\(count) more legs of \(mix) are sent for by media thread \(host)")
                spread.insert(mix)
                workers[worker].tell(.spread(mix, count: count, host: host))
            case .gather(let mix, let count):
                workers[worker].tell(.gather(mix, count: count))
            }
        }
    }

    /// A mix of which no leg is under way.
    private func movable(_ mix: MixID) -> MixPlace? {
        guard let place = mixes[mix], place.transit == nil,
            place.legs.allSatisfy({ legs[$0] != nil && legs[$0]?.transit == nil })
        else { return nil }
        return place
    }

    /// Moves a mix with all its legs to another thread.
    func move(_ mix: MixID, to worker: Int) {
        guard let place = movable(mix), place.worker != worker, workers.indices.contains(worker) else { return }
        let transit = begin(mix: mix, place.legs, from: place.worker, to: worker)
        workers[place.worker].tell(departure(transit))
        population[place.worker] -= place.legs.count
        population[worker] += place.legs.count
        mixes[mix]?.worker = worker
        mixes[mix]?.transit = transit
        for leg in place.legs {
            legs[leg]?.worker = worker
            if let session = legs[leg] { transit.take(session) }
        }
    }

    /// Moves a leg that is in no mix of its thread any more.
    func move(_ session: MediaSession, to worker: Int) {
        guard let from = session.worker else { return }
        tell(session, .park(session.id))
        let transit = begin(mix: nil, [session.id], from: from, to: worker)
        tell(session, departure(transit))
        session.worker = worker
        transit.take(session)
    }

    private func begin(mix: MixID?, _ legs: Set<LegID>, from: Int, to: Int) -> MediaTransit {
        lastTransit += 1
        let transit = MediaTransit(lastTransit, mix: mix, legs: legs, from: from, to: to)
        transits[transit.number] = transit
        return transit
    }

    private func departure(_ transit: MediaTransit) -> WorkerCommand {
        .depart(Departure(transit: transit.number, mix: transit.mix, legs: transit.legs.sorted(), to: transit.to))
    }

    /// What moved is on its new thread: it hears what it was told meanwhile. A leg whose mix is still under way waits on
    /// for that.
    func arrived(_ number: Int) {
        guard let transit = transits.removeValue(forKey: number) else { return }
        var next: MediaTransit?
        if let mix = transit.mix, mixes[mix]?.transit === transit { mixes[mix]?.transit = nil }
        for leg in transit.legs {
            guard let session = legs[leg] else {
                if let gone = closing[leg] { stopPassing(gone.learned, transit) }
                continue
            }
            passOn(session.learned, transit)
            guard session.transit === transit else { continue }
            session.transit = nil
            if transit.mix == nil, let mix = session.mix, let other = mixes[mix]?.transit {
                other.take(session)
                next = other
            }
        }
        while let command = transit.waiting.pop() {
            if let next { next.waiting.push(command) } else { workers[transit.to].tell(command) }
        }
    }

    /// The first worker hands packets straight to the new thread; until it does, the old one passes them on.
    private func passOn(_ addresses: [SocketAddress], _ transit: MediaTransit) {
        if transit.to != 0 {
            for address in addresses { workers[0].tell(.forward(address, worker: transit.to)) }
        }
        stopPassing(addresses, transit)
    }

    private func stopPassing(_ addresses: [SocketAddress], _ transit: MediaTransit) {
        guard transit.from != 0 else { return }
        for address in addresses { passedOn.now.append((transit.from, address)) }
    }
}
