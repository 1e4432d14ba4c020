"""The rooms behind the participants, 640x360 units, drawn once for each and put out of focus."""

import math
import random

from .paint import blend, box, darker, ellipse, fill, glow, lighter, line, linear, radial, smooth, use

W, H = 640, 360


def wall(c, colour, light=0.25):
    fill_all(c, linear(0, 0, W, H, (0, lighter(colour, 0.12)), (0.5, colour), (1, darker(colour, 0.22))))
    glow(c, W * light, 60, 330, (1, 0.97, 0.9), 0.22)


def fill_all(c, paint):
    c.rectangle(-400, -400, W + 800, H + 800)
    fill(c, paint)


def window(c, x, y, w, h, sky=("#cfe6f7", "#f6efe0"), frame="#f7f4ee", panes=2, hills=None, curtain=None):
    glow(c, x + w / 2, y + h / 2, max(w, h) * 1.1, (1, 0.98, 0.92), 0.35)
    box(c, x - 7, y - 7, w + 14, h + 14, 3)
    fill(c, darker(frame, 0.05))
    c.rectangle(x, y, w, h)
    fill(c, linear(0, y, 0, y + h, (0, sky[0]), (1, sky[1])), keep=True)
    c.save()
    c.clip()
    if hills:
        for k, colour in enumerate(hills):
            top = y + h * (0.58 + 0.16 * k)
            smooth(c, [(x - 20, y + h + 30), (x - 20, top + 8), (x + w * 0.2, top - 8 + 6 * k), (x + w * 0.5, top + 8),
                       (x + w * 0.8, top - 10), (x + w + 20, top + 4), (x + w + 20, y + h + 30)])
            fill(c, colour)
    c.restore()
    c.new_path()
    for k in range(1, panes):
        c.rectangle(x + w * k / panes - 2.5, y, 5, h)
        fill(c, frame)
    c.rectangle(x, y + h * 0.45, w, 4)
    fill(c, frame)
    box(c, x - 12, y + h + 5, w + 24, 9, 2)
    fill(c, linear(0, y + h, 0, y + h + 14, (0, lighter(frame, 0.2)), (1, darker(frame, 0.2))))
    if curtain:
        for side in (-1, 1):
            edge = x - 26 if side < 0 else x + w - 14
            box(c, edge, y - 22, 40, h + 90, 3)
            fill(c, linear(edge, 0, edge + 40, 0, (0, curtain), (0.25, darker(curtain, 0.22)), (0.5, lighter(curtain, 0.15)),
                           (0.75, darker(curtain, 0.18)), (1, curtain)))
        box(c, x - 40, y - 26, w + 80, 5, 2)
        fill(c, darker(frame, 0.6))


def shelf(c, x, y, w, wood="#8a5f3c", items="books", seed=1, height=44):
    """A board with things on it; y is its upper edge."""
    r = random.Random(seed)
    palette = ["#b5483a", "#31597d", "#e0b04c", "#3f7358", "#d9d2c3", "#7d4d77", "#c9733f", "#2f3e4e", "#8fa9b8"]
    at = x + 6
    while at < x + w - 14:
        if items == "books" and r.random() < 0.86:
            thick, tall = r.uniform(6, 12), height * r.uniform(0.62, 0.95)
            colour = r.choice(palette)
            box(c, at, y - tall, thick, tall, 1)
            fill(c, linear(at, 0, at + thick, 0, (0, lighter(colour, 0.12)), (1, darker(colour, 0.25))))
            c.rectangle(at + 1, y - tall * 0.8, thick - 2, 3)
            fill(c, lighter(colour, 0.5), 0.6)
            at += thick + (1 if r.random() < 0.85 else 9)
        else:
            kind = r.choice(("vase", "box", "ball", "plant"))
            if kind == "vase":
                smooth(c, [(at + 4, y), (at, y - 12), (at + 5, y - 24), (at + 4, y - 32), (at + 12, y - 32), (at + 11, y - 24),
                           (at + 16, y - 12), (at + 12, y)])
                fill(c, r.choice(["#e8e0d0", "#5c8fa3", "#c77f5b"]))
            elif kind == "box":
                box(c, at, y - 20, 24, 20, 2)
                fill(c, r.choice(["#d7c3a0", "#6f8f9f", "#b98f86"]))
            elif kind == "ball":
                ellipse(c, at + 9, y - 10, 10, 10)
                fill(c, radial(at + 6, y - 14, 14, (0, "#f5ddb0"), (1, "#b7823f")))
            else:
                pot(c, at + 10, y, 18, "#efe9dd", "trailing", seed)
            at += 32
    box(c, x, y, w, 8, 1)
    fill(c, linear(0, y, 0, y + 8, (0, lighter(wood, 0.15)), (1, darker(wood, 0.3))))
    c.rectangle(x, y + 8, w, 10)
    fill(c, linear(0, y + 8, 0, y + 18, (0, (0, 0, 0), 0.22), (1, (0, 0, 0), 0)))


