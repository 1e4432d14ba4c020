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
