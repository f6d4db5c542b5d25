import Primitives

/// What media threads have between each other: for each pair a ring for packets and a queue for what must not be lost.
final class WorkerLinks: Sendable {
    let count: Int
    private let wakeups: [Wakeup]
    private let rings: [WorkerRing]
    private let parcels: [CommandQueue<WorkerParcel>]

    /// - Parameter wakeups: one a worker, by index.
    init(_ wakeups: [Wakeup]) {
        self.wakeups = wakeups
        count = wakeups.count
        let size = wakeups.count > 8 ? 1 << 18 : 1 << 20
        rings = (0..<count * count).map { WorkerRing(size: $0 / wakeups.count == $0 % wakeups.count ? 0 : size) }
        parcels = (0..<count * count).map { _ in CommandQueue<WorkerParcel>() }
    }

    func wake(_ worker: Int) { wakeups[worker].ring() }

    /// False when the ring is full, or the worker none.
    func push(_ packet: UnsafeRawBufferPointer, _ label: WorkerRing.Label, from: Int, to: Int) -> Bool {
        guard to >= 0, to < count, to != from else { return false }
        return rings[from * count + to].push(packet, label)
    }

    /// The ring from one to another.
    func ring(from: Int, to: Int) -> WorkerRing { rings[from * count + to] }

    func give(_ parcel: consuming WorkerParcel, from: Int, to: Int) {
        parcels[from * count + to].push(parcel)
        wakeups[to].ring()
    }

    func nextParcel(from: Int, to: Int) -> WorkerParcel? { parcels[from * count + to].pop() }
}