def bookcase(c, x, y, w, rows, wood="#6b4a33", seed=3, gap=62):
    box(c, x - 8, y, w + 16, rows * gap + 20, 2)
    fill(c, darker(wood, 0.35))
    for k in range(rows):
        shelf(c, x, y + gap * (k + 1) - 8, w, wood, seed=seed + k, height=gap - 16)


def pot(c, x, y, size, colour, kind="leafy", seed=1):
    """A plant in a pot that stands at (x, y)."""
    r = random.Random(seed)
    greens = ["#3f7a4b", "#579a58", "#2f6142", "#74b06a"]
    h = size * 0.9
    if kind == "leafy":
        for i in range(13):
            a = math.pi * (1.08 + 0.84 * i / 12)
            length = size * r.uniform(1.5, 2.5)
            bx, by = x + length * math.cos(a) * 0.8, y - h + length * math.sin(a)
            _leaf(c, x, y - h, bx, by, size * 0.34, greens[i % 4])
    elif kind == "snake":
        for i in range(9):
            lean = (i - 4) * size * 0.16
            tall = size * r.uniform(1.9, 3.0)
            c.move_to(x + lean * 0.6 - size * 0.1, y - h)
            c.curve_to(x + lean - size * 0.16, y - h - tall * 0.5, x + lean * 1.3, y - h - tall * 0.8, x + lean * 1.5, y - h - tall)
            c.curve_to(x + lean * 1.3 + size * 0.2, y - h - tall * 0.6, x + lean + size * 0.2, y - h - tall * 0.4, x + lean * 0.6 + size * 0.1, y - h)
            fill(c, greens[i % 4])
    elif kind == "palm":
        for i in range(9):
            a = math.pi * (1.06 + 0.88 * i / 8)
            length = size * r.uniform(2.2, 2.9)
            bx, by = x + length * math.cos(a), y - h - size * 0.9 + length * math.sin(a) * 0.75
            c.move_to(x, y - h)
            c.curve_to(x, y - h - size, (x + bx) / 2, by - size * 0.3, bx, by + size * 0.3)
            line(c, greens[i % 4], size * 0.17)
            for k in range(3, 9):
                u = k / 9
                px, py = x + (bx - x) * u, y - h - size * 0.6 * u + (by - y + h) * u * u
                for s in (-1, 1):
                    _leaf(c, px, py, px + s * size * 0.35 + (bx - x) * 0.12, py + size * 0.42, size * 0.08, greens[(i + k) % 4])
    else:
        for i in range(9):
            lean = (i - 4) * size * 0.17
            for k in range(3):
                ellipse(c, x + lean * (1 + 0.2 * k), y - h + (k - 1) * size * 0.4 * abs(i - 4) / 3, size * 0.2, size * 0.2)
                fill(c, greens[(i + k) % 4])
    c.move_to(x - size * 0.5, y - h)
    c.line_to(x + size * 0.5, y - h)
    c.line_to(x + size * 0.38, y)
    c.line_to(x - size * 0.38, y)
    c.close_path()
    fill(c, linear(x - size / 2, 0, x + size / 2, 0, (0, lighter(colour, 0.15)), (1, darker(colour, 0.28))))


