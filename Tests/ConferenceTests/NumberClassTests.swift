import Conference
import Primitives
import Testing

/// Which class a number is of, however it is written.
@Suite struct NumberClassTests {
    private static let german = NumberPlan(international: "00", national: "0", country: "49")
    private static let american = NumberPlan(international: "011", national: "1", country: "1")

    private func classes(_ country: String) -> NumberClasses {
        switch country {
        case "1": NumberClasses(NumberClassTests.american)
        case "": NumberClasses(NumberPlan())
        default: NumberClasses(NumberPlan(country: country))
        }
    }

    @Test(arguments: [
        ("49", "+4930123456", NumberClass.national), ("49", "030123456", .national), ("49", "004930123456", .national),
        ("49", "4930123456", .national), ("49", "01701234567", .mobile), ("49", "+491701234567", .mobile),
        ("49", "0900123456", .premium), ("49", "+49900123456", .premium), ("49", "0137123", .premium),
        ("49", "11833", .premium), ("49", "010130049123", .premium), ("49", "+442071234567", .international),
        ("49", "00442071234567", .international), ("49", "442071234567", .international),
        ("49", "+448712345678", .premium), ("49", "110", .emergency), ("49", "112", .emergency),
        ("49", "100", .internal), ("49", "4711", .internal), ("49", "+8816123", .satellite),
        ("49", "+870123", .satellite),
        ("49", "+979123", .premium), ("49", "*21*0044123#", .code), ("49", "#31#030123", .code),
        ("49", "alice", .address), ("49", "", .address), ("49", "+", .international), ("49", "7of9", .internal),
        ("44", "02071234567", .national), ("44", "07700900123", .mobile), ("44", "0901234567", .premium),
        ("44", "0845123456", .premium), ("44", "118118", .premium), ("44", "999", .emergency),
        ("33", "0890123456", .premium), ("33", "3600", .premium), ("33", "0612345678", .mobile),
        ("33", "0142345678", .national), ("31", "0900123", .premium), ("31", "0612345678", .mobile),
        ("34", "911234567", .national), ("34", "803123456", .premium), ("34", "612345678", .mobile),
        ("34", "+34905123456", .premium), ("34", "34911234567", .national), ("34", "091", .emergency),
        ("39", "0612345678", .national), ("39", "899123456", .premium), ("39", "3331234567", .mobile),
        ("39", "+390612345678", .national), ("43", "0930123", .premium), ("43", "06641234567", .mobile),
        ("41", "0901123123", .premium), ("41", "0791234567", .mobile), ("41", "117", .emergency),
        ("1", "12125551234", .national), ("1", "2125551234", .national), ("1", "+12125551234", .national),
        ("1", "19005551234", .premium), ("1", "9005551234", .premium), ("1", "2129761234", .premium),
        ("1", "+18765551234", .international), ("1", "18095551234", .international),
        ("1", "0114930123", .international),
        ("1", "911", .emergency), ("1", "411", .premium), ("1", "1800FLOWERS", .national),
        ("1", "1900FLOWERS", .premium), ("48", "0221234567", .national), ("48", "+48221234567", .national),
        ("48", "+4930123", .international), ("", "+4930123", .international), ("", "030123", .international),
        ("", "100", .internal), ("", "112", .emergency), ("", "+49900123", .premium),
    ])
    func numbersAreOfTheirClass(country: String, number: String, expected: NumberClass) {
        #expect(classes(country).of(number, isNamed: false) == expected)
    }

    @Test func whatARouteNamesIsInternalIfItIsShort() {
        #expect(classes("33").of("3600", isNamed: true) == .internal)
        #expect(classes("49").of("11833", isNamed: true) == .internal)
        #expect(classes("49").of("0900123456", isNamed: true) == .premium)
        #expect(classes("49").of("+442071234567", isNamed: true) == .international)
        #expect(classes("49").of("442071234567", isNamed: true) == .international)
    }

