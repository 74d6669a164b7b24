"""Golden vectors of every kernel, checked in milliseconds before a run: a kernel that is wrong by one bit stops it.

Parties multiply and open shares that only fit together if all of them compute exactly the same. The inputs are expanded from a label
by SHAKE-256 and begin with the values that break carries; the answers are kept as SHA-256 digests, and the unit tests derive
the same digests with Python integers.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256, shake_256
from typing import Final

import numpy as np

from mpc.backends.fast.kernels.interface import Kernels
from mpc.backends.fast.kernels.planes import LIMB, MODULUS, Integers, Planes
from protocol.errors import TallyError

EDGES: Final = (
    *range(18),
    *range(MODULUS - 2, 1 << 104),
    LIMB - 17,
    LIMB - 16,
    LIMB - 1,
    LIMB,
    LIMB + 1,
    (1 << 26) - 1,
    1 << 26,
    (1 << 62) - 1,
    1 << 62,
    MODULUS - (1 << 62),
    MODULUS >> 1,
    (MODULUS >> 1) + 1,
    LIMB << 52,
    1 << 103,
)
"""Both representations of the residues 0 to 16, and the neighbours of every limb and digit boundary."""

ANSWERS: Final[dict[str, str]] = {
    "add": "3ead97332d1f4c2a9428cd9ad906e76e",
    "sub": "f72a2f7bd4867d229b5afcbcb1d10df9",
    "mul": "e40cd63a91967732824e54080c076847",
    "neg": "05b71942a47a13719de930cb1fdb480e",
    "add_scalar": "6fc1ebea5e5ec10cdf114b02c38f16d4",
    "mul_scalar": "29d506f4c73d126875fddf61d7463136",
    "canonical": "c22e60b670d6ff07773da11ae8f7c21f",
    "from_int64": "73a10cad1db120f2298844a5ac67c956",
    "to_int64": "5eae7f1385d946fbc164118d6868589e",
    "to_int64 refuses": "9e0be03a8598d3140d96291bf1737fe5",
    "pack": "70e73a71aa368071958189634a032cfa",
    "unpack": "d3e6ab858598eed5c9da97876d8e5860",
    "unpack refuses": "bd7e7fb70d5937de659b91611f0e106a",
    "sum_axis": "7ddfc7a8859c249f16efe27cdb4387b4",
    "matmul": "a9a09ed56d426592ceb96e259a957f21",
    "matmul vector": "248d94324678785ddd306c13095924ad",
    "packed matmul": "4f475534eaeb9a0c210cc15d18492355",
    "packed t_matmul": "4f475534eaeb9a0c210cc15d18492355",
    "packed gram": "32f855aca9b173cfb95f089f68d0d0d9",
    "prf elements": "e87b836f9e30c072c8870ff9c8db8e64",
    "prf words": "f3f04d01e2f60feeb7ac51c5c3e933b9",
    "mask": "3e3c34bf20b2088cfd830b88ff2df7a1",
    "finish_ab": "48fe16b9648948bfcfa91514aae06f30",
    "finish_c": "a3508c35d4ba1424ac83e93c586453d9",
    "bitslice": "8242aeb8da5668810794ae7f85b5e75c",
    "unbitslice": "0f31734d4123cfa654d80e9221ae458f",
    "sincos": "503aa8b099d6ef09eb151f737a113a66",
    "dot_int": "55d2f475921e0825276a662274c016e9",
}

_SIDE: Final = 227
_DEEP: Final = 1500


class SelfTestError(TallyError):
    """A kernel's answer differs from the golden vectors: nothing it computes can be trusted."""


def check(kernels: Kernels) -> None:
    """Compare every answer; ``SelfTestError`` ``kernels.disagree`` names the first kernel that is wrong."""
    for name, answer in answers(kernels):
        if answer != ANSWERS[name]:
            raise SelfTestError(
                "kernels.disagree",
                f"The kernel '{name}' of variant '{kernels.name}' gives a wrong answer on this machine.",
                "Set TALLYSTICK_KERNELS=numpy to go on, and report the processor and the compiler.",
                kernel=name,
                variant=kernels.name,
            )


def answers(kernels: Kernels) -> Iterator[tuple[str, str]]:
    """The name of every kernel and the digest of its answer."""
    for name, compute in _computations(kernels):
        try:
            parts = compute()
        except TallyError as problem:
            parts = (problem.code.encode(),)
        digest = sha256()
        for part in parts:
            raw = part if isinstance(part, bytes) else np.ascontiguousarray(part).astype("<u8", copy=False).tobytes()
            digest.update(len(raw).to_bytes(8, "big") + raw)
        yield name, digest.hexdigest()[:32]


_Parts = tuple["Planes | Integers | bytes", ...]


