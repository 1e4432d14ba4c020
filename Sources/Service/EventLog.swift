import Foundation
import Synchronization
public import Timing

/// What happens, a line for each event: `time event name=value …` for people, or a JSON object. Whatever the values hold,
/// it stays one line; of one event that comes too often, lines are left out and counted.
public final class EventLog: Sendable {
    public enum Format: String, Sendable {
        case human
        case json
    }

    public enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case text(String)
        case number(Int)
        public init(stringLiteral value: String) { self = .text(value) }
        public init(integerLiteral value: Int) { self = .number(value) }
    }

    private struct Bucket {
        var level: Double
        var updated: MediaTime
        var omitted = 0
    }

    /// Lines a second of one event for long, and at once.
    private static let rate = 10.0
    private static let burst = 50.0

    private let format: Format
    private let write: @Sendable (String) -> Void
    private let buckets = Mutex<[String: Bucket]>([:])

    /// `write` takes a line without its end, on whatever thread; it must be quick.
    public init(_ format: Format = .human, write: @escaping @Sendable (String) -> Void) {
        (self.format, self.write) = (format, write)
    }

    /// Whatever is told to it is dropped.
    public static let silent = EventLog { _ in }

    /// `event` is a word of the program's own, as are the names of the fields; fields that are nil are left out.
    public func note(
        _ event: String, _ fields: KeyValuePairs<String, Value?>, at now: MediaTime = MonotonicClock.now
    ) {
        guard let omitted = admit(event, now) else { return }
        var all = fields.compactMap { name, value in value.map { (name, $0) } }
        if omitted > 0 { all.append(("omitted", .number(omitted))) }
        let time = Date().ISO8601Format()
        switch format {
        case .human:
            write(([time, event] + all.map { "\($0)=\(EventLog.human($1))" }).joined(separator: " "))
        case .json:
            let members = [("time", Value.text(time)), ("event", .text(event))] + all
            write("{" + members.map { "\"\($0)\":\(EventLog.json($1))" }.joined(separator: ",") + "}")
        }
    }

    /// Lines of this event that were left out before; nil if this one is as well.
    private func admit(_ event: String, _ now: MediaTime) -> Int? {
        buckets.withLock { buckets in
            var bucket = buckets[event] ?? Bucket(level: EventLog.burst, updated: now)
            defer { buckets[event] = bucket }
            bucket.level = min(
                EventLog.burst, bucket.level + max(0, (now - bucket.updated).seconds) * EventLog.rate)
            bucket.updated = max(now, bucket.updated)
            guard bucket.level >= 1 else {
                bucket.omitted += 1
                return nil
            }
            bucket.level -= 1
            defer { bucket.omitted = 0 }
            return bucket.omitted
        }
    }

    private static func human(_ value: Value) -> String {
        guard case .text(let text) = value else { return json(value) }
        let isPlain = text.utf8.allSatisfy {
            (33...126).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
        }
        return isPlain && !text.isEmpty ? text : json(value)
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .number(let number): return String(number)
        case .text(let text):
            var result = "\""
            for scalar in text.unicodeScalars.prefix(500) {
                switch scalar {
                case "\"": result += "\\\""
                case "\\": result += "\\\\"
                // Besides controls, what some readers take for the end of a line.
                case _ where scalar.properties.generalCategory == .control || [0x2028, 0x2029].contains(scalar.value):
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result + "\""
        }
    }
}
