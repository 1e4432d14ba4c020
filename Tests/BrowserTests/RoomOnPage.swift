import Foundation
import Testing

/// A page that shows a room, and what is to be seen and heard in it.
struct RoomOnPage {
    let browser: any Browser
    /// Scripts for the element that shows the mix, and for its connection.
    let mix: String
    let peer: String

    struct Figures: Decodable {
        var framesDecoded: Int
        var framesEncoded: Int
        var soundReceived: Int
        var soundSent: Int
    }

    func figures() async throws -> Figures { try await browser.evaluate("return measure.figures(\(peer))") }

    /// Waits until the mix is there.
    func begin() async throws {
        try await browser.installMeasure()
        try await until("the first pictures of the mix") {
            try await browser.evaluate("return !!(\(peer)) && \(mix).videoWidth > 0")
        }
        _ = try await until("pictures") { try await figures().framesDecoded > 10 ? true : nil }
        let shape: [Int] = try await browser.evaluate("return [\(mix).videoWidth, \(mix).videoHeight]")
        #expect(shape[0] * 9 == shape[1] * 16, "a picture of \(shape)")
    }

    /// Every tile shows whom the layout puts there: what is seen is nearer to what `tessera render` draws there than to
    /// anybody else, and near enough. `atLeast` is for layouts whose tiles depend on who has spoken.
    func seesAllFive(layout: String, devices: FakeDevices, name: String, atLeast least: Int = 5) async throws {
        let tiles = try Tile.placements(of: layout, participants: 5)
        let list = try literal(tiles)
        let image = try literal(try devices.expectedRoom(layout: layout, name: name))
        let expected: [[Double]] = try await browser.evaluate("return measure.blocks(\(image), \(list))")
        func differences() async throws -> [[Double]] {
            let seen: [[Double]] = try await browser.evaluate("return measure.blocks(\(mix), \(list))")
            return seen.map { tile in
                expected.map { zip($0, tile).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(tile.count) }
            }
        }
        _ = try await until(
            "all tiles of \(layout)", seconds: 30,
            saying: { "mean differences by tile seen and expected: \((try? await differences()) ?? [])" }
        ) {
            let matching = try await differences().enumerated().count { index, row in
                row[index] < 12 && row.indices.allSatisfy { $0 == index || row[$0] > row[index] + 12 }
            }
            return matching >= least ? true : nil
        }
    }

    /// Pictures go on in both directions, and sound. Rates are the bench's business: 20 a second is a floor.
    func framesKeepComing() async throws {
        let first = try await figures()
        let start = ContinuousClock.now
        try await until("60 more pictures") { try await figures().framesDecoded >= first.framesDecoded + 60 }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(seconds < 10, "60 pictures took \(seconds) s")
        let last = try await figures()
        #expect(last.soundReceived > first.soundReceived + 50)
    }

    /// The tones of the four are heard; its own is at least 60 dB below what another hears of it.
    func hearsOthersButNotItself(server: String, room: String) async throws {
        let outside = try literal("\(server)/whep/\(room)")
        try await browser.run(
            """
            const peer = window.watcher = new RTCPeerConnection();
            const stream = window.outside = new MediaStream();
            peer.ontrack = ({ track }) => stream.addTrack(track);
            for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "recvonly" });
            await peer.setLocalDescription();
            const answer = await fetch(\(outside), {
              method: "POST", headers: { "Content-Type": "application/sdp" }, body: peer.localDescription.sdp,
            });
            await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
            const element = document.createElement("video");
            element.muted = true;
            element.srcObject = stream;
            element.play();
            document.body.append(element);
            """)
        let tones = try literal(FakeDevices.others + [FakeDevices.tone])
        func levels(_ stream: String) async throws -> [Double] {
            try await browser.evaluate("return measure.hear(\(stream), \(tones))")
        }
        let inside = "\(mix).srcObject"
        try await until("our tone at another's") { try await levels("window.outside")[4] > -40 }
        try await until("the tones of the four") { try await levels(inside).prefix(4).allSatisfy { $0 > -55 } }
        // Medians, since a voice may have something at that pitch for a moment.
        var own: [Double] = []
        var others: [Double] = []
        for _ in 0..<5 {
            own.append(try await levels(inside)[4])
            others.append(try await levels("window.outside")[4])
        }
        let difference = others.sorted()[2] - own.sorted()[2]
        #expect(difference >= 60, "own tone: \(own) in the page, \(others) at another's, dB")
        try await browser.run("window.watcher.close()")
    }
}
