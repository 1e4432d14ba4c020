"""Hair and what is worn over it. A style has a part behind the head and a part before it, in the head's units."""

import math
import random

from .paint import blend, box, darker, ellipse, fill, glow, lighter, line, linear, smooth


def behind(c, look, pose):
    _call("behind_" + look.hair, c, look, pose)


def front(c, look, pose):
    c.save()
    c.translate(pose.yaw * 2.2, pose.pitch * 1.6)
    _call("front_" + look.hair, c, look, pose)
    c.restore()


def over_body(c, look, pose):
    _call("over_" + look.hair, c, look, pose)


def _call(name, *arguments):
    style = globals().get(name)
    if style:
        style(*arguments)


def _paint(look, y0=-95, y1=80):
    side = look.light
    return linear(-46 * side, y0, 40 * side, y1, (0, lighter(look.hair_colour, 0.20)), (0.4, look.hair_colour),
                  (1, darker(look.hair_colour, 0.42)))


def _strands(c, look, strokes, width=1.1, alpha=0.28):
    """Light and dark lines within the current clip; each stroke is four points of a Bézier curve."""
    for i, (p0, p1, p2, p3) in enumerate(strokes):
        c.move_to(*p0)
        c.curve_to(*p1, *p2, *p3)
        tone = lighter(look.hair_colour, 0.30) if i % 3 else darker(look.hair_colour, 0.5)
        line(c, tone, width, alpha)


def _clipped(c, look, path, strokes, paint=None, **options):
    path()
    fill(c, paint or _paint(look), keep=True)
    c.save()
    c.clip()
    _strands(c, look, strokes, **options)
    c.restore()
    c.new_path()


def _fall(seed, count, x0, x1, y0, y1, bend=6, length=60):
    """Strands that fall from a line."""
    r = random.Random(seed)
    strokes = []
    for i in range(count):
        t = i / max(count - 1, 1)
        x, y = x0 + (x1 - x0) * t + r.uniform(-1, 1), y0 + (y1 - y0) * t + r.uniform(-2, 2)
        b = bend + r.uniform(-2, 2)
        strokes.append(((x, y), (x + b, y + length * 0.3), (x - b * 0.4, y + length * 0.7), (x + b * 0.3, y + length)))
    return strokes


def _curls(c, look, circles):
    """Tufts of curls: round masses with small arcs of light."""
    r = random.Random(look.seed)
    for x, y, size in circles:
        ellipse(c, x, y, size, size)
    fill(c, _paint(look))
    for x, y, size in circles:
        glow(c, x + size * 0.35 * look.light, y + size * 0.45, size * 0.8, darker(look.hair_colour, 0.7), 0.22)
        for _ in range(4):
            a, d = r.uniform(0, 6.28), size * r.uniform(0.2, 0.8)
            start = r.uniform(2.6, 4.2) if look.light > 0 else r.uniform(4.0, 5.6)
            c.new_path()
            c.arc(x + d * math.cos(a), y + d * math.sin(a), size * r.uniform(0.16, 0.34), start, start + r.uniform(1.3, 2.4))
            line(c, lighter(look.hair_colour, 0.26), 1.3, 0.42)


# A round head of natural curls.

def behind_afro(c, look, pose):
    r = random.Random(look.seed)
    circles = [(0, -36, 66)]
    for i in range(26):
        a = math.pi * (0.90 + 1.2 * i / 25)
        circles.append((70 * math.cos(a) + r.uniform(-2, 2), -34 + 66 * math.sin(a) + r.uniform(-2, 2), r.uniform(13, 17)))
    for side in (-1, 1):
        circles += [(side * 62, -6, 15), (side * 58, 10, 13), (side * 52, 22, 10)]
    _curls(c, look, circles)


def front_afro(c, look, pose):
    r = random.Random(look.seed + 3)
    circles = []
    for i in range(13):
        a = math.pi * (1.02 + 0.96 * i / 12)
        circles.append((45 * math.cos(a), -24 + 46 * math.sin(a) + r.uniform(-1, 1), r.uniform(8, 10)))
    for i in range(9):
        a = math.pi * (1.08 + 0.84 * i / 8)
        circles.append((38 * math.cos(a), -36 + 47 * math.sin(a), r.uniform(10, 13)))
    _curls(c, look, circles)
    if look.band:
        c.move_to(-49, -44)
        c.curve_to(-30, -78, 30, -78, 49, -44)
        c.curve_to(44, -62, 30, -92, 0, -92)
        c.curve_to(-30, -92, -44, -62, -49, -44)
        fill(c, linear(-40, -80, 40, -50, (0, lighter(look.band, 0.15)), (1, darker(look.band, 0.3))))


