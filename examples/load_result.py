"""A searched and retrained network in Python, without torch.

    python3 examples/load_result.py best.cream runs/best/model.safetensors

`architecture` asks `creamc cost` for every block with its shape and exact cost; `weights` reads the
tensors. `numpy.array(values).reshape(shape)` or `torch.tensor(values).reshape(shape)` makes one of them a
tensor. For PyTorch alone, `torch.load("model.pth.tar", weights_only=True)` reads the same weights.
"""

import array
import json
import struct
import subprocess
import sys


def architecture(cream_file, creamc="creamc"):
    """Name, resolution, costs and `layers` of the arch in a `.cream` file."""
    command = [creamc, "cost", cream_file, "--format", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def weights(path):
    """Tensors by name: their shape and their numbers, flat, the last place fastest."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: tensor(data, entry) for name, entry in header.items()}


def tensor(data, entry):
    letters = {"F32": "f", "F64": "d", "I64": "q"}
    begin, end = entry["data_offsets"]
    values = array.array(letters[entry["dtype"]])
    values.frombytes(data[begin:end])
    if sys.byteorder == "big":
        values.byteswap()
    return entry["shape"], values


def main(cream_file, weights_file, creamc="creamc"):
    arch = architecture(cream_file, creamc)
    print(f"{arch['arch']} at {arch['resolution']}: {arch['flops']} flops, {arch['params']} parameters")
    for layer in arch["layers"]:
        print(f"  {layer['name']:<10} {layer['op']}")
    tensors = weights(weights_file)
    numbers = sum(len(values) for _, values in tensors.values())
    print(f"{len(tensors)} tensors, {numbers} numbers")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
