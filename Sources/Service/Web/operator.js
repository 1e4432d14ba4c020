// The operator's page: rooms, the budget of ticks, encodes, recordings with a player, archive jobs.

import { element } from "/symbols.js";

const at = (id) => document.getElementById(id);
const secret = new URLSearchParams(location.hash.slice(1));
at("token").value = secret.get("token") ?? "";
at("room").value = new URLSearchParams(location.search).get("room") ?? "";

let token = at("token").value, room = at("room").value;

class Refusal extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function ask(path, method = "GET") {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { method, headers, signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new Refusal(0, "The service cannot be reached. Check your network connection.");
  }
  if (!response.ok) {
    const { detail } = await response.json().catch(() => ({}));
    throw new Refusal(response.status, words(response.status, detail ?? `the service answered ${response.status}`));
  }
  return response.headers.get("Content-Type")?.startsWith("application/json") ? response.json() : response.text();
}

function words(status, detail) {
  if (status === 401) return /expired/.test(detail) ? "Your token has expired: make another." : `No entry: ${detail}.`;
  return `It did not work: ${detail}.`;
}

// MARK: - Figures

// Prometheus's text: names with labels, and values.
function parse(text) {
  const values = [];
  for (const line of text.split("\n")) {
    const found = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((one) => [one[1], one[2]]));
    values.push({ name: found[1], labels, value: Number(found[3]) });
  }
  return values;
}

const all = (values, name) => values.filter((one) => one.name === name);
const one = (values, name) => all(values, name)[0]?.value ?? 0;

// Milliseconds below which this share of the ticks between two looks was, or undefined if there were none.
function quantile(now, before, share) {
  const counts = now.map(({ limit, count }, index) => ({ limit, count: count - (before[index]?.count ?? 0) }));
  const total = counts.at(-1)?.count ?? 0;
  if (!(total > 0)) return undefined;
  let last = { limit: 0, count: 0 };
  for (const bucket of counts) {
    if (bucket.count >= share * total) {
      const limit = Number.isFinite(bucket.limit) ? bucket.limit : last.limit;
      return 1000 * (last.limit + (limit - last.limit) * (share * total - last.count) / Math.max(1, bucket.count - last.count));
    }
    last = bucket;
  }
}

const history = [];
let before;

async function showFigures() {
  const values = parse(await ask("/metrics"));
  const buckets = all(values, "tessera_tick_seconds_bucket").map((bucket) => ({ limit: bucket.labels.le === "+Inf" ? Infinity : Number(bucket.labels.le), count: bucket.value }));
  const cpu = one(values, "process_cpu_seconds_total"), time = performance.now() / 1000;
  if (before) {
    history.push({ time, median: quantile(buckets, before.buckets, 0.5), worst: quantile(buckets, before.buckets, 0.99) });
    while (history[0].time < time - 300) history.shift();
  }
  const last = history.at(-1);
  const milliseconds = (value) => value === undefined ? "–" : `${value.toFixed(1)} ms`;
  const step = one(values, "tessera_degradation_step");
  fill("figures", [
    ["Rooms", one(values, "tessera_rooms")], ["Participants", one(values, "tessera_participants")],
    ["With media", one(values, "tessera_sessions_connected")], ["Encodes of pictures", one(values, "tessera_video_encodes")],
    ["Encodes of sound", one(values, "tessera_sound_encodes")], ["Tick, half", milliseconds(last?.median)],
    ["Tick, 99 of 100", milliseconds(last?.worst)], ["Given up", step ? `step ${step} of 8` : "nothing"],
    ["Processor", before ? `${((cpu - before.cpu) / (time - before.time)).toFixed(2)} cores` : "–"],
    ["Memory", `${Math.round(one(values, "process_resident_memory_bytes") / 1e6)} MB`],
  ]);
  before = { buckets, cpu, time };
  draw(time);
  table("encodes", ["Room", "Layout", "Rendition", "Codec", "Viewers"],
    all(values, "tessera_rendition_viewers").map(({ labels, value }) => [labels.room, labels.layout, labels.rendition, labels.codec, value]),
    "Nothing is encoded: nobody watches.");
}

function fill(id, pairs) {
  at(id).replaceChildren(...pairs.map(([name, value]) => {
    const box = document.createElement("div"), term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    box.append(term, text);
    return box;
  }));
}

function draw(now) {
  const top = Math.max(50, ...history.map(({ worst }) => worst ?? 0));
  const place = (time, value) => `${(600 * (1 - (now - time) / 300)).toFixed(1)} ${(118 - 114 * Math.min(1, value / top)).toFixed(1)}`;
  const line = (name) => {
    let path = "", isDown = false;
    for (const entry of history) {
      if (entry[name] === undefined) { isDown = false; continue; }
      path += `${isDown ? "L" : "M"}${place(entry.time, entry[name])}`;
      isDown = true;
    }
    return path;
  };
  at("ticks").replaceChildren(
    element("path", { d: `M0 ${place(now, 33.3).split(" ")[1]}H600`, class: "budget" }),
    element("path", { d: line("worst") || "M0 0", class: "worst" }), element("path", { d: line("median") || "M0 0", class: "median" }));
}

