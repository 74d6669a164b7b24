"""Heads of parties' logs as they come in: from the party itself, and from witnesses that remember another one."""

from orchestrator.services.domains import Domains
from orchestrator.services.registry import require_party
from orchestrator.store import index, logs
from orchestrator.store.database import Transaction
from protocol import checkpoint, ids
from protocol.checkpoint import SignedCheckpoint
from protocol.errors import RefusedError, VerificationError
from protocol.messages import LogEvidence


def take(tx: Transaction, domains: Domains, note: SignedCheckpoint, earlier: logs.Earlier = ()) -> bool:
    """Keep a head that a key of its party signed, whoever brings it; whether it was not here before.

    The proofs of ``earlier`` were verified. A head of another deployment or of no key that the registry ever held for the
    party is refused.
    """
    origin = note.checkpoint.origin
    if (origin.deployment, origin.chain_id) != (domains.deployment_id, domains.chain_id):
        raise VerificationError("checkpoint.origin", f"{origin.text()} is no log of this deployment.", "Ask for ours.")
    keys = index.node_keys(tx, ids.on_chain(origin.party))
    own = [key for key in keys if checkpoint.without_others(note, key).signatures]
    if not own:
        raise VerificationError(
            "checkpoint.unsigned", f"No key of {origin.party} signed the checkpoint.", "Ask for a signed one."
        )
    checkpoint.verify(note, own[0])
    return logs.add_head(tx, note.checkpoint, checkpoint.without_others(note, own[0]).data(), earlier)


def cosigned(tx: Transaction, log: LogEvidence) -> str:
    """The checkpoint of a log as it was handed in, or with the cosignatures that its head has by now."""
    row = logs.head(tx, log.party, log.epoch, log.size, log.root)
    lines = logs.lines(tx, log.party, log.epoch, log.size, log.root)
    return log.checkpoint if row is None or not lines else bytes(row["note"]).decode() + "".join(lines)


def newest(tx: Transaction, reader: str, party: str, epoch: int | None) -> str:
    """A log's largest head with its cosignatures, for who works with the party, for itself, and for regulators.

    To others it looks like one that is not there: how fast a log grows says how busy its party is.
    """
    known = reader == party or require_party(tx, reader).holds("regulator") or logs.knows(tx, reader, party)
    row = logs.newest(tx, ids.name(party, "party"), epoch) if known else None
    if row is None:
        raise RefusedError("log.unknown", f"There is no head of a log of {party} here.", "Check the name.", status=404)
    lines = logs.lines(tx, party, int(row["epoch"]), int(row["size"]), bytes(row["root"]))
    return bytes(row["note"]).decode() + "".join(lines)
