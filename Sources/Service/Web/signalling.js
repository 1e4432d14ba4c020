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