// MARK: - Lists

function table(id, heads, rows, nothing) {
  const text = JSON.stringify(rows.map((row) => row.map((cell) => cell instanceof Node ? cell.dataset.key ?? cell.textContent : cell)));
  // What is the same stays, and with it the focus.
  if (at(id).dataset.text === text) return;
  at(id).dataset.text = text;
  if (!rows.length) {
    const paragraph = document.createElement("p");
    paragraph.className = "quiet";
    paragraph.textContent = nothing;
    return at(id).replaceChildren(paragraph);
  }
  const made = document.createElement("table"), head = made.createTHead().insertRow(), body = made.createTBody();
  for (const name of heads) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((value, index) => {
      const cell = line.insertCell();
      cell.dataset.head = heads[index];
      cell.append(value ?? "–");
    });
  }
  at(id).replaceChildren(made);
}

const length = (seconds) => {
  const whole = Math.round(seconds ?? 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
const size = (bytes) => bytes > 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
const moment = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

async function showRooms() {
  const list = room ? [await ask(`/v1/rooms/${room}`)] : await ask("/v1/rooms");
  table("rooms", ["Room", "Participants", "Layout", "Recorded", "Open for"], list.map((one) => {
    const link = document.createElement("a");
    link.href = `/?room=${encodeURIComponent(one.name)}${token ? `#token=${token}` : ""}`;
    link.textContent = one.name;
    const people = one.participants.length ?? one.participants;
    const isRecorded = one.isRecorded ?? one.recordings.some((mark) => !mark.isOutput);
    return [link, people, one.layout, isRecorded ? "yes" : "no", `${Math.max(1, Math.round(one.age / 60))} min`];
  }), "No room is open.");
}

async function play(recording) {
  const { url } = await ask(`/v1/recordings/${recording.id}/url`, "POST");
  const player = at("player");
  player.hidden = false;
  player.src = url;
  player.play().catch(() => {});
  player.scrollIntoView({ block: "nearest" });
}

async function download(recording) {
  const { url } = await ask(`/v1/recordings/${recording.id}/url`, "POST");
  const link = document.createElement("a");
  link.href = url;
  link.download = recording.files[0]?.name ?? "";
  link.click();
}

function actions(recording) {
  const box = document.createElement("span");
  box.className = "wishes";
  box.dataset.key = recording.id + recording.state;
  if (!recording.files.some((file) => file.state === "whole")) {
    box.textContent = "–";
    return box;
  }
  for (const [words, action] of [["Play", play], ["Download", download]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.setAttribute("aria-label", `${words} ${recording.name ?? recording.room}, ${moment(recording.started)}`);
    button.onclick = () => action(recording).catch(tell);
    box.append(button);
  }
  return box;
}

async function showRecordings() {
  const list = await ask(room ? `/v1/rooms/${room}/recordings` : "/v1/recordings");
  table("recordings", ["Room", "Began", "Length", "Size", "State", ""], list.slice(0, 200).map((one) => [
    one.name ? `${one.room}: ${one.name}` : one.room, moment(one.started), length(one.duration), size(one.bytes),
    one.error ? `${one.state}: ${one.error}` : one.state, actions(one),
  ]), "Nothing has been recorded.");
}

async function showJobs() {
  const list = await ask(room ? `/v1/archive/jobs?room=${room}` : "/v1/archive/jobs");
  table("jobs", ["Job", "Recording", "State", "Progress"], list.map((job) => {
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = job.state === "finished" ? 1 : job.progress;
    bar.dataset.key = String(job.progress);
    bar.setAttribute("aria-label", "Progress");
    return [job.id, job.session, job.error ? `${job.state}: ${job.error}` : job.state, bar];
  }), "There are no jobs.");
}

// MARK: -

function tell(error) { at("trouble").textContent = error?.message ?? ""; }

async function look() {
  at("scope").textContent = room ? `room ${room}` : "";
  let trouble;
  for (const show of [showFigures, showRooms, showRecordings, showJobs]) {
    try {
      await show();
    } catch (error) {
      // A room that is not open now may have recordings all the same; not every service has jobs.
      if (![404, 501].includes(error.status)) trouble ??= error;
      if (error.status === 404 && show === showRooms) table("rooms", [], [], "That room is not open now.");
    }
  }
  tell(trouble);
}

at("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  room = at("room").value.trim();
  look();
});

// One look after the other, however long each takes.
for (;;) {
  if (!document.hidden) await look();
  await new Promise((resolve) => setTimeout(resolve, 2000));
}
