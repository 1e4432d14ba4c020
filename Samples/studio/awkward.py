"""The files of real life: other shapes, rates, codecs and containers, and what goes wrong in recordings.

Each function takes the path it writes; FILES, at the end, names them all."""

import dataclasses
import math
import pathlib
import tempfile

import numpy as np

from . import music, screen
from .cast import CAST
from .encode import aac, encode, ffmpeg, h264, opus, vp8, vp9
from .paint import box, fill, linear, pixels, surface
from .stage import Take
from .voice import RATE, Speech

PEOPLE = {who.slug[3:]: who for who in CAST}
SECONDS = 5


def _speech(who, tone, text, start=0.4, duration=SECONDS):
    return Speech([(start, text)], duration, tone, who.voice, who.speed, who.pitch, tone)


def _person(name, room, **changes):
    return dataclasses.replace(PEOPLE[name], room=room, **changes)


def _film(path, who, tone, text, width=640, height=360, fps=30, video=None, audio=None, duration=SECONDS, **options):
    speech = _speech(who, tone, text, duration=duration)
    take = Take(who, speech, width, height, fps)
    return encode(
        path, frames=(take.frame(i) for i in range(duration * fps)), size=(width, height), fps=fps, sound=speech.samples,
        video=video or vp8(260_000, 2, fps), audio=audio or opus(24_000), **options)


def portrait(path):
    return _film(path, _person("sofia", "pale_blue"), 1565, "I am on my phone today, sorry!", 360, 640)


def four_by_three(path):
    return _film(path, _person("omar", "library"), 1685, "This camera is an old one.", 480, 360)


def fifteen_fps(path):
    return _film(path, _person("grace", "bright"), 1805, "Can you see me, dears?", fps=15, video=vp8(200_000, 2, 15))


def twenty_five_fps(path):
    return _film(path, _person("tomasz", "study"), 1925, "Here it is fifty hertz.", fps=25)


def h264_aac(path):
    return _film(path, _person("kofi", "teal"), 2045, "From an editing suite.", video=h264(260_000, 2, 30), audio=aac(64_000),
                 options=["-movflags", "+faststart"])


def vp9_webm(path):
    return _film(path, _person("ingrid", "yellow"), 2165, "A newer browser, a newer codec.", video=vp9(200_000, 2, 30))


def rotated(path):
    """Held upright, stored lying on its side, with a display matrix that says so."""
    who, text = _person("diego", "kitchen"), "I hold it upright, I promise."
    speech = _speech(who, 2285, text)
    take = Take(who, speech, 360, 640)
    with tempfile.TemporaryDirectory() as folder:
        lying = pathlib.Path(folder, "lying.mp4")
        encode(lying, frames=(np.rot90(take.frame(i)) for i in range(SECONDS * 30)), size=(640, 360), sound=speech.samples,
               video=h264(260_000, 2, 30), audio=aac(64_000))
        ffmpeg("-i", lying, "-c", "copy", "-metadata:s:v:0", "rotate=-90", "-fflags", "+bitexact", "-movflags", "+faststart", path)
    return path


def picture_only(path):
    who = _person("amara", "office")
    take = Take(who, Speech([], SECONDS, 1, who.voice))
    return encode(path, frames=(take.frame(i) for i in range(SECONDS * 30)), size=(640, 360), video=vp8(220_000, 2, 30))


def sound_only(path):
    return encode(path, sound=_speech(PEOPLE["wei"], 2405, "I am on the train. No picture today.").samples, audio=opus(28_000))


