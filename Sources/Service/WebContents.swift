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
            <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
            <meta name="color-scheme" content="light dark">
            <meta name="description" content="A room in which everybody sends one stream and receives one stream.">
            <title>Tessera</title>
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/style.css">
            <script type="module" src="/main.js"></script>
            </head>
            <body>
            <main id="lobby">
              <h1><img src="/icon.svg" alt="" width="34" height="34">Tessera</h1>
              <section class="mirror" aria-label="Your camera and microphone">
                <div class="preview">
                  <video id="preview" autoplay playsinline muted aria-label="Your camera, as in a mirror"></video>
                  <p id="preview-words" role="status">Asking for camera and microphone …</p>
                  <div class="float">
                    <button id="preview-microphone" type="button" class="round" aria-pressed="false" aria-label="Microphone off"></button>
                    <button id="preview-camera" type="button" class="round" aria-pressed="false" aria-label="Camera off"></button>
                  </div>
                </div>
                <div class="level"><span id="level-name">Microphone</span>
                  <meter id="level" min="0" max="1" low="0.02" value="0" aria-labelledby="level-name"></meter></div>
                <div class="devices">
                  <label>Camera <select id="cameras" disabled><option>none</option></select></label>
                  <label>Microphone <select id="microphones" disabled><option>none</option></select></label>
                  <label class="check"><input id="pure" type="checkbox"> Send sound as it is (music; echo and noise are kept)</label>
                </div>
              </section>
              <form id="join" aria-label="Join a room">
                <h2>Join a room</h2>
                <p class="quiet">Everybody comes in one picture, so a slow connection will do.</p>
                <label>Your name <input id="name" maxlength="64" autocomplete="name" autofocus></label>
                <label>Room <input id="room" required maxlength="64" pattern="[A-Za-z0-9_\-]+" title="1 to 64 of A-Z a-z 0-9 _ -" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
                <label id="token-field">Token <input id="token" type="password" autocomplete="off" placeholder="if the room asks for one"></label>
                <button id="enter" class="primary" type="submit">Join</button>
                <p id="trouble" class="trouble" role="alert"></p>
              </form>
            </main>
            <main id="call" hidden>
              <h1 id="call-name" class="unseen">Room</h1>
              <div id="stage">
                <video id="mix" autoplay playsinline aria-label="The room: all participants in one picture"></video>
                <div id="notice" class="notice" role="status" hidden><span id="notice-text"></span> <button id="notice-button" type="button" hidden></button></div>
                <p id="recording" class="mark" role="status" hidden>Recording</p>
                <p id="network" class="mark" role="status" hidden>Poor connection</p>
                <section id="layouts" class="panel" hidden aria-label="Layout"></section>
                <section id="persons" class="panel" hidden aria-label="People in the room"></section>
                <section id="talk" class="panel" hidden aria-label="Chat"></section>
                <section id="figures" class="panel" hidden aria-label="Quality of the connection"></section>
              </div>
              <nav class="bar" aria-label="Controls">
                <button id="microphone" type="button" aria-pressed="false" aria-keyshortcuts="m" title="Mute (M)"></button>
                <button id="camera" type="button" aria-pressed="false" aria-keyshortcuts="v" title="Camera (V)"></button>
                <button id="screen" type="button" aria-pressed="false" aria-keyshortcuts="s" title="Share the screen (S)"></button>
                <button id="people" type="button" hidden aria-expanded="false" aria-controls="persons" aria-keyshortcuts="p" title="People (P)"></button>
                <button id="chat" type="button" hidden aria-expanded="false" aria-controls="talk" aria-keyshortcuts="c" title="Chat (C)"></button>
                <button id="record" type="button" aria-pressed="false" aria-keyshortcuts="r" title="Record (R)" hidden></button>
                <button id="layout" type="button" aria-expanded="false" aria-controls="layouts" aria-keyshortcuts="l" title="Layout (L)"></button>
                <button id="quality" type="button" aria-expanded="false" aria-controls="figures" aria-keyshortcuts="q" title="Quality (Q)"></button>
                <button id="full" type="button" aria-pressed="false" aria-keyshortcuts="f" title="Full screen (F)"></button>
                <button id="leave" type="button" class="danger" title="Leave the room"></button>
              </nav>
            </main>
            <noscript><p class="trouble">This page needs JavaScript.</p></noscript>
            </body>
            </html>

            """##
        ),
        (
            "style.css",
            ##"""
            :root {
              color-scheme: light dark;
              --ground: #f3f5f9; --raised: #fff; --edge: #d5dbe6; --text: #131a26; --quiet: #56617a; --accent: #0b6bcb; --on-accent: #fff;
              --button: #e6ebf3; --button-hover: #d7dfec; --danger: #c62b31; --danger-hover: #a51e25; --trouble: #a8161d; --stage: #0b0e14;
            }
            @media (prefers-color-scheme: dark) {
              :root {
                --ground: #0b0e14; --raised: #151a24; --edge: #273042; --text: #e8edf5; --quiet: #98a3b5; --accent: #4cc2ff; --on-accent: #04121c;
                --button: #1e2634; --button-hover: #2a3650; --danger: #c62b31; --danger-hover: #e5484d; --trouble: #ff9a9d;
              }
            }
            * { box-sizing: border-box; }
            [hidden] { display: none !important; }
            html, body { height: 100%; margin: 0; }
            body { background: var(--ground); color: var(--text); font: 16px/1.45 Inter, system-ui, sans-serif; -webkit-text-size-adjust: 100%; }
            h1, h2, p { margin: 0; }
            h1 { font-size: 1.5rem; display: flex; align-items: center; gap: 12px; }
            h2 { font-size: 1.25rem; }
            .quiet { color: var(--quiet); font-size: .9rem; }
            .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
            label { display: grid; gap: 6px; font-size: .875rem; color: var(--quiet); min-width: 0; }
            input, select, button { font: inherit; color: var(--text); border: 1px solid var(--edge); border-radius: 10px; padding: 8px 14px; min-height: 44px; min-width: 0; }
            input, select { background: var(--ground); width: 100%; }
            button { background: var(--button); cursor: pointer; font-weight: 500; }
            button:hover:not(:disabled) { background: var(--button-hover); }
            button:disabled, select:disabled { opacity: .5; cursor: default; }
            .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
            .primary:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 85%, white); }
            .danger { background: var(--danger); border-color: var(--danger); color: #fff; }
            .danger:hover:not(:disabled) { background: var(--danger-hover); }
            :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
            .trouble { color: var(--trouble); }
            .trouble:empty { display: none; }
            svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }

            #lobby { min-height: 100%; max-width: 62rem; margin: auto; padding: 24px max(16px, env(safe-area-inset-left)); display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 24px; align-content: center; align-items: start; }
            #lobby h1 { grid-column: 1 / -1; }
            .mirror { display: grid; gap: 14px; }
            .preview { position: relative; aspect-ratio: 16 / 9; border-radius: 16px; overflow: hidden; background: var(--stage); color: #e8edf5; display: grid; place-items: center; }
            .preview video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
            .preview video.mirrored { transform: scaleX(-1); }
            .preview p { position: relative; padding: 0 24px 56px; text-align: center; max-width: 32rem; }
            .float { position: absolute; left: 0; right: 0; bottom: 14px; display: flex; justify-content: center; gap: 12px; }
            .round { width: 48px; height: 48px; padding: 11px; border-radius: 50%; background: #000a; border-color: #fff3; color: #fff; }
            .round:hover:not(:disabled) { background: #333c; }
            .round[aria-pressed="true"] { background: #c62b31; border-color: #c62b31; }
            .round span { display: none; }
            .round svg { display: block; }
            .level { display: grid; grid-template-columns: auto 1fr; gap: 12px; align-items: center; font-size: .875rem; color: var(--quiet); }
            meter { width: 100%; height: 10px; }
            .devices { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
            .check { grid-column: 1 / -1; display: flex; align-items: center; gap: 10px; }
            .check input { width: 20px; min-height: 20px; height: 20px; flex: none; accent-color: var(--accent); }
            #join { padding: 24px; border: 1px solid var(--edge); border-radius: 16px; background: var(--raised); display: grid; gap: 14px; }
            @media (max-width: 760px) {
              #lobby { grid-template-columns: minmax(0, 1fr); align-content: start; padding-top: 16px; gap: 16px; }
              #join { order: 1; }
              .mirror { order: 2; }
            }
            @media (max-width: 420px) { .devices { grid-template-columns: minmax(0, 1fr); } }

            #call { height: 100dvh; display: flex; flex-direction: column; background: var(--stage); }
            #stage { flex: 1; min-height: 0; position: relative; }
            #mix { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
            #stage[data-state="mending"] #mix, #stage[data-state="ended"] #mix { filter: grayscale(1) brightness(.6); }
            .notice { position: absolute; z-index: 2; top: 16px; left: 50%; transform: translateX(-50%); width: max-content; max-width: calc(100% - 32px); padding: 10px 18px; border-radius: 12px; background: #000d; color: #fff; display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 8px 14px; }
            .notice button { min-height: 36px; padding: 4px 14px; background: #fff; color: #131a26; border: 0; }
            .notice button:hover:not(:disabled) { background: #d7dfec; }
            .panel { position: absolute; z-index: 1; right: 12px; bottom: 12px; max-width: calc(100% - 24px); max-height: calc(100% - 24px); overflow: auto; padding: 18px; border: 1px solid var(--edge); border-radius: 16px; background: var(--raised); box-shadow: 0 12px 40px #0006; }
            #figures { min-width: 19rem; }
            #figures h2 { margin-bottom: 10px; }
            dl { margin: 0; display: grid; grid-template-columns: auto auto; gap: 6px 20px; align-items: center; font-size: .875rem; font-variant-numeric: tabular-nums; }
            dt { color: var(--quiet); }
            dd { margin: 0; display: flex; justify-content: flex-end; align-items: center; gap: 10px; white-space: nowrap; }
            dd span { min-width: 5.5rem; text-align: right; }
            .curve { width: 60px; height: 20px; stroke: var(--accent); stroke-width: 1.4; }
            .curve path { vector-effect: non-scaling-stroke; }
            fieldset { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 12px; width: min(34rem, 80vw); }
            legend { padding: 0 0 12px; font-size: 1.25rem; font-weight: 700; color: var(--text); }
            fieldset label { position: relative; justify-items: center; padding: 8px; border: 2px solid transparent; border-radius: 12px; cursor: pointer; color: var(--text); text-align: center; }
            fieldset span::first-letter { text-transform: uppercase; }
            fieldset span { display: inline-block; }
            fieldset label:hover { background: var(--button); }
            fieldset label:has(:checked) { border-color: var(--accent); background: var(--button); }
            fieldset label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
            fieldset input { position: absolute; inset: 0; opacity: 0; cursor: pointer; height: 100%; }
            fieldset svg { width: 100%; border-radius: 6px; background: #0b0e14; stroke: none; }
            .tile { fill: #33415c; }
            .tile.over { fill: #52658c; stroke: #0b0e14; }
            .tile.slide { fill: #dbe3f0; }
            .lines { stroke: #7c8aa5; stroke-width: 3; }
            .person { fill: #8fa3c8; }
            #persons, #talk { width: 24rem; }
            #persons h2, #talk h2 { margin-bottom: 10px; }
            .people, .chat { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
            .people li { display: flex; justify-content: space-between; align-items: center; gap: 10px; padding: 6px 8px; border-radius: 10px; border-left: 3px solid transparent; }
            .people li.speaks { border-left-color: var(--accent); background: var(--button); }
            .people li > div:first-child { min-width: 0; display: grid; }
            .people strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
            .wishes { display: flex; gap: 6px; flex: none; }
            .small { width: 44px; padding: 9px; }
            .small span { display: none; }
            .small svg { display: block; }
            .small[aria-pressed="true"] { background: var(--accent); color: var(--on-accent); }
            #talk:not([hidden]) { display: flex; flex-direction: column; height: min(30rem, calc(100% - 24px)); }
            .chat { flex: 1; overflow: auto; align-content: start; gap: 10px; }
            .chat p { overflow-wrap: anywhere; white-space: pre-wrap; padding: 8px 12px; border-radius: 12px; background: var(--button); width: fit-content; max-width: 100%; }
            .chat .mine { justify-items: end; display: grid; }
            .chat .mine p { background: var(--accent); color: var(--on-accent); }
            #talk form { display: grid; grid-template-columns: 1fr auto; gap: 8px; padding-top: 12px; }
            .bar .fresh { color: var(--accent); }
            .mark { position: absolute; z-index: 1; top: 16px; right: 16px; padding: 4px 12px; border-radius: 12px; background: #000c; color: #fff; font-size: .875rem; }
            .mark::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 8px; border-radius: 50%; background: #ff4d55; }
            #network { left: 16px; right: auto; }
            #network::before { background: #ffb020; }
            .panel > .check { padding-top: 14px; color: var(--text); }
            .bar { display: flex; gap: 8px; justify-content: center; align-items: center; padding: 10px max(10px, env(safe-area-inset-right)) max(10px, env(safe-area-inset-bottom)); border-top: 1px solid var(--edge); background: var(--raised); }
            .bar button { display: grid; justify-items: center; gap: 2px; padding: 7px 10px 6px; min-width: 84px; font-size: .75rem; line-height: 1.25; border-radius: 12px; border-color: transparent; }
            .bar svg { width: 24px; height: 24px; }
            .bar button[aria-expanded="true"], #full[aria-pressed="true"] { background: var(--accent); color: var(--on-accent); }
            #record[aria-pressed="true"] { color: var(--trouble); background: color-mix(in srgb, var(--danger) 22%, var(--raised)); }
            #screen[aria-pressed="true"] { background: #1d7f45; color: #fff; }
            .bar button[aria-pressed="true"]:is(#microphone, #camera) { background: color-mix(in srgb, var(--danger) 22%, var(--raised)); color: var(--trouble); }
            #leave { background: var(--danger); }
            #leave:hover { background: var(--danger-hover); }
            @media (max-width: 980px) {
              .bar { gap: 4px; padding-inline: 6px; align-items: stretch; }
              .bar button { flex: 1; min-width: 0; max-width: 96px; padding-inline: 2px; align-content: center; }
            }
            @media (max-width: 640px) {
              .bar button { font-size: .6875rem; }
              .bar #full { display: none; }
              .panel { left: 12px; }
              #persons, #talk { width: auto; }
              fieldset { width: auto; grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); gap: 6px; }
            }
            @media (max-width: 480px), (max-height: 420px) { .bar span { display: none; } .bar button { min-height: 44px; } }
            @media (prefers-reduced-motion: no-preference) { button { transition: background .15s; } }

            """##
        ),
        (
            "connection.js",
            ##"""
            // One participation in a room: our camera, microphone and screen out, the mix in. Mends itself when the network goes away.

            export class Refusal extends Error {
              constructor(status, message) {
                super(message);
                this.status = status;
              }
            }

            const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

            export class Connection {
              // How long silence lasts until something is done, how long a mend may take, and how long we try, in milliseconds.
              static silence = 2500;
              static patience = 6000;
              static persistence = 120_000;

              constructor({ room, name, token, view, tracks }) {
                Object.assign(this, { room, name, token, view });
                // What is sent: undefined for nothing now.
                this.tracks = { audio: tracks.audio, video: tracks.video, screen: undefined };
                this.onstream = () => {};
                // "connecting", "connected", "mending" or "ended", the last with words.
                this.onstate = () => {};
                this.state = "connecting";
              }

              async join() {
                await this.open();
                this.watchdog = setInterval(() => this.watchOver(), 500);
                addEventListener("online", this.again = () => { this.heard = 0; });
              }

              // A connection of its own for every session.
              async open() {
                const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
                const inbound = new MediaStream();
                peer.ontrack = ({ track }) => {
                  inbound.addTrack(track);
                  // Some browsers tell of tracks only when the answer has been taken, some before.
                  if (this.peer === peer) this.onstream(inbound);
                };
                const add = (kind, track, direction) => peer.addTransceiver(track ?? kind, { direction });
                const senders = {
                  audio: add("audio", this.tracks.audio, "sendrecv").sender,
                  video: add("video", this.tracks.video, "sendrecv").sender,
                  screen: add("video", this.tracks.screen, "sendonly").sender,
                };
                try {
                  await peer.setLocalDescription();
                  const query = new URLSearchParams();
                  if (this.name) query.set("name", this.name);
                  if (this.view) query.set("view", this.view);
                  const response = await this.ask("POST", `/v1/rooms/${encodeURIComponent(this.room)}/sessions?${query}`, {
                    type: "application/sdp", body: peer.localDescription.sdp,
                  });
                  const location = response.headers.get("Location");
                  await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
                  this.peer?.close();
                  Object.assign(this, { peer, senders, location, received: 0, heard: performance.now() });
                  this.onsession?.();
                  this.onstream(inbound);
                } catch (error) {
                  peer.close();
                  throw error;
                }
                peer.onconnectionstatechange = () => {
                  if (this.peer !== peer) return;
                  if (peer.connectionState === "connected") this.tell("connected");
                  if (peer.connectionState === "failed") this.heard = 0;
                };
                const transport = senders.audio.transport;
                // Only a goodbye of the service closes it: a network that fails does not.
                if (transport) transport.onstatechange = () => {
                  if (this.peer !== peer || transport.state !== "closed" || this.isMending || this.isOver) return;
                  if (this.isDraining) return this.mend(true);
                  // The reason comes by another way, and may come a moment later.
                  setTimeout(() => { if (this.peer === peer) this.end("The service ended your participation."); }, 500);
                };
                // What was changed while we asked.
                for (const kind of ["audio", "video", "screen"]) await senders[kind].replaceTrack(this.tracks[kind] ?? null);
              }

              async send(kind, track) {
                this.tracks[kind] = track;
                await this.senders?.[kind].replaceTrack(track ?? null);
              }

              // Chooses the layout of our own picture. Throws a Refusal, and then the picture stays as it was.
              async watch(layout) {
                await this.change({ layout });
                this.view = layout;
              }

              async change(view) {
                await this.ask("PATCH", `${this.location}/view`, { type: "application/json", body: JSON.stringify(view) });
              }

              async statistics() {
                return (await this.ask("GET", `${this.location}/statistics`)).json();
              }

              leave() {
                this.finish();
                const { peer, location } = this;
                if (!location) return peer?.close();
                this.location = undefined;
                // The session first: closing the connection ends it too, and DELETE would find nothing.
                this.ask("DELETE", location, { keepalive: true }).catch(() => {}).finally(() => peer.close());
              }

              // MARK: - Mending

              tell(state, words) {
                if (this.isOver) return;
                this.state = state;
                this.onstate(state, words);
              }

              finish() {
                this.isOver = true;
                clearInterval(this.watchdog);
                removeEventListener("online", this.again);
              }

              end(words) {
                if (this.isOver) return;
                this.tell("ended", words);
                this.finish();
                this.peer?.close();
                this.location = undefined;
              }

              // Reports alone come every second: when nothing at all has come for a while, something is broken.
              async watchOver() {
                if (this.isMending || this.isOver || !this.peer) return;
                let received = 0;
                for (const entry of (await this.peer.getStats().catch(() => new Map())).values()) {
                  if (entry.type === "candidate-pair") received += entry.bytesReceived ?? 0;
                }
                const now = performance.now();
                if (received !== this.received) {
                  this.received = received;
                  this.heard = now;
                  return;
                }
                const limit = this.peer.connectionState === "new" || this.peer.connectionState === "connecting"
                  ? Connection.patience : Connection.silence;
                if (now - this.heard > limit && !this.isMending && !this.isOver) await this.mend();
              }

              async mend(isGone = false) {
                this.isMending = true;
                const everConnected = this.state !== "connecting";
                const deadline = performance.now() + (everConnected ? Connection.persistence : 2 * Connection.patience);
                this.tell("mending");
                for (let attempt = 0; !this.isOver; attempt++) {
                  if (performance.now() > deadline) {
                    this.end(everConnected
                      ? "The connection is lost, and could not be mended."
                      : "The service answers, but no media passes. A firewall may block UDP, or the service's media port is not open to you.");
                    break;
                  }
                  try {
                    // A new way through the network first; a new session if the old one is gone, or that does not help.
                    if (attempt === 0 && everConnected && !isGone) await this.restart(); else await this.open();
                    if (await this.comesAlive()) {
                      this.isDraining = false;
                      this.tell("connected");
                      break;
                    }
                  } catch (error) {
                    if (error instanceof Refusal && [401, 403, 406, 422].includes(error.status)) {
                      this.end(error.message);
                      break;
                    }
                    if (error.status !== 404) await pause(Math.min(4000, 500 * 2 ** Math.min(attempt, 3)));
                  }
                }
                this.isMending = false;
              }

              // ICE anew on the same session (RFC 9725, section 4.3.2): media goes on as soon as a path is found.
              async restart() {
                const { peer } = this;
                await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
                const lines = peer.localDescription.sdp.split("\r\n");
                const first = (start) => lines.find((line) => line.startsWith(start));
                const fragment = [
                  first("a=ice-ufrag:"), first("a=ice-pwd:"), first("m="), first("a=mid:"),
                  ...lines.filter((line) => line.startsWith("a=candidate:")), "",
                ].join("\r\n");
                let response;
                try {
                  response = await this.ask("PATCH", this.location, {
                    type: "application/trickle-ice-sdpfrag", body: fragment, headers: { "If-Match": "*" },
                  });
                } catch (error) {
                  await peer.setLocalDescription({ type: "rollback" }).catch(() => {});
                  throw error;
                }
                const fresh = (await response.text()).split(/\r?\n/);
                const take = (start) => fresh.find((line) => line.startsWith(start));
                const candidates = fresh.filter((line) => line.startsWith("a=candidate:"));
                let placed = false;
                const answer = peer.remoteDescription.sdp.split("\r\n").flatMap((line) => {
                  if (line.startsWith("a=ice-ufrag:")) return take("a=ice-ufrag:");
                  if (line.startsWith("a=ice-pwd:")) return take("a=ice-pwd:");
                  if (!line.startsWith("a=candidate:")) return line;
                  if (placed) return [];
                  placed = true;
                  return candidates;
                }).join("\r\n");
                await peer.setRemoteDescription({ type: "answer", sdp: answer });
              }

              // Whether something is received again before patience ends.
              async comesAlive() {
                const { peer } = this;
                const received = async () => {
                  let sum = 0;
                  for (const entry of (await peer.getStats()).values()) {
                    if (entry.type === "inbound-rtp") sum += entry.packetsReceived ?? 0;
                  }
                  return sum;
                };
                const before = await received();
                const deadline = performance.now() + Connection.patience;
                while (performance.now() < deadline && !this.isOver) {
                  await pause(100);
                  if (peer.connectionState === "connected" && await received() > before) {
                    this.heard = performance.now();
                    return true;
                  }
                }
                return false;
              }

              // MARK: - Requests

              async ask(method, path, { type, body, headers = {}, keepalive = false } = {}) {
                if (type) headers["Content-Type"] = type;
                if (this.token) headers.Authorization = `Bearer ${this.token}`;
                let response;
                try {
                  response = await fetch(path, { method, headers, body, keepalive, signal: AbortSignal.timeout(10_000) });
                } catch {
                  throw new Error("The service cannot be reached. Check your network connection.");
                }
                if (!response.ok) throw await refusal(response);
                return response;
              }
            }

            async function refusal(response) {
              const problem = await response.json().catch(() => ({}));
              const detail = problem.detail ?? `the service answered ${response.status}`;
              const words = {
                401: /expired/.test(detail) ? "Your invitation has expired: ask for a new link." : `No entry: ${detail}.`,
                403: `No entry: ${detail}.`,
                429: "Too many requests came from your network. Wait a moment and try again.",
                503: `No place now: ${detail}. Try again in a while.`,
              }[response.status];
              return new Refusal(response.status, words ?? `It did not work: ${detail}.`);
            }

            """##
        ),
        (
            "devices.js",
            ##"""
            // Camera and microphone: asked for, chosen, previewed, measured.

            const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

            export class Devices {
              constructor() {
                this.stream = new MediaStream();
                this.pure = false;
                this.wanted = { audio: undefined, video: undefined };
                this.onlevel = () => {};
                this.onchange = () => {};
                navigator.mediaDevices?.addEventListener?.("devicechange", () => this.onchange());
              }

              get microphone() { return this.stream.getAudioTracks()[0]; }
              get camera() { return this.stream.getVideoTracks()[0]; }

              audio() {
                const clean = !this.pure;
                const wish = { echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean };
                if (this.wanted.audio) wish.deviceId = { exact: this.wanted.audio };
                return wish;
              }

              video() {
                return this.wanted.video ? { ...picture, deviceId: { exact: this.wanted.video } } : picture;
              }

              // Asks for both, or for whichever of the two there is. Returns words for what is missing, or nothing.
              async open() {
                if (!navigator.mediaDevices?.getUserMedia) {
                  return "Browsers give camera and microphone to secure pages only: open this page over HTTPS, or on the machine itself. You can join to watch.";
                }
                const failures = [];
                for (const wish of [{ audio: this.audio(), video: this.video() }, { audio: this.audio() }, { video: this.video() }]) {
                  try {
                    await this.take(await navigator.mediaDevices.getUserMedia(wish));
                    if (wish.audio && wish.video) return undefined;
                    return `No ${wish.audio ? "camera" : "microphone"}: ${reason(failures[0])}`;
                  } catch (error) {
                    failures.push(error);
                    if (error.name === "NotAllowedError" && failures.length === 1 && await bothDenied()) break;
                  }
                }
                return `${reason(failures[0])} You can join to watch.`;
              }

              // Another camera or microphone; the old one goes on if that fails.
              async choose(kind, id) {
                this.wanted[kind] = id || undefined;
                const stream = await navigator.mediaDevices.getUserMedia({ [kind]: kind === "audio" ? this.audio() : this.video() });
                await this.take(stream);
                return stream.getTracks()[0];
              }

              async take(stream) {
                for (const track of stream.getTracks()) {
                  for (const old of this.stream.getTracks().filter((old) => old.kind === track.kind)) {
                    track.enabled = old.enabled;
                    old.stop();
                    this.stream.removeTrack(old);
                  }
                  track.contentHint = track.kind === "audio" ? (this.pure ? "music" : "speech") : "motion";
                  track.addEventListener("ended", () => this.onchange());
                  this.stream.addTrack(track);
                }
                if (stream.getAudioTracks().length) this.measure();
                this.onchange();
              }

              async list() {
                const all = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []) ?? [];
                const named = (kind, word) => all.filter((device) => device.kind === kind && device.deviceId)
                  .map((device, index) => ({ id: device.deviceId, label: device.label || `${word} ${index + 1}` }));
                return { video: named("videoinput", "Camera"), audio: named("audioinput", "Microphone") };
              }

              measure() {
                this.ears?.close().catch(() => {});
                cancelAnimationFrame(this.frame);
                try {
                  this.ears = new AudioContext();
                } catch { return; }
                const analyser = this.ears.createAnalyser();
                analyser.fftSize = 1024;
                this.ears.createMediaStreamSource(new MediaStream([this.microphone])).connect(analyser);
                const samples = new Float32Array(analyser.fftSize);
                let shown = 0;
                const step = () => {
                  analyser.getFloatTimeDomainData(samples);
                  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
                  // -60 dB to 0 dB as 0 to 1; falls slowly, so that it can be read.
                  const level = Math.max(0, 1 + 10 * Math.log10(power + 1e-9) / 60);
                  shown = this.microphone?.enabled ? Math.max(level, shown - 0.02) : 0;
                  this.onlevel(shown);
                  this.frame = requestAnimationFrame(step);
                };
                step();
              }

              // The lobby's meter has been seen enough.
              stopMeasuring() {
                cancelAnimationFrame(this.frame);
                this.ears?.close().catch(() => {});
                this.ears = undefined;
              }

              stop() {
                this.stopMeasuring();
                for (const track of this.stream.getTracks()) {
                  track.stop();
                  this.stream.removeTrack(track);
                }
              }
            }

            async function bothDenied() {
              const states = await Promise.all(["camera", "microphone"].map(
                (name) => navigator.permissions?.query({ name }).then(({ state }) => state).catch(() => "prompt")));
              return states.every((state) => state === "denied");
            }

            function reason(error) {
              switch (error?.name) {
                case "NotAllowedError":
                case "SecurityError": return "It was not allowed. Allow it for this page (the symbol beside the address) and reload.";
                case "NotFoundError": return "None was found.";
                case "NotReadableError":
                case "AbortError": return "Another program is using it. Close that and reload.";
                case "OverconstrainedError": return "The chosen one is not there any more.";
                default: return error ? `The browser says: ${error.message || error.name}.` : "";
              }
            }

            """##
        ),
        (
            "layouts.js",
            ##"""
            // The choice of a layout, each with a small picture of it.

            import { element } from "/symbols.js";

            // Tiles on a canvas of 100 x 56, as the built-in layouts place five participants.
            const tiles = {
              grid: [[1, 4, 32, 24], [34, 4, 32, 24], [67, 4, 32, 24], [18, 29, 32, 24], [50, 29, 32, 24]],
              speaker: [[1, 1, 79, 54], [81, 7, 18, 10], [81, 18, 18, 10], [81, 29, 18, 10], [81, 40, 18, 10]],
              presentation: [[1, 4, 79, 48, "slide"], [81, 7, 18, 10], [81, 18, 18, 10], [81, 29, 18, 10], [81, 40, 18, 10]],
              pip: [[0, 0, 100, 56], [76, 42, 22, 12, "over"]],
              "side-by-side": [[1, 1, 48, 44], [51, 1, 48, 44], [25, 46, 16, 9], [42, 46, 16, 9], [59, 46, 16, 9]],
              single: [[0, 0, 100, 56]],
              filmstrip: [[10, 1, 79, 45], [18, 47, 15, 8], [34, 47, 15, 8], [50, 47, 15, 8], [67, 47, 15, 8]],
              interview: [[1, 1, 49, 54], [51, 1, 23, 26], [76, 1, 23, 26], [51, 29, 23, 26], [76, 29, 23, 26]],
              "audio-only": [[9, 1, 27, 26, "voice"], [37, 1, 27, 26, "voice"], [64, 1, 27, 26, "voice"], [23, 29, 27, 26, "voice"], [50, 29, 27, 26, "voice"]],
            };

            const words = { pip: "picture in picture" };
            // The first are the ones most people want; others follow as the service lists them. One is for measuring only.
            const order = ["grid", "speaker", "presentation", "filmstrip"];
            const unlisted = ["plain-grid"];

            function picture(name) {
              const drawn = element("svg", { viewBox: "0 0 100 56", "aria-hidden": "true" });
              for (const [x, y, width, height, kind = ""] of tiles[name] ?? []) {
                drawn.append(element("rect", { x, y, width, height, rx: 2, class: `tile ${kind}` }));
                if (kind === "slide") {
                  drawn.append(element("path", { d: `M${x + 10} ${y + 14}h38M${x + 10} ${y + 24}h54M${x + 10} ${y + 34}h46`, class: "lines" }));
                  continue;
                }
                const size = Math.min(width, height), middle = x + width / 2;
                drawn.append(element("circle", { cx: middle, cy: y + height * 0.42, r: size * 0.16, class: "person" }));
                if (kind !== "voice") {
                  drawn.append(element("path", {
                    d: `M${middle - size * 0.3} ${y + height}a${size * 0.3} ${size * 0.32} 0 0 1 ${size * 0.6} 0Z`, class: "person",
                  }));
                }
              }
              return drawn;
            }

            export class LayoutPicker {
              // `choose` is asked to change the layout; if it throws, the choice goes back. With `forAll`, if it is set.
              constructor(panel, choose) {
                this.panel = panel;
                this.choose = choose;
                this.forAll = document.createElement("input");
                this.forAll.type = "checkbox";
                this.forAllField = document.createElement("label");
                this.forAllField.className = "check";
                this.forAllField.hidden = true;
                this.forAllField.append(this.forAll, " For everybody in the room");
              }

              // Hosts choose for all as well.
              set isHost(isHost) {
                this.forAllField.hidden = !isHost;
                if (!isHost) this.forAll.checked = false;
              }

              async load(current) {
                const known = await fetch("/v1/layouts").then((response) => response.json()).catch(() => []);
                const names = [...new Set([...order.filter((name) => known.includes(name)), ...known])]
                  .filter((name) => name === current || !unlisted.includes(name));
                const set = document.createElement("fieldset");
                const legend = document.createElement("legend");
                legend.textContent = "Layout of my picture";
                set.append(legend);
                for (const name of names) {
                  const label = document.createElement("label"), input = document.createElement("input"), text = document.createElement("span");
                  Object.assign(input, { type: "radio", name: "layout", value: name, checked: name === current });
                  text.textContent = words[name] ?? name.replaceAll("-", " ");
                  label.append(input, picture(name), text);
                  set.append(label);
                }
                set.addEventListener("change", async ({ target }) => {
                  const before = this.current;
                  this.current = target.value;
                  try {
                    await this.choose(target.value, this.forAll.checked);
                  } catch {
                    this.select(before);
                  }
                });
                this.panel.replaceChildren(set, this.forAllField);
                this.current = current;
              }

              select(name) {
                this.current = name;
                for (const input of this.panel.querySelectorAll("input")) input.checked = input.value === name;
              }
            }

            """##
        ),
        (
            "main.js",
            ##"""
            // The page: a lobby with one's own picture, and the room.

            import { Connection } from "/connection.js";
            import { Devices } from "/devices.js";
            import { LayoutPicker } from "/layouts.js";
            import { ChatPanel, PeoplePanel } from "/people.js";
            import { RecordingControl } from "/recording.js";
            import { Signalling } from "/signalling.js";
            import { Panel } from "/statistics.js";
            import { label } from "/symbols.js";

            const at = (id) => document.getElementById(id);
            const given = new URLSearchParams(location.search);
            const secret = new URLSearchParams(location.hash.slice(1));
            const devices = new Devices();
            const picker = new LayoutPicker(at("layouts"), changeLayout);
            const people = new PeoplePanel(at("persons"), wish);
            const chat = new ChatPanel(at("talk"), (text) => signalling.ask("chat", { text }));
            let signalling, pinned, before, unread = 0;
            let connection, shared, panel, recorder, timer, failures;
            let isMuted = false, isHidden = false;

            // MARK: - Lobby

            at("room").value = given.get("room") ?? "lobby";
            at("name").value = given.get("name") ?? remembered("name") ?? "";
            at("token").value = secret.get("token") ?? "";
            at("token-field").hidden = secret.has("token");

            function remembered(key, value) {
              try {
                if (value === undefined) return localStorage.getItem(`tessera.${key}`);
                localStorage.setItem(`tessera.${key}`, value);
              } catch { /* storage may be forbidden */ }
            }

            async function look() {
              failures = await devices.open();
              await showDevices();
            }

            async function showDevices() {
              const { camera, microphone } = devices;
              at("preview").srcObject = camera && !isHidden ? new MediaStream([camera]) : null;
              at("preview").classList.toggle("mirrored", !camera?.getSettings?.().facingMode?.includes("environment"));
              at("preview-words").textContent = failures ?? (isHidden ? "Your camera is off." : "");
              const list = await devices.list();
              for (const [kind, id, track] of [["video", "cameras", camera], ["audio", "microphones", microphone]]) {
                const current = track?.getSettings?.().deviceId;
                const options = list[kind].map((device) => new Option(device.label, device.id, false, device.id === current));
                at(id).replaceChildren(...(options.length ? options : [new Option("none")]));
                at(id).disabled = !track;
              }
              showSwitches();
            }

            function showSwitches() {
              const { camera, microphone } = devices;
              if (microphone) microphone.enabled = !isMuted;
              if (camera) camera.enabled = !isHidden;
              for (const prefix of ["", "preview-"]) {
                at(`${prefix}microphone`).disabled = !microphone;
                at(`${prefix}camera`).disabled = !camera;
                label(at(`${prefix}microphone`), "microphone", isMuted ? "Unmute" : "Mute", { off: isMuted || !microphone, pressed: isMuted });
                label(at(`${prefix}camera`), "camera", isHidden ? "Camera on" : "Camera off", { off: isHidden || !camera, pressed: isHidden });
              }
            }

            async function toggle(kind) {
              if (kind === "microphone") isMuted = !isMuted; else isHidden = !isHidden;
              if (at("call").hidden) await showDevices(); else showSwitches();
              // Of a camera that is off nothing at all is sent, so that the room shows an avatar and not a black picture.
              if (kind === "camera") await connection?.send("video", isHidden ? undefined : devices.camera);
            }

            devices.onlevel = (level) => { at("level").value = level; };
            devices.onchange = () => { if (!connection) showDevices(); };
            for (const [id, kind] of [["cameras", "video"], ["microphones", "audio"]]) {
              at(id).addEventListener("change", async () => {
                try { await devices.choose(kind, at(id).value); } catch { failures = "That device cannot be used now; the one before goes on."; }
                await showDevices();
              });
            }
            at("pure").addEventListener("change", async () => {
              devices.pure = at("pure").checked;
              if (devices.microphone) await devices.choose("audio", at("microphones").value).catch(() => {});
            });

            at("join").addEventListener("submit", async (event) => {
              event.preventDefault();
              at("trouble").textContent = "";
              at("enter").disabled = true;
              const name = at("name").value.trim(), room = at("room").value;
              try {
                await ready;
                connection = new Connection({
                  room, name, token: at("token").value.trim(), view: given.get("view") ?? undefined,
                  tracks: { audio: devices.microphone, video: isHidden ? undefined : devices.camera },
                });
                connection.onstream = show;
                connection.onstate = report;
                await connection.join();
                remembered("name", name);
                enter();
              } catch (error) {
                at("trouble").textContent = error.message;
                connection?.leave();
                connection = undefined;
              } finally {
                at("enter").disabled = false;
              }
            });

            // MARK: - The room

            function enter() {
              devices.stopMeasuring();
              at("lobby").hidden = true;
              at("call").hidden = false;
              document.title = `${connection.room} – Tessera`;
              at("call-name").textContent = `Room ${connection.room}`;
              showSwitches();
              label(at("screen"), "screen", "Share screen", { pressed: false });
              at("screen").disabled = !navigator.mediaDevices?.getDisplayMedia;
              panel = new Panel(at("figures"), connection);
              recorder?.end();
              recorder = new RecordingControl(at("record"), at("recording"), connection);
              recorder.onerror = (words) => notice(words, "OK");
              clearInterval(timer);
              timer = setInterval(() => panel.update().catch(() => {}), 1000);
              picker.load(connection.view ?? "grid");
              window.tessera = connection;
              follow();
              report(connection.state);
              at("microphone").focus();
            }

            // MARK: - Who is there

            function follow() {
              signalling?.close();
              chat.clear();
              unread = 0;
              pinned = before = undefined;
              signalling = window.signalling = new Signalling(connection);
              connection.onsession = () => { signalling.follow(); pinned = before = undefined; };
              signalling.onchange = (what, detail) => {
                switch (what) {
                  case "open":
                  case "closed": return showTalk();
                  case "people":
                    if (pinned && !signalling.people.has(pinned)) pin(pinned);
                    return showPeople();
                  case "recordings": recorder?.set(signalling.recordings); return;
                  case "room": if (!connection.view) picker.select(signalling.room.layout); return;
                  case "quality": at("network").hidden = Math.max(signalling.quality.lossIn, signalling.quality.lossOut) < 0.05; return;
                  case "chat": {
                    const isMine = detail.participant === signalling.me;
                    chat.add(detail, isMine);
                    if (at("talk").hidden && !isMine) unread++;
                    return showTalk();
                  }
                  case "draining": connection.isDraining = true; return;
                  case "ended":
                    if (detail === "removed") connection?.end("A host has removed you from the room.");
                    if (detail === "closed" && !connection?.isDraining) connection?.end("The room was closed.");
                    return;
                }
              };
            }

            function showPeople() {
              people.show(signalling, pinned);
              label(at("people"), "people", `People ${signalling.people.size}`);
            }

            function showTalk() {
              const isOpen = signalling?.isOpen ?? false;
              at("people").hidden = at("chat").hidden = !(isOpen || signalling?.me);
              picker.isHost = isOpen && signalling.isHost;
              label(at("chat"), "chat", unread ? `Chat (${unread} new)` : "Chat");
              at("chat").classList.toggle("fresh", unread > 0);
              if (isOpen) showPeople();
            }

            async function wish(type, fields) {
              if (type === "pin") return pin(fields);
              try {
                await signalling.ask(type, fields);
              } catch (error) {
                notice(error.message, "OK");
              }
            }

            // Only some layouts have a place for whom one has pinned.
            const pinning = ["speaker", "presentation", "pip", "single", "filmstrip", "interview"];

            async function pin(id) {
              const isPinned = pinned === id;
              const layout = connection.view ?? signalling.room?.layout ?? "grid";
              const view = { pinned: isPinned ? null : id };
              // Nobody's own choice is the room's.
              const chosen = connection.view;
              if (isPinned && before) view.layout = before.layout ?? null;
              else if (!isPinned && !pinning.includes(layout)) view.layout = "speaker";
              try {
                await connection.change(view);
              } catch (error) {
                return notice(error.message, "OK");
              }
              if (isPinned) before = undefined;
              else if (view.layout) before ??= { layout: chosen };
              pinned = isPinned ? undefined : id;
              if (view.layout !== undefined) {
                connection.view = view.layout ?? undefined;
                picker.select(connection.view ?? signalling.room?.layout);
              }
              showPeople();
            }

            // A click on somebody's tile pins them; another takes the pin away.
            async function pick({ clientX, clientY }) {
              const mix = at("mix"), box = mix.getBoundingClientRect();
              if (!signalling?.isOpen || !mix.videoWidth) return;
              const scale = Math.min(box.width / mix.videoWidth, box.height / mix.videoHeight);
              const x = (clientX - box.left - (box.width - mix.videoWidth * scale) / 2) / (mix.videoWidth * scale);
              const y = (clientY - box.top - (box.height - mix.videoHeight * scale) / 2) / (mix.videoHeight * scale);
              if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) return;
              const { participant } = await signalling.ask("pick", { x, y }).catch(() => ({}));
              if (participant) await pin(participant);
            }

            function show(stream) {
              const mix = at("mix");
              if (mix.srcObject !== stream) mix.srcObject = stream;
              mix.play().catch((error) => {
                if (error.name === "NotAllowedError") notice("The browser wants a click before it plays sound.", "Play", () => mix.play());
              });
            }

            function notice(words, button, action) {
              at("notice").hidden = !words;
              at("notice-text").textContent = words ?? "";
              at("notice-button").hidden = !button;
              at("notice-button").textContent = button ?? "";
              at("notice-button").onclick = () => { notice(); action?.(); };
            }

            function report(state, words) {
              at("stage").dataset.state = state;
              switch (state) {
                case "connecting": return notice("Connecting …");
                case "connected": return notice();
                case "mending": return notice("The connection is interrupted. Trying again …");
                case "ended": return notice(words, "Back to the lobby", leave);
              }
            }

            function leave() {
              clearInterval(timer);
              clearTimeout(click);
              signalling?.close();
              signalling = undefined;
              at("people").hidden = at("chat").hidden = at("recording").hidden = at("network").hidden = true;
              recorder?.end();
              recorder = undefined;
              connection?.leave();
              connection = undefined;
              stopSharing();
              at("mix").srcObject = null;
              openOnly();
              if (document.fullscreenElement) document.exitFullscreen();
              notice();
              at("call").hidden = true;
              at("lobby").hidden = false;
              document.title = "Tessera";
              if (devices.microphone) devices.measure();
              showDevices();
              at("enter").focus();
            }

            async function stopSharing() {
              shared?.getTracks().forEach((track) => track.stop());
              shared = undefined;
              label(at("screen"), "screen", "Share screen", { pressed: false });
              await connection?.send("screen", undefined);
            }

            async function share() {
              if (shared) return stopSharing();
              try {
                shared = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
              } catch (error) {
                if (error.name !== "NotAllowedError") notice(`The screen cannot be shared: ${error.message}.`, "OK");
                return;
              }
              const [track] = shared.getVideoTracks();
              track.contentHint = "detail";
              track.onended = stopSharing;
              label(at("screen"), "screen", "Stop sharing", { pressed: true });
              await connection.send("screen", track);
            }

            async function changeLayout(layout, forAll) {
              try {
                if (forAll) {
                  await signalling.ask("layout", { layout });
                  await connection.change({ layout: null });
                  connection.view = undefined;
                } else await connection.watch(layout);
                before = undefined;
              } catch (error) {
                notice(error.message, "OK");
                throw error;
              }
            }

            function open(id, isOpen) {
              at(id).hidden = !isOpen;
              at(panels[id]).setAttribute("aria-expanded", isOpen);
            }

            // Panels by their buttons; one is open at a time.
            const panels = { layouts: "layout", figures: "quality", persons: "people", talk: "chat" };

            function openOnly(id) {
              const isOpen = id && at(id).hidden;
              for (const panel of Object.keys(panels)) open(panel, panel === id && isOpen);
              return isOpen;
            }

            function togglePeople() {
              if (openOnly("persons")) at("persons").querySelector("button")?.focus();
            }

            function toggleChat() {
              if (!openOnly("talk")) return;
              unread = 0;
              showTalk();
              chat.list.scrollTop = chat.list.scrollHeight;
              chat.input.focus();
            }

            function toggleLayouts() {
              if (openOnly("layouts")) at("layouts").querySelector("input:checked")?.focus();
            }

            function toggleFigures() {
              if (openOnly("figures")) panel.show({}), panel.update().catch(() => {});
            }

            function fullscreen() {
              if (document.fullscreenElement) document.exitFullscreen();
              else at("call").requestFullscreen?.().catch(() => {});
            }

            const actions = {
              microphone: () => toggle("microphone"), camera: () => toggle("camera"), screen: share, layout: toggleLayouts,
              people: togglePeople, chat: toggleChat, quality: toggleFigures, full: fullscreen, leave,
            };
            for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
            at("preview-microphone").addEventListener("click", () => toggle("microphone"));
            at("preview-camera").addEventListener("click", () => toggle("camera"));
            // One click pins, two make the picture larger.
            let click;
            at("mix").addEventListener("click", (event) => { clearTimeout(click); if (event.detail === 1) click = setTimeout(() => pick(event), 300); });
            at("mix").addEventListener("dblclick", fullscreen);
            document.addEventListener("fullscreenchange", () => {
              const isFull = !!document.fullscreenElement;
              label(at("full"), "full", isFull ? "Smaller" : "Full screen", { pressed: isFull });
            });
            label(at("layout"), "layout", "Layout");
            label(at("people"), "people", "People");
            label(at("chat"), "chat", "Chat");
            label(at("quality"), "quality", "Quality");
            label(at("full"), "full", "Full screen", { pressed: false });
            label(at("leave"), "leave", "Leave");
            at("full").hidden = !document.fullscreenEnabled;

            const keys = { m: "microphone", v: "camera", s: "screen", r: "record", l: "layout", p: "people", c: "chat", q: "quality", f: "full" };
            addEventListener("keydown", (event) => {
              if (at("call").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
              if (event.key === "Escape") {
                const opened = Object.keys(panels).find((id) => !at(id).hidden);
                openOnly();
                if (opened) at(panels[opened]).focus();
                return;
              }
              // Who writes does not press buttons.
              if (event.target.closest?.("input:not([type=radio], [type=checkbox]), select")) return;
              const button = at(keys[event.key.toLowerCase()] ?? "");
              if (button && !button.disabled && !button.hidden) button.click();
            });
            addEventListener("pagehide", (event) => { if (!event.persisted) connection?.leave(); });

            showSwitches();
            const ready = look();

            """##
        ),
        (
            "people.js",
            ##"""
            // The list of those who are in the room, and the chat.

            import { label } from "/symbols.js";

            function make(name, properties = {}, ...children) {
              const made = Object.assign(document.createElement(name), properties);
              made.append(...children);
              return made;
            }

            export class PeoplePanel {
              // `act` carries out a wish: its type and fields.
              constructor(panel, act) {
                this.panel = panel;
                this.act = act;
                this.rows = new Map();
                this.title = make("h2");
                this.list = make("ul", { className: "people" });
                this.panel.replaceChildren(this.title, this.list);
              }

              show({ people, me, isHost, speaker, room }, pinned) {
                const all = [...people.values()].filter((person) => person.kind !== "view");
                const watching = people.size - all.length;
                this.title.textContent = `People (${all.length}${watching ? ` and ${watching} watching` : ""})`;
                for (const [id, row] of this.rows) if (!people.has(id) || people.get(id).kind === "view") { row.remove(); this.rows.delete(id); }
                for (const person of all) {
                  let row = this.rows.get(person.id);
                  // What has not changed keeps its place, and the focus that is on it.
                  const state = JSON.stringify([{ ...person, age: 0 }, isHost, speaker === person.id, pinned, room?.pinned]);
                  if (row?.dataset.state === state) continue;
                  const focused = row?.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
                  if (!row) { row = make("li"); this.rows.set(person.id, row); this.list.append(row); }
                  row.dataset.state = state;
                  row.classList.toggle("speaks", speaker === person.id);
                  const marks = [];
                  if (person.id === me) marks.push("you");
                  if (person.role) marks.push(person.role);
                  if (speaker === person.id) marks.push("speaking");
                  if (person.isMuted) marks.push(person.mutedByHost.includes("audio") ? "muted by a host" : "muted");
                  if (person.sharesScreen) marks.push("shares the screen");
                  if (person.presence === "lost") marks.push("connection lost");
                  else if (person.presence === "joining") marks.push("joining");
                  else if (person.isFrozen) marks.push("picture stopped");
                  if (room?.pinned === person.id) marks.push("pinned for all");
                  const words = make("div", {}, make("strong", { textContent: person.name, dir: "auto" }), make("span", { className: "quiet", textContent: marks.join(", ") }));
                  const buttons = make("div", { className: "wishes" });
                  const add = (action, symbol, text, type, fields, options) => {
                    const button = make("button", { type: "button", className: "small", title: text });
                    button.dataset.action = action;
                    label(button, symbol, `${text}: ${person.name}`, options);
                    button.addEventListener("click", () => this.act(type, fields));
                    buttons.append(button);
                  };
                  const isPinned = pinned === person.id;
                  add("pin", "pin", isPinned ? "Unpin" : "Pin", "pin", person.id, { pressed: isPinned });
                  if (isHost && person.id !== me) {
                    const muted = person.mutedByHost.includes("audio");
                    add("mute", "microphone", muted ? "Allow to speak" : "Mute", "mute", { participant: person.id, media: "audio", muted: !muted }, { off: muted, pressed: muted });
                    add("remove", "leave", "Remove", "remove", { participant: person.id });
                  }
                  row.replaceChildren(words, buttons);
                  if (focused) row.querySelector(`[data-action="${focused}"]`)?.focus();
                }
              }
            }

            export class ChatPanel {
              constructor(panel, send) {
                this.panel = panel;
                this.list = make("ol", { className: "chat", tabIndex: 0 });
                this.list.setAttribute("role", "log");
                this.list.setAttribute("aria-label", "Messages");
                this.input = make("input", { maxLength: 2000, autocomplete: "off", placeholder: "Message to all", id: "chat-text" });
                this.input.setAttribute("aria-label", "Message to all");
                this.trouble = make("p", { className: "trouble" });
                this.trouble.setAttribute("role", "alert");
                const form = make("form", {}, this.input, make("button", { type: "submit", className: "primary", textContent: "Send" }));
                form.addEventListener("submit", async (event) => {
                  event.preventDefault();
                  const text = this.input.value.trim();
                  if (!text) return;
                  this.trouble.textContent = "";
                  try {
                    await send(text);
                    if (this.input.value.trim() === text) this.input.value = "";
                  } catch (error) { this.trouble.textContent = error.message; }
                });
                this.panel.replaceChildren(make("h2", { textContent: "Chat" }), this.list, this.trouble, form);
              }

              clear() { this.list.replaceChildren(); this.input.value = ""; }

              add({ name, text, time }, isMine) {
                const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
                const when = new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
                this.list.append(make("li", { className: isMine ? "mine" : "" },
                  make("span", { className: "quiet", textContent: `${isMine ? "You" : name}, ${when}` }), make("p", { textContent: text, dir: "auto" })));
                if (this.list.children.length > 500) this.list.firstChild.remove();
                if (isAtEnd || isMine) this.list.scrollTop = this.list.scrollHeight;
              }
            }

            """##
        ),
        (
            "recording.js",
            ##"""
            // Shows everybody that the room is recorded, and lets those start and stop that who may.

            import { label } from "/symbols.js";

            // What a token grants; everything without one, since the service then asks for none.
            function mayRecord(token) {
              if (!token) return true;
              try {
                const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
                return claims.grants.some((grant) => grant === "record" || grant === "admin");
              } catch {
                return false;
              }
            }

            export class RecordingControl {
              static interval = 5000;

              constructor(button, mark, connection) {
                Object.assign(this, { button, mark, connection, recordings: [] });
                button.hidden = !mayRecord(connection.token);
                button.onclick = () => this.toggle();
                this.show();
                this.timer = setInterval(() => this.look(), RecordingControl.interval);
                this.look();
              }

              end() {
                clearInterval(this.timer);
                this.mark.hidden = true;
              }

              async look() {
                try {
                  const response = await this.connection.ask("GET", `/v1/rooms/${encodeURIComponent(this.connection.room)}`);
                  this.set((await response.json()).recordings);
                } catch { /* what was known stands until the next look */ }
              }

              set(recordings) {
                this.recordings = recordings ?? [];
                this.show();
              }

              show() {
                const [recording] = this.recordings;
                const words = recording?.isPaused ? "Recording paused" : "Recording";
                this.mark.hidden = !recording;
                this.mark.textContent = recording?.by ? `${words} by ${recording.by}` : words;
                label(this.button, "record", recording ? "Stop recording" : "Record", { pressed: !!recording });
              }

              async toggle() {
                this.button.disabled = true;
                try {
                  const [recording] = this.recordings;
                  if (recording) await this.connection.ask("POST", `/v1/recordings/${recording.id}/stop`);
                  else await this.connection.ask("POST", `/v1/rooms/${encodeURIComponent(this.connection.room)}/recordings`);
                  await this.look();
                } catch (error) {
                  this.onerror?.(error.message);
                } finally {
                  this.button.disabled = false;
                }
              }
            }

            """##
        ),
        (
            "signalling.js",
            ##"""
            // Events of the room and wishes of hosts, over a WebSocket. The call goes on without it: what it brings is missing then,
            // and it is tried again.

            export class Signalling {
              constructor(connection) {
                this.connection = connection;
                this.waiting = new Map();
                this.next = 1;
                this.attempt = 0;
                // The number of the last message; what was said before we came is not ours to read.
                this.lastChat = undefined;
                this.people = new Map();
                this.grants = [];
                // Something is others now: "people", "chat" with the message, "room", "recordings", "draining", "ended" or "open".
                this.onchange = () => {};
                this.open();
              }

              get isOpen() { return this.isReady === true; }
              get isHost() { return this.grants.includes("admin"); }

              open() {
                if (this.isOver) return;
                const { connection } = this;
                const session = connection.location?.split("/").pop();
                if (!session) return this.later();
                const socket = this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
                this.session = session;
                socket.onopen = async () => {
                  const hello = { room: connection.room, session };
                  if (this.lastChat !== undefined) hello.after = this.lastChat;
                  if (connection.token) hello.token = connection.token;
                  try {
                    const answer = await this.ask("resume", hello);
                    this.me = answer.participant;
                    this.lastChat ??= answer.lastChat;
                    this.grants = answer.grants;
                    this.isReady = true;
                    this.attempt = 0;
                    this.takeRoom(answer.room);
                    this.onchange("open");
                  } catch { socket.close(); }
                };
                socket.onmessage = ({ data }) => { if (this.socket === socket) this.take(JSON.parse(data)); };
                socket.onclose = () => {
                  if (this.socket !== socket) return;
                  this.isReady = false;
                  for (const { reject } of this.waiting.values()) reject(new Error("The service cannot be reached. Check your network connection."));
                  this.waiting.clear();
                  this.onchange("closed");
                  this.later();
                };
              }

              later() {
                clearTimeout(this.timer);
                this.timer = setTimeout(() => this.open(), Math.min(15_000, 500 * 2 ** Math.min(this.attempt++, 5)) * (0.75 + Math.random() / 2));
              }

              // The session may be another one by now.
              follow() {
                if (this.isOver || this.connection.location?.endsWith(`/${this.session}`)) return;
                this.attempt = 0;
                const before = this.socket;
                this.socket = undefined;
                before?.close();
                this.isReady = false;
                clearTimeout(this.timer);
                this.open();
              }

              close() {
                this.isOver = true;
                clearTimeout(this.timer);
                this.socket?.close();
              }

              // Throws what the service has against it.
              ask(type, fields = {}) {
                if (this.socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error("This does not work while the connection is interrupted."));
                const id = String(this.next++);
                this.socket.send(JSON.stringify({ type, id, ...fields }));
                return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
              }

              takeRoom(room) {
                this.room = room;
                this.people = new Map(room.participants.map((person) => [person.id, person]));
                this.speaker = room.activeSpeaker;
                this.recordings = room.recordings;
                this.onchange("people");
                this.onchange("room");
                this.onchange("recordings");
              }

              take(message) {
                if (message.id) {
                  const waiting = this.waiting.get(message.id);
                  this.waiting.delete(message.id);
                  if (message.type === "error") waiting?.reject(new Error(`It did not work: ${message.detail}.`));
                  else waiting?.resolve(message);
                  return;
                }
                switch (message.type) {
                  case "participant-joined": case "participant-changed":
                    this.people.set(message.participant.id, message.participant);
                    return this.onchange("people");
                  case "participant-left":
                    this.people.delete(message.participant.id);
                    return this.onchange("people");
                  case "active-speaker":
                    this.speaker = message.participant;
                    return this.onchange("people");
                  case "layout": this.room.layout = message.layout; return this.onchange("room");
                  case "pinned": this.room.pinned = message.participant; return this.onchange("people");
                  case "recordings": this.recordings = message.recordings; return this.onchange("recordings");
                  case "room": return this.takeRoom(message.room);
                  case "quality": this.quality = message.statistics; return this.onchange("quality");
                  case "draining": return this.onchange("draining");
                  case "ended": return this.onchange("ended", message.reason);
                  case "chat":
                    this.lastChat = message.number;
                    return this.onchange("chat", message);
                }
              }
            }

            """##
        ),
        (
            "statistics.js",
            ##"""
            // The panel of figures: what the browser measures of the mix, and what the service measures of us.

            import { element } from "/symbols.js";

            const rate = (bits) => bits >= 1e6 ? `${(bits / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bits / 1000)} kbit/s`;
            const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
            const rows = [
              { key: "size", name: "Picture" },
              { key: "fps", name: "Frame rate", show: (value) => `${Math.round(value)} fps`, plot: true, least: 30 },
              { key: "receiving", name: "Receiving", show: rate, plot: true, least: 1e6 },
              { key: "sending", name: "Sending", show: rate, plot: true, least: 1e6 },
              { key: "loss", name: "Loss", show: (value) => `${value.toFixed(1)} %`, plot: true, least: 5 },
              { key: "lossOut", name: "Loss on the way out", show: (value) => `${value.toFixed(1)} %`, plot: true, least: 5 },
              { key: "trip", name: "Round trip", show: milliseconds, plot: true, least: 50 },
              { key: "mixing", name: "Added by mixing", show: milliseconds },
              { key: "waiting", name: "My sound waits there", show: milliseconds },
              { key: "buffer", name: "The mix waits here", show: milliseconds },
            ];

            export class Panel {
              static seconds = 60;

              constructor(place, connection) {
                this.place = place;
                this.connection = connection;
                this.history = {};
              }

              async update() {
                const [report, service] = await Promise.all([
                  this.connection.peer.getStats(), this.place.hidden ? undefined : this.connection.statistics().catch(() => undefined),
                ]);
                const now = { time: performance.now(), bytes: 0, sent: 0, packets: 0, lost: 0, frames: 0, waited: 0, emitted: 0 };
                const values = { lossOut: service?.lossOut * 100, mixing: service?.tickP50, waiting: service?.soundDelay };
                for (const entry of report.values()) {
                  if (entry.type === "inbound-rtp") {
                    now.bytes += entry.bytesReceived ?? 0;
                    now.packets += entry.packetsReceived ?? 0;
                    now.lost += entry.packetsLost ?? 0;
                    if (entry.kind === "video") {
                      now.frames = entry.framesDecoded ?? 0;
                      now.waited = entry.jitterBufferDelay ?? 0;
                      now.emitted = entry.jitterBufferEmittedCount ?? 0;
                      if (entry.frameWidth) values.size = `${entry.frameWidth} × ${entry.frameHeight}`;
                    }
                  } else if (entry.type === "outbound-rtp") now.sent += entry.bytesSent ?? 0;
                  else if (entry.type === "candidate-pair" && (entry.nominated || entry.selected) && entry.currentRoundTripTime !== undefined) {
                    values.trip = entry.currentRoundTripTime * 1000;
                  }
                }
                values.trip ??= service?.roundTrip;
                const last = this.last;
                this.last = now;
                const isNew = !last || now.bytes < last.bytes || now.sent < last.sent;
                if (!isNew) {
                  const seconds = (now.time - last.time) / 1000;
                  const lost = Math.max(0, now.lost - last.lost);
                  values.fps = (now.frames - last.frames) / seconds;
                  values.receiving = (now.bytes - last.bytes) * 8 / seconds;
                  values.sending = (now.sent - last.sent) * 8 / seconds;
                  values.loss = 100 * lost / Math.max(1, lost + now.packets - last.packets);
                  if (now.emitted > last.emitted) values.buffer = 1000 * (now.waited - last.waited) / (now.emitted - last.emitted);
                }
                for (const { key, plot } of rows) {
                  if (!plot) continue;
                  const history = this.history[key] ??= [];
                  history.push(Number.isFinite(values[key]) ? values[key] : undefined);
                  if (history.length > Panel.seconds) history.shift();
                }
                if (!this.place.hidden) this.show(values);
              }

              show(values) {
                const title = document.createElement("h2"), list = document.createElement("dl");
                title.textContent = "Quality";
                for (const { key, name, show = String, plot, least } of rows) {
                  const term = document.createElement("dt"), text = document.createElement("dd");
                  term.textContent = name;
                  const value = values[key];
                  const known = value !== undefined && value !== null && !Number.isNaN(value);
                  const words = document.createElement("span");
                  words.textContent = known ? show(value) : "–";
                  if (plot) text.append(curve(this.history[key] ?? [], least));
                  text.append(words);
                  list.append(term, text);
                }
                this.place.replaceChildren(title, list);
              }
            }

            // A minute from left to right; the height is that of the largest value, or of `least` if none reaches it.
            function curve(history, least) {
              const top = Math.max(least, ...history.filter((value) => value !== undefined));
              const start = Panel.seconds - history.length;
              let path = "", pen = "M";
              history.forEach((value, index) => {
                if (value === undefined) { pen = "M"; return; }
                path += `${pen}${start + index} ${(19 - 18 * value / top).toFixed(1)}`;
                pen = "L";
              });
              return element("svg", { viewBox: `0 0 ${Panel.seconds} 20`, preserveAspectRatio: "none", "aria-hidden": "true", class: "curve" },
                element("path", { d: path || "M0 0" }));
            }

            """##
        ),
        (
            "symbols.js",
            ##"""
            // Symbols of buttons, drawn on a square of 24, and what stands beside them.

            const shapes = {
              microphone: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
              camera: "M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM15 11l6-3.5v9L15 13",
              screen: "M3 5h18v11H3ZM8 20h8M12 16v4M9 10.5l3-3 3 3M12 7.5v6",
              layout: "M3 4h11v16H3ZM17 4h4v7h-4ZM17 14h4v6h-4Z",
              record: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z",
              quality: "M4 20v-5M9.3 20v-9M14.7 20V7M20 20V4",
              full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
              people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.6c2.1.8 3.5 2.8 3.5 5.4",
              chat: "M4 5h16v11H10l-4 4v-4H4ZM8 9h8M8 12h5",
              pin: "M9 4h6l-.8 6 3.3 3.5h-11L9.8 10ZM12 13.5V20",
              leave: "M3 15.5c5-5 13-5 18 0l-2.5 2.5-3.5-1.5v-2.6a10 10 0 0 0-6 0v2.6L5.5 18Z",
            };
            const drawing = "http://www.w3.org/2000/svg";

            export function element(name, attributes = {}, ...children) {
              const made = document.createElementNS(drawing, name);
              for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
              made.append(...children);
              return made;
            }

            // Gives a button its symbol, crossed out if `off`, and its words.
            export function label(button, symbol, words, { off = false, pressed } = {}) {
              const picture = element("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, element("path", { d: shapes[symbol] }));
              if (off) picture.append(element("path", { d: "M4 4l16 16", class: "cross" }));
              const text = document.createElement("span");
              text.textContent = words;
              button.replaceChildren(picture, text);
              button.setAttribute("aria-label", words);
              if (pressed !== undefined) button.setAttribute("aria-pressed", pressed);
            }

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
