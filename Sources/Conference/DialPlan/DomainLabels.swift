/// A domain name's two forms: as people write it, which is how JIDs have it, and in ASCII, as SIP URIs must have it
/// (RFC 5890 section 2.3.2.1, RFC 3492).
public enum DomainLabels {
    private static let mark = "xn--"
    private static let longest = 63

    /// Each label that is not ASCII as its A-label; the name as it was where one of them would be too long.
    public static func ascii(_ domain: String) -> String {
        guard domain.utf8.contains(where: { $0 >= 0x80 }) else { return domain }
        var labels: [String] = []
        for label in domain.split(separator: ".", omittingEmptySubsequences: false) {
            guard label.utf8.contains(where: { $0 >= 0x80 }) else {
                labels.append(String(label))
                continue
            }
            guard let encoded = encode(Array(label.lowercased().unicodeScalars)), encoded.utf8.count <= longest - 4
            else { return domain }
            labels.append(mark + encoded)
        }
        return labels.joined(separator: ".")
    }

    /// Each A-label as what it stands for; one that stands for nothing as it was.
    public static func unicode(_ domain: String) -> String {
        guard domain.lowercased().contains(mark) else { return domain }
        return domain.split(separator: ".", omittingEmptySubsequences: false).map { label in
            guard label.lowercased().hasPrefix(mark), label.utf8.count <= longest,
                let scalars = decode(Array(label.lowercased().utf8.dropFirst(mark.utf8.count))),
                scalars.allSatisfy({ !ParticipantName.isForbidden($0.properties.generalCategory) })
            else { return String(label) }
            let text = String(String.UnicodeScalarView(scalars))
            // What would not come back as the same is no A-label.
            return ascii(text) == label.lowercased() ? text : String(label)
        }.joined(separator: ".")
    }

    // MARK: Punycode

    private static let base: UInt32 = 36
    private static let least: UInt32 = 1
    private static let most: UInt32 = 26

    /// RFC 3492 section 6.1.
    private static func adapt(_ delta: UInt32, _ count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var k: UInt32 = 0
        while delta > (base - least) * most / 2 {
            delta /= base - least
            k += base
        }
        return k + (base - least + 1) * delta / (delta + 38)
    }

    private static func threshold(_ k: UInt32, _ bias: UInt32) -> UInt32 {
        k <= bias ? least : min(max(k - bias, least), most)
    }

    /// RFC 3492 section 6.3; nil for what is longer than any label.
    private static func encode(_ input: [Unicode.Scalar]) -> String? {
        guard input.count <= longest else { return nil }
        var output = input.filter { $0.value < 0x80 }.map { UInt8(truncatingIfNeeded: $0.value) }
        let basic = UInt32(output.count)
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (n, delta, bias, handled): (UInt32, UInt32, UInt32, UInt32) = (0x80, 0, 72, basic)
        while handled < UInt32(input.count) {
            guard let next = input.lazy.map(\.value).filter({ $0 >= n }).min() else { return nil }
            // At most 63 times what a scalar's value is: it does not overflow.
            delta += (next - n) * (handled + 1)
            n = next
            for scalar in input {
                if scalar.value < n { delta += 1 }
                guard scalar.value == n else { continue }
                var (q, k) = (delta, base)
                while true {
                    let t = threshold(k, bias)
                    guard q >= t else { break }
                    output.append(digit(t + (q - t) % (base - t)))
                    q = (q - t) / (base - t)
                    k += base
                }
                output.append(digit(q))
                bias = adapt(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// RFC 3492 section 6.2; nil for what is no Punycode.
    private static func decode(_ input: [UInt8]) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var rest = input[...]
        if let hyphen = input.lastIndex(of: UInt8(ascii: "-")) {
            output = input[..<hyphen].map { Unicode.Scalar($0) }
            rest = input[(hyphen + 1)...]
        }
        guard output.allSatisfy(\.isASCII) else { return nil }
        var (n, i, bias): (UInt32, UInt32, UInt32) = (0x80, 0, 72)
        while !rest.isEmpty {
            let before = i
            var (weight, k): (UInt32, UInt32) = (1, base)
            while true {
                guard let byte = rest.popFirst(), let value = value(byte) else { return nil }
                let (step, stepOverflows) = value.multipliedReportingOverflow(by: weight)
                let (sum, sumOverflows) = i.addingReportingOverflow(step)
                guard !stepOverflows, !sumOverflows else { return nil }
                i = sum
                let t = threshold(k, bias)
                if value < t { break }
                let (product, overflows) = weight.multipliedReportingOverflow(by: base - t)
                guard !overflows else { return nil }
                weight = product
                k += base
            }
            let count = UInt32(output.count) + 1
            bias = adapt(i - before, count, isFirst: before == 0)
            let (next, overflows) = n.addingReportingOverflow(i / count)
            n = next
            i %= count
            guard !overflows, n >= 0x80, let scalar = Unicode.Scalar(n) else { return nil }
            output.insert(scalar, at: Int(i))
            i += 1
        }
        return output
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        let offset = value < 26 ? UInt32(UInt8(ascii: "a")) + value : UInt32(UInt8(ascii: "0")) + (value - 26)
        return UInt8(truncatingIfNeeded: offset)
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }
}
