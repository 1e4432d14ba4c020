"""How a participant moves: swaying, nodding, blinking and glancing, as functions of time."""

import math
import random
from dataclasses import dataclass


@dataclass
class Pose:
    """One moment. Angles and offsets are small; 0 is rest."""
    x: float = 0          # head, in pixels of a 360-line picture
    y: float = 0
    tilt: float = 0       # radians
    yaw: float = 0        # -1 to 1, to the right of the picture
    pitch: float = 0      # -1 to 1, downwards
    breath: float = 0     # -1 to 1
    lids: float = 1       # 0 closed, 1 open
    gaze_x: float = 0     # -1 to 1
    gaze_y: float = 0
    brows: float = 0      # 0 to 1, raised
    smile: float = 0.3    # 0 to 1
    open: float = 0       # mouth, 0 to 1
    wide: float = 0       # mouth, -1 round to 1 wide


def ease(t):
    """From 0 to 1 without a jerk."""
    t = min(max(t, 0), 1)
    return t * t * (3 - 2 * t)


class Motion:
    """The movements of one participant, from a seed and from what they say."""

    def __init__(self, seed, duration, spans, opened, wide, fps, liveliness=1.0, smile=0.35):
        self.random = random.Random(seed)
        self.spans, self.opened, self.wide, self.fps = spans, opened, wide, fps
        self.liveliness, self.rest_smile = liveliness, smile
        self.waves = [[(self.random.uniform(0.5, 1), f * self.random.uniform(0.85, 1.15),
                        self.random.uniform(0, 2 * math.pi)) for f in (0.45, 1.1, 2.3)] for _ in range(6)]
        self.blinks = self._moments(duration, 1.8, 4.6)
        self.glances = [(t, self.random.choice([(0, 0), (0, 0), (-0.7, 0.1), (0.7, 0.1), (0.3, 0.6), (-0.4, -0.3)]))
                        for t in self._moments(duration, 1.2, 3.2)]
        # A listener nods now and then, above all just after somebody has said something.
        self.nods = [t for t in self._moments(duration, 2.2, 5.5) if not self.speaking(t, 0.4)]
        self.turns = [(t, self.random.uniform(-0.55, 0.55)) for t in self._moments(duration, 2.4, 5.0)]

    def _moments(self, duration, least, most):
        moments, t = [], self.random.uniform(0.3, most * 0.7)
        while t < duration:
            moments.append(t)
            t += self.random.uniform(least, most)
        return moments

    def speaking(self, t, margin=0.15):
        return any(a - margin <= t <= b + margin for a, b in self.spans)

    def _wave(self, channel, t):
        return sum(a / (1 + 0.8 * i) * math.sin(f * t * 2 * math.pi * 0.5 + p)
                   for i, (a, f, p) in enumerate(self.waves[channel])) / 1.6

    def _engaged(self, t):
        """0 while listening, 1 while speaking, with soft edges."""
        return max((ease((t - a + 0.35) / 0.35) * ease((b + 0.5 - t) / 0.5) for a, b in self.spans), default=0)

    def at(self, t):
        frame = min(int(t * self.fps), len(self.opened) - 1)
        engaged = self._engaged(t)
        lively = self.liveliness * (0.55 + 0.75 * engaged)
        pose = Pose()
        pose.x = 7 * self._wave(0, t) * lively
        pose.y = 3.2 * self._wave(1, t) * lively
        pose.tilt = 0.05 * self._wave(2, t) * lively
        pose.yaw = 0.28 * self._wave(3, t) * lively
        pose.pitch = 0.22 * self._wave(4, t) * lively
        pose.breath = math.sin(2 * math.pi * 0.27 * t + self.waves[5][0][2])

        previous = 0.0
        for moment, angle in self.turns:
            pose.yaw += (angle - previous) * ease((t - moment) / 0.6)
            previous = angle
        for moment in self.nods:
            if 0 <= t - moment < 1.1:
                u = (t - moment) / 1.1
                swing = math.sin(u * 4 * math.pi) * math.sin(u * math.pi)
                pose.pitch += 0.55 * abs(swing) * self.liveliness
                pose.y += 3.0 * abs(swing) * self.liveliness
        # The voice moves the whole head a little: the loud syllables go with a beat of it.
        ahead = self.opened[max(frame - 3, 0):frame + 4]
        stress = float(sum(ahead)) / max(len(ahead), 1)
        pose.pitch -= 0.25 * stress
        pose.y -= 1.8 * stress
        pose.brows = min(0.15 + 0.9 * stress * engaged + 0.2 * max(self._wave(5, t), 0), 1)

        pose.lids = 0.94 - 0.06 * pose.pitch
        for moment in self.blinks:
            u = t - moment
            if 0 <= u < 0.24:
                pose.lids *= 1 - (ease(u / 0.08) if u < 0.08 else ease((0.24 - u) / 0.16))
        previous_x = previous_y = 0.0
        for moment, (gx, gy) in self.glances:
            u = ease((t - moment) / 0.07)
            pose.gaze_x += (gx - previous_x) * u
            pose.gaze_y += (gy - previous_y) * u
            previous_x, previous_y = gx, gy
        pose.gaze_x -= 0.35 * pose.yaw
        pose.open = float(self.opened[frame])
        pose.wide = float(self.wide[frame])
        pose.smile = (self.rest_smile + 0.1) * (1 - 0.3 * engaged) + 0.35 * max(self._wave(5, t * 0.7 + 5), 0) * (1 - engaged)
        return pose
