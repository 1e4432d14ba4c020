"""The head: its shape, eyes, nose, mouth and beard. Units: a head is about 150 high, the origin between eyes and nose.

Every function takes the drawing context, the look (a `Look` of cast.py) and the pose."""

import math
import random

import cairo

from .paint import blend, darker, ellipse, fill, glow, lighter, line, linear, radial, smooth, use

EYES, BROWS, NOSE, MOUTH = -5, -23, 25, 44


def shift(pose, depth):
    """How far a feature that lies so deep moves as the head turns and nods."""
    return pose.yaw * depth, pose.pitch * depth * 0.62


def outline(c, look, pose, grow=0.0):
    """The path of the face; the jaw drops as the mouth opens."""
    w, j = look.width + grow, look.jaw + grow
    drop = pose.open * 4.5
    chin = 71 + drop + grow + pose.pitch * 2
    lean = pose.yaw * 2.5
    c.move_to(lean * 0.3, -79 - grow)
    c.curve_to(w * 0.60, -79 - grow, w, -52, w, -14)
    c.curve_to(w, 12, j + 3 + lean, 28, j - 3 + lean, 43 + drop * 0.6)
    c.curve_to(j - 10 + lean, 59 + drop, look.chin + lean * 2, chin, lean * 2, chin)
    c.curve_to(-look.chin + lean * 2, chin, -j + 10 + lean, 59 + drop, -j + 3 + lean, 43 + drop * 0.6)
    c.curve_to(-j - 3 + lean, 28, -w, 12, -w, -14)
    c.curve_to(-w, -52, -w * 0.60, -79 - grow, lean * 0.3, -79 - grow)
    c.close_path()


def ears(c, look, pose):
    for side in (-1, 1):
        near = 1 - side * pose.yaw * 0.35
        x = side * (look.width - 0.5) - pose.yaw * 5
        c.save()
        c.translate(x, 2 - pose.pitch * 3)
        c.scale(side * near, 1)
        c.move_to(-3, -15)
        c.curve_to(4, -24, 13, -18, 11, -4)
        c.curve_to(10, 6, 8, 16, 2, 17)
        c.curve_to(-2, 17, -3, 12, -4, 8)
        c.close_path()
        fill(c, blend(look.skin, darker(look.skin, 0.4), 0.35))
        c.move_to(1, -12)
        c.curve_to(7, -15, 8, -8, 5, -2)
        c.curve_to(3, 3, 4, 6, 1, 9)
        line(c, darker(look.skin, 0.38), 1.6, 0.6)
        if look.earrings:
            c.new_path()
            ellipse(c, 3.5, 20, 2.6, 2.6)
            fill(c, look.earrings)
            ellipse(c, 2.8, 19.2, 0.9, 0.9)
            fill(c, (1, 1, 1), 0.8)
        c.restore()


