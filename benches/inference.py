#!/usr/bin/env python3
"""The published 604M network in evaluation: creamc beside the same network of timm's blocks.

Needs Python with torch (the version of the libtorch that creamc is built with) and timm:

    cargo bench --bench inference --no-run
    python3 benches/inference.py target/release/deps/inference-…

One compute thread each, in turn, in one run; printed are the medians over all rounds and their ratios.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import time

# One thread, and the allocator as creamc sets it: no memory goes back to the system between two runs.
SETTINGS = {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
if any(os.environ.get(name) != value for name, value in SETTINGS.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **SETTINGS})

import torch  # noqa: E402
from timm.models._efficientnet_builder import decode_arch_def  # noqa: E402
from timm.models._efficientnet_blocks import SqueezeExcite  # noqa: E402
from timm.models.efficientnet import EfficientNet  # noqa: E402
from timm.layers import make_divisible  # noqa: E402

# Kernel and expansion of each choice of the space, and the chosen stages.
CHOICES = [(3, 4), (3, 6), (5, 4), (5, 6), (7, 4), (7, 6)]
STAGES = [
    (24, 2, [3, 3, 2, 3, 3]),
    (40, 2, [3, 2, 3, 2, 3]),
    (80, 2, [3, 2, 3, 2, 3]),
    (96, 1, [3, 3, 2, 2, 3, 3]),
    (192, 2, [3, 3, 2, 3, 3, 3]),
]
PARAMS, SIZE = 9_695_624, 224
ROUNDS, REPEATS = 3, {1: 15, 8: 7, 32: 3}


def network():
    rows = [["ds_r1_k3_s1_e1_c16_se0.25"]]
    for width, stride, chosen in STAGES:
        row = []
        for at, choice in enumerate(chosen):
            kernel, expand = CHOICES[choice]
            # A quarter of the expanded width, in timm's notation a share of the block's input.
            row.append(f"ir_r1_k{kernel}_s{stride if at == 0 else 1}_e{expand}_c{width}_se{0.25 * expand}")
        rows.append(row)
    rows.append(["cn_r1_k1_s1_c320"])
    net = EfficientNet(
        block_args=decode_arch_def(rows),
        num_features=1280,
        stem_size=16,
        fix_stem=True,
        act_layer=torch.nn.SiLU,
        se_layer=functools.partial(SqueezeExcite, rd_round_fn=make_divisible),
    )
    # The original's head has a bias and no norm, and lies behind the pool.
    net.conv_head, net.bn2, net.global_pool = Pool(), torch.nn.Identity(), Head()
    return net.eval()


class Pool(torch.nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Head(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act = torch.nn.Conv2d(320, 1280, 1), torch.nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x)).flatten(1)


def timed(work):
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def main():
    bench = sys.argv[1]
    torch.set_num_threads(1)
    net = network()
    count = sum(one.numel() for one in net.parameters())
    assert count == PARAMS, f"timm's network has {count:,} parameters, the published one {PARAMS:,}"
    print(f"torch {torch.__version__}, one thread, {SIZE} pixels")
    layouts = {"timm": net, "timm, channels last": network().to(memory_format=torch.channels_last)}
    print("| batch | timm | timm, channels last | creamc | creamc, folded | folded is faster than the better timm |")
    print("|---|---|---|---|---|---|")
    for batch, repeats in REPEATS.items():
        theirs, ours = {name: [] for name in layouts}, {"childnet": [], "folded": []}
        for _ in range(ROUNDS):
            for name, layout in layouts.items():
                images = torch.rand(batch, 3, SIZE, SIZE)
                if layout is not net:
                    images = images.to(memory_format=torch.channels_last)
                with torch.inference_mode():
                    layout(images)
                    theirs[name] += [timed(lambda: layout(images)) for _ in range(repeats)]
            said = subprocess.run(
                [bench, str(batch), str(repeats)], check=True, capture_output=True, text=True, env=os.environ
            )
            line = json.loads(said.stdout.strip().splitlines()[-1])
            for name, times in ours.items():
                times.append(line[name])
        medians = [statistics.median(times) for times in [*theirs.values(), *ours.values()]]
        ratio = min(medians[:2]) / medians[3]
        cells = [f"{one:.1f} ms" for one in medians] + [f"{ratio:.2f}x"]
        print(f"| {batch} | " + " | ".join(cells) + " |", flush=True)


main()
