"""Measures the field kernels of every variant usable here: `python -m benchmarks.kernels [variant ...]`. Writes nothing."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from mpc.backends.fast import kernels
from mpc.backends.fast.circuits import tree
from mpc.backends.fast.kernels.choice import load
from mpc.backends.fast.kernels.interface import Kernels
from mpc.backends.fast.kernels.planes import LIMB, Planes

_ELEMENTS = 20_000
_REPEATS = 7
_LEAST_SECONDS = 0.01
_generator = np.random.Generator(np.random.PCG64(1))


def _random(*shape: int) -> Planes:
    return _generator.integers(0, LIMB, size=(2, *shape), endpoint=True, dtype=np.uint64)


def _seconds(call: Callable[[], object]) -> float:
    """The best of several batches: what the code costs when nobody else is running."""
    call()
    start = time.perf_counter()
    call()
    batch = max(1, int(_LEAST_SECONDS / max(time.perf_counter() - start, 1e-9)))
    found: list[float] = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        for _ in range(batch):
            call()
        found.append((time.perf_counter() - start) / batch)
    return min(found)


def _elementwise(k: Kernels, n: int) -> Iterator[tuple[str, Callable[[], object]]]:
    a, b, c = _random(n), _random(n), _random(n)
    p, q = k.keystream(b"first key 16 byt"), k.keystream(b"other key 16 byt")
    small = _generator.integers(-(2**40), 2**40, size=n)
    wire, low = k.pack(a), k.shifted_words(a, 0, negative=False)
    shape, targets = tree(25, equality=False), np.zeros(1, dtype=np.uint64)
    masks = p.words(2, shape.rows * -(-n // 64)).reshape(1, shape.rows, -1)
    pads = p.words(3, (shape.leaf_terms + shape.terms) * -(-n // 64))
    u, v = _generator.integers(-(2**20), 2**20, size=(16, n // 16)), _random(16, n // 16)
    yield "add", lambda: k.add(a, b)
    yield "sub", lambda: k.sub(a, b)
    yield "mul", lambda: k.mul(a, b)
    yield "mul_scalar", lambda: k.mul_scalar(a, 3**60)
    yield "canonical", lambda: k.canonical(a)
    yield "from_int64", lambda: k.from_int64(small)
    yield "to_int64", lambda: k.to_int64(k.from_int64(small))
    yield "pack", lambda: k.pack(a)
    yield "unpack", lambda: k.unpack(wire, (n,))
    yield "sum_axis", lambda: k.sum_axis(a, None)
    yield "prf elements", lambda: p.elements(1, (n,))
    yield "mask", lambda: k.mask(a, 3, p, q, 1, 1 << 60)
    yield "finish_ab", lambda: k.finish_ab(a, b, 18, 1 << 42, 3**60, c, 7**30)
    yield "finish_c", lambda: k.finish_c(a, 18, p, 1, 3**60, 7**30)
    yield "tree_leaves 25 bits", lambda: k.tree_leaves(low, targets, 25, pads, masks, equality=False, first=True)
    yield "tree_deal 25 bits", lambda: k.tree_deal(low, 25, masks, pads, equality=False)
    yield "join", lambda: k.join(a, p, 4, 3**60, 7**30, 5)
    yield "sincos 8 terms", lambda: k.sincos(a, 41, 8, 20)
    yield "dot_int 16 terms", lambda: k.dot_int(u, v)


def _products(k: Kernels, scale: float) -> Iterator[tuple[str, int, Callable[[], object]]]:
    side, rows = int(512 * scale), int(10_000 * scale)
    a, b = _random(side, side), _random(side, side)
    x, w, e = _random(rows, 50), _random(50), _random(rows)
    packed, square = k.packed(x), k.packed(a)
    yield f"{side}^3", side**3, lambda: k.matmul(a, b)
    yield f"{side}^3 packed", side**3, lambda: square.matmul(b)
    yield f"gram {rows}x50", rows * 50 * 50, packed.gram
    yield f"{rows}x50 @ 50", rows * 50, lambda: k.matmul(x, w)
    yield f"{rows} @ {rows}x50", rows * 50, lambda: k.matmul(e, x)
    yield f"{rows}x50 @ 50 packed", rows * 50, lambda: packed.matmul(w)
    yield f"{rows} @ {rows}x50 packed", rows * 50, lambda: packed.t_matmul(e)


def figures(name: str) -> dict[str, dict[str, float]]:
    """Of one variant: ns an element, and GMAC/s."""
    variant = load(name)
    elementwise = {label: _seconds(call) / _ELEMENTS * 1e9 for label, call in _elementwise(variant, _ELEMENTS)}
    scale = 1.0 if name != "numpy" else 0.5
    return {
        "ns": elementwise,
        "GMAC/s": {label: count / _seconds(call) / 1e9 for label, count, call in _products(variant, scale)},
    }


def main() -> None:
    """Print ns per element and GMAC/s."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels")
    parser.add_argument("variants", nargs="*", default=kernels.variants())
    parser.add_argument("--json", action="store_true", help="print figures of all variants instead of tables")
    options = parser.parse_args()
    kernels.keep_freed_memory()  # as the process of a run does: measure arithmetic, not fresh pages
    if options.json:
        print(json.dumps({name: figures(name) for name in options.variants}))
        return
    for name in options.variants:
        found = figures(name)
        print(f"{name}: ns an element ({_ELEMENTS} elements)")
        for label, value in found["ns"].items():
            print(f"  {label:28}{value:9.2f}")
        print(f"{name}: GMAC/s")
        for label, value in found["GMAC/s"].items():
            print(f"  {label:28}{value:9.2f}")


if __name__ == "__main__":
    main()
