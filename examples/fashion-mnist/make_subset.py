#!/usr/bin/env python3
"""Cuts the small data set in this folder out of the full Fashion-MNIST.

    python3 make_subset.py FULL OUT [--train 650] [--test 200] [--seed 1]

FULL holds the four files of Fashion-MNIST (Debian: `dataset-fashion-mnist`,
/usr/share/datasets/fashion-mnist). From its train part the script takes
`--train` images of each class, from its test part `--test` of each class, both
drawn by `--seed` and shuffled, and writes them to OUT under the same names.
Only the standard library is used; the same Python and zlib write equal bytes.
"""

import argparse
import gzip
import pathlib
import random
import struct

IMAGES, LABELS = "idx3-ubyte", "idx1-ubyte"


def read(path, dims):
    """The dimensions and the bytes after the header of one idx file."""
    raw = gzip.decompress(path.read_bytes())
    zero, kind, count = struct.unpack(">HBB", raw[:4])
    if (zero, kind, count) != (0, 8, dims):
        raise SystemExit(f"{path}: not an idx file of bytes with {dims} dimensions")
    end = 4 + 4 * dims
    return struct.unpack(f">{dims}I", raw[4:end]), raw[end:]


def write(path, shape, body):
    """One idx file of bytes, compressed without a name or a time stamp."""
    head = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    with open(path, "wb") as out:
        with gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
            packed.write(head + body)


def pick(labels, per_class, rng):
    """Shuffled indices, `per_class` of every class."""
    chosen = []
    for wanted in sorted(set(labels)):
        members = [i for i, label in enumerate(labels) if label == wanted]
        if len(members) < per_class:
            raise SystemExit(f"class {wanted} has {len(members)} images, {per_class} are asked for")
        chosen += rng.sample(members, per_class)
    rng.shuffle(chosen)
    return chosen


def subset(full, out, part, per_class, rng):
    (count, rows, columns), pixels = read(full / f"{part}-images-{IMAGES}.gz", 3)
    (named,), labels = read(full / f"{part}-labels-{LABELS}.gz", 1)
    if count != named:
        raise SystemExit(f"{part}: {count} images and {named} labels")
    size = rows * columns
    chosen = pick(labels, per_class, rng)
    body = b"".join(pixels[i * size : (i + 1) * size] for i in chosen)
    write(out / f"{part}-images-{IMAGES}.gz", (len(chosen), rows, columns), body)
    write(out / f"{part}-labels-{LABELS}.gz", (len(chosen),), bytes(labels[i] for i in chosen))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("full", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--train", type=int, default=650, help="images of each class")
    args.add_argument("--test", type=int, default=200, help="images of each class")
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)
    subset(args.full, args.out, "train", args.train, rng)
    subset(args.full, args.out, "t10k", args.test, rng)


if __name__ == "__main__":
    main()