def skin(c, look, pose):
    """The face without its features, with the light from the left or the right."""
    side = look.light
    outline(c, look, pose)
    fill(c, linear(-50 * side, -30, 52 * side, 40, (0, lighter(look.skin, 0.13)), (0.45, look.skin),
                   (1, darker(look.skin, 0.26))), keep=True)
    c.save()
    c.clip()
    x, y = shift(pose, 8)
    glow(c, -14 * side + x, -46 + y, 44, lighter(look.skin, 0.5), 0.30)
    glow(c, 46 * side, 34, 46, darker(look.skin, 0.6), 0.34)
    glow(c, 0, 84, 36, darker(look.skin, 0.6), 0.42)
    for at in (-1, 1):
        glow(c, at * 27 + x, 21 - 3 * pose.smile + y, 21, look.blush, 0.28 + 0.08 * pose.smile)
        # The hollow of the eye.
        glow(c, at * 18.5 + x, EYES - 4 + y, 17, darker(look.skin, 0.5), 0.30)
    # Shade under the hair.
    c.set_source(linear(0, -80, 0, -38, (0, darker(look.skin, 0.7), 0.55), (1, darker(look.skin, 0.7), 0)))
    c.paint()
    if look.freckles:
        dots = random.Random(look.seed)
        for _ in range(34):
            ellipse(c, dots.gauss(0, 17) + x, 18 + dots.gauss(0, 6) + y, 0.9, 0.8)
            fill(c, darker(look.skin, 0.4), 0.38)
    if look.age > 0.4:
        for at in (-1, 1):
            c.move_to(at * 13 + x, NOSE + 2 + y)
            c.curve_to(at * 19 + x, NOSE + 8 + y, at * 23 + x, MOUTH - 6 + y, at * 23 + x, MOUTH + 2 + y)
            line(c, darker(look.skin, 0.45), 1.5, 0.45 * look.age)
            c.move_to(at * 31 + x, EYES + 1 + y)
            c.line_to(at * 36 + x, EYES + 3 + y)
            line(c, darker(look.skin, 0.45), 1.1, 0.4 * look.age)
        for k in (0, 1):
            c.move_to(-17 + x, -43 - 8 * k + y)
            c.curve_to(-6 + x, -45 - 8 * k + y, 6 + x, -45 - 8 * k + y, 17 + x, -43 - 8 * k + y)
            line(c, darker(look.skin, 0.45), 1.2, 0.28 * look.age)
    c.restore()
    c.new_path()


def eyes(c, look, pose):
    dx, dy = shift(pose, 9)
    for side in (-1, 1):
        squeeze = 1 - max(side * pose.yaw, 0) * 0.14
        c.save()
        c.translate(side * 19 * (1 - abs(pose.yaw) * 0.04) + dx, EYES + dy)
        c.scale(side * squeeze * 1.06, 1.10)
        _eye(c, look, pose, side)
        c.restore()
        c.new_path()


def _eye(c, look, pose, side):
    """One eye; x grows outwards, the inner corner at -10."""
    lids = max(pose.lids * look.eye, 0)
    upper, lower, tip = -9.4 * lids + 2.2 * (1 - lids), 4.8, -1.4 * look.slant
    smile = pose.smile * 0.9

    def lid(height, low):
        c.curve_to(-5, height + (1.2 if low else 0), 4.5, height - (0 if low else 0.6), 10.6, tip)

    c.move_to(-10, 1)
    lid(upper, False)
    c.curve_to(5, lower - smile + 0.6, -4, lower - smile + 0.8, -10, 1)
    c.close_path()
    if lids > 0.08:
        fill(c, (0.97, 0.96, 0.95), keep=True)
        c.save()
        c.clip()
        gx, gy = side * pose.gaze_x * 3.2, pose.gaze_y * 1.6 - 0.2
        ellipse(c, gx, gy, 5.3, 5.5)
        fill(c, radial(gx, gy + 1, 5.6, (0, lighter(look.iris, 0.25)), (0.6, look.iris), (1, darker(look.iris, 0.55))))
        ellipse(c, gx, gy, 2.5, 2.6)
        fill(c, (0.04, 0.03, 0.03))
        ellipse(c, gx - side * look.light * 1.8, gy - 2.0, 1.35, 1.35)
        fill(c, (1, 1, 1), 0.95)
        # The upper lid shades the ball.
        c.set_source(linear(0, upper * 0.75, 0, upper * 0.75 + 6, (0, (0.12, 0.07, 0.06), 0.5), (1, (0.1, 0.05, 0.05), 0)))
        c.paint()
        c.restore()
    c.new_path()
    c.move_to(-10, 1)
    lid(upper, False)
    line(c, look.lashes, 2.5 if look.made_up else 1.9)
    if look.made_up:
        c.move_to(9.2, tip - 0.6)
        c.line_to(13.0, tip - 3.2)
        line(c, look.lashes, 1.6)
    c.move_to(-8.5, 2.2)
    c.curve_to(-3, lower - smile + 1, 4, lower - smile + 0.8, 10, tip + 1)
    line(c, darker(look.skin, 0.5), 0.9, 0.5)
    # The crease above the lid, or the fold of one without.
    rise = -4.2 if look.crease else -1.8
    c.move_to(-8.5, upper * 0.55 + rise)
    c.curve_to(-3, upper + rise * 0.9, 5, upper + rise * 0.9, 11, tip + rise)
    line(c, darker(look.skin, 0.5), 1.1, 0.55 if look.crease else 0.3)
    # The bag below.
    c.move_to(-6, 8.5)
    c.curve_to(-2, 10.5, 4, 10.5, 8, 7.5)
    line(c, darker(look.skin, 0.4), 1.1, 0.16 + 0.3 * look.age)


