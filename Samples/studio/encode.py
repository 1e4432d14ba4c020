"""Frames and samples into files, by ffmpeg, so that the same input gives the same bytes."""

import pathlib
import subprocess
import tempfile

import numpy as np

from .voice import RATE

# One thread and no dates or random identifiers: the files are the same on each run.
REPEATABLE = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-threads", "1"]
# libopus begins so many seconds before the first sample (312 of 48 kHz). Started that much later, its first packet is at 0;
# else the muxer would shift the picture to make room, and it would be 7 ms behind the sound.
OPUS_DELAY = "0.0065"


def vp8(bitrate, keyframes, fps):
    return ["-c:v", "libvpx", "-b:v", str(bitrate), "-deadline", "good", "-cpu-used", "1", "-g", str(round(keyframes * fps)),
            "-auto-alt-ref", "0", "-lag-in-frames", "0", "-qmin", "4", "-qmax", "56", "-undershoot-pct", "95"]


def vp9(bitrate, keyframes, fps):
    return ["-c:v", "libvpx-vp9", "-b:v", str(bitrate), "-deadline", "good", "-cpu-used", "3", "-g", str(round(keyframes * fps)),
            "-lag-in-frames", "0"]


def h264(bitrate, keyframes, fps):
    return ["-c:v", "libx264", "-b:v", str(bitrate), "-preset", "medium", "-profile:v", "high", "-bf", "2",
            "-g", str(round(keyframes * fps)), "-pix_fmt", "yuv420p"]


def opus(bitrate):
    return ["-c:a", "libopus", "-b:a", str(bitrate), "-application", "audio"]


def aac(bitrate):
    return ["-c:a", "aac", "-b:a", str(bitrate)]


def encode(path, frames=None, size=None, fps=30, sound=None, video=(), audio=(), title=None, options=()):
    """Writes a file. `frames` gives pixel arrays (height, width, 4) in BGRX; `sound` is one row of samples, or two."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-y", "-v", "error", "-nostdin"]
    with tempfile.TemporaryDirectory() as folder:
        if frames is not None:
            command += ["-f", "rawvideo", "-pix_fmt", "bgr0", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "pipe:0"]
        if sound is not None:
            raw = pathlib.Path(folder, "sound")
            rows = np.atleast_2d(sound)
            raw.write_bytes(np.clip(rows.T, -1, 1).astype("<f4").tobytes())
            if "libopus" in audio:
                command += ["-itsoffset", OPUS_DELAY]
            command += ["-f", "f32le", "-ar", str(RATE), "-ac", str(len(rows)), "-i", str(raw)]
        # Bright and dark keep their values: BT.601 in the limited range, as webcams send.
        command += ["-sws_flags", "bicubic+accurate_rnd+full_chroma_int", *video, *audio, *REPEATABLE]
        if frames is not None and "-pix_fmt" not in video:
            command += ["-pix_fmt", "yuv420p"]
        if title:
            command += ["-metadata", f"title={title}"]
        command += [*options, str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
        try:
            for frame in frames if frames is not None else ():
                process.stdin.write(np.ascontiguousarray(frame).data)
        finally:
            process.stdin.close()
            if process.wait():
                raise SystemExit(f"ffmpeg could not write {path}")
    return path


def ffmpeg(*arguments):
    """Runs ffmpeg for work on finished packets."""
    subprocess.run(["ffmpeg", "-y", "-v", "error", "-nostdin", *map(str, arguments)], check=True)
