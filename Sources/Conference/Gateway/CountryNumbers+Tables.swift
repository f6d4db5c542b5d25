/// Taken from the numbering plans that the countries' regulators publish (Bundesnetzagentur, RTR, BAKOM, ARCEP, ACM, BIPT, Ofcom,
/// CNMC, AGCOM, NANPA) and from ITU-T's list of assigned country codes. Plans change: what is not here, or no more so, is
/// mended by `gateway.classes`.
extension CountryNumbers {
    public static let tables: [String: CountryNumbers] = Dictionary(
        uniqueKeysWithValues: [
            germany, austria, switzerland, france, netherlands, belgium, britain, spain, italy, northAmerica,
        ].map { ($0.code, $0) })

    private static let germany = CountryNumbers(
        "49", mobile: ["15", "16", "17"],
        premium: ["900", "137", "138", "180", "10", "12", "19", "700", "118", "164", "168", "169"], short: ["118"],
        emergency: ["110", "112"])

    private static let austria = CountryNumbers(
        "43", mobile: ["65", "66", "67", "68", "69"],
        premium: ["900", "901", "930", "931", "939", "810", "820", "821", "828", "118"], short: ["10", "118"],
        emergency: ["112", "122", "128", "133", "140", "144"])

    private static let switzerland = CountryNumbers(
        "41", mobile: ["75", "76", "77", "78", "79"], premium: ["900", "901", "906", "84", "878", "74"],
        short: ["18"], emergency: ["112", "117", "118", "143", "144", "1414"])

    private static let france = CountryNumbers(
        "33", mobile: ["6", "7"], premium: ["81", "82", "89"], short: ["10", "118", "32", "36", "39"],
        emergency: ["15", "17", "18", "112", "114", "115", "119", "191", "196", "197"])

    private static let netherlands = CountryNumbers(
        "31", mobile: ["6"], premium: ["900", "906", "909", "84", "87", "66", "676", "18"], short: ["18"],
        emergency: ["112"])

    private static let belgium = CountryNumbers(
        "32", mobile: ["45", "46", "47", "48", "49"], premium: ["90", "70", "78"], short: ["12", "13", "14"],
        emergency: ["100", "101", "112"])

    private static let britain = CountryNumbers(
        "44", mobile: ["7"], premium: ["9", "84", "87", "70", "76", "118"], short: ["118"],
        emergency: ["112", "999"])

    private static let spain = CountryNumbers(
        "34", national: "", bareLength: 9...9, mobile: ["6", "7"],
        premium: ["803", "806", "807", "905", "907", "901", "902", "70", "51", "118"],
        short: ["118", "25", "27", "28", "3", "79"],
        emergency: ["112", "061", "062", "080", "085", "088", "091", "092"])

    private static let italy = CountryNumbers(
        "39", national: "", bareLength: 6...11, mobile: ["3"],
        premium: [
            "899", "892", "893", "894", "895", "144", "163", "164", "166", "178", "199", "84", "70", "12", "455",
        ],
        short: ["12", "4", "892"], emergency: ["112", "113", "115", "117", "118", "1515", "1530"])

    /// The United States and Canada. What else is behind `+1` is another country, and costs so.
    private static let northAmerica = CountryNumbers(
        "1", international: "011", national: "1", bareLength: 10...10,
        premium: ["900", "???976", "500", "52?", "533", "544", "566", "577", "588", "0"], short: ["411"],
        emergency: ["911"])

    /// Area codes of `+1` in the Caribbean and the Pacific that are no part of the United States' and Canada's tariffs.
    static let northAmericanIslands = [
        "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "684", "721", "758", "767", "784",
        "809", "829", "849", "868", "869", "876",
    ]

    /// Networks that are no country's.
    static let satellites = ["870", "881", "882", "883"]
    static let globalPremium = ["808", "878", "979"]
}