def brows(c, look, pose):
    dx, dy = shift(pose, 9)
    for side in (-1, 1):
        c.save()
        c.translate(side * 19 + dx, BROWS + dy - pose.brows * 4.2)
        c.scale(side * (1 - max(side * pose.yaw, 0) * 0.12), 1)
        thick = look.brow
        c.move_to(-11, 1.5 + thick * 0.35)
        c.curve_to(-5, -2.2 - thick * 0.2, 5, -4.5 - thick * 0.2, 14, 1.4)
        c.curve_to(6, -1.8 + thick * 0.3, -4, 0.6 + thick * 0.55, -11, 1.5 + thick * 0.35)
        c.close_path()
        fill(c, look.brow_colour, 0.92, keep=True)
        line(c, look.brow_colour, thick * 0.55, 0.75)
        c.restore()
        c.new_path()


def nose(c, look, pose):
    dx, dy = shift(pose, 13)
    bridge, _ = shift(pose, 8)
    w, side = look.nose, look.light
    # The plane away from the light.
    c.move_to(bridge + side * 3.5, EYES - 8 + dy * 0.6)
    c.curve_to(bridge + side * 6, 4, dx + side * (w + 1), 14 + dy, dx + side * (w + 1.5), NOSE - 2 + dy)
    c.curve_to(dx + side * w * 0.8, NOSE + 3 + dy, dx + side * 2, NOSE + 3 + dy, dx, NOSE + 2 + dy)
    c.curve_to(dx + side * 3, 12 + dy, bridge + side, 2, bridge + side * 3.5, EYES - 8 + dy * 0.6)
    c.close_path()
    fill(c, darker(look.skin, 0.4), 0.30)
    glow(c, dx - side * 1.5, 17 + dy, 8, lighter(look.skin, 0.55), 0.42)
    c.set_source(linear(0, -18, 0, 16, (0, lighter(look.skin, 0.5), 0), (0.5, lighter(look.skin, 0.5), 0.20),
                        (1, lighter(look.skin, 0.5), 0)))
    ellipse(c, bridge * 0.6 + dx * 0.4 - side * 1.2, 0 + dy, 3, 17)
    c.fill()
    c.move_to(dx - w, NOSE - 5 + dy)
    c.curve_to(dx - w - 3, NOSE + 2 + dy, dx - w + 2, NOSE + 4 + dy, dx - w * 0.55, NOSE + 1 + dy)
    c.curve_to(dx - w * 0.2, NOSE + 4.5 + dy, dx + w * 0.2, NOSE + 4.5 + dy, dx + w * 0.55, NOSE + 1 + dy)
    c.curve_to(dx + w - 2, NOSE + 4 + dy, dx + w + 3, NOSE + 2 + dy, dx + w, NOSE - 5 + dy)
    line(c, darker(look.skin, 0.52), 1.7, 0.78)
    for at in (-1, 1):
        ellipse(c, dx + at * w * 0.52, NOSE + 1.2 + dy, 2.3, 1.2)
        fill(c, darker(look.skin, 0.75), 0.65)
    glow(c, dx, NOSE + 8 + dy, 9, darker(look.skin, 0.5), 0.22)


