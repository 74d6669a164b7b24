"""Following tasks: one, or all of the reader's, as server-sent events that can be resumed."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response

from orchestrator.api.context import ApiContext, Context
from orchestrator.api.security import TaskReader, still_reading
from orchestrator.api.streaming import LONGEST, MEDIA_TYPE, Event, EventStream
from orchestrator.api.strict import StrictRoute
from orchestrator.api.waiting import EVERY
from orchestrator.services import access, status
from orchestrator.services.following import Following
from protocol import canonical, ids
from protocol.api import TaskNews

router = APIRouter(prefix="/v1", tags=["events"], route_class=StrictRoute)
Seconds = Annotated[int, Query(ge=0, le=LONGEST, description="The stream ends after so many seconds at most")]
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "Server-sent events"}
}
_NEWS: Final = "task"


@router.get("/tasks/{task}/events", response_class=Response, responses=_STREAM)
def of_task(
    request: Request,
    context: Context,
    reader: TaskReader,
    task: str,
    seconds: Seconds = LONGEST,
    seen: Annotated[
        str | None,
        Header(alias="Last-Event-ID", pattern=r"^[0-9a-f]{64}$", description="The id of the last event that was read"),
    ] = None,
) -> Response:
    """Follow a task: an event `task` (`TaskNews`) now and with every change, until it has ended. Who comes back with
    `Last-Event-ID` is told nothing anew that it knows.
    """
    identity = ids.unprefixed("task", task)
    known = [seen]

    def look() -> tuple[list[Event], bool]:
        found = _news(request, context, reader, identity)
        data = found.to_json()
        mark = canonical.sha256(canonical.dumps(data)).hex()
        news = [] if mark == known[0] else [Event(_NEWS, mark, data)]
        known[0] = mark
        return news, found.ended

    return EventStream(context.streams, look, caller=reader, task=identity, seconds=seconds)


@router.get("/events", response_class=Response, responses=_STREAM)
def of_all(
    request: Request,
    context: Context,
    reader: TaskReader,
    seconds: Seconds = LONGEST,
    seen: Annotated[
        str | None,
        Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,16}$", description="The id of the last event that was read"),
    ] = None,
) -> Response:
    """Follow all of the reader's tasks: an event `task` (`TaskLine`) for each that is new or changes. Who comes back with
    `Last-Event-ID` misses none, and may be told of the last half minute again; without it the stream begins now (`ready`).
    """
    following = Following(None if seen is None else int(seen))

    def look() -> tuple[list[Event], bool]:
        still_reading(request, context, reader)
        began = following.at is None
        with context.database.transaction() as tx:
            lines = following.look(tx, reader)
        ready = [Event("ready", str(following.at), {})] if began else []
        return ready + [Event(_NEWS, str(at), line.to_json()) for at, line in lines], False

    return EventStream(context.streams, look, caller=reader, task=EVERY, seconds=seconds)


def _news(request: Request, context: ApiContext, reader: str, task: bytes) -> TaskNews:
    still_reading(request, context, reader)
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, task)
        return TaskNews.of(status.of(tx, context.chain, row, context.clock()))
