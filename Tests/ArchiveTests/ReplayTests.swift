import Archive
import Foundation
import Media
import Recording
import Store
import Testing

/// Who is where, and who is heard, in composites of little sessions.
@Suite struct ReplayTests {
    /// `a` is there from the start, `b` from 2 to 4 s; `a` is muted from 3 s on.
    private func record(_ yard: Yard, more: (SessionMaker) throws -> Void = { _ in }) throws {
        let maker = try SessionMaker(yard.session)
        maker.note(.joined(participant: "a", name: "Ada", role: nil), at: 0)
        maker.note(.layout(view: "main", layout: halves), at: 0)
        try maker.media("a", 0..<6, luma: 200, tone: 600)
        maker.note(.joined(participant: "b", name: "Bo", role: nil), at: 2)
        try maker.media("b", 2..<4, luma: 100, tone: 1000)
        maker.note(.muted(participant: "a", true), at: 3)
        maker.note(.left(participant: "b"), at: 4)
        try more(maker)
        maker.note(.end(error: nil), at: 6)
        try maker.finish()
    }

    @Test func peopleComeAndGoAsTheyDid() throws {
        let yard = try Yard()
        try record(yard)
        let seen = try yard.make(yard.request())
        #expect(abs(seen.duration - 6) < 0.2, "\(seen.duration)")
        for (time, left, right) in [(0.5, 200, 16), (1.7, 200, 16), (2.5, 200, 100), (3.7, 200, 100), (4.5, 200, 16)] {
            #expect(abs(seen.luma(0.25, 0.5, at: time) - left) < 12, "a at \(time): \(seen.luma(0.25, 0.5, at: time))")
            #expect(abs(seen.luma(0.75, 0.5, at: time) - right) < 12, "b at \(time): \(seen.luma(0.75, 0.5, at: time))")
        }
        for (time, first, second) in [(1.0, true, false), (2.5, true, true), (3.5, false, true), (4.5, false, false)] {
            #expect((seen.tone(600, at: time) > 0.05) == first, "a at \(time): \(seen.tone(600, at: time))")
            #expect((seen.tone(1000, at: time) > 0.05) == second, "b at \(time): \(seen.tone(1000, at: time))")
        }
        #expect(seen.warnings.isEmpty, "\(seen.warnings)")
    }

