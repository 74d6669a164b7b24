"""The node's end of the broker: the one place of celery here.

Solo pool, JSON only, acknowledged late, no results, no remote control, no gossip: a message only stores or wakes, the
node's own threads do the work, so a task of hours holds no broker lease. A malformed message is logged and dropped; one
that could not be stored (full disk) stays with the broker.
"""

from collections.abc import Callable
from typing import Any, Final

import structlog
from celery import Celery, Task
from celery.signals import worker_ready, worker_shutting_down
from celery.worker import state as worker_state

from protocol.credentials import tls_of
from protocol.errors import TallyError, UnavailableError
from protocol.messages import COLLECT_TASK, RELEASE_TASK, RUN_TASK, queue_of
from workers.jobs.machine import Machine

_log = structlog.get_logger()
_ANSWER: Final = 5.0
_VISIBILITY: Final = 30
"""Seconds after which Redis gives a message again that was not acknowledged: handlers take milliseconds."""


def build(machine: Machine, broker_url: str, prefix: str) -> Celery:
    """The Celery application of one node."""
    party = machine.node.party
    app = Celery(f"tallystick.{party}", broker=broker_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_default_queue=queue_of(party),
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport(broker_url, prefix),
        broker_use_ssl=tls_of(broker_url),
    )  # fmt: skip
    for name, handler in (
        (RUN_TASK, machine.dispatch), (RELEASE_TASK, machine.release), (COLLECT_TASK, machine.collect),
    ):  # fmt: skip
        app.task(name=name, base=Task)(_handler(name, handler))
    return app


def _transport(broker_url: str, prefix: str) -> dict[str, Any]:
    if not broker_url.startswith("redis"):
        return {"confirm_publish": True}
    return {
        "global_keyprefix": prefix,
        "visibility_timeout": _VISIBILITY,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
    }


def reachable(broker_url: str, prefix: str) -> None:
    """Connect with a login without taking or sending anything; ``broker.unavailable`` when that is not possible."""
    app = Celery(broker=broker_url, set_as_current=False)
    app.conf.update(broker_transport_options=_transport(broker_url, prefix), broker_use_ssl=tls_of(broker_url))
    try:
        with app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=_ANSWER)
            _ = connection.default_channel  # Redis logs in no sooner
    except Exception as error:
        raise UnavailableError(
            "broker.unavailable",
            "The broker does not take this node's login.",
            "Check that it runs and is reachable; else ask the operator to run `tally coordinator reissue`.",
            error=type(error).__name__,
        ) from error
    finally:
        app.close()


def serve(app: Celery, machine: Machine) -> None:
    """Consume until SIGTERM or SIGINT; returns when the worker has stopped."""
    node = machine.node

    def stopping(**_: object) -> None:
        node.stopping.set()
        node.wake.set()

    def ready(**_: object) -> None:
        if node.stopping.is_set():  # told to stop before Celery had its signal handlers in place
            worker_state.should_stop = True

    worker_shutting_down.connect(stopping, weak=False)
    worker_ready.connect(ready, weak=False)
    try:
        worker = app.Worker(
            pool="solo", concurrency=1, loglevel="WARNING", without_gossip=True, without_mingle=True,
            without_heartbeat=True, quiet=True, hostname=f"{node.party}@node",
        )  # fmt: skip
        worker.start()
    finally:
        worker_shutting_down.disconnect(stopping)
        worker_ready.disconnect(ready)


def _handler(name: str, handler: Callable[[object], None]) -> Callable[..., None]:
    def receive(message: Any = None) -> None:  # noqa: ANN401 - untrusted JSON, parsed strictly by the handler
        try:
            handler(message)
        except TallyError as error:
            _log.warning("broker.message_refused", name=name, code=error.code)

    return receive
