"""A shared screen: an editor and a terminal, in which somebody types a line now and then."""

import cairo

from .paint import box, ellipse, fill, line, pixels, surface, use

WIDTH, HEIGHT = 1280, 720
MONO = "DejaVu Sans Mono"
PLAIN, KEYWORD, TYPE, STRING, NOTE, CALL, NUMBER = "#d8dee9", "#c79bf2", "#7fd1c7", "#e8b07a", "#6f7d91", "#8fbcf0", "#f2d06b"

# Each line as pieces of (colour, text).
CODE = [
    [(NOTE, "/// Chooses rows and columns for the largest tiles.")],
    [(KEYWORD, "struct "), (TYPE, "Grid"), (PLAIN, " {")],
    [(KEYWORD, "    let "), (PLAIN, "canvas: "), (TYPE, "Size")],
    [(KEYWORD, "    let "), (PLAIN, "gap: "), (TYPE, "Int"), (PLAIN, " = "), (NUMBER, "8")],
    [],
    [(KEYWORD, "    func "), (CALL, "tiles"), (PLAIN, "(for count: "), (TYPE, "Int"), (PLAIN, ") -> ["), (TYPE, "Tile"), (PLAIN, "] {")],
    [(KEYWORD, "        guard "), (PLAIN, "count > "), (NUMBER, "0"), (KEYWORD, " else "), (PLAIN, "{ "), (KEYWORD, "return "), (PLAIN, "[] }")],
    [(KEYWORD, "        let "), (PLAIN, "columns = "), (CALL, "best"), (PLAIN, "(count)")],
    [(KEYWORD, "        let "), (PLAIN, "rows = (count + columns - "), (NUMBER, "1"), (PLAIN, ") / columns")],
    [(KEYWORD, "        return "), (PLAIN, "("), (NUMBER, "0"), (PLAIN, "..<count)."), (CALL, "map"), (PLAIN, " { index "), (KEYWORD, "in")],
    [(TYPE, "            Tile"), (PLAIN, "(row: index / columns,")],
    [(PLAIN, "                 column: index % columns,")],
    [(PLAIN, "                 of: rows)")],
    [(PLAIN, "        }")],
    [(PLAIN, "    }")],
    [],
]
TYPED = [(0.8, "    // Late joiners keep their place."), (4.4, "    var spare: Int { columns * rows - count }")]
RATE = 17  # characters per second
SHELL = [
    (0.0, PLAIN, "$ make test"), (0.0, NOTE, "Building for testing..."), (0.0, "#8fd18a", "Build complete! (12.41s)"),
    (2.9, "#8fd18a", "Suite Grid passed after 0.018 seconds."), (3.4, "#8fd18a", "Suite Stage passed after 0.024 seconds."),
    (7.0, PLAIN, "Test run with 214 tests passed."),
]
TREE = ["Sources", "  Layout", "    Grid.swift", "    Stage.swift", "    Split.swift", "  Media", "    Picture.swift", "  Mixing", "Tests",
        "Layouts", "README.md"]


def _text(c, x, y, text, colour, size=17, family=MONO, bold=False):
    c.select_font_face(family, cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
    c.set_font_size(size)
    use(c, colour)
    c.move_to(x, y)
    c.show_text(text)
    return x + c.text_extents(text).x_advance


def frames(duration, fps):
    image, c = surface(WIDTH, HEIGHT)
    for i in range(round(duration * fps)):
        _draw(c, i / fps)
        yield pixels(image)


def _draw(c, t):
    c.rectangle(0, 0, WIDTH, HEIGHT)
    fill(c, "#1b2029")
    c.rectangle(0, 0, WIDTH, 38)
    fill(c, "#12161d")
    for k, colour in enumerate(("#e5695f", "#e5b84f", "#6fbf5f")):
        ellipse(c, 22 + 22 * k, 19, 6.5, 6.5)
        fill(c, colour)
    _text(c, 560, 25, "Grid.swift - mosaic", "#aab4c3", 15, "DejaVu Sans")
    _text(c, 1188, 25, f"{t:05.2f}", "#e9edf3", 17, bold=True)
    c.rectangle(0, 38, 216, HEIGHT)
    fill(c, "#161a22")
    for k, name in enumerate(TREE):
        y = 74 + 26 * k
        if "Grid" in name:
            c.rectangle(0, y - 19, 216, 26)
            fill(c, "#2b3444")
        _text(c, 18, y, name, "#f0f3f7" if "Grid" in name else "#93a0b4", 15, "DejaVu Sans")
    box(c, 216, 38, 170, 36)
    fill(c, "#1b2029")
    c.rectangle(386, 38, WIDTH, 36)
    fill(c, "#141820")
    _text(c, 236, 61, "Grid.swift", "#f0f3f7", 15, "DejaVu Sans")
    _text(c, 410, 61, "Stage.swift", "#8390a3", 15, "DejaVu Sans")

    lines = [list(pieces) for pieces in CODE]
    active = None
    for start, text in TYPED:
        if t < start:
            break
        shown = text[:max(int((t - start) * RATE), 0)]
        lines.append([(NOTE if "//" in text else PLAIN, shown)])
        active = len(lines) - 1
    lines.append([(PLAIN, "}")])
    row = active if active is not None else len(CODE) - 1
    c.rectangle(216, 88 + 24 * row, WIDTH, 24)
    fill(c, "#232a36")
    caret = 278
    for k, pieces in enumerate(lines):
        y = 106 + 24 * k
        _text(c, 232, y, f"{k + 41:3d}", "#4c5769", 15)
        x = 278
        for colour, text in pieces:
            x = _text(c, x, y, text, colour)
        if k == row:
            caret = x
    typing = any(start <= t < start + len(text) / RATE for start, text in TYPED)
    if typing or t % 1.0 < 0.5:
        c.rectangle(caret + 1, 91 + 24 * row, 2, 19)
        fill(c, "#f5f7fa")

    c.rectangle(216, 560, WIDTH, HEIGHT)
    fill(c, "#0f1318")
    c.move_to(216, 560.5)
    c.line_to(WIDTH, 560.5)
    line(c, "#303949", 1)
    for k, (_, colour, text) in enumerate(entry for entry in SHELL if t >= entry[0]):
        _text(c, 236, 586 + 22 * k, text, colour, 15)