def mouth(c, look, pose):
    dx, dy = shift(pose, 10)
    c.save()
    c.translate(dx, MOUTH + dy)
    c.scale(1 - abs(pose.yaw) * 0.06, 1)
    gape = pose.open
    half = look.lips_width * (1 + 0.13 * pose.wide - 0.10 * gape) * (1 + 0.20 * pose.smile)
    lift = 6.8 * pose.smile * (1 - 0.35 * gape)
    full = look.lips
    top, bottom = -gape * 4.0, gape * 14.5
    pout = 1 + 0.25 * max(-pose.wide, 0)

    def inner():
        c.move_to(-half + 1.2, -lift)
        c.curve_to(-half * 0.45, top + 0.4, half * 0.45, top + 0.4, half - 1.2, -lift)
        c.curve_to(half * 0.5, bottom + 1.0, -half * 0.5, bottom + 1.0, -half + 1.2, -lift)
        c.close_path()

    # Upper lip with its bow, lower lip fuller.
    c.move_to(-half, -lift)
    c.curve_to(-half * 0.6, top - 3.4 * full, -6, top - 6.2 * full * pout, -3.6, top - 5.8 * full * pout)
    c.curve_to(-2, top - 5.2 * full, -1, top - 4.4 * full, 0, top - 4.3 * full)
    c.curve_to(1, top - 4.4 * full, 2, top - 5.2 * full, 3.6, top - 5.8 * full * pout)
    c.curve_to(6, top - 6.2 * full * pout, half * 0.6, top - 3.4 * full, half, -lift)
    c.curve_to(half * 0.62, bottom + 8.4 * full * pout, -half * 0.62, bottom + 8.4 * full * pout, -half, -lift)
    c.close_path()
    fill(c, linear(0, top - 6, 0, bottom + 8, (0, darker(look.lip_colour, 0.16)), (0.45, darker(look.lip_colour, 0.05)),
                   (0.75, lighter(look.lip_colour, 0.10)), (1, darker(look.lip_colour, 0.12))))
    glow(c, -2 * look.light, bottom + 3.8 * full, 5, lighter(look.lip_colour, 0.6), 0.35)
    if gape > 0.05:
        inner()
        fill(c, (0.26, 0.07, 0.08), keep=True)
        c.save()
        c.clip()
        ellipse(c, 0, bottom + 2, half * 0.62, 4 + gape * 4)
        fill(c, (0.72, 0.34, 0.36))
        c.move_to(-half, top - 6)
        c.line_to(half, top - 6)
        c.line_to(half * 0.8, top + 3.4 + gape * 1.4)
        c.curve_to(half * 0.4, top + 5.2 + gape, -half * 0.4, top + 5.2 + gape, -half * 0.8, top + 3.4 + gape * 1.4)
        c.close_path()
        fill(c, (0.95, 0.93, 0.90))
        c.set_source(linear(0, top - 1, 0, top + 3.5, (0, (0.2, 0.05, 0.05), 0.55), (1, (0.2, 0.05, 0.05), 0)))
        c.paint()
        c.restore()
        c.new_path()
    else:
        c.move_to(-half, -lift)
        c.curve_to(-half * 0.45, 1.4, half * 0.45, 1.4, half, -lift)
        line(c, darker(look.lip_colour, 0.62), 1.5, 0.85)
    for at in (-1, 1):
        c.move_to(at * (half + 0.4), -lift - 1.4)
        c.curve_to(at * (half + 2.4), -lift - 0.4, at * (half + 2.2), -lift + 1.2, at * (half + 1.2), -lift + 2.2)
        line(c, darker(look.skin, 0.5), 1.2, 0.45)
    c.restore()
    # The hollow below the lower lip.
    if not look.beard or look.beard == "stubble":
        glow(c, dx, MOUTH + 15 + bottom * 0.8 + dy, 9, darker(look.skin, 0.5), 0.24)