# Short with a side parting.

def behind_side(c, look, pose):
    ellipse(c, 0, -32, look.width + 5, 56)
    fill(c, darker(look.hair_colour, 0.3))


def front_side(c, look, pose):
    w = look.width

    def path():
        c.move_to(-w - 1, 2)
        c.curve_to(-w - 6, -20, -w - 8, -52, -34, -78)
        c.curve_to(-14, -98, 26, -98, 42, -76)
        c.curve_to(w + 8, -58, w + 6, -20, w + 1, 2)
        c.curve_to(w - 4, -8, w - 4, -22, w - 7, -36)
        c.curve_to(34, -48, 20, -50, 4, -54)
        c.curve_to(-10, -57, -20, -60, -27, -64)
        c.curve_to(-30, -54, -w + 9, -48, -w + 6, -34)
        c.curve_to(-w + 4, -20, -w + 4, -8, -w - 1, 2)
        c.close_path()

    r = random.Random(look.seed)
    strokes = [((-27 + i * 0.6, -66 - i * 0.9), (-6 + i, -66 - i), (18 + i, -60 - i * 0.8), (44 + i, -40 - i * 1.6 + r.uniform(-3, 3)))
               for i in range(16)]
    strokes += [((-w - 3 + i, -50), (-w - 3 + i, -40), (-w - 2 + i, -20), (-w + i, -4)) for i in range(0, 8, 2)]
    _clipped(c, look, path, strokes)
    if look.age > 0.4:
        for side in (-1, 1):
            glow(c, side * (w - 1), -22, 15, lighter(look.hair_colour, 0.75), 0.42)


# Long and wavy.

def behind_wavy(c, look, pose):
    def path():
        smooth(c, [(0, -96), (38, -88), (60, -52), (64, -10), (72, 24), (66, 58), (76, 92), (64, 124), (40, 132), (0, 118),
                   (-40, 132), (-64, 124), (-76, 92), (-66, 58), (-72, 24), (-64, -10), (-60, -52), (-38, -88)])
    _clipped(c, look, path, _fall(look.seed, 22, -66, -36, 0, 10, 9, 110) + _fall(look.seed, 22, 36, 66, 10, 0, -9, 110),
             paint=linear(0, -90, 0, 130, (0, darker(look.hair_colour, 0.2)), (1, darker(look.hair_colour, 0.5))))


def front_wavy(c, look, pose):
    sway = pose.tilt * -60

    def path():
        c.move_to(-12, -82)
        c.curve_to(-30, -98, -58, -74, -58, -34)
        c.curve_to(-60, 0, -70, 16, -68, 40)
        c.curve_to(-66 + sway, 66, -78 + sway, 84, -66 + sway, 118)
        c.curve_to(-56 + sway, 122, -46 + sway, 112, -44 + sway, 100)
        c.curve_to(-42, 74, -54, 62, -50, 34)
        c.curve_to(-48, 8, -46, -16, -38, -34)
        c.curve_to(-32, -50, -22, -60, -12, -66)
        c.curve_to(8, -58, 28, -48, 38, -32)
        c.curve_to(47, -16, 48, 8, 50, 34)
        c.curve_to(54, 62, 42 + sway, 74, 46 + sway, 102)
        c.curve_to(50 + sway, 114, 60 + sway, 124, 68 + sway, 116)
        c.curve_to(78 + sway, 84, 64 + sway, 66, 68, 40)
        c.curve_to(70, 16, 60, 0, 59, -34)
        c.curve_to(58, -78, 22, -100, -12, -82)
        c.close_path()

    strokes = []
    for i in range(15):
        k = i * 1.9
        strokes.append(((-12, -80 + i * 0.5), (14 + k, -82 + k * 0.5), (44 + k * 0.3, -50 + k * 0.3), (43 + k, 10)))
        strokes.append(((-13, -80 + i * 0.5), (-26 - k * 0.6, -78 + k * 0.4), (-42 - k * 0.4, -44), (-42 - k, 10)))
        strokes.append(((43 + k, 8), (50 + k, 40), (40 + k + sway, 70), (48 + k * 0.7 + sway, 118)))
        strokes.append(((-42 - k, 8), (-50 - k, 40), (-40 - k + sway, 70), (-48 - k * 0.7 + sway, 118)))
    _clipped(c, look, path, strokes, width=1.3)


