import MediaDescription
import Primitives

extension MediaPlane {
    /// The candidates, and before each of them that only our own network sees the one that the Internet sees in its
    /// place: the same port, forwarded (the checks that come there reach the candidate itself).
    func advertised(_ candidates: [CandidateDescription]) -> [CandidateDescription] {
        candidates.flatMap { candidate -> [CandidateDescription] in
            let ip = candidate.address.ip
            guard let outside = settings.advertised.first(where: { $0.isV6 == ip.isV6 }), outside != ip,
                candidate.kind == .host, !ip.isLoopback, IPNetwork.notRouted.contains(where: { $0.contains(ip) })
            else { return [candidate] }
            var seen = candidate
            seen.foundation += "n"
            seen.address.ip = outside
            seen.kind = .srflx
            seen.relatedAddress = candidate.address
            // Type preference of RFC 8445 section 5.1.2.1: 100 for server-reflexive, 126 for host.
            seen.priority = 100 << 24 | candidate.priority & 0xff_ffff
            return [seen, candidate]
        }
        // Which a STUN server may have told as well.
        .reduce(into: []) { found, candidate in
            if !found.contains(where: { $0.address == candidate.address }) { found.append(candidate) }
        }
        .sorted { $0.priority > $1.priority }
    }
}
