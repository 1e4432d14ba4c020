import Containers
import Foundation
import Recording

/// `tessera recover`: finishes recordings that were cut off.
enum RecoverCommand {
    static let about = "finishes a cut-off recording: duration, index and name"

    private static let options = [
        Option("--output", value: "FILE", "where to write it (FILE without .part, else NAME-recovered.EXT)"),
        Option("--keep", "keeps the cut-off file"),
        Option("--force", "replaces what has the name of the result"),
    ]

    static func run(_ arguments: [String]) throws(CommandFailure) {
        let read = try Arguments(arguments, options: options, command: "recover")
        if read.asksForHelp {
            print(
                helpText(
                    usage: "tessera recover FILE [--output FILE] [--keep] [--force]",
                    about: "Finishes FILE (usually NAME.webm.part, of WebM, MKV, MP4 or Ogg) without encoding anew. "
                        + "The cut-off\nNAME.part is deleted once the new file is whole.",
                    options: options), terminator: "")
            return
        }
        guard let file = read.words.first else { throw .misuse("recover: which file? see 'tessera recover --help'") }
        guard read.words.count == 1 else {
            throw .misuse("recover takes one file, but got '\(read.words[1])' too")
        }
        if let output = read.value("--output"), output.hasSuffix(".part") {
            throw .misuse("--output \(output): a finished file does not end in .part")
        }
        do {
            let outcome = try Recovery.run(
                path: file, target: read.value("--output"), overwrite: read.has("--force"),
                keepsOriginal: read.has("--keep") || !file.hasSuffix(".part"))
            let damage = outcome.damaged > 0 ? ", \(outcome.damaged) incomplete packets at the cut left out" : ""
            print("\(outcome.file.path): \(outcome.file.duration), \(outcome.file.bytes) bytes\(damage)")
        } catch {
            throw .failed(error.description)
        }
    }
}
