/// What a command line can hold: options with a value, flags, and words that stand by themselves.
struct Option {
    /// With its dashes, as in `--layout`.
    let name: String
    /// What stands for the value in the help, as in `FILE`; nil for a flag.
    let value: String?
    let help: String
    let isRepeatable: Bool

    init(_ name: String, value: String? = nil, repeatable: Bool = false, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
        isRepeatable = repeatable
    }
}

/// The command line was wrong (exit status 2), or the work failed (exit status 1). One line for a person to read.
struct CommandFailure: Error {
    let status: Int32
    let message: String

    static func misuse(_ message: String) -> CommandFailure { CommandFailure(status: 2, message: message) }
    static func failed(_ message: String) -> CommandFailure { CommandFailure(status: 1, message: message) }
}

/// A command's arguments after reading: `--name value`, `--name=value`, flags, and words. `--` ends the options.
struct Arguments {
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []
    private(set) var words: [String] = []
    /// `--help` or `-h` was among them.
    private(set) var asksForHelp = false

    /// Throws a misuse that names the option which is unknown, repeated, or lacks its value.
    init(_ arguments: [String], options: [Option], command: String) throws(CommandFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                asksForHelp = true
                continue
            }
            if argument == "--" {
                words += rest
                break
            }
            guard argument.hasPrefix("-"), argument.count > 1 else {
                words.append(argument)
                continue
            }
            let (name, attached) = Arguments.split(argument)
            guard let option = options.first(where: { $0.name == name }) else {
                let near = options.map(\.name).min { Arguments.distance($0, name) < Arguments.distance($1, name) }
                let hint = near.map { Arguments.distance($0, name) <= 3 ? " (did you mean \($0)?)" : "" } ?? ""
                throw .misuse("unknown option \(name)\(hint); see 'tessera \(command) --help'")
            }
            guard let placeholder = option.value else {
                if attached != nil { throw .misuse("\(name) takes no value; see 'tessera \(command) --help'") }
                flags.insert(name)
                continue
            }
            guard let value = attached ?? rest.popFirst() else {
                throw .misuse("\(name) needs a value: \(name) \(placeholder)")
            }
            if values[name] != nil, !option.isRepeatable { throw .misuse("\(name) was given twice; give it once") }
            values[name, default: []].append(value)
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func value(_ name: String) -> String? { values[name]?.first }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A number within `range`, or nil if the option was not given.
    func number(_ name: String, in range: ClosedRange<Double>) throws(CommandFailure) -> Double? {
        guard let text = value(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw .misuse(
                "\(name) \(text): expected a number from \(short(range.lowerBound)) to \(short(range.upperBound))")
        }
        return number
    }

    /// A whole number within `range`, or nil if the option was not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .misuse("\(name) \(text): expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func short(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }

    private static func split(_ argument: String) -> (name: String, value: String?) {
        guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }

    /// Levenshtein distance, to guess what a misspelt option was meant to be.
    static func distance(_ left: String, _ right: String) -> Int {
        let target = Array(right)
        var row = Array(0...target.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let above = row[column + 1]
                row[column + 1] = min(
                    above + 1, row[column] + 1, diagonal + (character == target[column] ? 0 : 1))
                diagonal = above
            }
        }
        return row[target.count]
    }
}

/// The help of a command: how to call it, what it does, its options in a column.
func helpText(usage: String, about: String, options: [Option]) -> String {
    let names = options.map { option in option.value.map { "\(option.name) \($0)" } ?? option.name }
    let width = (names.map(\.count).max() ?? 0) + 2
    let lines = zip(names, options).map { name, option in
        "  " + name + String(repeating: " ", count: width - name.count) + option.help
    }
    return "usage: \(usage)\n\n\(about)\n\n" + lines.joined(separator: "\n") + "\n"
}