def _leaf(c, x0, y0, x1, y1, width, colour):
    mx, my = (x0 + x1) / 2, (y0 + y1) / 2
    dx, dy = x1 - x0, y1 - y0
    n = math.hypot(dx, dy) or 1
    px, py = -dy / n * width, dx / n * width
    c.move_to(x0, y0)
    c.curve_to(mx + px, my + py, mx + px, my + py, x1, y1)
    c.curve_to(mx - px, my - py, mx - px, my - py, x0, y0)
    fill(c, linear(x0, y0, x1, y1, (0, darker(colour, 0.25)), (1, lighter(colour, 0.12))))


def frame(c, x, y, w, h, art, seed=1, border="#3a2f28"):
    box(c, x + 3, y + 4, w, h, 2)
    fill(c, (0, 0, 0), 0.18)
    box(c, x, y, w, h, 2)
    fill(c, border)
    c.rectangle(x + 5, y + 5, w - 10, h - 10)
    fill(c, "#f3eee3")
    c.save()
    c.rectangle(x + 11, y + 11, w - 22, h - 22)
    c.clip()
    r = random.Random(seed)
    if art == "landscape":
        fill_all(c, linear(0, y, 0, y + h, (0, "#f2b880"), (0.6, "#f7e1c0"), (1, "#f7e1c0")))
        ellipse(c, x + w * 0.65, y + h * 0.4, w * 0.1, w * 0.1)
        fill(c, "#fff3da")
        for k, colour in enumerate(("#7f94a8", "#566f83", "#33495c")):
            smooth(c, [(x - 9, y + h + 20), (x - 9, y + h * (0.55 + 0.13 * k)), (x + w * r.random(), y + h * (0.42 + 0.15 * k)),
                       (x + w + 9, y + h * (0.6 + 0.12 * k)), (x + w + 9, y + h + 20)])
            fill(c, colour)
    elif art == "shapes":
        fill_all(c, "#efe6d6")
        for k in range(6):
            ellipse(c, x + r.uniform(0.2, 0.8) * w, y + r.uniform(0.2, 0.8) * h, w * r.uniform(0.1, 0.26), w * r.uniform(0.1, 0.26))
            fill(c, r.choice(["#d2694a", "#2f5d73", "#e3b04b", "#8aa58c", "#33302e"]), 0.85)
    else:
        fill_all(c, "#f4efe6")
        for k in range(7):
            a = -1.2 + 0.4 * k
            _leaf(c, x + w / 2, y + h * 0.9, x + w / 2 + math.sin(a) * w * 0.36, y + h * 0.5 - math.cos(a) * h * 0.34, w * 0.06,
                  ["#5b8a63", "#3f6b4c", "#86ac7c"][k % 3])
    c.restore()
    c.new_path()


def lamp(c, x, y, warm="#ffdf9e", shade="#f3e3c3", floor=360):
    """A standing lamp whose shade is at (x, y)."""
    glow(c, x, y, 190, warm, 0.50)
    c.move_to(x, y)
    c.line_to(x, floor)
    line(c, "#4a4036", 4)
    c.move_to(x - 20, y - 26)
    c.line_to(x + 20, y - 26)
    c.line_to(x + 34, y + 22)
    c.line_to(x - 34, y + 22)
    c.close_path()
    fill(c, linear(0, y - 26, 0, y + 22, (0, shade), (1, lighter(warm, 0.45))))


def terracotta(c):
    wall(c, "#c78867", 0.15)
    window(c, 30, 34, 118, 176, hills=("#a9c09a", "#7ea177"), curtain="#f1e2cf")
    shelf(c, 470, 118, 150, items="books", seed=5)
    shelf(c, 470, 204, 150, items="mixed", seed=11)
    pot(c, 520, 352, 46, "#e7d9c4", "leafy", 4)
    frame(c, 392, 36, 58, 74, "leaves", border="#efe4d2")


def study(c):
    wall(c, "#71879d", 0.75)
    bookcase(c, 18, -14, 176, 6, wood="#4d3a2d", seed=21)
    window(c, 486, 26, 128, 170, sky=("#bfd7ec", "#eaf2f4"), hills=("#8fa8b0", "#6f8d90"))
    pot(c, 470, 214, 26, "#d9e0e2", "snake", 2)
    c.rectangle(440, 214, 240, 10)
    fill(c, "#5d4735")
    c.rectangle(440, 224, 240, 150)
    fill(c, linear(0, 224, 0, 374, (0, "#4a392c"), (1, "#39291e")))


