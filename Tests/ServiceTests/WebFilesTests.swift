import Foundation
import Service
import Testing

@Suite struct WebFilesTests {
    @Test func theProgramCarriesTheFilesAsTheyAre() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Service/Web")
        let kinds = ["html", "css", "js", "svg"]
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { kinds.contains(($0 as NSString).pathExtension) }
        #expect(Set(names) == Set(WebFiles.files.map(\.name)))
        for file in WebFiles.files {
            let text = try String(contentsOf: folder.appendingPathComponent(file.name), encoding: .utf8)
            #expect(file.text == text)
        }
    }
}
