import Archive
import Foundation
import Layout
import Media
import Testing
import Timing

@Suite struct RequestTests {
    private let places = ArchivePlaces.files(relativeTo: "/work")

    /// What is wrong, and the place that the error names.
    static let faults: [(text: String, place: String?)] = [
        ("", nil), ("[]", "$"), ("{}", "$"), (#"{"session": "s", "outptu": "o"}"#, "$.outptu"),
        (#"{"session": ""}"#, "$.session"), (#"{"session": 5}"#, "$.session"),
        (#"{"session": "s", "session": "t"}"#, nil),
        (#"{"session": "s", "inputs": [{"file": "a.webm"}]}"#, "$.inputs"),
        (#"{"inputs": []}"#, "$.inputs"), (#"{"inputs": [5]}"#, "$.inputs[0]"),
        (#"{"inputs": [{"name": "a"}]}"#, "$.inputs[0].file"),
        (#"{"inputs": [{"file": "a", "kind": "phone"}]}"#, "$.inputs[0].kind"),
        (#"{"inputs": [{"file": "a", "start": -1}]}"#, "$.inputs[0].start"),
        (#"{"inputs": [{"file": "a", "hidden": true}]}"#, "$.inputs[0].hidden"),
        (#"{"inputs": [{"file": "a.webm"}, {"file": "b/a.webm"}]}"#, "$.inputs[1].name"),
        (#"{"session": "s", "output": "o.avi"}"#, "$.output"), (#"{"session": "s", "output": "o"}"#, "$.output"),
        (#"{"session": "s", "format": "avi"}"#, "$.format"),
        (#"{"session": "s", "output": "o.mp4", "format": "webm"}"#, "$.format"),
        (#"{"session": "s", "size": "1280x721"}"#, "$.size"), (#"{"session": "s", "size": "8x8"}"#, "$.size"),
        (#"{"session": "s", "size": "1280x720", "resolution": "640x480"}"#, "$.resolution"),
        (#"{"session": "s", "fps": 0}"#, "$.fps"), (#"{"session": "s", "fps": "fast"}"#, "$.fps"),
        (#"{"session": "s", "videoCodec": "av1"}"#, "$.videoCodec"),
        (#"{"session": "s", "videoCodec": "h264", "output": "o.webm"}"#, "$.videoCodec"),
        (#"{"session": "s", "videoCodec": "vp8", "output": "o.mp4"}"#, "$.videoCodec"),
        (#"{"session": "s", "audioCodec": "aac"}"#, "$.audioCodec"),
        (#"{"session": "s", "videoBitrate": 1}"#, "$.videoBitrate"),
        (#"{"session": "s", "audioBitrate": 1.5}"#, "$.audioBitrate"),
        (#"{"session": "s", "leaveOut": "a"}"#, "$.leaveOut"), (#"{"session": "s", "hide": ["a", 5]}"#, "$.hide[1]"),
        (#"{"session": "s", "trim": 5}"#, "$.trim"), (#"{"session": "s", "trim": {"begin": 5}}"#, "$.trim.begin"),
        (#"{"session": "s", "trim": {"start": 5, "end": 5}}"#, "$.trim.end"),
        (#"{"session": "s", "chunk": 0}"#, "$.chunk"), (#"{"session": "s", "layout": "nonsense"}"#, "$.layout"),
        (#"{"session": "s", "layout": 5}"#, "$.layout"),
        (#"{"session": "s", "layout": {"version": 1}}"#, "$.layout.root"),
        (#"{"session": "s", "layout": "grid", "layouts": []}"#, "$.layouts"),
        (#"{"session": "s", "layouts": []}"#, "$.layouts"),
        (#"{"session": "s", "layouts": [{"from": 2, "layout": "grid"}]}"#, "$.layouts[0].from"),
        (#"{"session": "s", "layouts": [{"layout": "grid"}, {"from": 0, "layout": "grid"}]}"#, "$.layouts[1].from"),
        (#"{"session": "s", "layouts": [{"layout": "grid"}, {"from": 3}]}"#, "$.layouts[1].layout"),
        (#"{"session": "s", "video_layout": {"a": {"x_pos": 900}}, "resolution": "640x480"}"#, "$.video_layout.a"),
    ]

    @Test(arguments: faults.indices) func faultsNameTheirPlace(_ index: Int) {
        let (text, place) = RequestTests.faults[index]
        let error = #expect(throws: ArchiveError.self, "\(text)") {
            _ = try ArchiveRequest(parsing: text.utf8, places: places)
        }
        #expect(error?.code == .badRequest)
        if let place { #expect(error?.place == place, "\(text): \(error?.description ?? "")") }
    }

    @Test func aRequestComesBackAsItWas() throws {
        let text = #"""
            {"inputs": [{"file": "a.webm", "name": "Ada \"x\"", "start": 1.5, "role": "host"},
              {"file": "/b.webm", "kind": "screen"}], "layouts": [{"layout": "grid"}, {"from": 3.5, "layout": "speaker"}],
             "size": "640x360", "fps": 29.97, "videoCodec": "vp9", "audioCodec": "opus", "videoBitrate": 500000,
             "audioBitrate": 32000, "leaveOut": ["x"], "hide": ["y"], "trim": {"start": 1, "end": 9.25}, "chunk": 30,
             "output": "o.mkv", "overwrite": true}
            """#
        let request = try ArchiveRequest(parsing: text.utf8, places: places)
        #expect(request.output == "/work/o.mkv")
        #expect(request.frameRate == FrameRate(numerator: 30_000, denominator: 1001))
        #expect(request.layouts.map(\.from) == [.zero, MediaTime(seconds: 3.5)])
        guard case .files(let inputs) = request.source else { throw CancellationError() }
        #expect(inputs[0].file == "/work/a.webm" && inputs[0].name == "Ada \"x\"" && inputs[1].name == "b")
        let again = try ArchiveRequest(parsing: request.json.utf8, places: .files(relativeTo: "/"))
        #expect(again.json == request.json)
        #expect(again.source == request.source && again.start == request.start && again.chunk == request.chunk)
    }

    @Test func twilioRequests() throws {
        let text = #"""
            {"session": "s", "video_layout": {"main": {"width": 640, "height": 360, "video_sources": ["*"]}},
             "resolution": "640x360", "trim": true, "format": "mp4"}
            """#
        let request = try ArchiveRequest(parsing: text.utf8, places: places)
        #expect(request.size == PictureSize(width: 640, height: 360) && request.trimsToMedia)
        #expect(request.container == "mp4" && request.layouts.count == 1)
    }

    /// Whoever asks from elsewhere names recordings, and no paths.
    @Test func requestsFromElsewhereNameNoPaths() throws {
        let places = ArchivePlaces.recordings(folder: "/data/recordings")
        let good = try ArchiveRequest(parsing: #"{"session": "rec_1-A"}"#.utf8, places: places)
        #expect(good.source == .session(folder: "/data/recordings/rec_1-A"))
        for (text, place) in [
            (#"{"session": "../x"}"#, "$.session"), (#"{"session": "/etc"}"#, "$.session"),
            (#"{"inputs": [{"file": "/etc/passwd"}]}"#, "$.inputs"),
            (#"{"session": "a", "output": "/tmp/x.webm"}"#, "$.output"),
            (#"{"session": "a", "layout": "/etc/passwd"}"#, "$.layout"),
            (#"{"session": "a", "layouts": [{"layout": "grid", "images": "/etc"}]}"#, "$.layouts[0].images"),
        ] {
            let error = #expect(throws: ArchiveError.self) {
                _ = try ArchiveRequest(parsing: text.utf8, places: places)
            }
            #expect(error?.place == place, "\(text)")
        }
    }
}
