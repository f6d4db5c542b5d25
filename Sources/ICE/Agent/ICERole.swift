/// Who nominates (RFC 8445 section 6.1.1): the side that made the first offer is controlling.
public enum ICERole: Hashable, Sendable {
    case controlling, controlled

    public var reversed: ICERole { self == .controlling ? .controlled : .controlling }
}