def kitchen(c):
    wall(c, "#a9bda2", 0.8)
    for k in range(7):
        for j in range(5):
            box(c, -20 + k * 100 + (50 if j % 2 else 0), 128 + j * 32, 97, 29, 2)
            fill(c, lighter("#dfe5da", 0.1 * ((k * 3 + j * 5) % 4)))
    for x in (-30, 72, 174):
        box(c, x, -20, 98, 124, 3)
        fill(c, linear(x, 0, x + 98, 0, (0, "#6f8c72"), (1, "#5e7a62")))
        box(c, x + 9, -8, 80, 102, 3)
        line(c, "#4f6853", 2, 0.7)
        ellipse(c, x + 86, 76, 3, 3)
        fill(c, "#e9d8a6")
    shelf(c, 436, 84, 190, wood="#b98a58", items="mixed", seed=7)
    for k in range(4):
        x = 452 + k * 42
        c.move_to(x, 96)
        c.line_to(x, 112)
        line(c, "#5b4a3a", 2)
        box(c, x - 13, 112, 26, 24, 9)
        fill(c, ["#c96b4a", "#e9e2d2", "#56809a", "#d9a441"][k])
    c.rectangle(-20, 286, 700, 16)
    fill(c, linear(0, 286, 0, 302, (0, "#d9b98a"), (1, "#a9824f")))
    c.rectangle(-20, 302, 700, 80)
    fill(c, "#55705a")
    smooth(c, [(70, 286), (62, 262), (76, 240), (106, 240), (120, 262), (112, 286)])
    fill(c, radial(82, 250, 46, (0, "#f3f3ee"), (1, "#a9b0ac")))
    c.arc(91, 240, 18, math.pi, 0)
    line(c, "#4a4a48", 4)
    pot(c, 560, 286, 38, "#f0e6d6", "leafy", 9)
    for k, colour in enumerate(("#e7a33d", "#d9822f", "#c9d05a")):
        ellipse(c, 154 + 20 * k, 276 - (8 if k == 1 else 0), 12, 12)
        fill(c, radial(150 + 20 * k, 270, 16, (0, lighter(colour, 0.3)), (1, colour)))


def teal(c):
    wall(c, "#2f6a72", 0.85)
    frame(c, 42, 40, 92, 112, "landscape", 3, border="#e9dfcc")
    frame(c, 146, 64, 54, 66, "shapes", 8, border="#e9dfcc")
    lamp(c, 548, 118)
    smooth(c, [(-30, 400), (-30, 262), (10, 238), (150, 240), (176, 268), (176, 400)])
    fill(c, linear(0, 238, 0, 360, (0, "#b9714a"), (1, "#86492b")))
    c.move_to(60, 250)
    c.line_to(60, 360)
    line(c, "#6e3a20", 2, 0.5)
    pot(c, 462, 360, 44, "#c9b08a", "palm", 6)


def bright(c):
    wall(c, "#e3dccf", 0.2)
    window(c, 16, 16, 176, 196, sky=("#d9ecf8", "#f7f7f2"), panes=3, hills=("#bcd0c0", "#98b79f"))
    pot(c, 66, 228, 22, "#ffffff", "snake", 3)
    pot(c, 140, 226, 18, "#c9d6cf", "trailing", 5)
    shelf(c, 458, 96, 150, wood="#d8b88c", items="mixed", seed=15)
    frame(c, 470, 130, 62, 78, "leaves", 4, border="#cfae82")
    frame(c, 546, 130, 62, 78, "shapes", 9, border="#cfae82")
    smooth(c, [(430, 400), (430, 280), (456, 258), (660, 258), (670, 400)])
    fill(c, linear(0, 258, 0, 360, (0, "#a9b6bd"), (1, "#7c8a92")))
    box(c, 520, 246, 62, 52, 12)
    fill(c, "#e0b65c")


