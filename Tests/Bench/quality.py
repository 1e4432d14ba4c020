"""The common reference composite and the distance of each output from it.

The reference is made from the decoded clips without any of the programs that are compared: each plane is resampled in
floating point by a filter of our own (bicubic, Catmull-Rom, widened by the ratio so that nothing aliases; or the plain area
average), with chroma sited on the left as VP8 has it, put where the layout says, and rounded once."""

import pathlib
import subprocess

import numpy as np

FPS = 30


def catmull_rom(x):
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def weights(source, target, kind, siting):
    """For each target sample: which source samples it is made of, and how much of each.

    A sample i of a plane lies at i + siting: 0.5 in the middle of its cell; for left-sited chroma 0.25 of the chroma cell."""
    ratio = source / target
    centre = (np.arange(target) + siting) * ratio - siting
    if kind == "bicubic":
        stretch = max(ratio, 1)
        reach = int(np.ceil(2 * stretch))
        taps = np.floor(centre)[:, None].astype(int) + np.arange(-reach, reach + 1)[None, :]
        amount = catmull_rom((taps - centre[:, None]) / stretch)
    else:
        low, high = centre - ratio / 2 + 0.5, centre + ratio / 2 + 0.5
        taps = np.floor(low)[:, None].astype(int) + np.arange(int(np.ceil(ratio)) + 1)[None, :]
        amount = np.clip(np.minimum(taps + 1, high[:, None]) - np.maximum(taps, low[:, None]), 0, None)
    amount = amount / amount.sum(1, keepdims=True)
    return np.clip(taps, 0, source - 1), amount.astype(np.float32)


def resample(plane, across, down):
    taps, amount = down
    wide = sum(amount[:, k, None] * plane[taps[:, k]] for k in range(taps.shape[1]))
    taps, amount = across
    return sum(amount[None, :, k] * wide[:, taps[:, k]] for k in range(taps.shape[1]))


def split(frame, width, height):
    """The three planes of an I420 picture."""
    luma, chroma = width * height, width * height // 4
    return (frame[:luma].reshape(height, width),
            frame[luma:luma + chroma].reshape(height // 2, width // 2),
            frame[luma + chroma:].reshape(height // 2, width // 2))


def decoder(path, filters=None):
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-map", "0:v"]
    command += ["-vf", filters] if filters else []
    command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def frames(process, width, height):
    size = width * height * 3 // 2
    while len(data := process.stdout.read(size)) == size:
        yield np.frombuffer(data, np.uint8)
    process.stdout.close()
    process.wait()


def make_reference(path, clips, size, tiles, canvas, kind):
    """Writes the reference as raw I420, frame n made of frame n of every clip."""
    width, height = size
    plans = {}
    for tile in tiles:
        w, h = tile["width"], tile["height"]
        plans[w, h] = [(weights(width >> k, w >> k, kind, 0.25 if k else 0.5), weights(height >> k, h >> k, kind, 0.5))
                       for k in (0, 1, 1)]
    temporary = pathlib.Path(f"{path}.part")
    with open(temporary, "wb") as file:
        for pictures in zip(*(frames(decoder(clip), width, height) for clip in clips)):
            planes = [np.full((canvas[1] >> k, canvas[0] >> k), 128 if k else 16, np.uint8) for k in (0, 1, 1)]
            for picture, tile in zip(pictures, tiles):
                parts = split(picture.astype(np.float32), width, height)
                for n, k in enumerate((0, 1, 1)):
                    x, y, w, h = (tile[key] >> k for key in ("x", "y", "width", "height"))
                    scaled = resample(parts[n], *plans[tile["width"], tile["height"]][n])
                    planes[n][y:y + h, x:x + w] = np.clip(scaled + 0.5, 0, 255)
            for plane in planes:
                file.write(plane.tobytes())
    temporary.rename(path)


def compare(path, references, canvas):
    """Mean squared errors of an output against each reference: {name: (luma, all samples)}, in squared steps, and how
    many frames were compared and by how many the output lags. The output is read at 30 frames a second from time 0."""
    width, height = canvas
    size = width * height * 3 // 2
    maps = {name: np.memmap(file, np.uint8, "r").reshape(-1, size) for name, file in references.items()}
    count = min(len(m) for m in maps.values())
    first = next(iter(maps.values()))

    def error(a, b):
        return float(((a.astype(np.int16) - b) ** 2).mean())

    shown = list(frames(decoder(path, f"fps={FPS}:start_time=0"), width, height))
    probes = range(count // 3, 2 * count // 3, 10)
    lag = min(range(-3, 4), key=lambda d: sum(error(shown[i + d], first[i]) for i in probes if 0 <= i + d < len(shown)))
    pairs = [(i + lag, i) for i in range(count) if 0 <= i + lag < len(shown)]
    luma = width * height
    result = {}
    for name, reference in maps.items():
        bright = sum(error(shown[a][:luma], reference[b][:luma]) for a, b in pairs) / len(pairs)
        chroma = sum(error(shown[a][luma:], reference[b][luma:]) for a, b in pairs) / len(pairs)
        result[name] = (bright, (2 * bright + chroma) / 3)
    return result, len(pairs), lag


def psnr(error):
    return 10 * np.log10(255**2 / max(error, 1e-9))