def beard(c, look, pose):
    """Under the lips: a full beard, or a shadow of one. The moustache is drawn by the same path."""
    if not look.beard:
        return
    dx, dy = shift(pose, 10)
    drop = pose.open * 4.5
    lean = pose.yaw * 2.5
    w, j = look.width, look.jaw
    full = look.beard == "full"
    out = 5.5 if full else 0.5
    chin = 71 + drop + (9 if full else 0.5) + pose.pitch * 2

    def shape():
        c.move_to(-w - 0.5, -8)
        c.curve_to(-w - out, 14, -j - out + lean, 30, -j - out * 0.8 + 4 + lean, 46 + drop * 0.6)
        c.curve_to(-j + 8 - out + lean, 62 + drop, -look.chin + lean * 2, chin, lean * 2, chin)
        c.curve_to(look.chin + lean * 2, chin, j - 8 + out + lean, 62 + drop, j + out * 0.8 - 4 + lean, 46 + drop * 0.6)
        c.curve_to(j + out + lean, 30, w + out, 14, w + 0.5, -8)
        c.curve_to(w - 5, 6, w - 7, 18, 27 + dx, 30 + dy)
        c.curve_to(20 + dx, 35 + dy, 10 + dx, 32 + dy, 5 + dx, 33.5 + dy)
        c.curve_to(2 + dx, 34.5 + dy, -2 + dx, 34.5 + dy, -5 + dx, 33.5 + dy)
        c.curve_to(-10 + dx, 32 + dy, -20 + dx, 35 + dy, -27 + dx, 30 + dy)
        c.curve_to(-w + 7, 18, -w + 5, 6, -w - 0.5, -8)
        c.close_path()

    if not full:
        c.save()
        outline(c, look, pose)
        c.clip()
        shape()
        fill(c, look.beard_colour, 0.26)
        c.restore()
        c.new_path()
        return
    shape()
    fill(c, linear(-40 * look.light, 10, 44 * look.light, 70, (0, lighter(look.beard_colour, 0.14)), (0.6, look.beard_colour),
                   (1, darker(look.beard_colour, 0.35))), keep=True)
    c.save()
    c.clip()
    hairs = random.Random(look.seed + 7)
    for i in range(120):
        x = hairs.uniform(-50, 50)
        y = hairs.uniform(0, 80)
        c.move_to(x + lean, y + drop * y / 80)
        c.rel_curve_to(0.5, 3, -x * 0.03, 6, -x * 0.06, 9)
        line(c, lighter(look.beard_colour, 0.32) if i % 2 else darker(look.beard_colour, 0.4), 0.9, 0.34)
    c.restore()
    c.new_path()


def glasses(c, look, pose):
    if not look.glasses:
        return
    dx, dy = shift(pose, 12)
    kind, colour = look.glasses
    c.save()
    c.translate(dx, EYES + 1 + dy)
    for side in (-1, 1):
        c.save()
        c.translate(side * 20, 0)
        c.scale(1 - max(side * pose.yaw, 0) * 0.10, 1)
        if kind == "round":
            ellipse(c, 0, 0, 15, 14.5)
        else:
            smooth(c, [(-14.5 * 1, -8), (0, -11.5), (15, -10), (15.5, 0), (11, 10), (0, 12), (-11, 10), (-15, 0)])
        fill(c, linear(-14, -12, 14, 14, (0, (0.85, 0.93, 1), 0.20), (0.45, (0.8, 0.9, 1), 0.05), (1, (0.8, 0.9, 1), 0.12)),
             keep=True)
        line(c, colour, 2.6 if kind != "wire" else 1.5)
        c.move_to(-8, -7)
        c.line_to(-2, -9)
        line(c, (1, 1, 1), 1.3, 0.5)
        c.restore()
        c.new_path()
    c.move_to(-5.5, -2)
    c.curve_to(-3, -5, 3, -5, 5.5, -2)
    line(c, colour, 2.4)
    for side in (-1, 1):
        c.move_to(side * 35, -3)
        c.line_to(side * (look.width + 1) - pose.yaw * 16, -6 - dy)
        line(c, colour, 2.4)
    c.restore()
    c.new_path()