def night(c):
    wall(c, "#463c69", 0.1)
    r = random.Random(44)
    c.rectangle(400, 0, 240, 232)
    fill(c, linear(0, 0, 0, 232, (0, "#141a38"), (0.7, "#3a3160"), (1, "#7a4a72")))
    for k in range(9):
        x, h = 396 + k * 28, r.uniform(50, 150)
        c.rectangle(x, 232 - h, 27, h)
        fill(c, darker("#232a4c", r.uniform(0, 0.35)))
        for _ in range(int(h / 7)):
            c.rectangle(x + r.choice((3, 10, 17)), 232 - h + 6 + r.randint(0, max(int(h / 9) - 1, 1)) * 9, 4.5, 5)
            fill(c, r.choice(["#ffd98a", "#ffe7b5", "#9fd0ff", "#ffb86b"]), 0.85)
    for x in (396, 516, 636):
        c.rectangle(x, -10, 8, 250)
        fill(c, "#2b2444")
    c.rectangle(390, 232, 300, 12)
    fill(c, "#352c55")
    shelf(c, 26, 124, 150, wood="#8a6a86", items="books", seed=31)
    glow(c, 100, 110, 150, "#ff8fc8", 0.26)
    c.move_to(26, 142)
    c.line_to(176, 142)
    line(c, "#ff9bd2", 4, 0.85)
    lamp(c, 80, 232, "#ffc98a", "#f7d7b0")
    pot(c, 500, 232, 24, "#cdb6dd", "trailing", 8)


def plum(c):
    wall(c, "#8b5a7a", 0.2)
    # A wall hanging with a pattern of rings.
    c.rectangle(452, 22, 142, 190)
    fill(c, "#e8c98e")
    for k, colour in enumerate(("#b8433f", "#e8c98e", "#24766f", "#e8c98e", "#d98b2b", "#7d2f4f")):
        ellipse(c, 523, 116, 62 - 10 * k, 62 - 10 * k)
        fill(c, colour)
    for k in range(12):
        a = k * math.pi / 6
        ellipse(c, 523 + 66 * math.cos(a), 116 + 76 * math.sin(a), 6, 6)
        fill(c, "#24766f")
    for k in range(15):
        c.move_to(456 + k * 9.6, 212)
        c.line_to(456 + k * 9.6, 228)
        line(c, "#b8433f", 2.4)
    window(c, 38, 40, 110, 160, sky=("#fbe3c4", "#fff2df"), hills=("#c7b184", "#9fa873"), curtain="#e2a84f")
    pot(c, 190, 360, 40, "#b8683f", "leafy", 12)
    c.rectangle(440, 280, 240, 12)
    fill(c, "#5d3a2b")
    c.rectangle(440, 292, 240, 90)
    fill(c, "#472a20")
    ellipse(c, 478, 268, 18, 14)
    fill(c, "#d98b2b")
    lamp(c, 590, 244, "#ffd9a0", "#f6e2bd", 282)


def brick(c):
    fill_all(c, "#8f4f3c")
    r = random.Random(17)
    for row in range(-2, 26):
        for column in range(-2, 16):
            x = column * 46 + (23 if row % 2 else 0)
            box(c, x, row * 16, 43.5, 13.5, 1.5)
            fill(c, blend("#a8604a", r.choice(["#8f4a38", "#b9755c", "#9c5642", "#a8604a"]), r.random()))
    glow(c, 120, 40, 360, (1, 0.92, 0.8), 0.26)
    # A guitar on the wall.
    c.save()
    c.translate(548, 196)
    c.rotate(0.14)
    box(c, -6, -186, 12, 130, 2)
    fill(c, "#3a271b")
    box(c, -10, -210, 20, 28, 3)
    fill(c, "#241812")
    smooth(c, [(0, -70), (30, -62), (36, -36), (28, -14), (46, 20), (40, 58), (0, 74), (-40, 58), (-46, 20), (-28, -14), (-36, -36), (-30, -62)])
    fill(c, radial(-10, -6, 90, (0, "#f0b45c"), (0.7, "#c9792f"), (1, "#7d3f18")))
    ellipse(c, 0, -4, 14, 14)
    fill(c, "#2a1810")
    c.rectangle(-16, 36, 32, 6)
    fill(c, "#3a2214")
    for k in range(6):
        c.move_to(-3.5 + k * 1.4, -196)
        c.line_to(-5 + k * 2, 38)
        line(c, "#f4ead6", 0.7, 0.8)
    c.restore()
    shelf(c, 22, 108, 150, wood="#3a3130", items="books", seed=52)
    box(c, 40, 196, 84, 84, 4)
    fill(c, "#2c2a2c")
    ellipse(c, 82, 238, 32, 32)
    fill(c, radial(82, 238, 32, (0, "#4a474a"), (0.3, "#1c1b1d"), (1, "#39363a")))
    pot(c, 176, 360, 40, "#d8d0c4", "snake", 7)