# Cropped close, a receding line.

def behind_crop(c, look, pose):
    ellipse(c, 0, -30, look.width + 2.5, 54)
    fill(c, darker(look.hair_colour, 0.25))


def front_crop(c, look, pose):
    w = look.width

    def path():
        c.move_to(-w - 0.5, 0)
        c.curve_to(-w - 4, -24, -w - 3, -58, -30, -80)
        c.curve_to(-12, -93, 14, -93, 30, -80)
        c.curve_to(w + 3, -58, w + 4, -24, w + 0.5, 0)
        c.curve_to(w - 4, -12, w - 4, -28, w - 6, -38)
        c.curve_to(36, -54, 30, -58, 22, -57)
        c.curve_to(10, -61, -10, -61, -22, -57)
        c.curve_to(-30, -58, -36, -54, -w + 6, -38)
        c.curve_to(-w + 4, -28, -w + 4, -12, -w - 0.5, 0)
        c.close_path()

    r = random.Random(look.seed)
    strokes = []
    for _ in range(170):
        x, y = r.uniform(-50, 50), r.uniform(-92, -30)
        strokes.append(((x, y), (x + 1, y - 1.5), (x + 2, y - 2), (x + 3.2, y - 2)))
    _clipped(c, look, path, strokes, width=1.0, alpha=0.3)


# A chin-length bob with a fringe.

def behind_bob(c, look, pose):
    def path():
        smooth(c, [(0, -96), (42, -84), (62, -46), (64, 6), (62, 46), (50, 70), (20, 62), (-20, 62), (-50, 70), (-62, 46),
                   (-64, 6), (-62, -46), (-42, -84)])
    path()
    fill(c, linear(0, -90, 0, 70, (0, darker(look.hair_colour, 0.15)), (1, darker(look.hair_colour, 0.45))))


def front_bob(c, look, pose):
    sway = pose.tilt * -30

    def path():
        c.move_to(0, -95)
        c.curve_to(-44, -96, -64, -62, -62, -20)
        c.curve_to(-64, 16, -66, 40, -58 + sway, 66)
        c.curve_to(-50 + sway, 74, -40 + sway, 68, -38 + sway, 58)
        c.curve_to(-46, 36, -47, 6, -42, -22)
        c.curve_to(-30, -30, -14, -33, -3, -33)
        c.curve_to(2, -36, 4, -37, 6, -34)
        c.curve_to(20, -34, 34, -30, 42, -22)
        c.curve_to(47, 6, 46, 36, 38 + sway, 58)
        c.curve_to(40 + sway, 68, 50 + sway, 74, 58 + sway, 66)
        c.curve_to(66, 40, 64, 16, 62, -20)
        c.curve_to(64, -62, 44, -96, 0, -95)
        c.close_path()

    strokes = []
    for i in range(25):
        u = (i - 12) / 12
        strokes.append(((u * 12, -92), (u * 30, -80), (u * 42, -56), (u * 41, -26)))
        if abs(u) > 0.3:
            s = 1 if u > 0 else -1
            k = abs(u) * 17
            strokes.append(((s * (44 + k * 0.8), -40), (s * (45 + k), -6), (s * (45 + k), 30), (s * (38 + k) + sway, 66)))
    _clipped(c, look, path, strokes, width=1.2)


# A textured crop with a short fringe.

def behind_textured(c, look, pose):
    ellipse(c, 0, -32, look.width + 4, 56)
    fill(c, darker(look.hair_colour, 0.3))


