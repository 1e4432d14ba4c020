"""A few bars of music in stereo, made from sums of sines."""

import math

import numpy as np

from .voice import RATE

# Four chords, as semitones from A (220 Hz); a bass an octave or two below.
CHORDS = [(0, 3, 7, 10), (-4, 0, 3, 8), (3, 7, 10, 15), (-2, 2, 5, 10)]
BEAT = 0.25


def pluck(frequency, length, bright=1.0):
    t = np.arange(round(length * RATE)) / RATE
    tone = sum(math.pow(0.55 * bright, k) * np.sin(2 * math.pi * frequency * (k + 1) * t) * np.exp(-t * (2.6 + 2.2 * k)) for k in range(6))
    return tone * np.minimum(t / 0.004, 1) * np.minimum((length - t) / 0.03, 1)


def stereo(duration):
    """Two rows of samples: a plucked figure that walks from side to side, a bass in the middle, a wide pad."""
    sound = np.zeros((2, round(duration * RATE) + RATE * 3))

    def add(samples, start, pan, gain):
        first = round(start * RATE)
        sound[0, first:first + len(samples)] += samples * gain * math.cos(pan * math.pi / 2)
        sound[1, first:first + len(samples)] += samples * gain * math.sin(pan * math.pi / 2)

    beats = int(duration / BEAT)
    for i in range(beats):
        chord = CHORDS[i // 8 % 4]
        note = chord[(0, 2, 1, 3, 2, 1, 3, 2)[i % 8]] + (12 if i % 3 == 0 else 0)
        add(pluck(220 * 2 ** (note / 12), 1.2), i * BEAT, 0.5 + 0.42 * math.sin(i * 0.9), 0.13)
        if i % 4 == 0:
            add(pluck(110 * 2 ** (chord[0] / 12), 1.6, 0.7), i * BEAT, 0.5, 0.20)
        if i % 8 == 0:
            t = np.arange(round(2.1 * RATE)) / RATE
            swell = np.sin(math.pi * t / 2.1) ** 1.2
            for k, step in enumerate(chord):
                f = 220 * 2 ** (step / 12)
                add(np.sin(2 * math.pi * f * 1.002 * t) * swell, i * BEAT, 0.05 + 0.3 * k, 0.028)
    return sound[:, :round(duration * RATE)]
