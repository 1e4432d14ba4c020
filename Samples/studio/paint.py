"""Colours, gradients, soft edges and camera grain: what every drawing here is made of."""

import math

import cairo
import numpy as np


def rgb(colour):
    """'#rrggbb' or a tuple, as three floats from 0 to 1."""
    if isinstance(colour, str):
        return tuple(int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(colour[:3])


def blend(a, b, t):
    """The colour a fraction t of the way from a to b."""
    a, b = rgb(a), rgb(b)
    return tuple(x + (y - x) * t for x, y in zip(a, b))


def lighter(colour, t):
    return blend(colour, (1, 1, 1), t)


def darker(colour, t):
    """Darker and a little more saturated, as shade is; never towards grey."""
    r, g, b = rgb(colour)
    return (r * (1 - 0.86 * t), g * (1 - t), b * (1 - 0.94 * t))


def linear(x0, y0, x1, y1, *stops):
    """A linear gradient; each stop is (offset, colour) or (offset, colour, alpha)."""
    gradient = cairo.LinearGradient(x0, y0, x1, y1)
    return _with_stops(gradient, stops)


def radial(x, y, radius, *stops):
    gradient = cairo.RadialGradient(x, y, 0, x, y, radius)
    return _with_stops(gradient, stops)


def _with_stops(gradient, stops):
    for offset, colour, *alpha in stops:
        gradient.add_color_stop_rgba(offset, *rgb(colour), alpha[0] if alpha else 1)
    return gradient


def use(c, colour, alpha=1.0):
    c.set_source_rgba(*rgb(colour), alpha)


def fill(c, paint, alpha=1.0, keep=False):
    """Fills the path with a colour or a gradient."""
    if isinstance(paint, cairo.Pattern):
        c.set_source(paint)
    else:
        use(c, paint, alpha)
    c.fill_preserve() if keep else c.fill()


def line(c, paint, width, alpha=1.0):
    """Strokes the path with round ends."""
    use(c, paint, alpha)
    c.set_line_width(width)
    c.set_line_cap(cairo.LINE_CAP_ROUND)
    c.set_line_join(cairo.LINE_JOIN_ROUND)
    c.stroke()


def ellipse(c, x, y, rx, ry):
    c.save()
    c.translate(x, y)
    c.scale(max(rx, 0.01), max(ry, 0.01))
    c.new_sub_path()
    c.arc(0, 0, 1, 0, 2 * math.pi)
    c.restore()


def box(c, x, y, w, h, r=0):
    """A rectangle with rounded corners."""
    if r <= 0:
        c.rectangle(x, y, w, h)
        return
    r = min(r, w / 2, h / 2)
    c.new_sub_path()
    c.arc(x + w - r, y + r, r, -math.pi / 2, 0)
    c.arc(x + w - r, y + h - r, r, 0, math.pi / 2)
    c.arc(x + r, y + h - r, r, math.pi / 2, math.pi)
    c.arc(x + r, y + r, r, math.pi, 1.5 * math.pi)
    c.close_path()


def glow(c, x, y, radius, colour, alpha):
    """A soft round light or shade."""
    c.set_source(radial(x, y, radius, (0, colour, alpha), (0.5, colour, alpha * 0.42), (1, colour, 0)))
    ellipse(c, x, y, radius, radius)
    c.fill()


def smooth(c, points, closed=True):
    """A path through the points without corners (Catmull-Rom as Bézier pieces)."""
    n = len(points)
    c.move_to(*points[0])
    for i in range(n if closed else n - 1):
        def at(k):
            return points[k % n] if closed else points[min(max(k, 0), n - 1)]
        p0, p1, p2, p3 = at(i - 1), at(i), at(i + 1), at(i + 2)
        c.curve_to(p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6,
                   p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6, *p2)
    if closed:
        c.close_path()


def surface(width, height):
    """A picture and its drawing context."""
    image = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    context = cairo.Context(image)
    context.set_antialias(cairo.ANTIALIAS_BEST)
    return image, context


def pixels(image):
    """The picture's pixels as an array (height, width, 4), in the order B G R X."""
    image.flush()
    return np.ndarray((image.get_height(), image.get_width(), 4), np.uint8,
                      image.get_data(), strides=(image.get_stride(), 4, 1))


def blur(image, sigma):
    """A Gaussian blur in place, as of a wall out of focus."""
    if sigma <= 0:
        return
    reach = int(3 * sigma + 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    data = pixels(image)
    values = data[..., :3].astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if a == axis else (0, 0) for a in range(3)], mode="edge")
        size = values.shape[axis]
        values = sum(k * np.take(padded, range(i, i + size), axis=axis) for i, k in enumerate(kernel))
    data[..., :3] = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    image.mark_dirty()


class Camera:
    """What a webcam adds: light that falls off, slow changes of exposure, a vignette and grain."""

    def __init__(self, width, height, seed, light_x=0.25, warmth=0.0, grain=2.2):
        random = np.random.default_rng(seed)
        self.random = np.random.default_rng(seed + 1)
        x = np.linspace(0, 1, width)[None, :]
        y = np.linspace(0, 1, height)[:, None]
        near = np.exp(-(((x - light_x) / 0.75) ** 2 + ((y - 0.3) / 0.9) ** 2))
        corner = 1 - 0.42 * (((x - 0.5) ** 2 + 0.8 * (y - 0.5) ** 2) ** 1.1)
        shade = (0.90 + 0.17 * near) * corner
        tint = np.array([1 - warmth, 1.0, 1 + warmth])
        self.gain = shade[..., None] * tint[None, None, :]
        # Grain of sensors is coarser than a pixel by the time it has been through a webcam: soften it a little.
        fields = random.normal(0, 1, (6, height, width)).astype(np.float32)
        fields = (fields + np.roll(fields, 1, 1) * 0.5 + np.roll(fields, 1, 2) * 0.5) / 1.22
        self.fields = np.clip(fields * grain, -9, 9).astype(np.int16)
        self.phase = random.uniform(0, 2 * math.pi, 3)
        self.cached = None

    def expose(self, frame, t):
        """Applies it to the pixels (height, width, 4) of the frame at time t, in place."""
        level = 1 + 0.012 * math.sin(0.55 * t + self.phase[0]) + 0.007 * math.sin(1.7 * t + self.phase[1])
        step = round(level * 400)
        if self.cached is None or self.cached[0] != step:
            self.cached = (step, (self.gain * (step / 400) * 128).astype(np.uint16))
        lit = (frame[..., :3] * self.cached[1]) >> 7  # 255 x 1.2 x 128 fits 16 bits
        field = self.fields[int(self.random.integers(len(self.fields)))]
        dy, dx = (int(v) for v in self.random.integers(0, 64, 2))
        noise = np.roll(np.roll(field, dy, 0), dx, 1)
        if self.random.integers(2):
            noise = noise[:, ::-1]
        frame[..., :3] = np.clip(lit.astype(np.int16) + noise[..., None], 0, 255)
