// What tests ask of a page that shows a room: run in the page itself, in whatever browser.
window.measure = {
  // Mean colours of 4 x 4 blocks of each rectangle (fractions of the picture) of a video or image, as [[r, g, b, …], …].
  async blocks(source, rectangles) {
    if (typeof source === "string") {
      const image = new Image();
      image.src = source;
      await image.decode();
      source = image;
    }
    const width = source.videoWidth || source.naturalWidth, height = source.videoHeight || source.naturalHeight;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0);
    return rectangles.map((tile) => {
      const means = [];
      for (let row = 0; row < 4; row++) for (let column = 0; column < 4; column++) {
        const left = Math.round((tile.x + tile.width * column / 4) * width);
        const top = Math.round((tile.y + tile.height * row / 4) * height);
        const data = context.getImageData(
          left, top, Math.floor(tile.width * width / 4), Math.floor(tile.height * height / 4)).data;
        const sum = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += data[i + c];
        for (const value of sum) means.push(value * 4 / data.length);
      }
      return means;
    });
  },

  // Levels in dB of sines at these frequencies in two thirds of a second of the stream's sound, from now on: 0 for one
  // that just reaches full scale. The window (Blackman-Harris) keeps other sines out by 90 dB.
  async hear(stream, frequencies) {
    const samples = await this.capture(stream);
    let weight = 0;
    samples.forEach((_, i) => {
      const turn = 2 * Math.PI * i / (samples.length - 1);
      const window = 0.35875 - 0.48829 * Math.cos(turn) + 0.14128 * Math.cos(2 * turn) - 0.01168 * Math.cos(3 * turn);
      samples[i] *= window;
      weight += window;
    });
    return frequencies.map((frequency) => {
      const step = 2 * Math.PI * frequency / 48000;
      let real = 0, imaginary = 0;
      samples.forEach((value, i) => { real += value * Math.cos(step * i); imaginary += value * Math.sin(step * i); });
      return Math.max(-200, 20 * Math.log10(2 * Math.hypot(real, imaginary) / weight + 1e-12));
    });
  },

  // 32768 samples at 48 kHz.
  async capture(stream) {
    const ear = this.ears.get(stream) ?? await this.listen(stream);
    this.ears.set(stream, ear);
    if (ear.analyser) {
      const samples = new Float32Array(32768);
      await new Promise((resolve) => setTimeout(resolve, 700));
      ear.analyser.getFloatTimeDomainData(samples);
      return samples;
    }
    // Where there is no sound card an AudioContext may never start; a recorder does, and what it writes can be decoded.
    const pieces = [];
    const recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()), { audioBitsPerSecond: 256000 });
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    setTimeout(() => recorder.stop(), 1500);
    await stopped;
    const bytes = await new Blob(pieces).arrayBuffer();
    const decoded = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(bytes);
    return decoded.getChannelData(0).slice(-32768);
  },

  ears: new Map(),

  async listen(stream) {
    const context = new AudioContext({ sampleRate: 48000 });
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 1000))]);
    if (context.state !== "running") return {};
    const analyser = context.createAnalyser();
    analyser.fftSize = 32768;
    context.createMediaStreamSource(stream).connect(analyser);
    return { analyser };
  },

  // The figures of getStats that matter here.
  async figures(peer) {
    const result = { framesDecoded: 0, framesEncoded: 0, width: 0, height: 0, lost: 0, soundReceived: 0, soundSent: 0 };
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "video") {
        result.framesDecoded += entry.framesDecoded ?? 0;
        result.width = entry.frameWidth ?? 0;
        result.height = entry.frameHeight ?? 0;
        result.lost += entry.packetsLost ?? 0;
      } else if (entry.type === "inbound-rtp") result.soundReceived += entry.packetsReceived ?? 0;
      else if (entry.type === "outbound-rtp" && entry.kind === "video") result.framesEncoded += entry.framesEncoded ?? 0;
      else if (entry.type === "outbound-rtp") result.soundSent += entry.packetsSent ?? 0;
    }
    return result;
  },
};
