"""Who takes part: looks, rooms, voices, what each says and when, and the tone that tells them apart."""

from dataclasses import dataclass, field


@dataclass
class Look:
    skin: str
    hair: str                       # the style's name in hair.py
    hair_colour: str
    garment: str                    # the function's name in figure.py
    cloth: str
    seed: int
    cloth2: str | None = None
    width: float = 46               # half the face's width at the temples
    jaw: float = 40
    chin: float = 15
    nose: float = 9
    lips: float = 1.0
    lips_width: float = 17
    lip_colour: str = "#b5625c"
    blush: str = "#d9634f"
    iris: str = "#4a2f1d"
    eye: float = 1.0                # how far the eyes open
    slant: float = 0.6              # how much higher the outer corner is
    crease: bool = True
    made_up: bool = False
    lashes: str = "#1d1412"
    brow: float = 3.0
    brow_colour: str = "#2a1c16"
    beard: str | None = None
    beard_colour: str = "#2a1c16"
    glasses: tuple | None = None    # (round, square or wire; colour)
    headphones: str | None = None
    earrings: str | None = None
    necklace: str | None = None
    band: str | None = None
    freckles: bool = False
    knit: bool = False
    age: float = 0.0                # 0 young, 1 old
    build: float = 1.0
    scale_neck: float = 1.0
    light: int = 1                  # 1: from the left, -1: from the right


@dataclass
class Participant:
    slug: str
    name: str
    room: str
    look: Look
    voice: str
    tone: int                       # Hz
    lines: list = field(default_factory=list)
    speed: int = 168
    pitch: int = 50
    x: float = 320
    y: float = 146
    scale: float = 1.12
    smile: float = 0.4
    liveliness: float = 1.0
    warmth: float = 0.0
    grain: float = 2.2


