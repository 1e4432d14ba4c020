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
// The page of those who may record or administer; it takes what is typed here along.
at("operator").addEventListener("click", (event) => {
  event.preventDefault();
  const token = at("token").value.trim();
  let room = at("room").value;
  try {
    if (JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).room === "*") room = "";
  } catch { if (!token) room = ""; }
  location.href = `/operator.html${room ? `?room=${encodeURIComponent(room)}` : ""}${token ? `#token=${token}` : ""}`;
});

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
  picker.load(connection.view);
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
      case "quality": at("network").hidden = signalling.quality.quality !== "poor"; return;
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
  const layout = connection.view ?? signalling.room?.layout;
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