    /// A closed number must not come open by being dressed differently.
    @Test func dressingANumberDifferentlyDoesNotChangeItsClass() {
        var dice = SplitMix64(7)
        let classes = classes("49")
        let separators: [Character] = [" ", "-", ".", "(", ")", "/", "\u{a0}", "\u{200b}", "\u{2011}"]
        for _ in 0..<4000 {
            let number = String(
                (0..<Int.random(in: 6...12, using: &dice)).map { _ in "0123456789".randomElement(using: &dice) ?? "0" })
            let national = ["900", "137", "30", "170", "180", "89"].randomElement(using: &dice) ?? "30"
            let plain = "+49\(national)\(number)"
            let expected = classes.of(plain, isNamed: false)
            let rest = "\(national)\(number)"
            var dressed =
                [
                    "0049\(rest)", "0\(rest)", "+49(0)\(rest)", "+490\(rest)", "+0049\(rest)", "\u{ff0b}49\(rest)",
                    "49\(rest)",
                    "00490\(rest)",
                ].randomElement(using: &dice) ?? plain
            for _ in 0..<Int.random(in: 0...4, using: &dice) {
                let place = dressed.index(dressed.startIndex, offsetBy: Int.random(in: 0...dressed.count, using: &dice))
                dressed.insert(separators.randomElement(using: &dice) ?? "-", at: place)
            }
            if Bool.random(using: &dice) {
                dressed = String(
                    String.UnicodeScalarView(
                        dressed.unicodeScalars.map {
                            ("0"..."9").contains($0) ? Unicode.Scalar($0.value - 0x30 + 0x660) ?? $0 : $0
                        }))
            }
            dressed += ["", ";ext=5", ",123", "@pbx", "x"].randomElement(using: &dice) ?? ""
            #expect(classes.of(dressed, isNamed: Bool.random(using: &dice)) == expected, "\(dressed) is \(plain)")
        }
    }

    /// Whatever is dialled: no trap, and nothing that is long or begins with + or 0 counts as internal.
    @Test func noLongNumberIsInternal() {
        var dice = SplitMix64(8)
        let alphabet = Array("0123456789+*#ab;@ -.\u{660}\u{ff0b}\u{1f600}")
        for country in ["49", "33", "34", "39", "1", "48", ""] {
            let classes = classes(country)
            for _ in 0..<2000 {
                let text = String(
                    (0..<Int.random(in: 0...20, using: &dice)).map { _ in alphabet.randomElement(using: &dice) ?? "0" })
                let digits = text.filter { "0123456789".contains($0) }
                let found = classes.of(text, isNamed: true)
                if text.first == "+" || text.first == "0" || digits.count > 5 && digits == text {
                    #expect(found != NumberClass.internal, "\(text) in \(country)")
                }
            }
        }
    }

    @Test func theOperatorsWordGoesBeforeTheTables() throws {
        let partners = try #require(NumberClass("partners"))
        let classes = NumberClasses(
            NumberClassTests.german,
            own: [
                ("+3315", partners), ("0180", .national), ("030?7", partners), ("11833", .internal), ("47", .premium),
            ])
        #expect(classes.of("+33151234", isNamed: false) == partners)
        #expect(classes.of("0033151234", isNamed: false) == partners)
        #expect(classes.of("+33161234", isNamed: false) == .international)
        #expect(classes.of("0180123", isNamed: false) == .national)
        #expect(classes.of("030171234", isNamed: false) == partners)
        #expect(classes.of("030181234", isNamed: false) == .national)
        #expect(classes.of("11833", isNamed: false) == .internal)
        #expect(classes.of("4711", isNamed: true) == .premium)
        #expect(!NumberClasses.isBeginning("") && !NumberClasses.isBeginning("+") && !NumberClasses.isBeginning("12a"))
    }

    @Test func tablesHoldNothingButBeginnings() {
        for table in CountryNumbers.tables.values {
            for beginning in table.mobile + table.premium + table.shortPremium + Array(table.emergency) {
                #expect(NumberClasses.isBeginning(beginning), "\(beginning) of \(table.code)")
            }
        }
        #expect(NumberClass("Premium") == nil && NumberClass("") == nil && NumberClass("a b") == nil)
    }
}
