import Foundation
import Testing

extension BrowserTests {
    @Suite(.timeLimit(.minutes(5))) struct FirefoxTests {
        /// As Chromium does, but for its camera, which shows colours that change.
        @Test func joinsThroughTheWebApp() async throws {
            let devices = try FakeDevices()
            let service = try await Service()
            defer { service.end() }
            let load = try await service.fill("meeting")
            defer { load.end() }
            let browser = try await Firefox()
            do {
                try await browser.open(service.url + "/?room=meeting")
                try await browser.type("Firefox", into: "name")
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                try await room.seesAllFive(layout: "grid", devices: devices, name: "Firefox", atLeast: 4)
                try await room.framesKeepComing()
                try await browser.keepScreenshot("firefox")
                try await room.hearsOthersButNotItself(server: service.url, room: "meeting")
                try await browser.click("leave")
                try await until("the tile to go") { try await service.participants(of: "meeting").count == 4 }
            } catch {
                try? await browser.keepScreenshot("firefox-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }
    }
}
