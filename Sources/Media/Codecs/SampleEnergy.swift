/// Energies of samples.
enum SampleEnergy {
    /// The mean of the squares; 0 of nothing.
    static func meanSquare(_ samples: UnsafePointer<Int16>, _ count: Int) -> Double {
        guard count > 0 else { return 0 }
        var sum: Int64 = 0
        for index in 0..<count {
            let sample = Int64(samples[index])
            sum &+= sample &* sample
        }
        return Double(sum) / Double(count)
    }
}
