public import Primitives

/// How an endpoint came to be disconnected (RFC 4575 sections 5.7.5 and 5.7.6).
public struct Disconnection: Sendable, Hashable {
    /// `disconnection-method`.
    public enum Method: String, Sendable, Hashable { case departed, booted, failed, busy }

    public var reason: EndReason
    public var when: WallTime

    public init(reason: EndReason, when: WallTime) {
        self.reason = reason
        self.when = when
    }

    public var method: Method {
        switch reason {
        case .busy: .busy
        case .hangup: .departed
        case .expelled, .ended: .booted
        default: .failed
        }
    }
}