CAST = [
    Participant(
        "01-amara", "Amara", "terracotta",
        Look("#7a4a30", "afro", "#2a1b17", "sweater", "#e2aa35", 101, width=44, jaw=37, nose=11, lips=1.35, lip_colour="#8d3f3d",
             blush="#a8452f", iris="#2c1a10", made_up=True, brow=2.6, brow_colour="#1c120e", earrings="#e8c25a", knit=True,
             build=0.92, scale_neck=0.90),
        "en-gb+f3", 330, [(0.35, "Good morning everyone! Shall we start with the new release?"), (10.6, "Wonderful. Let's ship it.")],
        pitch=52, y=160, scale=1.04, smile=0.55),
    Participant(
        "02-kenji", "Kenji", "study",
        Look("#e3b48d", "side", "#26221f", "shirt", "#2d3e5c", 202, cloth2="#f1f3f6", width=46, jaw=41, chin=16, nose=9.5,
             lip_colour="#b9776a", iris="#2a1a12", slant=1.6, crease=False, eye=0.88, brow=3.2, brow_colour="#211c1a", age=0.7, light=-1),
        "en-us+m3", 415, [(3.5, "Yes. The build is green, and all the tests pass.")], pitch=38, speed=172, x=326, y=148, warmth=-0.012),
    Participant(
        "03-sofia", "Sofía", "kitchen",
        Look("#e8b795", "wavy", "#6b3420", "scoop", "#a23b4c", 303, width=44, jaw=37, chin=13, nose=8, lips=1.15, lip_colour="#bb4a50",
             iris="#5a6b2f", made_up=True, brow=2.5, brow_colour="#4a2618", necklace="#e3bf62", build=0.88, scale_neck=0.86, light=-1),
        "en-us+f4", 495, [(5.9, "Great news! I have two small questions.")], pitch=58, speed=176, x=312, y=148, smile=0.6,
        liveliness=1.25),
    Participant(
        "04-omar", "Omar", "teal",
        Look("#b98058", "crop", "#1f1815", "turtleneck", "#c9b493", 404, width=47, jaw=43, chin=18, nose=10.5, lip_colour="#9b5a4c",
             blush="#b0553a", iris="#3a2415", brow=4.2, brow_colour="#1b1411", beard="full", beard_colour="#211815", build=1.12,
             scale_neck=1.14, light=-1),
        "en-gb-x-rp+m2", 585, [(7.9, "Please go ahead. We have plenty of time.")], pitch=28, speed=160, x=324, y=148, scale=1.12, warmth=0.01),
    Participant(
        "05-ingrid", "Ingrid", "bright",
        Look("#f3cdb6", "bob", "#d9b26c", "shirt", "#3e6fa6", 505, width=44, jaw=38, chin=13, nose=8, lips=0.95, lip_colour="#c26a66",
             iris="#3f78a8", brow=2.3, brow_colour="#a07c45", glasses=("round", "#5a3a2a"), freckles=True, build=0.88, scale_neck=0.86),
        "en-gb-scotland+f2", 675, [(9.3, "And I can show you the new layouts.")], pitch=60, x=320, y=146, smile=0.5),
    Participant(
        "06-wei", "王伟", "night",
        Look("#e6ba92", "textured", "#17151a", "hoodie", "#5f9a8c", 606, cloth2="#f0efe9", width=46, jaw=40, chin=15, nose=9,
             lip_colour="#b8736a", iris="#1f140f", slant=1.9, crease=False, eye=0.88, brow=3.2, brow_colour="#17151a",
             glasses=("square", "#20222a"), scale_neck=1.02),
        "en-us+m7", 765, [(4.8, "Mm hm, it is fast now."), (11.6, "Yes! Ship it.")], pitch=50, speed=180, x=310, y=150, warmth=-0.02, grain=3.2),
    Participant(
        "07-priya", "Priya", "plum",
        Look("#bd8459", "plait", "#1a1213", "scoop", "#1e9297", 707, width=44, jaw=37, chin=13, nose=8.5, lips=1.15, lip_colour="#a5484b",
             blush="#c05a45", iris="#2b1a10", made_up=True, brow=3.0, brow_colour="#1a1212", earrings="#f0c96a", necklace="#f0c96a",
             band="#e3b04b", build=0.88, scale_neck=0.86),
        "en-gb+f5", 875, [(7.3, "Nine in one picture, and so little bandwidth!")], pitch=56, speed=178, x=326, y=148, smile=0.55, liveliness=1.15),
    Participant(
        "08-diego", "Diego 🎸", "brick",
        Look("#d29f76", "curly", "#2e1d15", "overshirt", "#6d7a49", 808, cloth2="#f2ede2", width=45, jaw=40, chin=16, nose=10,
             lip_colour="#a8615a", iris="#4b3118", brow=3.6, brow_colour="#2a1a13", beard="stubble", beard_colour="#1e130e",
             headphones="#3a3d46", build=1.04, scale_neck=1.08),
        "en-us-nyc+m5", 985, [(6.9, "Super!"), (12.0, "Excellent.")], pitch=42, speed=170, x=318, y=154, scale=1.08, smile=0.5,
        liveliness=1.2, warmth=0.012),
    Participant(
        "09-layla", "ليلى", "pale_blue",
        Look("#d9a67d", "scarf", "#c97a8c", "sweater", "#31415f", 909, width=44, jaw=37, chin=13, nose=8.5, lips=1.1, lip_colour="#b3555a",
             iris="#4a2e18", made_up=True, brow=2.9, brow_colour="#2a1a14", build=0.92, scale_neck=0.86),
        "en-gb-x-gbclan+f1", 1095, [(11.3, "Thank you all. See you tomorrow!")], pitch=62, speed=172, x=322, y=148, smile=0.5),
    Participant(
        "10-grace", "Grace", "library",
        Look("#efc6ad", "short_curls", "#c9c6c4", "cardigan", "#8f78b0", 1010, cloth2="#f4eee6", width=45, jaw=39, chin=14, nose=9,
             lips=0.9, lip_colour="#b85f60", iris="#5b7c93", brow=2.0, brow_colour="#9a9290", glasses=("wire", "#8a6a3a"),
             necklace="#f6f1e6", age=1.0, build=0.94, scale_neck=0.88),
        "en-029+f3", 1205, [(2.2, "Good morning, dears.")], pitch=40, speed=150, x=316, y=148, smile=0.6, liveliness=0.85),
    Participant(
        "11-tomasz", "Tomasz", "office",
        Look("#f0c3a8", "bald", "#b0622f", "blazer", "#3b4650", 1111, cloth2="#b8443c", width=47, jaw=43, chin=18, nose=10,
             lip_colour="#b86a60", iris="#4f7f6a", brow=3.4, brow_colour="#a3592b", beard="full", beard_colour="#b2612d", age=0.3,
             build=1.14, scale_neck=1.16),
        "en-gb-x-gbcwmd+m4", 1325, [(1.0, "Hello, hello!"), (8.6, "Sure.")], pitch=30, speed=165, x=322, y=150, scale=1.10),
    Participant(
        "12-kofi", "Kofi", "yellow",
        Look("#5a3524", "flat", "#171110", "tee", "#35577f", 1212, width=46, jaw=41, chin=16, nose=11.5, lips=1.35, lip_colour="#77403a",
             blush="#7a3322", iris="#20130c", brow=3.4, brow_colour="#120c0a", beard="stubble", beard_colour="#0c0807", build=1.05,
             scale_neck=1.06, light=-1),
        "en-029+m6", 1445, [(5.2, "That was quick.")], pitch=34, x=318, y=156, scale=1.08, smile=0.5),
]