def front_textured(c, look, pose):
    w = look.width
    r = random.Random(look.seed)

    def path():
        c.move_to(-w, 0)
        c.curve_to(-w - 5, -24, -w - 6, -54, -36, -78)
        c.curve_to(-32, -88, -22, -86, -18, -92)
        c.curve_to(-8, -98, 2, -90, 10, -96)
        c.curve_to(22, -96, 28, -88, 36, -80)
        c.curve_to(w + 6, -54, w + 5, -24, w, 0)
        c.curve_to(w - 3, -10, w - 4, -22, w - 6, -36)
        for x, y in ((36, -46), (31, -40), (25, -49), (18, -41), (11, -50), (3, -42), (-5, -51), (-13, -43), (-21, -51),
                     (-28, -43), (-34, -48)):
            c.line_to(x, y)
        c.line_to(-w + 6, -36)
        c.curve_to(-w + 4, -22, -w + 3, -10, -w, 0)
        c.close_path()

    strokes = []
    for i in range(46):
        x = r.uniform(-42, 42)
        y = r.uniform(-88, -54)
        d = r.uniform(-5, 9)
        strokes.append(((x, y), (x + d * 0.3, y + 5), (x + d * 0.7, y + 9), (x + d, y + 14)))
    _clipped(c, look, path, strokes, width=1.5, alpha=0.33)


# Parted in the middle, a plait over the shoulder.

def behind_plait(c, look, pose):
    smooth(c, [(0, -94), (40, -82), (56, -44), (55, 4), (50, 44), (34, 84), (-34, 84), (-50, 44), (-55, 4), (-56, -44), (-40, -82)])
    fill(c, linear(0, -90, 0, 80, (0, darker(look.hair_colour, 0.1)), (1, darker(look.hair_colour, 0.5))))


def front_plait(c, look, pose):
    w = look.width

    def path():
        c.move_to(0, -93)
        c.curve_to(-42, -94, -58, -60, -56, -22)
        c.curve_to(-56, 6, -54, 26, -46, 44)
        c.curve_to(-48, 14, -46, -14, -38, -34)
        c.curve_to(-30, -50, -14, -62, 0, -74)
        c.curve_to(14, -62, 30, -50, 38, -34)
        c.curve_to(46, -14, 48, 14, 46, 44)
        c.curve_to(54, 26, 56, 6, 56, -22)
        c.curve_to(58, -60, 42, -94, 0, -93)
        c.close_path()

    strokes = []
    for side in (-1, 1):
        for i in range(13):
            k = i * 1.4
            strokes.append(((side, -92 + k * 0.9), (side * (22 + k), -82 + k * 0.7), (side * (40 + k * 0.7), -46), (side * (40 + k), 24)))
    _clipped(c, look, path, strokes, width=1.1, alpha=0.22)


def over_plait(c, look, pose):
    """The plait itself, hanging before the body."""
    sway = pose.tilt * -40
    points = []
    for i in range(9):
        u = i / 8
        points.append((-44 - 12 * u + sway * u * 0.6, 42 + 96 * u, 13.5 - 4.5 * u))
    for i, (x, y, size) in enumerate(points):
        for side in (-1, 1):
            c.save()
            c.translate(x + side * size * 0.34, y + (4 if side > 0 else 0))
            c.rotate(side * 0.62)
            ellipse(c, 0, 0, size * 0.62, size * 0.98)
            fill(c, linear(-size, -size, size, size, (0, lighter(look.hair_colour, 0.22)), (0.6, look.hair_colour),
                           (1, darker(look.hair_colour, 0.5))), keep=True)
            line(c, darker(look.hair_colour, 0.6), 0.9, 0.6)
            c.restore()
    x, y, size = points[-1]
    box(c, x - 6, y + 7, 12, 6, 2)
    fill(c, look.band or "#c0392b")


# Curls on top, short at the sides, headphones.

def behind_curly(c, look, pose):
    ellipse(c, 0, -34, look.width + 4, 54)
    fill(c, darker(look.hair_colour, 0.35))


