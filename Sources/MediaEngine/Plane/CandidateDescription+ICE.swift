import ICE
import MediaDescription

extension CandidateDescription {
    /// A local candidate, as signalling writes it.
    init(_ candidate: Candidate) {
        self.init(
            foundation: candidate.foundation, component: candidate.component, priority: candidate.priority,
            address: candidate.address, kind: Kind(rawValue: candidate.kind.rawValue) ?? .host,
            relatedAddress: candidate.kind == .host ? nil : candidate.base)
    }
}

extension Candidate {
    /// A peer's candidate; nil for other transports than UDP and other components than RTP.
    init?(_ description: CandidateDescription) {
        guard description.transport.lowercased() == "udp", description.component == 1,
            let kind = Kind(rawValue: description.kind.rawValue)
        else { return nil }
        self.init(
            kind: kind, address: description.address, foundation: description.foundation, component: 1,
            priority: description.priority)
    }
}
