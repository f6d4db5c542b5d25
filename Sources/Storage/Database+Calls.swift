import Conference
import GRDB
import Primitives

extension Database {
    /// Keeps a leg in place of what was known of it.
    func keep(_ call: CallRecord) throws {
        try execute(
            sql: """
                INSERT OR REPLACE INTO call_record
                    (number, signalling, direction, address, name, dialled, room, bridge, started, answered, ended,
                     reason, codecs, packets_sent, packets_received, packets_lost, loss, jitter_us,
                     class, payer, trunk, packets_decoded, packets_relayed, packets_encoded)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                call.number, call.signalling.rawValue, call.direction.rawValue, call.address, call.name, call.dialled,
                call.room, call.bridge, call.started.milliseconds, call.answered?.milliseconds,
                call.ended?.milliseconds, call.reason, call.media?.codecs.joined(separator: " "),
                call.media?.packetsSent, call.media?.packetsReceived, call.media?.packetsLost, call.media?.lossShare,
                call.media?.jitter, call.numberClass, call.payer, call.trunk, call.media?.packetsDecoded,
                call.media?.packetsRelayed, call.media?.packetsEncoded,
            ])
    }

    /// Legs, oldest first.
    func calls(in room: String?, since: WallTime?, limit: Int) throws -> [CallRecord] {
        try Row.fetchAll(
            self,
            sql: """
                SELECT * FROM call_record
                WHERE (?1 IS NULL OR room = ?1) AND (?2 IS NULL OR started >= ?2)
                ORDER BY number DESC LIMIT ?3
                """, arguments: [room, since?.milliseconds, limit]
        ).reversed().compactMap { row in
            guard let signalling = CallRecord.Signalling(rawValue: row["signalling"]),
                let direction = CallRecord.Direction(rawValue: row["direction"])
            else { return nil }
            let codecs: String? = row["codecs"]
            let media = codecs.map {
                CallRecord.Media(
                    codecs: $0.split(separator: " ").map(String.init), packetsSent: row["packets_sent"] ?? 0,
                    packetsReceived: row["packets_received"] ?? 0, packetsLost: row["packets_lost"] ?? 0,
                    jitter: row["jitter_us"] ?? 0, packetsDecoded: row["packets_decoded"] ?? 0,
                    packetsRelayed: row["packets_relayed"] ?? 0, packetsEncoded: row["packets_encoded"] ?? 0)
            }
            func time(_ name: String) -> WallTime? { (row[name] as Int64?).map { WallTime(milliseconds: $0) } }
            var record = CallRecord(
                number: row["number"], signalling: signalling, direction: direction, address: row["address"],
                name: row["name"], dialled: row["dialled"], room: row["room"], bridge: row["bridge"],
                started: WallTime(milliseconds: row["started"]), answered: time("answered"), ended: time("ended"),
                reason: row["reason"], media: media)
            record.numberClass = row["class"]
            record.payer = row["payer"]
            record.trunk = row["trunk"]
            return record
        }
    }
}
