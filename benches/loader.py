#!/usr/bin/env python3
"""JPEG files to training tensors with the full retraining augmentation: creamc beside timm's pipeline on Pillow.

Needs Python with torch, torchvision, timm and Pillow, and a folder of JPEG files (here those of the Debian package
`opencv-doc`):

    apt-get download opencv-doc && dpkg -x opencv-doc_*.deb jpegs
    cargo build --release && cargo bench --bench loader --no-run
    python3 benches/loader.py jpegs target/release/deps/loader-... target/release/creamc

One thread each on one core, in turn, in one run; printed are the medians over all rounds and their ratios. creamc reads the same
files, packs of their pixels, and packs of pixels with a short side of 256.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import PIL  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from timm.data import create_transform  # noqa: E402

ROUNDS, BATCH, SIDE = 5, 32, 224
# Photos as large as ImageNet's.
SHORTEST, LONGEST = 240, 1024
RECIPES = {
    "RandAugment": ("rand-m9-mstd0.5", {"auto_augment": "rand-m9-mstd0.5", "color_jitter": None}),
    "colour jitter": ("0.4", {"auto_augment": None, "color_jitter": 0.4}),
}


def photos(folder):
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in (".jpg", ".jpeg") and file.is_file():
            try:
                with Image.open(file) as image:
                    sides = sorted(image.size)
                    image.load()
            except OSError:
                continue
            if SHORTEST <= sides[0] and sides[1] <= LONGEST:
                yield file.resolve(), image.size


def lay(root, found):
    """An image folder of two classes; of each, one image to test on."""
    for number, (file, _) in enumerate(found):
        for part in ["train"] + (["val"] if number < 2 else []):
            into = root / part / f"class{number % 2}"
            into.mkdir(parents=True, exist_ok=True)
            (into / f"{number}.jpg").symlink_to(file)


def theirs(files, settings):
    how = create_transform(
        SIDE, is_training=True, interpolation="random", hflip=0.5, re_prob=0.2, re_mode="pixel", **settings
    )
    start = time.perf_counter()
    for first in range(0, len(files), BATCH):
        batch = [how(Image.open(file).convert("RGB")) for file in files[first : first + BATCH]]
        torch.stack(batch)
    return len(files) / (time.perf_counter() - start)


def ours(bench, folder, recipe):
    said = subprocess.run([bench, folder, recipe], check=True, capture_output=True, text=True)
    line = json.loads(said.stdout.strip().splitlines()[-1])
    return line["images"] / line["seconds"]


def main():
    jpegs, bench, creamc = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        root = pathlib.Path(place)
        found = list(photos(jpegs))
        files = [file for file, _ in found]
        lay(root / "files", found)
        packs = {"raw": ["--raw"], "raw, short side 256": ["--short-side", "256"]}
        for name, flags in packs.items():
            command = [creamc, "pack", root / "files", "--out", root / name, *flags]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        sides = [statistics.median(size[axis] for _, size in found) for axis in (0, 1)]
        print(f"{len(files)} JPEG files, median {sides[0]:.0f}x{sides[1]:.0f}; one core")
        print(f"timm {timm.__version__}, Pillow {PIL.__version__}, torch {torch.__version__}; images/s, medians of {ROUNDS}")
        print("| recipe | timm | creamc, files | pack, raw | pack, raw, short side 256 | files / timm | packs / files |")
        print("|---|---|---|---|---|---|---|")
        for recipe, (word, settings) in RECIPES.items():
            rates = {"timm": [], "files": [], **{name: [] for name in packs}}
            for _ in range(ROUNDS):
                for name, measured in rates.items():
                    rate = theirs(files, settings) if name == "timm" else ours(bench, root / name, word)
                    measured.append(rate)
            timm_rate, plain, raw, small = (statistics.median(measured) for measured in rates.values())
            cells = [f"{rate:.0f}" for rate in (timm_rate, plain, raw, small)]
            cells += [f"{plain / timm_rate:.2f}x", f"{raw / plain:.2f}x, {small / plain:.2f}x"]
            print(f"| {recipe} | " + " | ".join(cells) + " |", flush=True)


main()
