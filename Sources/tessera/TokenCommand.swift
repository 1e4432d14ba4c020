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
            room: room, name: read.value("--name"), grants: grants, exp: Int(Date().timeIntervalSince1970) + seconds)
        print(try key(read, mayGenerate: true).sign(claims))
    }

    /// The key of `--key-file`, of TESSERA_KEY, or of the data folder, where one is made if there is none.
    static func key(_ arguments: Arguments, mayGenerate: Bool) throws(CommandFailure) -> TokenKey {
        if let file = arguments.value("--key-file") { return try key(in: file) }
        if let text = ProcessInfo.processInfo.environment["TESSERA_KEY"], !text.isEmpty {
            return try key(of: Array(text.utf8), from: "TESSERA_KEY")
        }
        let folder = arguments.value("--data") ?? "tessera-data"
        let file = folder + "/key"
        if !FileManager.default.fileExists(atPath: file), mayGenerate {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let text = TokenKey.generated().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            // Readable by its owner only from the first moment; never written over another's.
            let descriptor = Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            if descriptor >= 0 {
                let written = write(descriptor, text, text.utf8.count)
                close(descriptor)
                guard written == text.utf8.count else { throw .failed("cannot write \(file)") }
            }
        }
        return try key(in: file)
    }

    private static func key(in file: String) throws(CommandFailure) -> TokenKey {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .failed("cannot read the key \(file)")
        }
        var bytes = Array(data)
        while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
        return try key(of: bytes, from: file)
    }

    private static func key(of bytes: [UInt8], from source: String) throws(CommandFailure) -> TokenKey {
        do throws(TokenError) {
            return try TokenKey(bytes)
        } catch {
            throw .failed("\(source): \(error.description)")
        }
    }
}
