"""Golden vectors of every kernel, checked in milliseconds before a run: a kernel that is wrong by one bit stops it.

Parties multiply and open shares that only fit together if all of them compute exactly the same. The inputs are expanded from a label
by SHAKE-256 and begin with the values that break carries; the answers are kept as SHA-256 digests, and the unit tests derive
the same digests with Python integers.
"""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256, shake_256
from typing import Final

import numpy as np

from mpc.backends.fast.kernels.interface import Kernels
from mpc.backends.fast.kernels.orders import Order
from mpc.backends.fast.kernels.planes import LIMB, MODULUS, Integers, Planes, Words
from mpc.backends.fast.kernels.trees import LEAF_TERMS, joined, leaves_of, rows_of, sizes, terms_above
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
    "running_sums": "3a4994348d643cd9504d71b2a20c872e",
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
    "sincos": "503aa8b099d6ef09eb151f737a113a66",
    "draw_order": "7e11501ab0174908ea28d74371393a09",
    "draw_order refuses": "87e00a03630b41a10370c5e3c62e4ed6",
    "compose_orders": "8c7d111d8c35b81c50b775957361f236",
    "gather": "f6f7166ee90421cf8048a1c3cde9a06f",
    "dot_int": "55d2f475921e0825276a662274c016e9",
    "cuts_dealt": "98e69540e753dca74f56dcd075691133",
    "chosen": "a6a7c2f665ebc0f54776eaefe63cf762",
    "join": "135cf0d83be50a949833da70910a6b26",
    "both": "8fa79a8ba6887a51d31373c3593ccc98",
    "shifted_words": "0fead41979ec8663ec799676eaec37d2",
    "split_pack": "b79661e779e728ce7580dd18bb0b9be1",
    "split_join 1": "6c7d3341d64329d61fe9bfa64a1d5ed1",
    "split_join 4": "5b2ab167df7e851aa4b55ae0189e31a0",
    "split_join 8": "c9b19a9e7a4fdfb996378fd55c24fb10",
    "tree_leaves less 43": "dce66b4db6333d59b87a793f434ac463",
    "tree_deal less 43": "6ca66f14ad2fcb543ada08ba64978b44",
    "tree_level less 43": "fc18d9ea6dc376f6be9b5e328493f3c2",
    "tree_next less 43": "1e18176c41126b55ad3b2ce2c5aa0262",
    "halves less 43": "40770a60995a87c2a870b1ef295c9e02",
    "tree_leaves less 25": "3c3ae2d739839e78c4e73d00c97a0383",
    "tree_deal less 25": "e22ef63c4e2e69b8f91183de3309a209",
    "tree_level less 25": "fad7e8d96fa9a35b70273efa109b0f36",
    "tree_next less 25": "fc1a249037ec6c9b6356cd8c3cf1ff1c",
    "halves less 25": "03a90fb16e98b35d3d232e96c0ba6f3d",
    "tree_leaves equal 41": "74dee47a4a3264e2d4d1662aa8a8ff72",
    "tree_deal equal 41": "0a144e8ebc7beeff843e006a9da5ed3e",
    "tree_level equal 41": "9472b1ea15ef3b8a237ae3dc278f51a3",
    "tree_next equal 41": "1b4742cdaf0dd5b9e817dcc048b8cbad",
    "halves equal 41": "7196cfb73d82eecd65b92b47faefb4d3",
    "tree_leaves equal 31": "79bc8b964f3b376e6e1cec4410b554f5",
    "tree_deal equal 31": "be233ca3e2911a773bbca7f5ca6442e5",
    "tree_level equal 31": "1e0de9ca75c87e62aa39fd233879810b",
    "tree_next equal 31": "6eae336df8f011628af91f7921bff6b8",
    "halves equal 31": "7196cfb73d82eecd65b92b47faefb4d3",
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
    yield (
        "running_sums",
        lambda: (k.canonical(k.running_sums(expand("right", _DEEP, 11), 0)), k.canonical(k.running_sums(a, -1))),
    )
    yield from _product_computations(k)
    yield "prf elements", lambda: (p.elements(5, (_SIDE,)), p.elements((1 << 64) - 1, (3,)))
    yield "prf words", lambda: (p.words(6, _SIDE),)
    yield "mask", lambda: (k.canonical(k.mask(a, -3, p, q, 7, 1 << 61)),)
    yield "finish_ab", lambda: tuple(k.canonical(k.finish_ab(a, b, s, 9, 5**40, w, -2)) for s in (0, 18, 52, 103))
    yield "finish_c", lambda: tuple(k.canonical(x) for s in (0, 20, 70) for x in k.finish_c(b, s, p, 8, 3, 7**30))
    yield "sincos", lambda: (*k.sincos(a, 41, 9, 20), *k.sincos(w, 60, 3, 28), *k.sincos(a, 1, 2, 1))
    yield from _order_computations(k, w)
    yield "dot_int", lambda: (k.canonical(k.dot_int(np.tile(small, (40, 1)), np.tile(a, 40).reshape(2, 40, _SIDE))),)
    yield "join", lambda: _canonical(k, k.join(a, p, 9, -3, 7**90, 5))
    yield "both", lambda: (k.canonical(k.both(p, -3, q, 7**90, 10, (_SIDE,))),)
    yield (
        "shifted_words",
        lambda: tuple(k.shifted_words(a, s, negative=n) for s in (0, 20, 52, 103) for n in (False, True)),
    )
    yield "split_pack", lambda: tuple(k.split_pack(a, low) for low in (1, 4, 8))
    for low in (1, 4, 8):
        yield f"split_join {low}", partial(_split_computation, k, a, b, low)
    line, halves, cuts = (
        random_words("line", 1, -(-_SIDE // 64))[0],
        expand("halves", 2, _SIDE),
        expand("cuts", 2, _SIDE),
    )
    yield "cuts_dealt", lambda: tuple(k.cuts_dealt(a, shift, line, p, 11) for shift in (0, 20, 70))
    yield "chosen", lambda: (k.canonical(k.chosen(a, halves, cuts[:, :, ::-1].copy(), line, 7**90)),)
    yield from _tree_computations(k)


def _canonical(k: Kernels, found: tuple[bytes, Planes]) -> _Parts:
    return found[0], k.canonical(found[1])


def _split_computation(k: Kernels, a: Planes, b: Planes, low: int) -> _Parts:
    """Sums at random, and those that are 0 or p, where the highest bits leave it open."""
    pairs = [*k.split_join(a, k.split_pack(b, low), low), *k.split_join(a, k.split_pack(k.neg(a), low), low)]
    return tuple(part.view(np.uint64) for part in pairs)


def _tree_computations(k: Kernels) -> Iterator[tuple[str, Callable[[], _Parts]]]:
    """One tree with a level of every kind (triples, a pair, one that passes through), and one of equality."""
    for equality, bits in ((False, 43), (False, 25), (True, 41), (True, 31)):
        n, answers = _SIDE, 1 if equality else 2
        nodes, side = leaves_of(bits, equality=equality), "equal" if equality else "less"
        below, words = sizes(nodes)[:-1], -(-n // 64)
        rows = rows_of(nodes, equality=equality) + sum(rows_of(joined(m), equality=equality) for m in below)
        terms = sum(terms_above(m, equality=equality) for m in below)
        masks = random_words(f"masks {side}", answers, rows, words)
        dealt = random_words(f"dealt {side}", (LEAF_TERMS * nodes + answers * terms) * words)
        above = np.ascontiguousarray(dealt[-answers * terms * words :]).reshape(answers, terms, words)
        low, targets = random_words("low", n), random_words("targets", answers)
        wires = random_words(f"wires {side}", 2, answers, rows_of(nodes, equality=equality), words)
        end, name = below[0], f"{side} {bits}"
        under = [np.ascontiguousarray(wires[i]) for i in range(2)]
        pads, lines = random_words("pads", answers * n), np.ascontiguousarray(masks[:, 0])
        yield f"tree_leaves {name}", partial(_leaves, k, (low, targets, bits, dealt, masks), equality=equality)
        yield f"tree_deal {name}", partial(k.tree_deal, low, bits, masks, dealt, equality=equality)
        yield f"tree_level {name}", partial(_level, k, (under[0], under[1], end, above, 0, masks, 1), equality=equality)
        yield f"tree_next {name}", partial(_next, k, masks, under[0], end, equality=equality)
        yield f"halves {name}", partial(_halves, k, lines, pads, n)


def _leaves(k: Kernels, given: tuple[Words, Words, int, Words, Words], *, equality: bool) -> _Parts:
    return (
        *k.tree_leaves(*given, equality=equality, first=True),
        *k.tree_leaves(*given, equality=equality, first=False),
    )


def _level(k: Kernels, given: tuple[Words, Words, int, Words, int, Words, int], *, equality: bool) -> _Parts:
    return tuple(k.tree_level(*given, equality=equality, first=first) for first in (True, False))


def _next(k: Kernels, masks: Words, below: Words, nodes: int, *, equality: bool) -> _Parts:
    theirs = np.ascontiguousarray(masks[:, : rows_of(joined(nodes), equality=equality)])
    return tuple(k.tree_next(masks, 1, other, below, nodes, equality=equality) for other in (None, theirs))


def _halves(k: Kernels, rows: Words, pads: Words, n: int) -> _Parts:
    data = k.halves_dealt(rows, pads, n)
    return data, k.canonical(k.halves_of_a(rows, pads, n)), k.canonical(k.halves_of_b(rows, data, n))


def _order_computations(k: Kernels, w: Planes) -> Iterator[tuple[str, Callable[[], _Parts]]]:
    halves = expand("order", 3000, edges=False).reshape(-1)
    words = np.ascontiguousarray((halves[::2] << np.uint64(12)) ^ halves[1::2])
    words[:9] = 0, 1, 1 << 32, *[(1 << 64) - 1] * 2, 9, 8, 7, 6  # halves that are passed over, and the largest
    order, three = _drawn(k, words, _SIDE), _drawn(k, words[20:], 3)
    yield "draw_order", lambda: tuple(x.astype(np.uint64) for x in (order, three, _drawn(k, words, 5000)))
    yield "draw_order refuses", lambda: (str(k.draw_order(words[:100], _SIDE)).encode(),)
    yield "compose_orders", lambda: (k.compose_orders(order, order).astype(np.uint64),)
    yield "gather", lambda: (k.gather(w, order), k.gather(w[:, :225].reshape(2, 75, 3), k.compose_orders(three, three)))


def _drawn(k: Kernels, words: Words, rows: int) -> Order:
    found = k.draw_order(words, rows)
    return np.arange(rows, dtype=np.uint32) if found is None else found


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


def random_words(label: str, *shape: int) -> Words:
    """Pseudorandom words of 64 bits."""
    limbs = expand(label, *shape, edges=False)
    return limbs[0] | (limbs[1] << np.uint64(52))


def expand(label: str, *shape: int, edges: bool = True) -> Planes:
    """Planes of pseudorandom elements; the first ones are the edges, unless told otherwise."""
    count = int(np.prod(shape))
    words = np.frombuffer(shake_256(b"tallystick/kernels/" + label.encode()).digest(16 * count), dtype="<u8")
    planes = (words & LIMB).astype(np.uint64).reshape(count, 2).T.copy()
    if edges:
        planes[:, : len(EDGES)] = np.array([[x & LIMB for x in EDGES], [x >> 52 for x in EDGES]])[:, :count]
    return planes.reshape(2, *shape)