def pale_blue(c):
    wall(c, "#a9b8d6", 0.25)
    for k in range(26):
        u = k / 25
        x, y = -10 + 660 * u, 30 + 38 * abs(math.sin(u * math.pi * 3))
        glow(c, x, y, 22, "#ffe2a3", 0.75)
        ellipse(c, x, y, 4, 4)
        fill(c, "#fff6dc")
    shelf(c, 30, 180, 150, wood="#f1ece2", items="mixed", seed=26)
    frame(c, 474, 96, 72, 92, "landscape", 5, border="#f4efe6")
    frame(c, 560, 112, 54, 66, "leaves", 5, border="#f4efe6")
    smooth(c, [(-20, 400), (-20, 268), (30, 250), (150, 254), (170, 290), (170, 400)])
    fill(c, linear(0, 250, 0, 360, (0, "#e6d3d8"), (1, "#b99aa6")))
    pot(c, 536, 360, 46, "#f2e6da", "palm", 3)


def library(c):
    wall(c, "#44694f", 0.5)
    bookcase(c, 6, -24, 190, 6, wood="#7b5233", seed=61)
    bookcase(c, 462, -24, 190, 6, wood="#7b5233", seed=71)
    frame(c, 236, 6, 168, 74, "landscape", 6, border="#c9a45c")
    glow(c, 320, 20, 220, "#ffe6b0", 0.30)


def office(c):
    wall(c, "#b4bac0", 0.3)
    box(c, 420, 30, 206, 138, 3)
    fill(c, "#9aa1a7")
    box(c, 426, 36, 194, 126, 2)
    fill(c, linear(426, 36, 620, 162, (0, "#fbfcfc"), (1, "#e4e9ec")))
    for x, y, w, h in ((440, 52, 40, 26), (508, 52, 40, 26), (574, 104, 34, 26), (440, 112, 40, 26)):
        box(c, x, y, w, h, 3)
        line(c, "#2f6fb0", 2.2)
    for x0, y0, x1, y1 in ((480, 65, 508, 65), (548, 66, 586, 104), (460, 78, 460, 112), (480, 125, 574, 120)):
        c.move_to(x0, y0)
        c.line_to(x1, y1)
        line(c, "#c0473a", 2.2)
    window(c, 18, 20, 160, 180, sky=("#bcd8ee", "#eef4f7"), panes=2, hills=("#9db4bf", "#7e98a3"))
    for k in range(13):
        c.rectangle(18, 22 + k * 8, 160, 3)
        fill(c, "#f2f2ee", 0.9)
    c.rectangle(-20, 268, 220, 12)
    fill(c, "#d0b48c")
    c.rectangle(-20, 280, 220, 110)
    fill(c, "#8d949a")
    pot(c, 66, 268, 30, "#4f565c", "leafy", 15)
    pot(c, 560, 360, 48, "#f0efe9", "snake", 13)


def yellow(c):
    wall(c, "#dcb65a", 0.8)
    frame(c, 40, 44, 100, 124, "shapes", 12, border="#2f2a28")
    frame(c, 154, 80, 52, 66, "leaves", 2, border="#2f2a28")
    window(c, 484, 30, 128, 178, sky=("#cfe8f3", "#fdf3d8"), hills=("#a8bd7c", "#7c9a5e"), curtain="#fbf3e0")
    c.rectangle(-20, 276, 230, 10)
    fill(c, "#7a5232")
    c.rectangle(-20, 286, 230, 100)
    fill(c, "#5f3e25")
    pot(c, 60, 276, 32, "#e9e2d4", "trailing", 6)
    lamp(c, 158, 236, "#fff0c0", "#ffffff", 278)
