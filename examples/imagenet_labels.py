#!/usr/bin/env python3
"""Prints `val_labels.txt` for ImageNet's validation images as they come, without class folders.

    python3 examples/imagenet_labels.py SOURCE > DATA_DIR/val_labels.txt

SOURCE says the class of each image, in one of the forms in which that is handed around:

- the folder of ILSVRC's devkit (`ILSVRC2012_validation_ground_truth.txt` and `meta.mat`; needs scipy);
- a script of `mv ILSVRC2012_val_00000001.JPEG n01751748/` lines, as `valprep.sh`: no file is moved;
- Kaggle's `LOC_val_solution.csv`.

Every printed line is a file's name, a space and the name of its class's folder in `train/`.
"""

import csv
import pathlib
import re
import sys

TRUTH, META = "ILSVRC2012_validation_ground_truth.txt", "meta.mat"
MOVE = re.compile(r"\s*mv\s+(?:\S*/)?(\S+\.JPEG)\s+(?:\S*/)?(n\d{8})/?\s*$")
CLASS = re.compile(r"n\d{8}$")


def of_devkit(folder):
    found = {name: sorted(folder.rglob(name)) for name in (TRUTH, META)}
    for name, files in found.items():
        if not files:
            sys.exit(f"{folder}: holds no {name}")
    try:
        from scipy.io import loadmat
    except ImportError:
        sys.exit(f"{found[META][0]} is read by scipy: pip install scipy")
    synsets = loadmat(found[META][0], squeeze_me=True)["synsets"]
    classes = {int(one["ILSVRC2012_ID"]): str(one["WNID"]) for one in synsets}
    for number, line in enumerate(found[TRUTH][0].read_text().split(), 1):
        if not line.isdigit() or int(line) not in classes:
            sys.exit(f"{found[TRUTH][0]}: line {number}: `{line}` is no number of a class in {META}")
        yield f"ILSVRC2012_val_{number:08}.JPEG", classes[int(line)]


def of_script(text):
    for line in text.splitlines():
        move = MOVE.match(line)
        if move:
            yield move.groups()


def of_csv(path, text):
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if number > 1 and row:
            words = row[1].split() if len(row) > 1 else []
            if not words or not CLASS.match(words[0]):
                sys.exit(f"{path}: line {number} says no class: expected `IMAGE,CLASS …`")
            yield f"{row[0]}.JPEG", words[0]


def labels(source):
    if source.is_dir():
        return of_devkit(source)
    try:
        text = source.read_text()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{source}: cannot be read: {error}")
    if text.startswith("ImageId,"):
        return of_csv(source, text)
    return of_script(text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    found = list(labels(source))
    if not found:
        sys.exit(f"{source}: names no image and its class; see the head of {__file__}")
    for image, label in found:
        print(image, label)


if __name__ == "__main__":
    main()
