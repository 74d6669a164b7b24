"""SPU's side: three real SPU parties (ABY3, FM64) over loopback. Runs in SPU's environment; only numpy and SPU there.

``python -m benchmarks.engine.spu_driver '<json>'`` with ``control`` (a descriptor) and ``addresses`` (for each party, where
it finds each of them: a delay proxy stands between). Programs are compiled and inputs shared before the clock starts, as
SPU's own examples do it; secret inputs and outputs. The three-segment sigmoid is written as SPU's machine-learning library
writes it; the exact one is JAX's, which its front end turns into an exponential and a reciprocal before SPU sees it, so
that SPU's own ``sigmoid_mode`` has no effect.
"""

# ruff: noqa: ANN401, PLC0415 - SPU and JAX have no types, and only the parties' environment has them
import asyncio
import json
import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks.engine import control, data, plaintext
from benchmarks.engine.work import Size

_PARTIES = 3
_PATIENCE_MS = 600_000


def _config() -> Any:
    from spu import libspu

    return libspu.RuntimeConfig(protocol=libspu.ProtocolKind.ABY3, field=libspu.FieldType.FM64)


def party(rank: int, addresses: list[str], commands: Connection) -> None:
    """One SPU party."""
    import spu
    from spu import libspu

    description = libspu.link.Desc()
    for index, address in enumerate(addresses):
        description.add_party(f"party-{index}", address)
    description.recv_timeout_ms = description.http_timeout_ms = _PATIENCE_MS
    link = libspu.link.create_brpc(description, rank)
    runtime = spu.Runtime(link, _config())
    commands.send("ready")
    while (command := commands.recv()) is not None:
        operation, *rest = command
        if operation == "set":
            runtime.set_var(*rest)
            commands.send(None)
        elif operation == "get":
            commands.send(runtime.get_var(*rest))
        elif operation == "delete":
            runtime.del_var(*rest)
            commands.send(None)
        elif operation == "used":
            commands.send(control.used())
        else:
            commands.send(_run(runtime, *rest))
    os._exit(0)


def _run(runtime: Any, program: bytes, at: float) -> dict[str, float]:
    from spu import libspu

    executable = libspu.Executable()
    executable.ParseFromString(program)
    time.sleep(max(0.0, at - time.monotonic()))
    start = time.monotonic()
    runtime.run(executable)
    return {"start": start, "end": time.monotonic()}


class Driver:
    """Compiles, deals inputs, tells the parties what to do."""

    def __init__(self, addresses: list[list[str]]) -> None:
        context = multiprocessing.get_context("spawn")
        self.ends: list[Connection] = []
        self.processes: list[Any] = []
        for rank in range(_PARTIES):
            mine, theirs = context.Pipe()
            process = context.Process(target=party, args=(rank, addresses[rank], theirs), daemon=True)
            process.start()
            self.ends.append(mine)
            self.processes.append(process)
        for end in self.ends:
            end.recv()
        self.names: list[str] = []

    async def answer(self, command: control.Message) -> control.Message:
        """One command of the harness."""
        if command["op"] == "prepare":
            self._prepare(command["row"], Size(**command["size"]))
            return {}
        if command["op"] == "counters":
            parts = self._tell("used")
            return {key: sum(part[key] for part in parts) for key in parts[0]}
        if command["op"] == "run":
            return {"parties": self._tell("run", self.program, command["at"])}
        return {"error": plaintext.error(self.size, self.row, self._result())}

    def close(self) -> None:
        """Stop the parties."""
        for end in self.ends:
            end.send(None)
        for process in self.processes:
            process.join(5)
            process.kill()

    def _tell(self, operation: str, *arguments: Any) -> list[Any]:
        for end in self.ends:
            end.send((operation, *arguments))
        return [end.recv() for end in self.ends]

    def _prepare(self, row: str, size: Size) -> None:
        import spu
        from spu import libspu
        from spu.utils import frontend

        for name in self.names:
            self._tell("delete", name)
        self.row, self.size = row, size
        function, inputs = _program(row, size)
        inputs = [np.asarray(item, dtype=np.float32) for item in inputs]
        self.names = [f"{row}-{i}" for i in range(len(inputs))]
        secret = libspu.Visibility.VIS_SECRET
        executable, _ = frontend.compile(
            frontend.Kind.JAX, function, inputs, {}, self.names, [secret] * len(inputs), lambda _: [f"{row}-out"]
        )
        self.io = spu.Io(_PARTIES, _config())
        for name, values in zip(self.names, inputs, strict=True):
            for end, share in zip(self.ends, self.io.make_shares(values, secret), strict=True):
                end.send(("set", name, share))
            for end in self.ends:
                end.recv()
        self.program = executable.SerializeToString()
        self.output = f"{row}-out"

    def _result(self) -> Any:
        return self.io.reconstruct(self._tell("get", self.output))


def _program(row: str, size: Size) -> tuple[Any, list[Any]]:
    """A function for JAX and its inputs."""
    if row == "multiply":
        return (lambda a, b: a * b), list(data.pair(size))
    if row == "compare":
        return (lambda a, b: a < b), list(data.pair(size))
    if row == "matmul":
        return (lambda a, b: a @ b), list(data.matrices(size))
    x, y = data.labelled(size)
    return _descent(size, row), [x, y.reshape(-1, 1)]


def _descent(size: Size, row: str) -> Any:
    """Gradient descent, one epoch written out, epochs as a public loop (which SPU compiles faster and runs the same)."""
    import jax
    import jax.numpy as jnp

    sigmoid, batch, epochs, rate = data.logistic_plan(size, row)
    sigmoids: dict[str, Any] = {
        "linear": lambda z: 0.5 + 0.125 * z,
        "segments": lambda z: jnp.select([z < -4, z > 4], [0.0, 1.0], 0.5 + 0.125 * z),
        "accurate": jax.nn.sigmoid,
    }

    def fit(x: Any, y: Any) -> Any:
        rows = jnp.concatenate([x, jnp.ones((x.shape[0], 1), dtype=x.dtype)], axis=1)

        def epoch(_: int, weights: Any) -> Any:
            for start in range(0, (size.rows // batch) * batch, batch):
                part, labels = rows[start : start + batch], y[start : start + batch]
                z = part @ weights
                guess = sigmoids[sigmoid](z)
                weights = weights - (rate / batch) * (part.T @ (guess - labels))
            return weights

        return jax.lax.fori_loop(0, epochs, epoch, jnp.zeros((rows.shape[1], 1), dtype=x.dtype))

    return fit


def main() -> None:
    """The driver process."""
    spec = json.loads(sys.argv[1])
    driver = Driver(spec["addresses"])
    try:
        asyncio.run(control.serve(spec["control"], driver.answer))
    finally:
        driver.close()


if __name__ == "__main__":
    main()
