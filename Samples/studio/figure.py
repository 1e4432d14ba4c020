"""A participant before the camera: body, neck, clothes, and the head on top."""

from . import face, hair
from .paint import box, darker, ellipse, fill, glow, lighter, line, linear, smooth, use


def draw(c, look, pose, x, y, scale):
    """Draws the figure with the rest position of its head at (x, y); scale 1 makes a head 150 pixels high."""
    c.save()
    c.translate(x, y)
    c.scale(scale, scale)
    c.save()
    _head_frame(c, pose, 1, 1)
    hair.behind(c, look, pose)
    c.restore()
    c.save()
    # The body follows the head at a third of the way, and rises with the breath.
    c.translate(pose.x * 0.35, pose.y * 0.15 - pose.breath * 0.9 - 11)
    _body(c, look, pose)
    c.restore()
    c.save()
    _head_frame(c, pose, 1, 1)
    if look.hair != "scarf":
        face.ears(c, look, pose)
    face.skin(c, look, pose)
    face.beard(c, look, pose)
    face.nose(c, look, pose)
    face.mouth(c, look, pose)
    face.eyes(c, look, pose)
    face.brows(c, look, pose)
    hair.front(c, look, pose)
    face.glasses(c, look, pose)
    hair.headphones(c, look, pose)
    c.restore()
    c.save()
    _head_frame(c, pose, 0.7, 0.8)
    hair.over_body(c, look, pose)
    c.restore()
    c.restore()


def _head_frame(c, pose, move, turn):
    """The head turns about the neck."""
    c.translate(pose.x * move, pose.y * move + pose.pitch * 3.0)
    c.translate(0, 84)
    c.rotate(pose.tilt * turn + pose.x * 0.003 * turn)
    c.translate(0, -84)
    # Faces are broader than the units of face.py make them.
    c.scale(1.13, 0.985)


def _torso(c, build):
    def side(s):
        return [(s * 25 * build, 92), (s * 46 * build, 105), (s * 92 * build, 117), (s * 124 * build, 134),
                (s * 143 * build, 174), (s * 154 * build, 250)]
    left, right = side(-1), side(1)
    smooth(c, left[::-1] + right, closed=False)
    c.line_to(right[-1][0] + 8, 800)
    c.line_to(left[-1][0] - 8, 800)
    c.close_path()


def _body(c, look, pose):
    b, s, cloth, side = look.build, look.scale_neck, look.cloth, look.light
    if look.garment == "hoodie":
        smooth(c, [(-54 * b, 108), (-50, 78), (-26, 62), (0, 60), (26, 62), (50, 78), (54 * b, 108), (0, 140)])
        fill(c, linear(0, 60, 0, 130, (0, darker(cloth, 0.22)), (1, darker(cloth, 0.45))))
    _neck(c, look, pose, s)
    _torso(c, b)
    fill(c, linear(-110 * side, 100, 120 * side, 190, (0, lighter(cloth, 0.16)), (0.42, cloth), (1, darker(cloth, 0.34))), keep=True)
    c.save()
    c.clip()
    _folds(c, look, b)
    # The chin's shadow on what is below.
    glow(c, 8 * side + pose.x * 0.4, 96, 54, (0.08, 0.04, 0.06), 0.40)
    c.restore()
    c.new_path()
    if look.garment != "turtleneck":
        # Skin goes on below the torso's upper edge, which must not show.
        c.save()
        c.rectangle(-60, 60, 120, 37)
        c.clip()
        _neck(c, look, pose, s)
        c.restore()
    c.save()
    _torso(c, b)
    c.clip()
    globals()["_" + look.garment](c, look, pose, s)
    c.restore()
    c.new_path()
    if look.hair == "scarf":
        hair.body_scarf(c, look)


def _neck(c, look, pose, s):
    half = 22 * s
    lean = pose.x * 0.45
    c.move_to(-half + lean, 40)
    c.curve_to(-half + lean, 74, -half - 1, 88, -half - 15, 103)
    c.curve_to(-8, 132, 8, 132, half + 15, 103)
    c.curve_to(half + 1, 88, half + lean, 74, half + lean, 40)
    c.close_path()
    c.save()
    c.clip()
    _throat(c, look, pose, s)
    c.restore()
    c.new_path()


def _throat(c, look, pose, s):
    """Skin of neck and chest, over whatever the clip leaves open."""
    half, side, lean = 26 * s, look.light, pose.x * 0.45
    c.rectangle(-90, 30, 180, 180)
    fill(c, linear(-half * 1.5 * side, 0, half * 1.5 * side, 0, (0, lighter(look.skin, 0.05)), (0.45, darker(look.skin, 0.09)),
                   (1, darker(look.skin, 0.30))))
    glow(c, 3 * side + lean, 58, 48, darker(look.skin, 0.65), 0.85)
    glow(c, 2 * side + lean, 66, 34, darker(look.skin, 0.65), 0.30)
    for at in (-1, 1):
        c.move_to(at * 16 * s, 78)
        c.curve_to(at * 13, 92, at * 9, 102, at * 6, 108)
        line(c, darker(look.skin, 0.5), 2.0, 0.16)


