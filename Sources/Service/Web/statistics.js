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
