import Foundation

/// What `--report` wrote, read as anybody would who reads JSON.
struct Report {
    private let fields: [String: Any]

    init(_ path: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        fields = object as? [String: Any] ?? [:]
    }

    var inputs: [[String: Any]] { fields["inputs"] as? [[String: Any]] ?? [] }
    var output: [String: Any] { fields["output"] as? [String: Any] ?? [:] }
    var stages: [String: [String: Double]] { fields["stages"] as? [String: [String: Double]] ?? [:] }
    var wasCancelled: Bool { fields["wasCancelled"] as? Bool ?? false }
    /// Bytes.
    var peakMemory: Int { fields["peakMemory"] as? Int ?? Int.max }

    func count(_ name: String, ofInput index: Int) -> Int { inputs[index][name] as? Int ?? -1 }
}