    @Test func peopleCanBeLeftOutAndHidden() throws {
        let yard = try Yard()
        try record(yard)
        let without = try yard.make(yard.request(#""leaveOut": ["Bo"]"#))
        #expect(abs(without.luma(0.75, 0.5, at: 3) - 16) < 12 && without.tone(1000, at: 2.5) < 0.01)
        #expect(abs(without.luma(0.25, 0.5, at: 3) - 200) < 12 && without.tone(600, at: 2.5) > 0.05)
        let hidden = try yard.make(yard.request(#""hide": ["b"]"#, output: "hidden.webm"))
        // The tile is there, but the picture is not: an avatar's circle is seen, and its background beside it.
        #expect(abs(hidden.luma(0.75, 0.5, at: 3) - 100) > 12 || abs(hidden.luma(0.55, 0.1, at: 3) - 100) > 12)
        #expect(hidden.tone(1000, at: 2.5) < 0.01 && hidden.tone(600, at: 2.5) > 0.05)
        let error = #expect(throws: ArchiveError.self) {
            _ = try yard.make(yard.request(#""leaveOut": ["b", "Zoe"]"#, output: "zoe.webm"))
        }
        #expect(error?.place == "$.leaveOut[1]" && error?.description.contains("a (Ada), b (Bo)") == true)
    }

    /// The part that is wanted looks and sounds as it does in the whole.
    @Test func trimming() throws {
        let yard = try Yard()
        try record(yard)
        let part = try yard.make(yard.request(#""trim": {"start": 1.5, "end": 3.5}"#))
        #expect(abs(part.duration - 2) < 0.15)
        #expect(abs(part.luma(0.75, 0.5, at: 0.2) - 16) < 12 && abs(part.luma(0.75, 0.5, at: 0.8) - 100) < 12)
        #expect(part.tone(600, at: 1.2) > 0.05 && part.tone(600, at: 1.7) < 0.01)
        let error = #expect(throws: ArchiveError.self) {
            _ = try yard.make(yard.request(#""trim": {"start": 60}"#, output: "late.webm"))
        }
        #expect(error?.place == "$.trim.start")
    }

    /// Without a layout of the request's own, those of the session are followed, as they changed; with a timeline, that.
    @Test func layoutsChangeAsTheyDid() throws {
        let yard = try Yard()
        let single = #"""
            {"version": 1, "background": "#000000", "transition": {"duration": 0},
             "style": {"radius": 0, "label": false}, "root": {"type": "tile", "show": {"participant": "b"}}}
            """#
        try record(yard) { $0.note(.layout(view: "main", layout: single), at: 3) }
        for request in [
            try yard.request(layout: nil),
            try yard.request(
                #""layouts": [{"layout": \#(halves)}, {"from": 3, "layout": \#(single)}]"#, layout: nil,
                output: "own.webm"),
        ] {
            let seen = try yard.make(request)
            #expect(abs(seen.luma(0.25, 0.5, at: 2.5) - 200) < 12)
            #expect(abs(seen.luma(0.25, 0.5, at: 3.5) - 100) < 12, "\(seen.luma(0.25, 0.5, at: 3.5))")
        }
    }

    /// The speaker's layout follows the loudness that was recorded, and where none was, that which is measured.
    @Test(arguments: [true, false]) func theSpeakerIsFollowed(hasLevels: Bool) throws {
        let yard = try Yard()
        let maker = try SessionMaker(yard.session)
        maker.note(.joined(participant: "a", name: "Ada", role: nil), at: 0)
        maker.note(.joined(participant: "b", name: "Bo", role: nil), at: 0)
        if hasLevels { maker.note(.levels(["a": -20, "b": -127]), at: 0.1) }
        try maker.media("a", 0..<9, luma: 200, tone: nil)
        try maker.media("b", 0..<9, luma: 100, tone: nil)
        if hasLevels { maker.note(.levels(["a": -127, "b": -20]), at: 4) }
        maker.note(.end(error: nil), at: 9)
        try maker.finish()
        guard hasLevels else {
            // Nobody speaks, so the first who joined is shown throughout.
            let seen = try yard.make(yard.request(layout: #""single""#))
            #expect(abs(seen.luma(0.5, 0.3, at: 8.5) - 200) < 12)
            return
        }
        let seen = try yard.make(yard.request(#""chunk": 2"#, layout: #""single""#), lanes: 2)
        #expect(abs(seen.luma(0.5, 0.3, at: 3) - 200) < 12)
        #expect(abs(seen.luma(0.5, 0.3, at: 8.5) - 100) < 12)
    }

    @Test func screensAreShown() throws {
        let yard = try Yard()
        let maker = try SessionMaker(yard.session)
        maker.note(.joined(participant: "a", name: "Ada", role: nil), at: 0)
        try maker.media("a", 0..<3, luma: 200, tone: nil)
        maker.note(.sharing(participant: "a", true), at: 3)
        try maker.media("a", 3..<6, luma: 60, tone: nil, kind: .screen)
        maker.note(.sharing(participant: "a", false), at: 5)
        maker.note(.end(error: nil), at: 6)
        try maker.finish()
        let layout = #"""
            {"version": 1, "transition": {"duration": 0}, "style": {"radius": 0, "label": false},
             "root": {"type": "tile", "show": ["screen", {"participant": "a"}]}}
            """#
        let seen = try yard.make(yard.request(layout: layout))
        #expect(abs(seen.luma(0.5, 0.5, at: 2) - 200) < 12)
        #expect(abs(seen.luma(0.5, 0.5, at: 4) - 60) < 12, "\(seen.luma(0.5, 0.5, at: 4))")
    }

    /// Files with start offsets, as `tessera render` takes them.
    @Test func listsOfFiles() throws {
        let yard = try Yard()
        try record(yard)
        let text = """
            {"inputs": [{"file": "session/1-camera.webm", "name": "a", "start": 1}, \
            {"file": "session/2-sound.webm", "name": "b"}], "layout": \(halves), "size": "320x180", "fps": 10, \
            "output": "list.mkv"}
            """
        let request = try ArchiveRequest(parsing: text.utf8, places: .files(relativeTo: yard.scratch.path))
        let seen = try yard.make(request)
        #expect(abs(seen.duration - 7) < 0.2, "\(seen.duration)")
        #expect(abs(seen.luma(0.25, 0.5, at: 0.5) - 16) < 12 && abs(seen.luma(0.25, 0.5, at: 1.5) - 200) < 12)
        #expect(seen.tone(600, at: 0.5) > 0.05)
    }

    // MARK: - What is wrong with sessions

    @Test func missingTracksAreLeftOut() throws {
        let yard = try Yard()
        try record(yard)
        try FileManager.default.removeItem(atPath: yard.session + "/1-camera.webm")
        let seen = try yard.make(yard.request())
        #expect(seen.warnings.contains { $0.contains("1-camera.webm") && $0.contains("missing") })
        #expect(abs(seen.luma(0.75, 0.5, at: 3) - 100) < 12 && seen.tone(600, at: 1) > 0.05)
        for name in try FileManager.default.contentsOfDirectory(atPath: yard.session) where name.hasSuffix(".webm") {
            try FileManager.default.removeItem(atPath: yard.session + "/" + name)
        }
        let error = #expect(throws: ArchiveError.self) {
            _ = try yard.jobs.submit(yard.request(output: "x.webm"), now: 0)
        }
        #expect(error?.code == .unusable)
    }

    @Test func manifestsThatAreCutOffOrEdited() throws {
        let yard = try Yard()
        try record(yard)
        let path = yard.session + "/" + Manifest.fileName
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        let lines = whole.split(separator: "\n").map(String.init)
        try Data((lines.dropLast(2).joined(separator: "\n") + "\n{\"at\":4,\"ev").utf8).write(
            to: URL(fileURLWithPath: path))
        let seen = try yard.make(yard.request())
        #expect(seen.warnings.contains { $0.contains("cut off") })
        #expect(abs(seen.luma(0.25, 0.5, at: 0.5) - 200) < 12)

        func refusal(_ text: String) throws -> String {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: ArchiveError.self) {
                _ = try yard.jobs.submit(yard.request(output: "x.webm"), now: 0)
            }
            return error?.description ?? ""
        }
        #expect(try refusal("").contains("empty"))
        #expect(try refusal(lines[1...].joined(separator: "\n") + "\n").contains("line 1"))
        #expect(try refusal(lines[0] + "\n{\"at\":1,\"event\":\"exploded\"}\n").contains("line 2"))
        #expect(
            try refusal(whole.replacing("\"1-camera.webm\"", with: "\"../../etc/passwd\"")).contains(
                "no name of a file"))
        try FileManager.default.removeItem(atPath: path)
        let gone = #expect(throws: ArchiveError.self) { _ = try yard.jobs.submit(yard.request(), now: 0) }
        #expect(gone?.place == "$.session")
    }

    @Test func layoutsThatShowNobody() throws {
        let yard = try Yard()
        try record(yard)
        let layout = #"""
            {"version": 1, "root": {"type": "tile", "show": {"participant": "zoe"}, "whenEmpty": "background"}}
            """#
        let job = try yard.jobs.submit(yard.request(layout: layout), now: 0)
        #expect(job.warnings.contains { $0.contains("'zoe'") })
        #expect(try yard.worker().runNext())
        let failed = try yard.jobs.job(job.job.id)
        #expect(failed.state == .failed && failed.error?.contains("shows nobody") == true)
        #expect(!FileManager.default.fileExists(atPath: failed.output))
    }
}
