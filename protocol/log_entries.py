"""What an entry of a party's log is about: a task, or one of the things that nodes state beside tasks."""

from typing import Final

from protocol import canonical, statements
from protocol.limits import LIMITS
from protocol.logged import LogStatement
from protocol.openings import RowsOpened
from protocol.sessions import ReceiptBatch, SessionEnded, SessionOpened

KINDS: Final[tuple[type[LogStatement], ...]] = (RowsOpened, SessionOpened, ReceiptBatch, SessionEnded)
_BY_TYPE: Final = {kind.predicate_type(): kind for kind in KINDS}


def beside_tasks(payload: bytes) -> LogStatement | None:
    """The statement that an entry's payload is; None where it is one about a task (:func:`protocol.statements.parse` reads it)."""
    document = canonical.loads(payload, LIMITS.envelope)
    uri = document.get("predicateType") if isinstance(document, dict) else None
    kind = _BY_TYPE.get(uri) if isinstance(uri, str) else None
    return None if kind is None else kind.read(payload)


def place(payload: bytes) -> tuple[bytes, str, int | None]:
    """What an index keeps of an entry: what it is about (a task, an opening's request, a session), and its kind; and of a statement about a
    task, which the coordinator is owed, its time.
    """
    beside = beside_tasks(payload)
    if beside is not None:
        return beside.about, beside.KIND, None
    statement = statements.parse(payload)
    return statement.task, statement.KIND, statement.time
