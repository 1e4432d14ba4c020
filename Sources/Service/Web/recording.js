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
    // What goes out as a stream is shown as such, and not ours to stop here.
    this.outputs = (recordings ?? []).filter((one) => one.isOutput);
    this.recordings = (recordings ?? []).filter((one) => !one.isOutput);
    this.show();
  }

  show() {
    const [recording] = this.recordings;
    const words = recording?.isPaused ? "Recording paused" : "Recording";
    const isLive = this.outputs?.length > 0;
    this.mark.hidden = !recording && !isLive;
    const said = recording?.by ? `${words} by ${recording.by}` : recording ? words : "";
    this.mark.textContent = [said, isLive ? "Live: others watch this room" : ""].filter(Boolean).join(" · ");
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