def _folds(c, look, b):
    for at in (-1, 1):
        c.move_to(at * 101 * b, 196)
        c.curve_to(at * 97 * b, 214, at * 101 * b, 236, at * 106 * b, 264)
        line(c, darker(look.cloth, 0.55), 2.6, 0.22)
    glow(c, 96 * b * look.light, 210, 60, darker(look.cloth, 0.7), 0.30)
    glow(c, -70 * b * look.light, 140, 50, lighter(look.cloth, 0.5), 0.20)


def _opening(c, look, pose, s, depth, width):
    """Skin shown by a neckline; gives half the neckline's width."""
    half = (22 * s + 15) * width
    c.save()
    c.move_to(-half, 70)
    c.line_to(-half, 84)
    c.curve_to(-half + 2, 96 + depth * 0.5, -half * 0.5, 104 + depth, 0, 104 + depth)
    c.curve_to(half * 0.5, 104 + depth, half - 2, 96 + depth * 0.5, half, 84)
    c.line_to(half, 70)
    c.close_path()
    c.clip()
    _throat(c, look, pose, s)
    c.restore()
    c.new_path()
    return half


def _rim(c, look, half, depth, width=7):
    c.move_to(-half, 82)
    c.curve_to(-half + 2, 96 + depth * 0.5, -half * 0.5, 104 + depth, 0, 104 + depth)
    c.curve_to(half * 0.5, 104 + depth, half - 2, 96 + depth * 0.5, half, 82)
    line(c, darker(look.cloth, 0.16), width)


def _sweater(c, look, pose, s):
    half = _opening(c, look, pose, s, 6, 1.0)
    _rim(c, look, half, 6, 9)
    if look.knit:
        for k in range(-16, 17):
            c.move_to(k * 8, 120)
            c.line_to(k * 8.6, 800)
            line(c, darker(look.cloth, 0.4), 1.2, 0.18)


def _tee(c, look, pose, s):
    half = _opening(c, look, pose, s, 8, 1.0)
    _rim(c, look, half, 8, 5)


def _scoop(c, look, pose, s):
    half = _opening(c, look, pose, s, 26, 1.22)
    _rim(c, look, half, 26, 4)
    for at in (-1, 1):
        c.move_to(at * 8, 118)
        c.curve_to(at * 18, 114, at * 28, 110, at * 36, 110)
        line(c, darker(look.skin, 0.4), 1.8, 0.35)
    if look.necklace:
        c.move_to(-26, 98)
        c.curve_to(-18, 118, 18, 118, 26, 98)
        line(c, look.necklace, 1.6)
        ellipse(c, 0, 115, 3.2, 4)
        fill(c, look.necklace)


def _shirt(c, look, pose, s):
    """A shirt with a collar, alone or under a jumper of the second colour."""
    shirt = look.cloth2 or look.cloth
    if look.cloth2:
        c.move_to(-34, 88)
        c.line_to(0, 168)
        c.line_to(34, 88)
        c.close_path()
        fill(c, linear(0, 90, 0, 168, (0, darker(shirt, 0.10)), (1, shirt)))
        c.move_to(-40, 96)
        c.line_to(0, 170)
        c.line_to(40, 96)
        line(c, darker(look.cloth, 0.18), 6)
    c.save()
    c.move_to(-26, 70)
    c.line_to(0, 126)
    c.line_to(26, 70)
    c.close_path()
    c.clip()
    _throat(c, look, pose, s)
    c.restore()
    c.new_path()
    for at in (-1, 1):
        c.move_to(at * 30, 78)
        c.line_to(at * 2, 122)
        c.line_to(at * 22, 142)
        c.curve_to(at * 34, 126, at * 44, 112, at * 44, 92)
        c.close_path()
        fill(c, linear(at * 4, 90, at * 40, 140, (0, lighter(shirt, 0.12)), (1, darker(shirt, 0.12))), keep=True)
        line(c, darker(shirt, 0.45), 1.2, 0.5)
    c.move_to(0, 124)
    c.line_to(0, 168 if look.cloth2 else 800)
    line(c, darker(shirt, 0.4), 1.6, 0.6)
    for y in (142, 158) if look.cloth2 else (146, 182, 218):
        ellipse(c, 3, y, 2.1, 2.1)
        fill(c, darker(shirt, 0.32))


