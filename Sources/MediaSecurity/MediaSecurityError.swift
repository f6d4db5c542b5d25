import COpenSSL

/// The crypto library could not do what must always work: no memory, or a library built without an algorithm.
public struct MediaSecurityError: Error, Hashable, Sendable {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    static func openSSL(_ what: String) -> MediaSecurityError {
        MediaSecurityError(reason: "\(what): \(OpenSSLQueue.drain())")
    }
}

/// The errors that OpenSSL keeps for each thread.
enum OpenSSLQueue {
    /// The oldest error in words; the queue is empty afterwards.
    static func drain() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason given" }
        return String(cString: text)
    }
}
