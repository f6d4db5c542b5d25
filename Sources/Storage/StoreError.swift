/// Why the store could not do as asked.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The file is not a database, or is damaged.
        case corrupt
        /// The file cannot be opened or created: no such directory, no permission.
        case cannotOpen
        /// Written by a later version of this program.
        case newer
        /// The disk is full.
        case full
        /// Another process holds the database.
        case busy
        /// Anything else.
        case failed
    }

    public var code: Code
    /// The database file.
    public var path: String
    /// What SQLite said.
    public var reason: String

    public init(code: Code, path: String, reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    public var description: String {
        switch code {
        case .corrupt: "\(path) is not a Confab database, or is damaged: \(reason)"
        case .cannotOpen: "\(path) cannot be opened: \(reason)"
        case .newer: "\(path) was written by a later version of Confab: \(reason)"
        case .full: "no space is left for \(path): \(reason)"
        case .busy: "\(path) is in use by another process: \(reason)"
        case .failed: "\(path): \(reason)"
        }
    }
}
