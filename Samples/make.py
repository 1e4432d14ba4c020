#!/usr/bin/python3
"""Makes the samples: drawn participants who speak, and the awkward files of real life.

    python3 Samples/make.py                    everything, beside this file
    python3 Samples/make.py --to DIR amara     only what has "amara" in its name, elsewhere

Needs the Debian packages python3-cairo, python3-numpy, espeak-ng, ffmpeg and fonts-dejavu-core. The same packages give
the same bytes on every run.
"""

import argparse
import multiprocessing
import pathlib

from studio import awkward
from studio.cast import CAST
from studio.encode import encode, opus, vp8
from studio.stage import Take
from studio.voice import Speech

DURATION, FPS = 13, 30


def participant(folder, who):
    speech = Speech(who.lines, DURATION, who.look.seed, who.voice, who.speed, who.pitch, who.tone)
    take = Take(who, speech)
    return encode(
        folder / f"{who.slug}.webm", frames=(take.frame(i) for i in range(DURATION * FPS)), size=(640, 360), fps=FPS,
        sound=speech.samples, video=vp8(390_000, 3, FPS), audio=opus(28_000), title=who.name)


def work(job):
    make, *arguments = job
    return make(*arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="folder to write to")
    parser.add_argument("names", nargs="*", help="only files with one of these in their names")
    options = parser.parse_args()

    def wanted(name):
        return not options.names or any(part in name for part in options.names)

    (options.to / "awkward").mkdir(parents=True, exist_ok=True)
    jobs = [(participant, options.to, who) for who in CAST if wanted(who.slug)]
    jobs += [(make, options.to / "awkward" / name) for name, make in awkward.FILES.items() if wanted(name)]
    with multiprocessing.Pool(2) as pool:
        for path in pool.imap_unordered(work, jobs):
            print(f"{path.stat().st_size / 1e6:6.2f} MB  {path}", flush=True)


if __name__ == "__main__":
    main()
