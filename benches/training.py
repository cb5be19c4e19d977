#!/usr/bin/env python3
"""A training step of a search of `mobile`: creamc beside the same paths of timm's blocks in PyTorch.

Needs Python with torch (the version of the libtorch that creamc is built with) and timm, and any image folder with two
classes or more:

    cargo build --release
    python3 benches/training.py DATA_DIR --classes 1000 --device cuda --batch 128 --amp bf16
    OMP_NUM_THREADS=1 python3 benches/training.py DATA_DIR --classes 2 --device cpu --batch 8 --steps 5 --require 'flops in 40M..43M'

creamc's figures are those of `creamc search … --dry-run`, on random paths inside the bound. For PyTorch as many random paths
of the same bound are built of timm's blocks, and each step trains one of them: forward, cross entropy with smoothing, backward, SGD with
Nesterov's momentum; *distilled* has the forward of a second path without gradient and the soft loss against it beside that. (The weights
of a path are its own there: what a step computes is the same.) Images lie on the device.
Medians, and their ratio.
"""

import argparse
import contextlib
import functools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

# The allocator as creamc sets it: no memory goes back to the system between two steps.
SETTINGS = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
if any(os.environ.get(name) != value for name, value in SETTINGS.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **SETTINGS})

import torch  # noqa: E402
from timm.layers import make_divisible  # noqa: E402
from timm.models._efficientnet_blocks import SqueezeExcite  # noqa: E402
from timm.models._efficientnet_builder import decode_arch_def  # noqa: E402
from timm.models.efficientnet import EfficientNet  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
# Kernel and expansion of each candidate of the space; width and first stride of its stages.
CANDIDATES = [(3, 4), (3, 6), (5, 4), (5, 6), (7, 4), (7, 6)]
STAGES = [(24, 2), (40, 2), (80, 2), (96, 1), (192, 2)]
PATHS, WARM_UP, SEED = 8, 5, 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("data", type=Path, help="an image folder: train/ and val/, a folder a class")
    add("--bin", type=Path, default=ROOT / "target/release/creamc")
    add("--classes", type=int, default=1000)
    add("--require", default="flops in 280M..300M")
    add("--batch", type=int, default=128)
    add("--steps", type=int, default=40, help="measured, after %d to warm up" % WARM_UP)
    add("--device", default="cuda")
    add("--amp", choices=["false", "bf16"], default="false")
    add("--contiguous", action="store_true", help="PyTorch's networks and images with channels first, as they are made")
    return parser.parse_args()


def creamc(args, words):
    command = [args.bin, words[0], ROOT / "spaces/mobile.cream", "--require", args.require, *words[1:]]
    said = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def ours(args):
    settings = [f"DATASET.BATCH_SIZE={args.batch}", f"AMP={args.amp}", "SUPERNET.JUDGE_IMAGES=20", "SUPERNET.PICK_METHOD=top1"]
    sets = [word for setting in settings for word in ("--set", setting)]
    words = ["search", "--classes", args.classes, "--data", args.data, "--device", args.device, "--dry-run"]
    return creamc(args, [*words, "--format", "json", *sets])[0]["step_seconds"]


def network(choices, classes):
    rows = [["ds_r1_k3_s1_e1_c16_se0.25"]]
    for (width, stride), chosen in zip(STAGES, choices[1:-1]):
        row = []
        for at, choice in enumerate(chosen):
            kernel, expand = CANDIDATES[choice]
            # A quarter of the expanded width, in timm's notation a share of the block's input.
            row.append(f"ir_r1_k{kernel}_s{stride if at == 0 else 1}_e{expand}_c{width}_se{0.25 * expand}")
        rows.append(row)
    rows.append(["cn_r1_k1_s1_c320"])
    return EfficientNet(
        block_args=decode_arch_def(rows),
        num_classes=classes,
        num_features=1280,
        stem_size=16,
        fix_stem=True,
        act_layer=torch.nn.SiLU,
        se_layer=functools.partial(SqueezeExcite, rd_round_fn=make_divisible),
    )


def paths(args):
    """The networks of random paths, on the device, and the images' side."""
    drawn = creamc(args, ["sample", "-n", PATHS, "--seed", SEED, "--format", "json"])
    [side] = {int(re.search(r"resolution = (\d+)", one["arch"])[1]) for one in drawn}
    nets = [network(one["choices"], args.classes) for one in drawn]
    return [net.to(args.device, memory_format=layout(args)).train() for net in nets], side


def layout(args):
    return torch.contiguous_format if args.contiguous else torch.channels_last


def soft_cross_entropy(logits, targets):
    return -(targets.softmax(1) * logits.log_softmax(1)).sum(1).mean()


def theirs(args, distilled):
    torch.manual_seed(SEED)
    draws = random.Random(SEED)
    nets, side = paths(args)
    optimisers = [torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4, nesterov=True) for net in nets]
    images = torch.rand(args.batch, 3, side, side, device=args.device).to(memory_format=layout(args))
    labels = torch.randint(args.classes, (args.batch,), device=args.device)
    hard = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    kind = torch.device(args.device).type
    short = torch.autocast(kind, torch.bfloat16) if args.amp == "bf16" else contextlib.nullcontext()

    def logits(net):
        with short:
            return net(images).float()

    def step():
        at, teacher = draws.randrange(PATHS), draws.randrange(PATHS)
        found = logits(nets[at])
        loss = hard(found, labels)
        if distilled:
            with torch.no_grad():
                taught = logits(nets[teacher])
            loss = (loss + soft_cross_entropy(found, taught)) / 2
        optimisers[at].zero_grad()
        loss.backward()
        optimisers[at].step()
        return loss.item()

    times = []
    for number in range(WARM_UP + args.steps):
        start = time.perf_counter()
        step()
        if number >= WARM_UP:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    args = arguments()
    found = ours(args)
    print(f"torch {torch.__version__}, {args.device}, batch {args.batch}, {args.require}, AMP {args.amp}")
    print("| step | PyTorch, timm's blocks | creamc | creamc is faster |")
    print("|---|---|---|---|")
    for name, distilled in (("plain", False), ("distilled", True)):
        peer, own = theirs(args, distilled), found[name]
        print(f"| {name} | {1e3 * peer:.1f} ms | {1e3 * own:.1f} ms | {peer / own:.2f}x |", flush=True)


main()