def stereo_music(path):
    """Bars that follow the sound, the left channel on the left."""
    duration, fps, width, height = 6, 30, 320, 180
    sound = music.stereo(duration)
    image, c = surface(width, height)
    level = np.zeros(16)

    def frames():
        for i in range(duration * fps):
            first = i * RATE // fps
            for side in (0, 1):
                spectrum = np.abs(np.fft.rfft(sound[side, first:first + RATE // fps] * np.hanning(RATE // fps)))
                for k in range(8):
                    low, high = round(3 * 1.45 ** k), round(3 * 1.45 ** (k + 1)) + 1
                    now = min(math.sqrt(spectrum[low:high].max()) / 6, 1)
                    at = 7 - k if side == 0 else 8 + k
                    level[at] = max(now, level[at] * 0.86)
            c.rectangle(0, 0, width, height)
            fill(c, linear(0, 0, width, height, (0, "#1d1730"), (1, "#3a2040")))
            for k in range(16):
                tall = 8 + 110 * level[k]
                box(c, 24 + k * 17, 150 - tall, 12, tall, 4)
                fill(c, linear(0, 30, 0, 150, (0, "#ffb46b"), (1, "#e0567f")))
            yield pixels(image)

    return encode(path, frames=frames(), size=(width, height), fps=fps, sound=sound, video=vp8(160_000, 2, fps), audio=opus(96_000))


def starts_late(path):
    """Timestamps as of somebody who joined a running session: sound from 2.5 s on, the picture from 3.0 s on."""
    who = _person("layla", "terracotta")
    speech = _speech(who, 2525, "Sorry, I am a little late.", start=0.9)
    take = Take(who, speech, lead=2.5)
    with tempfile.TemporaryDirectory() as folder:
        picture, sound = pathlib.Path(folder, "picture.webm"), pathlib.Path(folder, "sound.webm")
        encode(picture, frames=(take.frame(i) for i in range(15, SECONDS * 30)), size=(640, 360), video=vp8(260_000, 2, 30))
        encode(sound, sound=speech.samples, audio=opus(24_000))
        ffmpeg("-itsoffset", 3, "-i", picture, "-itsoffset", 2.5, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy",
               "-fflags", "+bitexact", path)
    return path


def size_change(path):
    """As a browser's simulcast or congestion control leaves it: another size at a keyframe, twice, at 2 s and 4 s."""
    who = _person("kenji", "brick")
    speech = _speech(who, 2645, "My connection comes and goes.", duration=6)
    with tempfile.TemporaryDirectory() as folder:
        listing = pathlib.Path(folder, "list")
        for k, (width, height, bitrate) in enumerate(((320, 180, 120_000), (640, 360, 260_000), (480, 360, 200_000))):
            take = Take(who, speech, width, height)
            encode(pathlib.Path(folder, f"{k}.webm"), frames=(take.frame(i) for i in range(k * 60, k * 60 + 60)), size=(width, height),
                   video=vp8(bitrate, 2, 30))
        listing.write_text("".join(f"file {k}.webm\nduration 2\n" for k in range(3)))
        sound = encode(pathlib.Path(folder, "sound.webm"), sound=speech.samples, audio=opus(24_000))
        ffmpeg("-f", "concat", "-i", listing, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", "-fflags", "+bitexact", path)
    return path


def gap(path):
    """Nothing arrives from 2.0 to 3.5 s, neither sound nor picture; then a keyframe."""
    who = _person("priya", "night")
    speech = _speech(who, 2765, "Where was I? We count to ten. One, two, three, four, five.")
    take = Take(who, speech)
    drop = "noise=drop='between(pts*tb,1.995,3.495)'"
    with tempfile.TemporaryDirectory() as folder:
        picture, sound = pathlib.Path(folder, "picture.webm"), pathlib.Path(folder, "sound.webm")
        encode(picture, frames=(take.frame(i) for i in range(SECONDS * 30)), size=(640, 360), video=vp8(260_000, 2, 30),
               options=["-force_key_frames", "3.5"])
        encode(sound, sound=speech.samples, audio=opus(24_000))
        ffmpeg("-i", picture, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", "-bsf:v", drop, "-bsf:a", drop,
               "-fflags", "+bitexact", path)
    return path


def screen_share(path):
    duration, fps = 8, 15
    return encode(path, frames=screen.frames(duration, fps), size=(screen.WIDTH, screen.HEIGHT), fps=fps,
                  video=["-c:v", "libvpx", "-crf", "8", "-b:v", "600k", "-qmin", "4", "-qmax", "40", "-deadline", "good", "-cpu-used", "1",
                         "-g", "60", "-auto-alt-ref", "0"])


def still(path):
    """An image in place of a camera: full-range JPEG, or PNG without grain."""
    png = path.suffix == ".png"
    who = _person("tomasz" if png else "grace", "yellow" if png else "kitchen", grain=0.0)
    size = (320, 320) if png else (480, 640)
    take = Take(who, Speech([], 1, 1, who.voice), *size, clock=False, zoom=0.85 if png else 1.0)
    frame = take.frame(0)
    if png:
        path.parent.mkdir(parents=True, exist_ok=True)
        take.image.write_to_png(str(path))
        return path
    return encode(path, frames=[frame], size=size, video=["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"])


def _flash(path, fps, video, audio):
    """A white frame and a beep of 1 kHz at each full second from 1 on, exactly together."""
    duration, width, height = 6, 320, 180
    t = np.arange(duration * RATE) / RATE
    since = t % 1
    beep = (t >= 1) & (since < 0.06)
    edge = np.minimum(np.minimum(since, 0.06 - since) / 0.001, 1)
    sound = 0.5 * np.sin(2 * math.pi * 1000 * since) * np.clip(edge, 0, 1) * beep
    dark = np.full((height, width, 4), 24, np.uint8)
    white = np.full((height, width, 4), 255, np.uint8)
    return encode(path, frames=(white if i and i % fps == 0 else dark for i in range(duration * fps)), size=(width, height), fps=fps,
                  sound=sound, video=video, audio=audio)


def flash_webm(path):
    return _flash(path, 30, vp8(60_000, 2, 30), opus(32_000))


def flash_mp4(path):
    return _flash(path, 25, h264(60_000, 2, 25), aac(48_000))


def flash_mkv(path):
    return _flash(path, 15, vp9(60_000, 2, 15), opus(32_000))


# sRGB; whatever the matrix and range in the file, this is what must be seen.
PATCHES = ["#c0c0c0", "#c0c000", "#00c0c0", "#00c000", "#c000c0", "#c00000", "#0000c0", "#101010",
           "#000000", "#242424", "#494949", "#6d6d6d", "#929292", "#b6b6b6", "#dbdbdb", "#ffffff"]


def _patches(path, matrix, span, video, tags):
    image, c = surface(320, 180)
    for k, colour in enumerate(PATCHES):
        c.rectangle(k % 8 * 40, k // 8 * 90, 40, 90)
        fill(c, colour)
    convert = f"scale=in_range=pc:out_color_matrix={matrix}:out_range={span}:flags=accurate_rnd+full_chroma_int"
    return encode(path, frames=[pixels(image)] * 30, size=(320, 180), video=["-vf", convert, *video],
                  options=["-colorspace", tags, "-color_primaries", tags, "-color_trc", tags, "-color_range", span])


def colour_601(path):
    return _patches(path, "bt601", "tv", vp8(100_000, 2, 30), "smpte170m")


def colour_709(path):
    return _patches(path, "bt709", "tv", h264(100_000, 2, 30), "bt709")


def colour_full(path):
    return _patches(path, "bt601", "pc", [*h264(100_000, 2, 30)[:-1], "yuvj420p"], "smpte170m")


FILES = {
    "portrait.webm": portrait, "four-by-three.webm": four_by_three, "fifteen-fps.webm": fifteen_fps,
    "twenty-five-fps.webm": twenty_five_fps, "h264-aac.mp4": h264_aac, "vp9.webm": vp9_webm, "rotated.mp4": rotated,
    "picture-only.webm": picture_only, "sound-only.webm": sound_only, "stereo-music.webm": stereo_music,
    "starts-late.webm": starts_late, "size-change.webm": size_change, "gap.webm": gap, "screen-share.webm": screen_share,
    "still.jpg": still, "still.png": still, "flash-beep-30.webm": flash_webm, "flash-beep-25.mp4": flash_mp4,
    "flash-beep-15.mkv": flash_mkv, "colour-601.webm": colour_601, "colour-709.mp4": colour_709, "colour-full.mp4": colour_full,
}
