"""Stock MPyC, one party: ``python -m benchmarks.engine.mpyc_party '<json>'``; MPyC's own links (no TLS) and pickles.

``SecFxp(32, 16)`` arrays, as MPyC's demos use them. A batch's weights are awaited before the next, which keeps memory flat.
"""

# ruff: noqa: ANN401 - MPyC has no types
import json
import os
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

SPEC = json.loads(sys.argv[1])
sys.argv = [sys.argv[0], "--no-log"]
for _index, _address in enumerate(SPEC["addresses"]):  # MPyC knows this party by its entry without a host
    sys.argv += ["-P", _address if _index != SPEC["rank"] else _address[_address.rindex(":") :]]
os.environ["MPYC_NOUVLOOP"] = "1"

import numpy as np  # noqa: E402

warnings.simplefilter("ignore", DeprecationWarning)
from mpyc.runtime import mpc  # noqa: E402

from benchmarks.engine import control, data, plaintext  # noqa: E402
from benchmarks.engine.work import Size  # noqa: E402

_KIND: Any = mpc.SecFxp(32, 16)
_APART = 256
"""A factor of 1e-4 has three significant bits among 16: two factors, one of them a power of two, are exact enough."""
Work = Callable[[], Awaitable[Any]]


class Party:
    """What this party holds between commands."""

    async def answer(self, command: control.Message) -> control.Message:
        """One command of the harness."""
        if command["op"] == "prepare":
            self.row, self.size = command["row"], Size(**command["size"])
            self.work = await _prepared(self.row, self.size)
            return {}
        if command["op"] == "counters":
            return control.used()
        if command["op"] == "run":
            await control.moment(command["at"])
            start = time.monotonic()
            self.result = await self.work()
            return {"parties": [{"start": start, "end": time.monotonic()}]}
        opened = await mpc.output(self.result)
        return {"error": plaintext.error(self.size, self.row, np.asarray(opened, dtype=np.float64))}


async def _shared(values: Any) -> Any:
    array = mpc.input(_KIND.array(np.asarray(values, dtype=np.float64)), senders=0)
    await mpc.gather(array)
    return array


async def _prepared(row: str, size: Size) -> Work:
    """Shares the inputs; the work that is timed."""
    if row in {"multiply", "compare", "matmul"}:
        a, b = [await _shared(item) for item in (data.matrices if row == "matmul" else data.pair)(size)]

        async def once() -> Any:
            result = a * b if row == "multiply" else a < b if row == "compare" else a @ b
            await mpc.gather(result)
            return result

        return once
    return await _descent(row, size)


def _segments(z: Any) -> Any:
    """0 below -4, 1 above 4, 1/2 + z/8 between: two comparisons, as the peers have it."""
    below, above = z < -4, z > 4
    return (1 - below - above) * (z * 0.125 + 0.5) + above


async def _descent(row: str, size: Size) -> Work:
    sigmoid, batch, epochs, rate = data.logistic_plan(size, row)
    sigmoids: dict[str, Callable[[Any], Any]] = {"linear": lambda z: z * 0.125 + 0.5, "segments": _segments}
    plain, marks = data.labelled(size)
    x, y = await _shared(np.c_[plain, np.ones(len(plain))]), await _shared(marks)

    async def fit() -> Any:
        weights: Any = None
        for _ in range(epochs):
            for start in range(0, (size.rows // batch) * batch, batch):
                rows, labels = x[start : start + batch], y[start : start + batch]
                guess = 0.5 if weights is None else sigmoids[sigmoid](rows @ weights)
                step = (rows.T @ (guess - labels)) * (_APART * rate / batch) * (1 / _APART)
                weights = -step if weights is None else weights - step
                await mpc.gather(weights)
        return weights

    return fit


async def main() -> None:
    """The party's process."""
    await mpc.start()
    await control.serve(SPEC["control"], Party().answer)
    await mpc.shutdown()


if __name__ == "__main__":
    mpc.run(main())
