import Conference

/// Where a mix is, as the control loop knows it.
struct MixPlace {
    var worker: Int
    var legs: Set<LegID> = []
    /// While it moves to `worker`.
    var transit: MediaTransit?

    init(worker: Int) { self.worker = worker }
}

/// A move of legs from one media thread to another, until the other says that they are there.
final class MediaTransit {
    let number: Int
    let mix: MixID?
    /// Those that move, and those that came to it since.
    private(set) var legs: Set<LegID>
    let from: Int
    let to: Int
    /// What the legs are told meanwhile, in order.
    let waiting = CommandQueue<WorkerCommand>()

    init(_ number: Int, mix: MixID?, legs: Set<LegID>, from: Int, to: Int) {
        self.number = number
        self.mix = mix
        self.legs = legs
        self.from = from
        self.to = to
    }

    /// What the leg is told waits here from now on.
    func take(_ session: MediaSession) {
        legs.insert(session.id)
        session.transit = self
    }
}
