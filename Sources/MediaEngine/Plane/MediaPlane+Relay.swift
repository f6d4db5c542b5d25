public import Conference
import Media
import Primitives

/// Calls of two whose packets go from one leg to the other as they come.
extension MediaPlane {
    /// Whether a mix relays while two legs are in it: said before the first comes, or later. It stays so when others come and
    /// go.
    public func setRelays(_ mix: MixID, _ relays: Bool) {
        guard relays ? relaying.insert(mix).inserted : relaying.remove(mix) != nil else { return }
        // Behind the `join` of each, wherever that waits.
        for leg in mixes[mix]?.legs ?? [] { if let session = legs[leg] { tell(session, .relay(mix, relays)) } }
    }
}

extension LegStatistics {
    /// What became of its packets, for the log.
    var work: String { "\(packetsDecoded) decoded, \(packetsRelayed) relayed, \(packetsEncoded) encoded" }
}
