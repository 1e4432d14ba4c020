import Foundation
import Glibc
import Service

/// `tessera token`: signs a token that opens a room.
enum TokenCommand {
    static let about = "signs a token that opens a room"

    private static let options = [
        Option("--room", value: "ROOM", "the room it opens; * for all"),
        Option("--name", value: "NAME", "the label of who carries it"),
        Option("--grants", value: "LIST", "of publish, subscribe, record, admin (publish,subscribe)"),
        Option("--role", value: "ROLE", "what layouts may bind a tile to, such as host"),
        Option("--ttl", value: "SECONDS", "how long it is good (3600)"),
        Option("--data", value: "DIR", "the service's data (tessera-data)"),
        Option("--key-file", value: "FILE", "the key, instead of that of --data or TESSERA_KEY"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "token")
        if read.asksForHelp {
            let usage = helpText(
                usage: "tessera token --room ROOM [options]",
                about: "Prints a token for the service with the same key.",
                options: options)
            print(usage, terminator: "")
            return
        }
        if let word = read.words.first { throw .misuse("token takes options only, but got '\(word)'") }
        guard let room = read.value("--room") else { throw .misuse("token: which room? --room ROOM") }
        guard room == "*" || room.range(of: "^[A-Za-z0-9_-]{1,64}$", options: .regularExpression) != nil else {
            throw .misuse("--room \(room): expected 1 to 64 of A-Z a-z 0-9 _ -, or *")
        }
        var grants: [Grant] = []
        for word in (read.value("--grants") ?? "publish,subscribe").split(separator: ",") {
            guard let grant = Grant(rawValue: String(word)) else {
                throw .misuse("--grants: '\(word)' is none of publish, subscribe, record, admin")
            }
            grants.append(grant)
        }
        let seconds = try read.integer("--ttl", in: 1...31_536_000) ?? 3600
        let claims = TokenClaims(
            room: room, name: read.value("--name"), grants: grants, role: read.value("--role"),
            exp: Int(Date().timeIntervalSince1970) + seconds)
        let environment = ProcessInfo.processInfo.environment
        let keys = try keys(
            flag: read.value("--key-file"), file: environment["TESSERA_KEY_FILE"],
            data: read.value("--data") ?? environment["TESSERA_DATA"])
        print(keys.sign(claims))
    }

    /// The keys of `--key-file`, of TESSERA_KEY, of the file that is configured, or of the data folder, where one is made
    /// if there is none: one a line, the first signs, all check.
    static func keys(flag: String?, file: String?, data: String?) throws(CommandFailure) -> TokenKeys {
        if let flag { return try keys(in: flag) }
        if let text = ProcessInfo.processInfo.environment["TESSERA_KEY"], !text.isEmpty {
            return try keys(of: text, from: "TESSERA_KEY")
        }
        if let file { return try keys(in: file) }
        return try keys(inFolder: data ?? "tessera-data")
    }

    private static func keys(inFolder folder: String) throws(CommandFailure) -> TokenKeys {
        let file = folder + "/key"
        if access(file, F_OK) != 0 {
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let text = TokenKey.generated().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            // Whole from the first moment it has its name, readable by its owner only, and never over another's.
            let draft = "\(file).\(getpid())"
            let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            guard descriptor >= 0 else {
                throw .failed("cannot make a key in \(folder): \(String(cString: strerror(errno)))")
            }
            let written = write(descriptor, text + "\n", text.utf8.count + 1)
            close(descriptor)
            defer { unlink(draft) }
            guard written == text.utf8.count + 1 else { throw .failed("cannot write \(draft)") }
            guard link(draft, file) == 0 || errno == EEXIST else {
                throw .failed("cannot make \(file): \(String(cString: strerror(errno)))")
            }
        }
        return try keys(in: file)
    }

    private static func keys(in file: String) throws(CommandFailure) -> TokenKeys {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .failed("cannot read the key \(file)")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw .failed("\(file): expected a key of printable characters in each line")
        }
        return try keys(of: text, from: file)
    }

    private static func keys(of text: String, from source: String) throws(CommandFailure) -> TokenKeys {
        do throws(TokenError) {
            return try TokenKeys(text: text)
        } catch {
            throw .failed("\(source): \(error.description)")
        }
    }
}
