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
