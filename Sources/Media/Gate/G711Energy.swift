/// How loud G.711 is: the square of what each of its 256 bytes stands for, ready to be added up.
struct G711Energy: ~Copyable, @unchecked Sendable {
    // Sendable: written once, before anybody else can see it.

    static let ulaw = G711Energy { G711.linear(ulaw: $0) }
    static let alaw = G711Energy { G711.linear(alaw: $0) }

    private let squares: UnsafeMutablePointer<Float>

    private init(_ sample: (UInt8) -> Int16) {
        squares = .allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max {
            let value = Float(sample(byte))
            (squares + Int(byte)).initialize(to: value * value)
        }
    }

    deinit { squares.deallocate() }

    /// Of a payload's samples.
    func meanSquare(_ payload: UnsafeRawBufferPointer) -> Float {
        guard payload.count > 0, let base = payload.baseAddress else { return 0 }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        var sums = SIMD4<Float>.zero
        let whole = payload.count & ~3
        var index = 0
        while index < whole {
            sums += SIMD4(
                squares[Int(bytes[index])], squares[Int(bytes[index + 1])], squares[Int(bytes[index + 2])],
                squares[Int(bytes[index + 3])])
            index += 4
        }
        while index < payload.count {
            sums[0] += squares[Int(bytes[index])]
            index += 1
        }
        return sums.sum() / Float(payload.count)
    }
}
