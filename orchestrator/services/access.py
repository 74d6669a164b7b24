"""Who may read what: a token names its party, the index says which keys speak for it and where it takes part."""

from orchestrator.services.ports import ChainView
from orchestrator.services.registry import require_party
from orchestrator.services.signatures import require_wallet_or_node
from orchestrator.store import tasks
from orchestrator.store.database import Row, Transaction
from protocol import access, ids
from protocol.errors import RefusedError, VerificationError
from protocol.typed import Access, Domain


def reader(tx: Transaction, chain: ChainView, domain: Domain, *, header: str | None, resource: str, now: int) -> str:
    """The party that may read ``resource`` by its token; ``access.*`` and ``signature.*`` otherwise."""
    message, signature = _parsed(header)
    access.check(message, resource, now)
    party = require_party(tx, ids.name(message.party, "party"))
    require_wallet_or_node(chain, party, message.digest(domain), signature)
    return party.name


def named_body(header: str | None) -> bytes:
    """The SHA-256 that the token of a delivery names; nothing is verified yet."""
    message, _ = _parsed(header)
    return access.delivered(message)


def sender(tx: Transaction, chain: ChainView, domain: Domain, *, header: str | None, now: int) -> str:
    """Who hands in the body that the token names."""
    message, _ = _parsed(header)
    return reader(tx, chain, domain, header=header, resource=message.resource, now=now)


def _parsed(header: str | None) -> tuple[Access, bytes]:
    if header is None:
        raise VerificationError(
            "access.missing", "This needs an Authorization header.", "Send a wallet-signed Tallystick access token."
        )
    return access.parse(header)


def task_for(tx: Transaction, party: str, task_id: bytes) -> tuple[Row, set[str]]:
    """A task that ``party`` takes part in or audits, and its parts; to others it looks like one that is not there."""
    row = tasks.get(tx, task_id)
    parts = tasks.parts_of(tx, task_id, party)
    if row is None or not parts:
        raise RefusedError(
            "task.unknown",
            f"There is no task {ids.prefixed('task', task_id)} that {party} takes part in.",
            "Check the id.",
            status=404,
        )
    return row, parts


def require_task(tx: Transaction, task_id: bytes) -> Row:
    """A task by id, for requests that authenticate by their own signatures."""
    row = tasks.get(tx, task_id)
    if row is None:
        raise RefusedError(
            "task.unknown", f"There is no task {ids.prefixed('task', task_id)}.", "Submit it first.", status=404
        )
    return row
