import Foundation
import Service
import Testing

/// HTTPS with certificates made on the spot.
@Suite(.serialized) struct TLSTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var files: TLSFiles {
        TLSFiles(certificate: folder.path + "/cert.pem", key: folder.path + "/key.pem")
    }

    private func shell(_ command: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private func certificate(_ name: String, _ files: TLSFiles) throws {
        _ = try shell(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name) "
                + "-keyout '\(files.key)' -out '\(files.certificate)'")
    }

    private func subject(_ port: UInt16) throws -> String {
        try shell("openssl s_client -connect 127.0.0.1:\(port) </dev/null | openssl x509 -noout -subject")
    }

    @Test func requestsOverTLSAndANewCertificate() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try certificate("first.example", files)
        let test = try TestServer {
            $0.tls = files
            $0.deadline = 2
        }
        let answer = try shell(
            "printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | "
                + "openssl s_client -connect 127.0.0.1:\(test.port) -CAfile '\(files.certificate)' "
                + "-verify_return_error -quiet -ign_eof")
        #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        #expect(answer.hasSuffix("ok\n"))
        #expect(try subject(test.port).contains("first.example"))
        // A bad file changes nothing.
        let good = try Data(contentsOf: URL(fileURLWithPath: files.certificate))
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: files.certificate))
        #expect(throws: ServiceError.self) { try test.server.reloadCertificate() }
        #expect(try subject(test.port).contains("first.example"))
        try good.write(to: URL(fileURLWithPath: files.certificate))
        try certificate("second.example", files)
        try test.server.reloadCertificate()
        var seen = ""
        for _ in 0..<50 where !seen.contains("second.example") { seen = try subject(test.port) }
        #expect(seen.contains("second.example"))
        // Who never begins the handshake is let go.
        #expect(try test.client().endsSilently())
    }

    @Test func whatIsWrongWithFilesIsSaid() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try certificate("a.example", files)
        let other = TLSFiles(certificate: folder.path + "/other.pem", key: folder.path + "/other-key.pem")
        try certificate("b.example", other)
        _ = try shell("openssl ec -aes128 -passout pass:abcd -in '\(files.key)' -out '\(folder.path)/locked.pem'")
        for (certificate, key, words) in [
            ("/nowhere.pem", "/key.pem", "cannot read"), ("/cert.pem", "/nowhere.pem", "cannot read"),
            ("/key.pem", "/key.pem", "holds no certificate"), ("/cert.pem", "/cert.pem", "holds no private key"),
            ("/cert.pem", "/other-key.pem", "is not that of the certificate"),
            ("/cert.pem", "/locked.pem", "passphrase"),
        ] {
            let error = #expect(throws: ServiceError.self) {
                try TestServer {
                    $0.tls = TLSFiles(certificate: folder.path + certificate, key: folder.path + key)
                }
            }
            #expect(error?.description.contains(words) == true, "\(certificate) \(key): \(error?.description ?? "")")
        }
    }
}
