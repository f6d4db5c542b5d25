/// Some numbers in order.
struct Distribution: Sendable, Hashable {
    let values: [Double]

    init(_ values: some Sequence<Double>) { self.values = values.sorted() }

    var count: Int { values.count }
    var minimum: Double { values.first ?? 0 }
    var maximum: Double { values.last ?? 0 }
    var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
    var median: Double { percentile(0.5) }

    /// The value below or at which a share of all lies (nearest rank); 0 when there is none.
    func percentile(_ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let rank = Int((share * Double(values.count)).rounded(.up))
        return values[min(max(rank, 1), values.count) - 1]
    }
}
