"""Puts a participant before their room, frame by frame."""

import zlib

import cairo

from . import figure, rooms
from .motion import Motion
from .paint import Camera, blur, box, fill, pixels, surface, use


class Take:
    """One participant filmed at one size and rate: `frame(i)` draws frame i and gives its pixels (height, width, 4), BGRX.

    The room is drawn to cover the picture; `zoom` enlarges the figure beyond what covers it."""

    def __init__(self, who, speech, width=640, height=360, fps=30, focus=1.5, zoom=1.0, clock=True, lead=0.0):
        self.who, self.width, self.height, self.fps, self.clock, self.lead = who, width, height, fps, clock, lead
        cover = max(width / 640, height / 360)
        self.unit = height / 360 if width >= height else width / 360 * 1.22
        self.unit *= zoom
        self.room, c = surface(width, height)
        c.translate(width / 2, height / 2)
        c.scale(cover, cover)
        c.translate(-320, -180)
        getattr(rooms, who.room)(c)
        blur(self.room, focus * cover)
        self.image, self.context = surface(width, height)
        opened, wide = speech.mouth(fps)
        # A seed from the name, not Python's hash, which differs from run to run.
        seed = zlib.crc32(who.slug.encode())
        self.motion = Motion(seed, speech.duration, speech.spans, opened, wide, fps, who.liveliness, who.smile)
        self.camera = Camera(width, height, seed, 0.2 if who.look.light > 0 else 0.8, who.warmth, who.grain)

    def frame(self, i):
        c, t = self.context, i / self.fps
        c.set_source_surface(self.room)
        c.paint()
        c.save()
        self._figure(c, self.motion.at(t))
        c.restore()
        data = pixels(self.image)
        self.camera.expose(data, t)
        self.image.mark_dirty()
        if self.clock:
            burn_clock(c, t + self.lead, self.width, self.height)
        return pixels(self.image)

    def _figure(self, c, pose):
        x = self.width / 2 + (self.who.x - 320) * self.unit
        y = self.who.y * self.unit if self.width >= self.height else self.height * 0.42
        figure.draw(c, self.who.look, pose, x, y, self.who.scale * self.unit)


def burn_clock(c, t, width, height):
    """The time in seconds, small, in the upper right corner, unaffected by the camera."""
    size = max(round(min(width, height) * 0.047), 10)
    c.select_font_face("DejaVu Sans Mono", cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD)
    c.set_font_size(size)
    text = f"{t:05.2f}"
    advance = c.text_extents("0").x_advance * len(text)
    box(c, width - advance - size * 1.35, size * 0.5, advance + size * 0.8, size * 1.4, size * 0.35)
    fill(c, (0.05, 0.06, 0.08), 0.55)
    c.move_to(width - advance - size * 0.95, size * 1.56)
    use(c, (1, 1, 1), 0.95)
    c.show_text(text)