def front_curly(c, look, pose):
    w = look.width
    for side in (-1, 1):
        c.move_to(side * (w + 1), 4)
        c.curve_to(side * (w + 6), -20, side * (w + 6), -44, side * 40, -66)
        c.line_to(side * 28, -56)
        c.curve_to(side * 38, -44, side * (w - 4), -20, side * (w + 1), 4)
        fill(c, darker(look.hair_colour, 0.1))
    r = random.Random(look.seed)
    circles = []
    for row, (count, spread, y) in enumerate(((7, 37, -56), (9, 45, -66), (8, 43, -78), (7, 32, -89))):
        for i in range(count):
            u = -1 + 2 * i / (count - 1)
            circles.append((u * spread + r.uniform(-2, 2), y + 13 * u * u * (1 if row else 0.4) + r.uniform(-2, 2), r.uniform(9, 12.5)))
    _curls(c, look, circles)


def headphones(c, look, pose):
    if not look.headphones:
        return
    w = look.width + (10 if look.hair in ("curly", "afro") else 7)
    top = -108 if look.hair == "curly" else -100
    c.move_to(-w, -6)
    c.curve_to(-w - 4, top * 0.72, -34, top, 0, top)
    c.curve_to(34, top, w + 4, top * 0.72, w, -6)
    line(c, darker(look.headphones, 0.2), 7)
    c.move_to(-w, -10)
    c.curve_to(-w - 4, top * 0.72, -34, top - 1, 0, top - 1)
    line(c, lighter(look.headphones, 0.35), 2, 0.6)
    for side in (-1, 1):
        x = side * (w - 2) - pose.yaw * 4
        box(c, x - 9, -20, 18, 42, 9)
        fill(c, linear(x - 9, -20, x + 9, 22, (0, lighter(look.headphones, 0.25)), (1, darker(look.headphones, 0.4))))
        box(c, x - 9 + (10 if side < 0 else 0), -15, 8, 32, 4)
        fill(c, (0.10, 0.10, 0.12), 0.75)


# Short grey curls.

def behind_short_curls(c, look, pose):
    r = random.Random(look.seed)
    circles = [(0, -34, 52)]
    for i in range(19):
        a = math.pi * (0.88 + 1.24 * i / 18)
        circles.append((53 * math.cos(a), -32 + 54 * math.sin(a) + r.uniform(-2, 2), r.uniform(10, 13)))
    _curls(c, look, circles)


def front_short_curls(c, look, pose):
    r = random.Random(look.seed + 1)
    circles = []
    for i in range(11):
        u = -1 + i / 5
        circles.append((u * 41, -62 + 26 * abs(u) ** 2.2 + r.uniform(-2, 2), r.uniform(9, 12)))
    for i in range(8):
        u = -1 + 2 * i / 7
        circles.append((u * 34, -76 + 14 * u * u + r.uniform(-2, 2), r.uniform(10, 13)))
    for side in (-1, 1):
        circles += [(side * 47, -24, 9), (side * 49, -10, 8)]
    _curls(c, look, circles)


# A flat top with a fade.

def behind_flat(c, look, pose):
    ellipse(c, 0, -30, look.width + 2, 52)
    fill(c, darker(look.hair_colour, 0.2))


def front_flat(c, look, pose):
    w = look.width
    for side in (-1, 1):
        c.move_to(side * (w + 0.5), -2)
        c.curve_to(side * (w + 3), -20, side * (w + 3), -44, side * 42, -62)
        c.line_to(side * 34, -54)
        c.curve_to(side * (w - 5), -36, side * (w - 4), -14, side * (w + 0.5), -2)
        fill(c, look.hair_colour, 0.75)

    def path():
        smooth(c, [(-41, -52), (-46, -78), (-38, -98), (0, -102), (38, -98), (46, -78), (41, -52), (20, -57), (0, -58), (-20, -57)])

    r = random.Random(look.seed)
    strokes = []
    for _ in range(150):
        x, y = r.uniform(-46, 46), r.uniform(-100, -54)
        strokes.append(((x, y), (x + 1.5, y - 2), (x + 3, y), (x + 2, y + 1.5)))
    _clipped(c, look, path, strokes, width=1.1, alpha=0.36)


# Bald, with a gleam.

def front_bald(c, look, pose):
    glow(c, -16 * look.light, -62, 17, (1, 1, 1), 0.30)
    for side in (-1, 1):
        glow(c, side * (look.width - 3), -18, 11, darker(look.hair_colour, 0.3), 0.28)


# A headscarf: an opening for the face, folds, and its end over the shoulder.

