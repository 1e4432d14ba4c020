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
  { key: "quality", name: "Connection" },
  { key: "takes", name: "My network takes", show: rate },
  { key: "rendition", name: "Sent to me" },
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
    const values = {
      lossOut: service?.lossOut * 100, mixing: service?.tickP50, waiting: service?.soundDelay, quality: service?.quality, takes: service?.estimate,
      rendition: service && (service.rendition ? service.layers ? `${service.rendition}${service.layers < 3 ? `, ${service.layers} of 3 layers` : ""}` : "single pictures" : "sound only"),
    };
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