def _computations(k: Kernels) -> Iterator[tuple[str, Callable[[], _Parts]]]:
    a, b, w = expand("a", _SIDE), expand("b", _SIDE)[:, ::-1], expand("w", _SIDE, edges=False)
    small = (expand("integers", _SIDE)[0] | (expand("integers", _SIDE)[1] << 52)).view(np.int64)
    p, q = k.keystream(bytes(range(16))), k.keystream(bytes(range(16, 32)))
    yield "add", lambda: (k.canonical(k.add(a, b)),)
    yield "sub", lambda: (k.canonical(k.sub(a, b)),)
    yield "mul", lambda: (k.canonical(k.mul(a, b)), k.canonical(k.mul(a, a)))
    yield "neg", lambda: (k.canonical(k.neg(a)),)
    yield "add_scalar", lambda: (k.canonical(k.add_scalar(a, -5)), k.canonical(k.add_scalar(a, 1 << 300)))
    yield "mul_scalar", lambda: (k.canonical(k.mul_scalar(a, -3)), k.canonical(k.mul_scalar(a, 7**90)))
    yield "canonical", lambda: (k.canonical(a),)
    yield "from_int64", lambda: (k.canonical(k.from_int64(small)),)
    yield "to_int64", lambda: (k.to_int64(k.from_int64(small >> 2)).view(np.uint64),)
    yield "to_int64 refuses", lambda: (k.to_int64(a).view(np.uint64),)
    yield "pack", lambda: (k.pack(a),)
    yield "unpack", lambda: (k.unpack(k.pack(w), (_SIDE,)),)
    yield "unpack refuses", lambda: (k.unpack(MODULUS.to_bytes(13, "little"), (1,)),)
    yield "sum_axis", lambda: (k.canonical(k.sum_axis(a, None)),)
    yield from _product_computations(k)
    yield "prf elements", lambda: (p.elements(5, (_SIDE,)), p.elements((1 << 64) - 1, (3,)))
    yield "prf words", lambda: (p.words(6, _SIDE),)
    yield "mask", lambda: (k.canonical(k.mask(a, -3, p, q, 7, 1 << 61)),)
    yield "finish_ab", lambda: tuple(k.canonical(k.finish_ab(a, b, s, 9, 5**40, w, -2)) for s in (0, 18, 52, 103))
    yield "finish_c", lambda: tuple(k.canonical(x) for s in (0, 20, 70) for x in k.finish_c(b, s, p, 8, 3, 7**30))
    yield "bitslice", lambda: (k.bitslice(a, 61), k.bitslice(a, 64))
    yield "unbitslice", lambda: (k.unbitslice(k.bitslice(a, 61), _SIDE),)
    yield "sincos", lambda: (*k.sincos(a, 41, 9, 20), *k.sincos(w, 60, 3, 28), *k.sincos(a, 1, 2, 1))
    yield "dot_int", lambda: (k.canonical(k.dot_int(np.tile(small, (40, 1)), np.tile(a, 40).reshape(2, 40, _SIDE))),)


def _product_computations(k: Kernels) -> Iterator[tuple[str, Callable[[], _Parts]]]:
    left, right = expand("left", 5, _DEEP), expand("right", _DEEP, 11)
    vector = right[:, :, 3]
    full = np.full((2, 1, 5000), LIMB, dtype=np.uint64)
    packed = k.packed(left)
    turned = k.packed(np.ascontiguousarray(left.transpose(0, 2, 1)))
    yield "matmul", lambda: (k.canonical(k.matmul(left, right)), k.canonical(k.matmul(full, full.reshape(2, 5000, 1))))
    yield "matmul vector", lambda: (k.canonical(k.matmul(left, vector)), k.canonical(k.matmul(vector, right)))
    yield "packed matmul", lambda: (k.canonical(packed.matmul(right)), k.canonical(packed.matmul(vector)))
    yield "packed t_matmul", lambda: (k.canonical(turned.t_matmul(right)), k.canonical(turned.t_matmul(vector)))
    yield "packed gram", lambda: (k.canonical(turned.gram()),)


def expand(label: str, *shape: int, edges: bool = True) -> Planes:
    """Planes of pseudorandom elements; the first ones are the edges, unless told otherwise."""
    count = int(np.prod(shape))
    words = np.frombuffer(shake_256(b"tallystick/kernels/" + label.encode()).digest(16 * count), dtype="<u8")
    planes = (words & LIMB).astype(np.uint64).reshape(count, 2).T.copy()
    if edges:
        planes[:, : len(EDGES)] = np.array([[x & LIMB for x in EDGES], [x >> 52 for x in EDGES]])[:, :count]
    return planes.reshape(2, *shape)
