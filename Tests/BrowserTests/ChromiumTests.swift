import Foundation
import Testing

/// One browser at a time: they need the machine.
@Suite(.serialized) struct BrowserTests {}

extension BrowserTests {
    /// Chromium as people use it: through the web app, and through pages of a few lines.
    @Suite(.timeLimit(.minutes(5))) struct ChromiumTests {
        /// Joins through the web app together with four, and looks, counts and listens.
        @Test func joinsThroughTheWebApp() async throws {
            let devices = try FakeDevices()
            let service = try await Service()
            defer { service.end() }
            let load = try await service.fill("meeting")
            defer { load.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            do {
                try await browser.open(service.url + "/?room=meeting")
                try await browser.type("Browser", into: "name")
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                try await room.seesAllFive(layout: "grid", devices: devices, name: "Browser")
                try await room.framesKeepComing()
                try await browser.keepScreenshot("web-app")
                try await room.hearsOthersButNotItself(server: service.url, room: "meeting")

                // The layout of its own view changes, and nobody else's.
                try await browser.run("await tessera.watch('plain-grid')")
                try await room.seesAllFive(layout: "plain-grid", devices: devices, name: "Browser")
                try await browser.click("leave")
                try await until("the tile to go") { try await service.participants(of: "meeting").count == 4 }
            } catch {
                try? await browser.keepScreenshot("web-app-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }

        /// An RTCPeerConnection and a fetch are enough, on a page from elsewhere.
        @Test func joinsThroughAPageOfAFewLines() async throws {
            let devices = try FakeDevices()
            let service = try await Service()
            defer { service.end() }
            // Pages from elsewhere need one, even of a service that is open to this machine.
            let token = try service.token(room: "plain")
            let load = try await service.fill("plain")
            defer { load.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            do {
                try await browser.open(
                    "file://\(Place.pages)/session.html?server=\(service.url)&room=plain&token=\(token)")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "window.peer")
                try await room.begin()
                try await room.seesAllFive(layout: "grid", devices: devices, name: "Page")
                try await room.framesKeepComing()
                try await browser.keepScreenshot("page")

                // WHIP in place of it: the same picture for who watches through WHEP.
                try await browser.open(
                    "file://\(Place.pages)/whip.html?server=\(service.url)&room=plain&token=\(token)")
                try await until("pictures sent by WHIP") {
                    try await browser.evaluate(
                        "return window.peer?.connectionState === 'connected' ")
                }
                try await until("five participants") {
                    try await service.participants(of: "plain").count(where: \.isConnected) == 5
                }
                let ended: Int = try await browser.evaluate(
                    "return (await fetch(window.resource, { method: 'DELETE', headers: { Authorization: 'Bearer \(token)' } })).status"
                )
                #expect(ended == 200)
                try await until("WHIP's tile to go") { try await service.participants(of: "plain").count == 4 }

                try await browser.open(
                    "file://\(Place.pages)/whep.html?server=\(service.url)&room=plain&token=\(token)")
                let watched = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "window.peer")
                try await watched.begin()
                try await watched.framesKeepComing()
            } catch {
                try? await browser.keepScreenshot("page-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }

        /// The service dies and is started again: whoever was in a room is there again without a hand.
        @Test func comesBackAfterTheServiceWasKilled() async throws {
            let devices = try FakeDevices()
            let first = try await Service()
            defer { first.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            do {
                try await browser.open(first.url + "/?room=again&name=Browser")
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                // ICE anew, as after a change of networks: the same session goes on.
                let isAlive: Bool = try await browser.evaluate("await tessera.restart(); return tessera.comesAlive()")
                #expect(isAlive)
                try await browser.run("window.before = tessera.location")
                first.end()
                try await until("the page to notice") {
                    try await browser.evaluate("return tessera.state === 'mending'")
                }
                let second = try await Service(port: first.port)
                defer { second.end() }
                try await until("the participant to be back") {
                    try await browser.evaluate(
                        "return tessera.state === 'connected' && tessera.location !== window.before")
                }
                try await room.framesKeepComing()
                #expect(try await second.participants(of: "again").map(\.name) == ["Browser"])
                try await until("events") { try await browser.evaluate("return signalling.isOpen") }
                // A host's word is final: nothing comes back by itself then.
                let removed: Int = try await browser.evaluate(
                    """
                    const list = (await (await fetch("/v1/rooms/again")).json()).participants;
                    return (await fetch(`/v1/rooms/again/participants/${list[0].id}`, { method: "DELETE" })).status
                    """)
                #expect(removed == 204)
                try await until("the page to say so") {
                    try await browser.evaluate(
                        "return document.getElementById('notice-text').textContent.includes('removed you')")
                }
            } catch {
                try? await browser.keepScreenshot("again-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }

        /// Chat, the list of people, a host's mute, and a click on a tile.
        @Test func talksAndPins() async throws {
            let devices = try FakeDevices()
            let service = try await Service()
            defer { service.end() }
            let load = try await service.fill("talk")
            defer { load.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            do {
                try await browser.open(service.url + "/?room=talk&name=Browser")
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                try await until("events") {
                    try await browser.evaluate("return signalling.isOpen && signalling.people.size === 5")
                }
                try await browser.click("chat")
                try await browser.type("Hello <b>all</b> 👋", into: "chat-text")
                try await browser.run("document.querySelector('#talk form').requestSubmit()")
                try await until("the message") {
                    try await browser.evaluate(
                        "return document.querySelector('#talk li.mine p')?.textContent === 'Hello <b>all</b> 👋'")
                }
                try await browser.keepScreenshot("chat")

                try await browser.click("people")
                try await browser.run("document.querySelector('#persons [data-action=mute]').click()")
                try await until("the mute") {
                    try await browser.evaluate(
                        "return document.querySelector('#persons [data-action=mute]').getAttribute('aria-pressed') === 'true'"
                    )
                }
                try await browser.keepScreenshot("people")
                try await browser.click("people")

                // The first of five tiles is at the upper left: a click there pins whoever it shows.
                let click = """
                    const mix = document.getElementById("mix"), box = mix.getBoundingClientRect();
                    const scale = Math.min(box.width / mix.videoWidth, box.height / mix.videoHeight);
                    const place = (share, size, whole) => (whole - size * scale) / 2 + size * scale * share;
                    mix.dispatchEvent(new MouseEvent("click", {
                      detail: 1, clientX: box.left + place(0.17, mix.videoWidth, box.width),
                      clientY: box.top + place(0.28, mix.videoHeight, box.height) }));
                    """
                try await browser.run(click)
                try await until("the pin") { try await browser.evaluate("return tessera.view === 'speaker'") }
                try await until("who is pinned") {
                    try await browser.evaluate(
                        "return document.querySelectorAll('#persons [data-action=pin][aria-pressed=true]').length === 1"
                    )
                }
                try await browser.keepScreenshot("pinned")
                try await browser.run(click)
                try await until("no pin") { try await browser.evaluate("return tessera.view === undefined") }
            } catch {
                try? await browser.keepScreenshot("talk-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }

        /// Desk, phone upright, phone on its side; light and dark: nothing sticks out, and everything has a name.
        @Test func fitsEveryScreen() async throws {
            let devices = try FakeDevices()
            let service = try await Service()
            defer { service.end() }
            let load = try await service.fill("looks")
            defer { load.end() }
            let browser = try await Chromium(picture: devices.picture, sound: devices.sound)
            func look(_ name: String) async throws {
                for (width, height) in [(1280, 800), (390, 844), (844, 390)] {
                    for isDark in [false, true] {
                        try await browser.pretend(width: width, height: height, isDark: isDark)
                        try await browser.keepScreenshot("\(name)-\(width)-\(isDark ? "dark" : "light")")
                        let tooWide: [String] = try await browser.evaluate(
                            """
                            return [...document.querySelectorAll("button, input, select, p, h1, h2, video, dl, fieldset")]
                              .filter((part) => part.checkVisibility() && !part.closest(".unseen"))
                              .filter((part) => { const box = part.getBoundingClientRect();
                                return box.left < -1 || box.right > innerWidth + 1 })
                              .map((part) => part.id || part.outerHTML.slice(0, 80))
                            """)
                        #expect(tooWide == [], "\(name) at \(width) x \(height)")
                    }
                }
                let nameless: [String] = try await browser.evaluate(
                    """
                    return [...document.querySelectorAll("button, input, select, meter, video")]
                      .filter((part) => part.checkVisibility() && !(part.getAttribute("aria-label") || part.textContent.trim()
                        || part.labels?.length || part.getAttribute("aria-labelledby")))
                      .map((part) => part.outerHTML.slice(0, 80))
                    """)
                #expect(nameless == [])
            }
            do {
                try await browser.open(service.url + "/?room=looks&name=Browser")
                try await until("the camera") {
                    try await browser.evaluate("return document.getElementById('preview').videoWidth > 0")
                }
                try await look("lobby")
                try await browser.click("enter")
                let room = RoomOnPage(browser: browser, mix: "document.getElementById('mix')", peer: "tessera.peer")
                try await room.begin()
                try await browser.click("layout")
                try await look("layouts")
                for panel in ["people", "chat"] {
                    try await until(panel) {
                        try await browser.evaluate("return !document.getElementById('\(panel)').hidden")
                    }
                    try await browser.click(panel)
                    try await look(panel)
                }
                // By the keyboard: Escape closes the panel, Q opens the figures.
                try await browser.run(
                    """
                    dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
                    dispatchEvent(new KeyboardEvent("keydown", { key: "q" }));
                    """)
                try await until("figures") {
                    try await browser.evaluate("return document.getElementById('figures').textContent.includes('fps')")
                }
                try await look("figures")
                // Camera off: an avatar, and the button says what it would do.
                try await browser.click("camera")
                let words: String = try await browser.evaluate(
                    "return document.getElementById('camera').getAttribute('aria-label')")
                #expect(words == "Camera on")
                // A screen share is a second picture of the same participant.
                try await browser.click("screen")
                try await until("the screen share") {
                    try await browser.evaluate(
                        """
                        const list = (await (await fetch("/v1/rooms/looks")).json()).participants;
                        return list.some(({ name, sharesScreen }) => name === "Browser" && sharesScreen)
                        """)
                }
                try await browser.keepScreenshot("sharing")
            } catch {
                try? await browser.keepScreenshot("looks-failed")
                await browser.close()
                throw error
            }
            await browser.close()
        }
    }
}
