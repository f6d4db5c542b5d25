import Foundation
import Primitives

/// A point in time as people type it.
enum RecordTime {
    /// A date or a time of ISO 8601 in UTC, or how long ago in minutes, hours or days.
    static func parse(_ text: String, now: Date) -> WallTime? {
        if let unit = text.last, let number = Int(text.dropLast()), (0...1_000_000).contains(number),
            let seconds = ["m": 60, "h": 3600, "d": 86_400][unit]
        {
            return WallTime(milliseconds: Int64(now.timeIntervalSince1970 * 1000) - Int64(number * seconds * 1000))
        }
        let whole = text.contains("T") ? text : "\(text)T00:00:00Z"
        guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
        return WallTime(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
    }
}
