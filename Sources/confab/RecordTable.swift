import Conference
import Primitives

/// Records of calls for people: a table with a line for each leg.
enum RecordTable {
    private static let heads = [
        "number", "started", "seconds", "way", "by", "address", "name", "where", "codecs", "received", "lost", "loss",
        "jitter", "class", "charged to", "trunk", "reason",
    ]

    static func lines(_ calls: [CallRecord]) -> [String] {
        let rows = [heads] + calls.map(cells)
        let widths = heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
                separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func cells(_ call: CallRecord) -> [String] {
        let seconds = call.ended.flatMap { end in
            call.answered.map { String((end.milliseconds - $0.milliseconds) / 1000) }
        }
        let place = call.room ?? call.bridge.map { "bridge \($0)" } ?? call.dialled
        let loss = call.media.map { "\(tenths($0.lossShare * 100))%" }
        return [
            String(call.number), String(call.started.iso8601.prefix(19)) + "Z", seconds ?? "-", call.direction.rawValue,
            call.signalling.rawValue, plain(call.address), plain(call.name ?? "-"), plain(place),
            call.media.map { $0.codecs.joined(separator: " ") } ?? "-",
            call.media.map { String($0.packetsReceived) } ?? "-",
            call.media.map { String($0.packetsLost) } ?? "-", loss ?? "-",
            call.media.map { "\(tenths(Double($0.jitter) / 1000)) ms" } ?? "-",
            call.numberClass ?? "-", plain(call.payer ?? "-"), call.trunk ?? "-", plain(call.reason ?? "up"),
        ]
    }

    private static func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    /// What peers call themselves may hold what a terminal obeys.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: "?"
                default: Character(scalar)
                }
            })
    }
}
