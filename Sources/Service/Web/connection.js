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
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: await this.servers() });
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

  // STUN and TURN servers, whose credentials hold for a while.
  async servers() {
    const response = await this.ask("GET", `/v1/rooms/${encodeURIComponent(this.room)}/ice-servers`);
    return (await response.json()).iceServers;
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
    // Credentials that are good now. Without, because the token has expired, there may still be a direct way.
    const iceServers = await this.servers().catch(() => undefined);
    if (iceServers) peer.setConfiguration({ ...peer.getConfiguration(), iceServers });
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
