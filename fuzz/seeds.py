"""Writes small checkpoints of PyTorch's two forms, to start the fuzzing of its reader from.

    python3 fuzz/seeds.py fuzz/corpus/pth

The checkpoints of tests/fixtures are some hundred times as large as a reader's ways need. Standard library only.
"""

import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def module(name, **members):
    """Makes `name` a module that pickles may name the members of."""
    made = types.ModuleType(name)
    for key, member in members.items():
        member.__module__, member.__qualname__ = name, key
        setattr(made, key, member)
    sys.modules[name] = made
    return made


def _rebuild_tensor_v2(*arguments):
    raise NotImplementedError


def _rebuild_parameter(*arguments):
    raise NotImplementedError


KINDS = {f"{name}Storage": type(f"{name}Storage", (), {}) for name in ["Float", "Half", "Long", "Bool"]}
module("torch", **KINDS)
module("torch._utils", _rebuild_tensor_v2=_rebuild_tensor_v2, _rebuild_parameter=_rebuild_parameter)


class Storage:
    """Numbers outside the pickle."""

    def __init__(self, key, kind, code, numbers):
        self.words = ("storage", KINDS[kind], key, "cpu", len(numbers))
        self.count, self.data = len(numbers), struct.pack(f"<{len(numbers)}{code}", *numbers)


class Tensor:
    def __init__(self, storage, size, stride, offset=0):
        self.parts = (storage, offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.parts


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return _rebuild_parameter, (self.tensor, True, OrderedDict())


class Pickler(pickle._Pickler):
    legacy = False

    def persistent_id(self, thing):
        if not isinstance(thing, Storage):
            return None
        return (*thing.words, None) if self.legacy else thing.words


def pickled(thing, protocol, legacy=False):
    out = io.BytesIO()
    pickler = Pickler(out, protocol)
    pickler.legacy = legacy
    pickler.dump(thing)
    return out.getvalue()


def zipped(thing, storages, protocol):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled(thing, protocol))
        for key, storage in storages.items():
            archive.writestr(f"archive/data/{key}", storage.data)
        archive.writestr("archive/version", "3\n")
    return out.getvalue()


def legacy(thing, storages):
    parts = [pickled(part, 2) for part in (MAGIC, PROTOCOL, {"little_endian": True})]
    parts += [pickled(thing, 2, legacy=True), pickled(list(storages), 2)]
    parts += [struct.pack("<q", storage.count) + storage.data for storage in storages.values()]
    return b"".join(parts)


def hostile(storages):
    """Pickles that no network has, as the old form holds them: what shares, nests, holds itself or is named again."""
    name, storage = pickle.SHORT_BINUNICODE + b"\x04name", b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000NK\x06"
    made = {
        "classes": name + b"\x940" + b"h\0h\0\x930" * 8 + b"N",
        "memo": b"N" + b"\x94" * 16,
        "again": b"N" + b"2" * 16 + b"t",
        "marks": b"(" * 16 + b"t" * 16,
        "lists": b"]" * 16 + b"a" * 15,
        "itself": b"}q\0X\x01\0\0\0ah\0s",
        "views": storage + b"N" * 8 + b"tq\0Q" + b"h\0Q" * 8,
    }
    front = b"".join(pickled(part, 2) for part in (MAGIC, PROTOCOL, {"little_endian": True}))
    behind = pickled(list(storages), 2)
    behind += b"".join(struct.pack("<q", one.count) + one.data for one in storages.values())
    return {key: front + b"\x80\x04" + code + b"." + behind for key, code in made.items()}


def main():
    into = pathlib.Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    storages = {
        "0": Storage("0", "FloatStorage", "f", [0.5] * 6),
        "1": Storage("1", "LongStorage", "q", [7]),
        "2": Storage("2", "HalfStorage", "e", [1.0, 2.0]),
    }
    floats, long, half = storages.values()
    weights = OrderedDict(
        a=Tensor(floats, (2, 3), (3, 1)),
        b=Parameter(Tensor(floats, (2,), (3,), 1)),
        n=Tensor(long, (), ()),
        h=Tensor(half, (0, 2), (2, 1)),
    )
    full = {"epoch": 3, "arch": "x", "lr": 0.1, "state_dict": weights, "state_dict_ema": weights, "more": [None, True, (1, 2**70)]}
    for name, thing in [("plain", weights), ("full", full)]:
        for protocol in (2, 4):
            (into / f"{name}_zip{protocol}").write_bytes(zipped(thing, storages, protocol))
        (into / f"{name}_legacy").write_bytes(legacy(thing, storages))
    for name, content in hostile(storages).items():
        (into / f"hostile_{name}").write_bytes(content)


if __name__ == "__main__":
    main()
