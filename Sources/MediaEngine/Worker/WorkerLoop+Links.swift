import Primitives

extension WorkerLoop {
    /// Packets taken from a ring before its memory is given back.
    private static let batch = 32

    /// What the other workers have for this one.
    mutating func readLinks() {
        for other in 0..<links.count where other != worker.index {
            takeParcels(from: other)
            let ring = links.ring(from: other, to: worker.index)
            var taken = 0
            while let (memory, label) = ring.take() {
                if label.kind == .received {
                    relay(memory, label, from: other)
                } else {
                    serve(memory, label, from: other)
                }
                taken += 1
                if taken.isMultiple(of: Self.batch) {
                    queue.sendRun()
                    ring.free()
                }
            }
            queue.sendRun()
            ring.free()
        }
    }

    mutating func takeParcels(from other: Int) {
        while let parcel = links.nextParcel(from: other, to: worker.index) { take(parcel, from: other) }
    }

    /// A packet that another worker received for a leg here; the leg itself may be right behind it.
    private mutating func relay(_ memory: UnsafeMutableRawBufferPointer, _ label: WorkerRing.Label, from other: Int) {
        let arrival = Instant(nanoseconds: label.arrival)
        for _ in 0..<2 {
            if direct(
                memory, Int(label.length), socket: Int(label.number), source: label.source, at: arrival)
            {
                return
            }
            takeParcels(from: other)
        }
    }
}
