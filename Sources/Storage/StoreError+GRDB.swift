import GRDB

extension StoreError {
    /// From whatever SQLite or GRDB threw.
    init(_ error: any Error, path: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(code: .failed, path: path, reason: String(describing: error))
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: .corrupt
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY: .cannotOpen
            case .SQLITE_FULL: .full
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            default: .failed
            }
        self.init(code: code, path: path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
    }
}
