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
