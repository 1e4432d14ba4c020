"""Speech by espeak-ng, a soft tone for each participant, and how far the mouth opens at each moment."""

import io
import math
import subprocess
import wave

import numpy as np

RATE = 48_000


def speak(text, voice, speed=165, pitch=50):
    """The sentence as samples at 48 kHz, silence trimmed, its loudest part at a fixed level."""
    data = subprocess.run(
        ["espeak-ng", "--stdout", "-v", voice, "-s", str(speed), "-p", str(pitch), "-a", "100", text],
        check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(data)) as file:
        rate = file.getframerate()
        # The header of a piped file claims more than is there; what was read counts.
        samples = np.frombuffer(file.readframes(len(data) // 2), "<i2").astype(np.float64) / 32768
    samples = resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    samples = samples[max(loud[0] - 480, 0):loud[-1] + 1920]
    rms = np.sqrt(np.convolve(samples ** 2, np.ones(4800) / 4800, "same").max())
    return samples * (0.11 / rms)


def resample(samples, source, target):
    """Band-limited, by the spectrum."""
    count = round(len(samples) * target / source)
    padded = np.concatenate([samples, np.zeros(source - len(samples) % source)])
    spectrum = np.fft.rfft(padded)
    length = len(padded) * target // source
    wide = np.zeros(length // 2 + 1, complex)
    keep = min(len(spectrum), len(wide))
    wide[:keep] = spectrum[:keep]
    return np.fft.irfft(wide, length)[:count] * (target / source)


def in_a_room(samples, seed):
    """A few early reflections and a short tail: a voice in a furnished room."""
    random = np.random.default_rng(seed)
    length = int(0.16 * RATE)
    t = np.arange(length) / RATE
    tail = random.normal(0, 1, length) * np.exp(-t / 0.035) * 0.006
    tail[:int(0.006 * RATE)] = 0
    tail[0] = 1
    for delay, gain in ((0.0071, 0.12), (0.0113, 0.09), (0.0187, 0.06)):
        tail[int((delay + random.uniform(0, 0.002)) * RATE)] += gain
    size = 1 << (len(samples) + length - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[:len(samples)]


def tone(frequency, duration, decibels=-40):
    """A sine whose peak is so many decibels below full scale, faded in and out over 20 ms."""
    t = np.arange(round(duration * RATE)) / RATE
    edge = np.minimum(np.minimum(t, duration - t) / 0.02, 1)
    return 10 ** (decibels / 20) * np.sin(2 * math.pi * frequency * t) * np.clip(edge, 0, 1)


class Speech:
    """What one participant says: the samples (voice, room noise and tone) and the voice alone for the mouth."""

    def __init__(self, lines, duration, seed, voice, speed=165, pitch=50, frequency=None):
        count = round(duration * RATE)
        dry = np.zeros(count)
        self.spans = []
        for start, text in lines:
            samples = speak(text, voice, speed, pitch)
            first = round(start * RATE)
            samples = samples[:max(count - first, 0)]
            dry[first:first + len(samples)] += samples
            self.spans.append((start, start + len(samples) / RATE))
        noise = np.random.default_rng(seed).normal(0, 10 ** (-68 / 20), count)
        self.voice = dry
        self.samples = in_a_room(dry, seed) + noise
        if frequency:
            self.samples = self.samples + tone(frequency, duration)
        self.duration = duration

    def mouth(self, fps):
        """Per frame: how far the mouth is open (0-1) and how wide it is (-1 round, 1 wide)."""
        frames = round(self.duration * fps)
        window = round(RATE * 0.045)
        opened, wide = np.zeros(frames), np.zeros(frames)
        frequencies = np.fft.rfftfreq(window, 1 / RATE)
        low = (frequencies > 250) & (frequencies < 1100)
        high = (frequencies > 1500) & (frequencies < 4500)
        for i in range(frames):
            middle = round((i + 0.5) / fps * RATE)
            piece = self.voice[max(middle - window // 2, 0):middle + window // 2]
            if len(piece) < window // 2 or not piece.any():
                continue
            spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), window)) ** 2
            a, b = spectrum[low].sum(), spectrum[high].sum()
            level = math.sqrt((piece ** 2).mean())
            # Vowels open the mouth; hiss and hum do not.
            opened[i] = min(level / 0.13, 1.1) ** 0.75 * (0.25 + 0.75 * a / (a + b + 1e-9))
            wide[i] = math.tanh(1.1 * math.log10((b + 1e-9) / (a + 1e-9)) + 1.2) * min(level / 0.03, 1)
        kernel = np.array([0.2, 0.6, 0.2])
        return np.clip(np.convolve(opened, kernel, "same"), 0, 1), np.convolve(wide, kernel, "same")
