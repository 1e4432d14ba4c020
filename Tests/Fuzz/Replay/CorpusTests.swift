import Foundation
import FuzzTargets
import Testing

@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    /// Seeds, and whatever once brought a parser down.
    @Test(arguments: FuzzTarget.allCases) func theCorpusIsReadWithoutATrap(target: FuzzTarget) throws {
        let folder = CorpusTests.folder.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files { target.run(Array(try Data(contentsOf: file))) }
    }
}
