// Written by Sources/Service/Web/embed.sh from the files beside it; change those, then run it again.

extension WebFiles {
    /// The text of every file of the web app.
    package static let files: [(name: String, text: String)] = [
        (
            "index.html",
            ##"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="dark">
            <title>Tessera</title>
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/style.css">
            <script type="module" src="/main.js"></script>
            </head>
            <body>
            <main id="entry">
              <form id="join" class="card">
                <h1><img src="/icon.svg" alt="" width="36" height="36"> Tessera</h1>
                <p class="quiet">Everybody in one picture.</p>
                <label>Room <input id="room" required maxlength="64" pattern="[A-Za-z0-9_\-]+" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
                <label>Your name <input id="name" maxlength="64" autocomplete="name"></label>
                <label id="token-field">Token <input id="token" type="password" autocomplete="off" placeholder="if the room asks for one"></label>
                <button id="enter" class="primary">Join</button>
                <p id="trouble" class="trouble" role="alert"></p>
              </form>
            </main>
            <main id="call" hidden>
              <div id="stage">
                <video id="mix" autoplay playsinline aria-label="The room: all participants in one picture"></video>
                <p id="notice" class="notice" role="status"></p>
                <dl id="figures" class="figures" hidden aria-label="Quality of the connection"></dl>
              </div>
              <nav class="bar" aria-label="Controls">
                <button id="microphone" aria-pressed="false">Mute</button>
                <button id="camera" aria-pressed="false">Camera off</button>
                <button id="screen" aria-pressed="false">Share screen</button>
                <label class="choice">Layout <select id="layout"></select></label>
                <button id="quality" aria-pressed="false" aria-controls="figures">Quality</button>
                <button id="leave" class="danger">Leave</button>
              </nav>
            </main>
            </body>
            </html>

            """##
        ),
        (
            "style.css",
            ##"""
            :root { --ground: #0b0e14; --raised: #151a24; --edge: #273042; --text: #e8edf5; --quiet: #98a3b5; --accent: #4cc2ff; --danger: #e5484d; }
            * { box-sizing: border-box; }
            [hidden] { display: none !important; }
            html, body { height: 100%; margin: 0; }
            body { background: var(--ground); color: var(--text); font: 16px/1.45 Inter, system-ui, sans-serif; }
            #entry { min-height: 100%; display: grid; place-items: center; padding: 16px; }
            .card { width: min(24rem, 100%); padding: 28px; border: 1px solid var(--edge); border-radius: 16px; background: var(--raised); display: grid; gap: 14px; }
            h1 { margin: 0; font-size: 1.5rem; display: flex; align-items: center; gap: 12px; }
            p { margin: 0; }
            .quiet { color: var(--quiet); }
            label { display: grid; gap: 6px; font-size: .875rem; color: var(--quiet); }
            input, select, button { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--edge); border-radius: 10px; padding: 10px 14px; min-height: 44px; }
            button { background: #1e2634; cursor: pointer; font-weight: 500; }
            button:hover { background: #28334a; }
            button[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); color: #04121c; }
            button:disabled { opacity: .5; cursor: default; }
            .primary { background: var(--accent); border-color: var(--accent); color: #04121c; }
            .primary:hover { background: #7dd3ff; }
            .danger { background: #b4232a; border-color: var(--danger); }
            .danger:hover { background: var(--danger); }
            :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
            .trouble { color: #ff9a9d; }
            .trouble:empty, .notice:empty { display: none; }
            #call { height: 100dvh; display: flex; flex-direction: column; }
            #stage { flex: 1; min-height: 0; position: relative; display: grid; place-items: center; }
            #mix { width: 100%; height: 100%; object-fit: contain; background: var(--ground); position: absolute; inset: 0; }
            .notice { position: absolute; z-index: 1; top: 16px; left: 50%; transform: translateX(-50%); max-width: calc(100% - 32px); padding: 10px 18px; border-radius: 10px; background: #000c; }
            .figures { position: absolute; z-index: 1; right: 16px; top: 16px; margin: 0; padding: 14px 18px; border-radius: 12px; background: #000c; display: grid; grid-template-columns: auto auto; gap: 4px 18px; font-size: .875rem; font-variant-numeric: tabular-nums; }
            .figures dt { color: var(--quiet); }
            .figures dd { margin: 0; text-align: right; }
            .bar { display: flex; flex-wrap: wrap; gap: 10px; justify-content: center; align-items: center; padding: 12px; border-top: 1px solid var(--edge); background: var(--raised); }
            .choice { display: flex; align-items: center; gap: 8px; }
            @media (max-width: 640px) { .bar { gap: 8px; padding: 8px; } .bar button, .bar select { padding: 8px 10px; font-size: .875rem; } }
            @media (prefers-reduced-motion: no-preference) { button { transition: background .15s; } }

            """##
        ),
        (
            "connection.js",
            ##"""
            // One connection to a room: our camera and microphone out, the mix in.

            export class Refusal extends Error {}

            export class Connection {
              constructor({ room, name, token, stream }) {
                this.room = room;
                this.token = token;
                this.name = name;
                this.onstream = () => {};
                this.onstate = () => {};
                this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
                const inbound = new MediaStream();
                this.peer.ontrack = ({ track }) => {
                  inbound.addTrack(track);
                  this.onstream(inbound);
                };
                this.peer.onconnectionstatechange = () => this.onstate(this.peer.connectionState);
                const audio = stream.getAudioTracks()[0] ?? "audio";
                const video = stream.getVideoTracks()[0] ?? "video";
                this.audio = this.peer.addTransceiver(audio, { direction: "sendrecv", streams: [stream] });
                this.video = this.peer.addTransceiver(video, { direction: "sendrecv", streams: [stream] });
                this.screen = this.peer.addTransceiver("video", { direction: "sendonly" });
              }

              headers(type) {
                const headers = {};
                if (type) headers["Content-Type"] = type;
                if (this.token) headers.Authorization = `Bearer ${this.token}`;
                return headers;
              }

              async join() {
                await this.peer.setLocalDescription();
                const query = this.name ? `?name=${encodeURIComponent(this.name)}` : "";
                const response = await fetch(`/v1/rooms/${encodeURIComponent(this.room)}/sessions${query}`, {
                  method: "POST", headers: this.headers("application/sdp"), body: this.peer.localDescription.sdp,
                });
                if (response.status !== 201) throw await refusal(response);
                this.location = response.headers.get("Location");
                await this.peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
              }

              async watch(layout) {
                const response = await fetch(`${this.location}/view`, {
                  method: "PUT", headers: this.headers("application/json"), body: JSON.stringify({ layout }),
                });
                if (!response.ok) throw await refusal(response);
              }

              async statistics() {
                const response = await fetch(`${this.location}/statistics`, { headers: this.headers() });
                return response.ok ? response.json() : undefined;
              }

              leave() {
                const { peer, location } = this;
                this.location = undefined;
                if (!location) return peer.close();
                // The session first: closing the connection ends it too, and DELETE would find nothing.
                fetch(location, { method: "DELETE", headers: this.headers(), keepalive: true }).catch(() => {}).finally(() => peer.close());
              }
            }

            async function refusal(response) {
              const problem = await response.json().catch(() => ({}));
              const detail = problem.detail ?? `the service answered ${response.status}`;
              return new Refusal(response.status === 401 || response.status === 403 ? `No entry: ${detail}.` : `It did not work: ${detail}.`);
            }

            """##
        ),
        (
            "main.js",
            ##"""
            import { Connection, Refusal } from "/connection.js";
            import { Panel } from "/statistics.js";

            const at = (id) => document.getElementById(id);
            const given = new URLSearchParams(location.search);
            const secret = new URLSearchParams(location.hash.slice(1));
            let connection, stream, shared, panel, timer;

            at("room").value = given.get("room") ?? "lobby";
            at("name").value = given.get("name") ?? "";
            at("token").value = secret.get("token") ?? "";
            at("token-field").hidden = secret.has("token");

            async function devices() {
              if (!navigator.mediaDevices) throw new Refusal("The browser gives camera and microphone to secure pages only: open this page over HTTPS, or on this machine.");
              const sound = { echoCancellation: true, noiseSuppression: true };
              try {
                return await navigator.mediaDevices.getUserMedia({ audio: sound, video: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } } });
              } catch (error) {
                if (error.name === "NotAllowedError") throw new Refusal("Camera and microphone were not allowed. Allow them for this page and join again.");
              }
              // Whichever of the two there is; without either one can still watch.
              for (const wish of [{ audio: sound }, { video: true }]) {
                try { return await navigator.mediaDevices.getUserMedia(wish); } catch { /* the next */ }
              }
              return new MediaStream();
            }

            at("join").addEventListener("submit", async (event) => {
              event.preventDefault();
              at("trouble").textContent = "";
              at("enter").disabled = true;
              try {
                stream = await devices();
                connection = new Connection({ room: at("room").value, name: at("name").value.trim(), token: at("token").value.trim(), stream });
                connection.onstream = (mix) => { at("mix").srcObject = mix; };
                connection.onstate = show;
                await connection.join();
                enter();
              } catch (error) {
                at("trouble").textContent = error instanceof Refusal ? error.message : `It did not work: ${error.message}`;
                close();
              } finally {
                at("enter").disabled = false;
              }
            });

            function enter() {
              at("entry").hidden = true;
              at("call").hidden = false;
              document.title = `${connection.room} – Tessera`;
              const has = { microphone: stream.getAudioTracks().length > 0, camera: stream.getVideoTracks().length > 0 };
              at("microphone").disabled = !has.microphone;
              at("camera").disabled = !has.camera;
              at("screen").disabled = !navigator.mediaDevices?.getDisplayMedia;
              panel = new Panel(at("figures"), connection);
              timer = setInterval(() => { if (!at("figures").hidden) panel.update(); }, 1000);
              window.tessera = connection;
              at("mix").play().catch(() => { at("notice").textContent = "Click the picture to hear the room."; });
              at("leave").focus();
            }

            function show(state) {
              at("notice").textContent = { connecting: "Connecting …", disconnected: "The connection is interrupted; waiting …", failed: "The connection is lost. Leave and join again." }[state] ?? "";
            }

            function close() {
              clearInterval(timer);
              connection?.leave();
              for (const source of [stream, shared]) source?.getTracks().forEach((track) => track.stop());
              connection = stream = shared = undefined;
              at("mix").srcObject = null;
            }

            function press(button, pressed, on, off) {
              button.setAttribute("aria-pressed", pressed);
              button.textContent = pressed ? on : off;
            }

            at("microphone").addEventListener("click", () => {
              const [track] = stream.getAudioTracks();
              track.enabled = !track.enabled;
              press(at("microphone"), !track.enabled, "Unmute", "Mute");
            });

            at("camera").addEventListener("click", async () => {
              const [track] = stream.getVideoTracks();
              track.enabled = !track.enabled;
              // Nothing at all is sent, so that the room shows an avatar and not a black picture.
              await connection.video.sender.replaceTrack(track.enabled ? track : null);
              press(at("camera"), !track.enabled, "Camera on", "Camera off");
            });

            async function stopSharing() {
              shared?.getTracks().forEach((track) => track.stop());
              shared = undefined;
              await connection?.screen.sender.replaceTrack(null);
              press(at("screen"), false, "Stop sharing", "Share screen");
            }

            at("screen").addEventListener("click", async () => {
              if (shared) return stopSharing();
              try {
                shared = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
              } catch { return; }
              const [track] = shared.getVideoTracks();
              track.contentHint = "detail";
              track.onended = stopSharing;
              await connection.screen.sender.replaceTrack(track);
              press(at("screen"), true, "Stop sharing", "Share screen");
            });

            at("layout").addEventListener("change", async () => {
              at("notice").textContent = "";
              try { await connection.watch(at("layout").value); } catch (error) { at("notice").textContent = error.message; }
            });

            at("quality").addEventListener("click", () => {
              at("figures").hidden = !at("figures").hidden;
              at("quality").setAttribute("aria-pressed", !at("figures").hidden);
              if (!at("figures").hidden) panel.update();
            });

            at("mix").addEventListener("click", () => at("mix").play().then(() => { at("notice").textContent = ""; }));
            at("leave").addEventListener("click", () => {
              close();
              at("call").hidden = true;
              at("entry").hidden = false;
              document.title = "Tessera";
              at("enter").focus();
            });
            addEventListener("pagehide", close);

            fetch("/v1/layouts").then((response) => response.json()).then((names) => {
              at("layout").replaceChildren(...names.map((name) => new Option(name.replaceAll("-", " "), name, name === "grid", name === "grid")));
            }).catch(() => {});

            """##
        ),
        (
            "statistics.js",
            ##"""
            // The panel of figures: what the browser measures of the mix, and what the service measures of us.

            export class Panel {
              constructor(list, connection) {
                this.list = list;
                this.connection = connection;
                this.last = undefined;
              }

              async update() {
                const [report, service] = await Promise.all([
                  this.connection.peer.getStats(), this.connection.statistics().catch(() => undefined),
                ]);
                const now = { time: performance.now(), bytes: 0, sent: 0, packets: 0, lost: 0, frames: 0 };
                let trip, size;
                for (const entry of report.values()) {
                  if (entry.type === "inbound-rtp") {
                    now.bytes += entry.bytesReceived ?? 0;
                    now.packets += entry.packetsReceived ?? 0;
                    now.lost += entry.packetsLost ?? 0;
                    if (entry.kind === "video") {
                      now.frames = entry.framesDecoded ?? 0;
                      if (entry.frameWidth) size = `${entry.frameWidth} × ${entry.frameHeight}`;
                    }
                  } else if (entry.type === "outbound-rtp") now.sent += entry.bytesSent ?? 0;
                  else if (entry.type === "candidate-pair" && entry.nominated) trip = entry.currentRoundTripTime ?? trip;
                }
                const last = this.last ?? now;
                this.last = now;
                const seconds = (now.time - last.time) / 1000 || 1;
                const lost = now.lost - last.lost, packets = now.packets - last.packets;
                this.show([
                  ["Picture", size ?? "–"],
                  ["Frame rate", `${Math.round((now.frames - last.frames) / seconds)} fps`],
                  ["Receiving", rate((now.bytes - last.bytes) / seconds)],
                  ["Sending", rate((now.sent - last.sent) / seconds)],
                  ["Loss", `${(100 * Math.max(0, lost) / Math.max(1, lost + packets)).toFixed(1)} %`],
                  ["Round trip", trip === undefined ? "–" : `${Math.round(trip * 1000)} ms`],
                  ["Mixing", milliseconds(service?.tickP99)],
                  ["Sound waits", milliseconds(service?.soundDelay)],
                ]);
              }

              show(rows) {
                this.list.replaceChildren(...rows.flatMap(([name, value]) => {
                  const term = document.createElement("dt"), text = document.createElement("dd");
                  term.textContent = name;
                  text.textContent = value;
                  return [term, text];
                }));
              }
            }

            const rate = (bytes) => `${Math.round(bytes * 8 / 1000)} kbit/s`;
            const milliseconds = (value) => value == null ? "–" : `${value.toFixed(1)} ms`;

            """##
        ),
        (
            "icon.svg",
            ##"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b0e14"/><g fill="#4cc2ff"><rect x="6" y="6" width="9" height="9" rx="2"/><rect x="17" y="6" width="9" height="9" rx="2" opacity=".7"/><rect x="6" y="17" width="9" height="9" rx="2" opacity=".5"/><rect x="17" y="17" width="9" height="9" rx="2" opacity=".3"/></g></svg>

            """##
        ),
    ]
}
