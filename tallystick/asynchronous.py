"""The client for programs with an event loop: each method is :class:`tallystick.Client`'s, in a thread, with the same types.

There is one definition. Its calls wait for the network, but also open keystores (scrypt), hash, sign and verify for seconds: all of
that stays out of the loop, which an awaiting HTTP library alone would not do. An await that is cancelled leaves its exchange to end
by itself, within the transport's time; every call may be repeated.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from client import Signer
from protocol.api import TaskStatus
from tallystick.client import Client

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(
    method: Callable[Concatenate[Client, P], R],
) -> Callable[Concatenate["AsyncClient", P], Coroutine[Any, Any, R]]:
    @wraps(method)
    async def call(self: "AsyncClient", *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(method, self.client, *args, **kwargs)

    return call


class AsyncClient:
    """As :class:`tallystick.Client`; ``client`` is the one that does the work. Drafts and consents are the same objects."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @classmethod
    async def open(cls, settings: str | Path | None = None, *, signer: Signer | None = None) -> Self:
        """See :meth:`tallystick.Client.open`."""
        return cls(await asyncio.to_thread(Client.open, settings, signer=signer))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def party(self) -> str:
        """Whose client this is."""
        return self.client.party

    close = _threaded(Client.close)
    programs = _threaded(Client.programs)
    program = _threaded(Client.program)
    data_set = _threaded(Client.data_set)
    add = _threaded(Client.add)
    task = _threaded(Client.task)
    complete = _threaded(Client.complete)
    preflight = _threaded(Client.preflight)
    submit = _threaded(Client.submit)
    status = _threaded(Client.status)
    watch = _threaded(Client.watch)
    consent = _threaded(Client.consent)
    sign = _threaded(Client.sign)
    refuse = _threaded(Client.refuse)
    withdraw = _threaded(Client.withdraw)
    result = _threaded(Client.result)
    evidence = _threaded(Client.evidence)
    verify = _threaded(Client.verify)

    async def follow(self, task: str, within: float | None = None) -> AsyncIterator[TaskStatus]:
        """See :meth:`tallystick.Client.follow`."""
        found = await asyncio.to_thread(self.client.follow, task, within)
        while (status := await asyncio.to_thread(next, found, None)) is not None:
            yield status
