import Conference
import Primitives
import SIP

/// Keys in INFO: `application/dtmf-relay` and `application/dtmf`, as phones sent them before RFC 4733 and RFC 6086.
extension SIPAdapter {
    static let keyTypes = "application/dtmf-relay, application/dtmf"

    mutating func info(
        _ request: SIPMessage, _ id: ServerTransactionID, _ leg: LegID, at now: Instant
    ) -> [Command] {
        if request.header("Info-Package") != nil {
            reply(request, id, 469, "Bad Info Package", headers: [SIPHeader("Recv-Info", "")], at: now)
            return []
        }
        switch request.mediaType {
        case "application/dtmf-relay", "application/dtmf":
            guard let key = SIPAdapter.key(in: request.body) else {
                reply(request, id, 400, "No key in it", at: now)
                return []
            }
            reply(request, id, 200, at: now)
            return [.legKey(leg, key)]
        case nil where request.body.isEmpty:
            // A sign of life (RFC 2976 section 2.2).
            reply(request, id, 200, at: now)
        default:
            reply(request, id, 415, headers: [SIPHeader("Accept", SIPAdapter.keyTypes)], at: now)
        }
        return []
    }

    /// `Signal=5` on a line of its own, or the key alone; `10` and `11` stand for `*` and `#` as event numbers.
    static func key(in body: [UInt8]) -> DTMFKey? {
        let text = String(decoding: body.prefix(256), as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.filter { !$0.isWhitespace }
            }
            let value: String
            switch parts.count {
            case 1: value = parts[0]
            case 2 where parts[0].lowercased() == "signal": value = parts[1]
            default: continue
            }
            if value.count == 1, let character = value.first { return DTMFKey(character) }
            return UInt8(value).flatMap { $0 >= 10 ? DTMFKey(event: $0) : nil }
        }
        return nil
    }
}