def _blazer(c, look, pose, s):
    """A jacket over a T-shirt of the second colour."""
    c.move_to(-38, 84)
    c.line_to(-14, 236)
    c.line_to(0, 262)
    c.line_to(14, 236)
    c.line_to(38, 84)
    c.close_path()
    fill(c, linear(0, 90, 0, 260, (0, darker(look.cloth2, 0.06)), (1, darker(look.cloth2, 0.16))))
    c.move_to(0, 262)
    c.line_to(-4, 800)
    line(c, darker(look.cloth, 0.6), 1.6, 0.6)
    ellipse(c, 4, 282, 4, 4)
    fill(c, darker(look.cloth, 0.6))
    half = _opening(c, look, pose, s, 6, 0.94)
    c.move_to(-half, 82)
    c.curve_to(-half + 2, 99, -half * 0.5, 110, 0, 110)
    c.curve_to(half * 0.5, 110, half - 2, 99, half, 82)
    line(c, darker(look.cloth2, 0.2), 4)
    for at in (-1, 1):
        c.move_to(at * 34, 82)
        c.curve_to(at * 30, 130, at * 24, 180, at * 10, 250)
        c.line_to(at * 34, 190)
        c.line_to(at * 54, 172)
        c.line_to(at * 46, 160)
        c.line_to(at * 66, 148)
        c.curve_to(at * 62, 124, at * 52, 102, at * 42, 92)
        c.close_path()
        fill(c, linear(at * 20, 90, at * 60, 200, (0, lighter(look.cloth, 0.12)), (1, darker(look.cloth, 0.12))), keep=True)
        line(c, darker(look.cloth, 0.6), 1.4, 0.6)


def _hoodie(c, look, pose, s):
    half = _opening(c, look, pose, s, 4, 0.96)
    inner = look.cloth2 or "#eeeeee"
    c.move_to(-half, 84)
    c.curve_to(-half + 2, 98, -half * 0.5, 108, 0, 108)
    c.curve_to(half * 0.5, 108, half - 2, 98, half, 84)
    line(c, inner, 6)
    for at in (-1, 1):
        c.move_to(at * 46, 80)
        c.curve_to(at * 50, 104, at * 30, 120, at * 2, 136)
        c.curve_to(at * 18, 110, at * 34, 100, at * 36, 84)
        c.close_path()
        fill(c, linear(0, 80, 0, 140, (0, lighter(look.cloth, 0.10)), (1, darker(look.cloth, 0.16))), keep=True)
        line(c, darker(look.cloth, 0.5), 1.3, 0.5)
        c.move_to(at * 13, 126)
        c.curve_to(at * 15, 150, at * 12, 166, at * 16, 190)
        line(c, "#f2efe8", 2.8)
    c.move_to(0, 136)
    c.line_to(0, 800)
    line(c, darker(look.cloth, 0.45), 1.8, 0.6)


def _turtleneck(c, look, pose, s):
    half = 22 * s + 5
    box(c, -half, 76, 2 * half, 36, 9)
    fill(c, linear(-half * look.light, 0, half * look.light, 0, (0, lighter(look.cloth, 0.10)), (0.5, look.cloth), (1, darker(look.cloth, 0.3))))
    for y in (90, 100):
        c.move_to(-half + 2, y)
        c.curve_to(-half * 0.4, y + 5, half * 0.4, y + 5, half - 2, y)
        line(c, darker(look.cloth, 0.4), 1.5, 0.4)


def _cardigan(c, look, pose, s):
    """Open over a blouse of the second colour."""
    c.move_to(-40, 84)
    c.line_to(-22, 800)
    c.line_to(22, 800)
    c.line_to(40, 84)
    c.close_path()
    fill(c, linear(0, 90, 0, 240, (0, look.cloth2), (1, darker(look.cloth2, 0.14))))
    half = _opening(c, look, pose, s, 14, 1.0)
    c.move_to(-half, 82)
    c.curve_to(-half + 2, 103, -half * 0.5, 118, 0, 118)
    c.curve_to(half * 0.5, 118, half - 2, 103, half, 82)
    line(c, lighter(look.cloth2, 0.2), 4)
    if look.necklace:
        for k in range(-6, 7):
            ellipse(c, k * 4.3, 112 - 0.42 * k * k, 2.3, 2.3)
            fill(c, look.necklace)
    for at in (-1, 1):
        c.move_to(at * 42, 84)
        c.curve_to(at * 34, 140, at * 28, 220, at * 24, 800)
        line(c, darker(look.cloth, 0.22), 9)


def _overshirt(c, look, pose, s):
    _blazer(c, look, pose, s)
    for at in (-1, 1):
        box(c, at * 74 - 17, 196, 34, 40, 3)
        line(c, darker(look.cloth, 0.5), 1.6, 0.6)
