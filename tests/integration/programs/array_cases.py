"""Cases for secure arrays that all parties of one launch work through; each gives a number that the test bounds."""

import random
from typing import Any

import numpy as np

from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray, concatenate, share, where
from mpc.backends.fast.composition import semi_honest
from mpc.backends.mpyc.backend import MpycBackend
from mpc.runtime import Session

ULP = 2.0**-18


async def run(session: Session, seed: int, kind: str) -> dict[str, Any]:
    """Largest error of each case, in units of 2^-18 (comparisons: wrong bits)."""
    backend = semi_honest(session) if kind == "fast" else MpycBackend(session)
    cases = _Cases(backend, seed)
    found: dict[str, Any] = {"random": [await cases.expression() for _ in range(40)]}
    found["slack"] = backend.headroom.slack
    found["compare"] = await cases.comparisons()
    found["mpyc"] = await cases.both_ways(session.mpc)
    found["sine"], found["shuffled"] = await cases.sine(), await cases.shuffled()
    found["long"] = await cases.long(200_000 if kind == "fast" else 400)
    await backend.idle()
    return found


class _Cases:
    def __init__(self, backend: Any, seed: int) -> None:
        self.backend, self.numbers, self.choices = backend, np.random.default_rng(seed), random.Random(seed)

    def pair(self, shape: tuple[int, ...], limit: float = 8) -> tuple[SecureArray, Any]:
        plain = np.round(self.numbers.uniform(-limit, limit, shape) / ULP) * ULP
        owner = self.choices.randrange(self.backend.parties)
        own = plain if owner == self.backend.pid else None
        return share(self.backend, own, shape=shape, owner=owner, fraction_bits=18, limit=limit), plain

    async def opened(self, array: SecureArray) -> Any:
        raw = await self.backend.open(array.shares, array.shape)
        return np.ldexp(raw.astype(np.float64), -array.fraction_bits)

    async def expression(self) -> list[Any]:
        """One random operation on random shapes: its name and its error."""
        rows, columns, inner = (self.choices.randint(1, 7) for _ in range(3))
        (a, x), (b, y) = self.pair((rows, columns)), self.pair((rows, columns))
        (c, z), k = self.pair((columns, inner)), self.choices.randint(-50, 50)
        real = round(self.choices.uniform(-3, 3) / ULP) * ULP
        name, got, expected = self.choices.choice(
            [
                ("add", lambda: a + b - real, lambda: x + y - real),
                ("scale", lambda: (k * a - b).T, lambda: (k * x - y).T),
                ("product", lambda: a * b, lambda: x * y),
                ("matmul", lambda: a @ c, lambda: x @ z),
                ("public", lambda: a * real + b, lambda: x * real + y),
                ("sum", lambda: (a * b).sum(axis=0).reshape(1, -1), lambda: (x * y).sum(axis=0)[None, :]),
                ("where", lambda: where(a < b, a, b), lambda: np.minimum(x, y)),
                ("join", lambda: concatenate([a[:1], b])[-1], lambda: np.concatenate([x[:1], y])[-1]),
            ]
        )
        return [name, float(np.abs(await self.opened(got()) - expected()).max() / ULP)]

    async def comparisons(self) -> int:
        (a, x), (b, y) = self.pair((150,)), self.pair((150,))
        wrong = int((await self.opened(a < b) != (x < y)).sum())
        grid = np.arange(-8, 8, 0.5)
        wrong += int((await self.opened(a.at_least(grid)) != (x[None, :] >= grid[:, None])).sum())
        copy = a[:]
        return (
            wrong + int((await self.opened(a == copy) != 1).sum()) + int((await self.opened(a == b) != (x == y)).sum())
        )

    async def both_ways(self, mpc: Any) -> list[float]:
        """Our shares in MPyC's own protocols and back, and MPyC's comparison as the oracle of ours."""
        a, x = self.pair((40,))
        stock = self.backend.to_mpyc(await a.settled())
        square = np.asarray(await mpc.output(stock * stock), dtype=np.float64)
        back = await self.backend.from_mpyc(stock, 8)
        ours, theirs = await self.opened(back < 0), await mpc.output(mpc.np_sgn(stock, LT=True))
        different = float(np.abs(ours - np.asarray(theirs, dtype=np.float64)).max())
        return [float(np.abs(square - x * x).max() / ULP), different]

    async def sine(self) -> float:
        """Error of a series of a product, in units of its last place."""
        (a, x), (b, y) = self.pair((30, 3), 2), self.pair((3,), 2)
        series = SineSeries(36 + 4, (0.5, -0.25), 18)
        shares = self.backend.sine_series(a.shares, b.shares, (30,), series, a.bound * b.bound * 3)
        angle = 2 * np.pi * (x @ y) / 16
        expected = 0.5 * np.sin(angle) - 0.25 * np.sin(2 * angle)
        return float(np.abs(await self.backend.open(shares, (30,)) / 2.0**18 - expected).max() / ULP)

    async def shuffled(self) -> bool:
        """Whether the same rows come out, in another order."""
        a, x = self.pair((40, 2))
        found = await self.backend.open(self.backend.shuffle(a.shares, a.shape), a.shape) * ULP
        same = {tuple(row) for row in found.tolist()} == {tuple(row) for row in x.tolist()}
        return same and not np.array_equal(found, x)

    async def long(self, count: int) -> float:
        """Error of a product too long for one message, in units of the last place; wrong bits count whole numbers."""
        (a, x), (b, y) = self.pair((count,)), self.pair((count,))
        error = float(np.abs(await self.opened(a * b) - x * y).max() / ULP)
        return error + float((await self.opened(a < b) != (x < y)).sum())
