"""What every route works with, hung onto the application's state once."""

from dataclasses import dataclass, field
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from chain.deployment import Deployment
from orchestrator.api.streaming import Streams
from orchestrator.api.waiting import Waiting
from orchestrator.services.domains import Domains
from orchestrator.services.planning import Planner
from orchestrator.services.ports import ChainView, Clock, Transactions
from orchestrator.services.preflight import Bounds
from orchestrator.services.signing_in import Door


class ChainHealth(ChainView, Protocol):
    """The chain as services see it, and whether it answers."""

    def head(self) -> int | None:
        """The newest block, None when the chain does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The API's wiring; sizes in bytes."""

    database: Transactions
    chain: ChainHealth
    domains: Domains
    deployment: Deployment
    bounds: Bounds
    clock: Clock
    most_body: int
    most_receipt: int
    requests_per_minute: int
    proxies: int
    door: Door
    invited_only: bool = False
    webhook_hosts: tuple[str, ...] = ()
    waiting: Waiting = field(default_factory=Waiting)
    planner: Planner = field(default_factory=Planner)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "streams", Streams(self.waiting))


def of(request: Request) -> ApiContext:
    """The context of a request's application."""
    return cast("ApiContext", request.app.state.context)


Context = Annotated[ApiContext, Depends(of)]
