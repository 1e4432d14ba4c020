import Foundation
import Layout

/// The options of a command from the command line, the environment and a configuration file, in this order.
///
/// `--media-port 4000`, `TESSERA_MEDIA_PORT=4000` and `{"mediaPort": 4000}` say the same. The file is one JSON object; a
/// field that no option has the name of is refused. Options whose names begin alike may stand together in an object:
/// `{"turn": {"urls": […], "life": 600}}` is `--turn-urls … --turn-life 600`.
struct ServeSettings {
    /// What was given, and where: for saying what is wrong with it.
    struct Value {
        var text: String
        var source: String

        func wrong(_ expected: String) -> CommandFailure { .misuse("\(source): expected \(expected)") }
    }

    private var values: [String: [Value]] = [:]

    /// `file` is the configuration's path, if there is one.
    init(
        _ arguments: Arguments, options: [Option], file: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) {
        if let file { values = try ServeSettings.read(file, options: options) }
        for option in options {
            let name = ServeSettings.variable(option)
            if let text = environment[name], !text.isEmpty {
                if option.value == nil, !["0", "1", "false", "true"].contains(text) {
                    throw .misuse("\(name)=\(text): expected 1 or 0")
                }
                let texts = option.isRepeatable ? text.split(separator: " ").map(String.init) : [text]
                values[option.name] = texts.map { Value(text: $0, source: "\(name)=\($0)") }
            }
            if arguments.has(option.name) { values[option.name] = [Value(text: "1", source: option.name)] }
            let given = arguments.all(option.name)
            if !given.isEmpty { values[option.name] = given.map { Value(text: $0, source: "\(option.name) \($0)") } }
        }
    }

    /// As `mediaPort`.
    static func field(_ option: Option) -> String {
        let words = option.name.dropFirst(2).split(separator: "-")
        return words[0] + words.dropFirst().map(\.capitalized).joined()
    }

    /// As `TESSERA_MEDIA_PORT`.
    static func variable(_ option: Option) -> String {
        "TESSERA_" + option.name.dropFirst(2).uppercased().replacing("-", with: "_")
    }

    /// Fields with where they stand; those of objects that group options under the options' own names.
    private static func flat(
        _ members: [JSONMember], options: [Option]
    ) -> [(name: String, path: String, value: JSONValue)] {
        members.flatMap { member -> [(name: String, path: String, value: JSONValue)] in
            let isGroup = options.contains { $0.name.hasPrefix("--\(member.name)-") }
            guard isGroup, case .object(let inner) = member.value else {
                return [(member.name, member.name, member.value)]
            }
            return inner.map { field in
                (
                    member.name + field.name.prefix(1).uppercased() + field.name.dropFirst(),
                    "\(member.name).\(field.name)", field.value
                )
            }
        }
    }

    private static func read(_ file: String, options: [Option]) throws(CommandFailure) -> [String: [Value]] {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .failed("cannot read the configuration \(file)")
        }
        let document: JSONValue
        do {
            document = try JSONParser.parse(Array(data))
        } catch {
            throw .misuse("\(file): \(error)")
        }
        guard case .object(let members) = document else { throw .misuse("\(file): $: expected a JSON object") }
        var values: [String: [Value]] = [:]
        for (name, path, value) in flat(members, options: options) {
            let source = "\(file): $.\(path)"
            guard let option = options.first(where: { field($0) == name }) else {
                throw .misuse("\(source): unknown; expected one of \(options.map(field).joined(separator: ", "))")
            }
            let texts: [String]
            switch (value, option.value == nil, option.isRepeatable) {
            case (.bool(let flag), true, _): texts = [flag ? "1" : "0"]
            case (_, true, _): throw .misuse("\(source): expected true or false")
            case (let json, false, false) where option.value == "JSON": texts = [json.compact]
            case (.string(let text), false, false): texts = [text]
            case (.number(let number), false, false): texts = [JSONValue.number(number).compact]
            case (.array(let list), false, true):
                var all: [String] = []
                for (index, value) in list.enumerated() {
                    guard case .string(let text) = value else { throw .misuse("\(source)[\(index)]: expected text") }
                    all.append(text)
                }
                texts = all
            case (_, false, true): throw .misuse("\(source): expected a list of texts")
            case (_, false, false): throw .misuse("\(source): expected text or a number")
            }
            values[option.name] = texts.map { Value(text: $0, source: "\(source): '\($0)'") }
        }
        return values
    }

    func value(_ name: String) -> Value? { values[name]?.first }
    func all(_ name: String) -> [String] { (values[name] ?? []).map(\.text) }
    func has(_ name: String) -> Bool { ["1", "true"].contains(value(name)?.text) }

    /// A whole number within `range`, or nil if it was not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = Int(value.text), range.contains(number) else {
            throw value.wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