def behind_scarf(c, look, pose):
    ellipse(c, 0, -16, look.width + 13, 77)
    fill(c, darker(look.hair_colour, 0.35))


def front_scarf(c, look, pose):
    cloth, side = look.hair_colour, look.light
    drop = pose.open * 3
    x = pose.yaw * 4

    def opening():
        c.move_to(x * 0.5, -55)
        c.curve_to(27, -55, 41, -36, 41 + x * 0.4, -8)
        c.curve_to(42 + x * 0.6, 24, 30 + x, 62 + drop, x, 66 + drop)
        c.curve_to(-30 + x, 62 + drop, -42 + x * 0.6, 24, -41 + x * 0.4, -8)
        c.curve_to(-41, -36, -27, -55, x * 0.5, -55)
        c.close_path()

    # The band beneath, seen at the forehead.
    c.save()
    c.set_fill_rule(1)
    ellipse(c, 0, -14, look.width + 3, 76)
    opening()
    c.clip()
    ellipse(c, 0, -20, look.width + 6, 70)
    fill(c, darker(cloth, 0.45))
    c.restore()
    c.new_path()

    c.save()
    c.set_fill_rule(1)
    c.move_to(0, -97)
    c.curve_to(38, -97, 62, -66, 61, -22)
    c.curve_to(62, 12, 60, 44, 52, 78)
    c.curve_to(46, 104, 20, 112, 0, 112)
    c.curve_to(-20, 112, -46, 104, -52, 78)
    c.curve_to(-60, 44, -62, 12, -61, -22)
    c.curve_to(-62, -66, -38, -97, 0, -97)
    c.close_path()
    c.move_to(x * 0.5, -61)
    c.curve_to(29, -61, 44, -38, 43 + x * 0.4, -8)
    c.curve_to(43 + x * 0.6, 26, 31 + x, 65 + drop, x, 68 + drop)
    c.curve_to(-31 + x, 65 + drop, -43 + x * 0.6, 26, -43 + x * 0.4, -8)
    c.curve_to(-44, -38, -29, -61, x * 0.5, -61)
    c.close_path()
    fill(c, linear(-56 * side, -60, 56 * side, 80, (0, lighter(cloth, 0.22)), (0.5, cloth), (1, darker(cloth, 0.30))), keep=True)
    c.clip()
    for k in range(5):
        c.move_to(-30 + 4 * k, -96)
        c.curve_to(-58 + 4 * k, -60, -62 + 5 * k, 0, -46 + 7 * k, 104)
        line(c, darker(cloth, 0.35), 2.2, 0.22)
        c.move_to(28 - 4 * k, -94)
        c.curve_to(60 - 3 * k, -50, 60 - 4 * k, 20, 20 - 12 * k, 108)
        line(c, darker(cloth, 0.35) if k % 2 else lighter(cloth, 0.35), 2.2, 0.26)
    c.move_to(-44, 40)
    c.curve_to(-20, 84, 20, 92, 52, 60)
    line(c, darker(cloth, 0.4), 2.6, 0.35)
    c.move_to(-40, 56)
    c.curve_to(-14, 96, 22, 102, 50, 80)
    line(c, lighter(cloth, 0.35), 2.2, 0.35)
    c.restore()
    c.new_path()


def body_scarf(c, look):
    """What of the scarf lies on the shoulders; drawn with the body, so that it stays when the head moves."""
    cloth, side = look.hair_colour, look.light
    smooth(c, [(-48, 62), (-66, 98), (-84, 122), (-60, 150), (-14, 176), (34, 170), (70, 136), (84, 116), (62, 92), (48, 62)])
    fill(c, linear(-70 * side, 70, 70 * side, 170, (0, lighter(cloth, 0.16)), (0.5, cloth), (1, darker(cloth, 0.34))), keep=True)
    c.save()
    c.clip()
    for k in range(8):
        c.move_to(-52 + 5 * k, 70)
        c.curve_to(-40 + 8 * k, 110, -20 + 12 * k, 140, 10 + 12 * k, 176 - 4 * k)
        line(c, darker(cloth, 0.38) if k % 2 else lighter(cloth, 0.3), 2.6, 0.26)
    c.restore()
    c.new_path()
