"""Authorizations: what each owner is asked, what was given, which one a start would consume."""

from dataclasses import dataclass, replace
from typing import Final, NewType

from orchestrator.services import relay
from orchestrator.services.access import task_for
from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView, Constants
from orchestrator.services.registry import (
    DataSetFacts,
    data_set_facts,
    program_facts,
    releases,
    require_party,
)
from orchestrator.services.signatures import Accepted, require_wallet, require_wallet_or_node
from orchestrator.store import catalogue, index, tasks, work
from orchestrator.store.database import Row, Transaction
from protocol import ask as protocol_ask
from protocol import canonical, ids, offers
from protocol.api import AuthorizationStanding, ConsentStanding
from protocol.contract import ZERO32, Input, TaskContract
from protocol.errors import FormatError, RefusedError
from protocol.limits import LIMITS
from protocol.messages import SignedAuthorization
from protocol.offers import Releases
from protocol.programs import ProgramDescriptor
from protocol.typed import KIND_REFUSAL, Abort, Authorization, Revocation, RevocationOfAll, key_signed

_OPEN: Final = ("submitted", "proposed")
_DAY: Final = 86_400
NOTICE: Final = 300
"""Offers are valid from this many seconds before submission, so that a chain clock a little behind takes them."""

OwnerSigned = NewType("OwnerSigned", SignedAuthorization)
"""An authorization that its owner's wallet was found to have signed, with the signature in the chain's form."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one owner is asked for one data set, or has given.

    ``status`` is asked, received, on-chain or consumed; ``digest`` is empty unless a start could consume it.
    """

    owner: str
    data_set: str
    status: ConsentStanding
    digest: bytes
    message: Authorization
    policy: bytes
    problem: tuple[str, str, str] | None


def asks(tx: Transaction, chain: Constants, row: Row, now: int) -> list[Ask]:
    """What each owner of a task is asked, data set by data set; once it started, what the start consumed."""
    contract = TaskContract.read(bytes(row["contract"]))
    task = bytes(row["task_id"])
    consumed = {
        signed.message.data_set: signed
        for data in tasks.consumed(tx, task)
        if (signed := SignedAuthorization.parse(canonical.parse(data)))
    }
    known = releases(tx, chain)
    since = row["submitted_at"] - NOTICE
    found: list[Ask] = []
    for item in contract.inputs:
        signed = consumed.get(item.data_set)
        if signed is None:
            found.append(_ask(tx, contract, task, item, known, since=since, now=now))
        else:
            found.append(Ask(item.owner, item.data_set, "consumed", b"", signed.message, signed.policy, None))
    return found


def _ask(
    tx: Transaction, contract: TaskContract, task: bytes, item: Input, known: Releases, *, since: int, now: int
) -> Ask:
    facts = _registered(tx, item)
    given = best(tx, contract, task, item, known, now)
    if given is not None:
        held, signed = given
        problem = None if held["on_chain"] else _on_its_way(held)
        status = "on-chain" if held["on_chain"] else "received"
        return Ask(item.owner, item.data_set, status, bytes(held["digest"]), signed.message, signed.policy, problem)
    before = tasks.authorizations_given(tx, task, item.data_set)
    message, wanted = offers.offer(
        contract,
        task,
        item.data_set,
        input_root=facts.input_root,
        programs=known.programs_digest(contract.programs),
        not_before=since,
        attempt=before,
    )
    refused = tasks.refused_submission(tx, task, item.data_set)
    missing = refused or (
        "authorization.missing",
        f"{item.owner} has not authorized {item.data_set}.",
        "Ask its owner to decide.",
    )
    return Ask(item.owner, item.data_set, "asked", b"", message, wanted.data(), missing)


def best(
    tx: Transaction, contract: TaskContract, task: bytes, item: Input, known: Releases, now: int
) -> tuple[Row, SignedAuthorization] | None:
    """The authorization a start would consume for a data set: covering, unrevoked, with uses left, on chain first."""
    facts, programs = _registered(tx, item), _descriptors(tx, contract)
    found: tuple[Row, SignedAuthorization] | None = None
    for row in tasks.usable_authorizations(tx, task, item.data_set, now):
        signed = SignedAuthorization.parse(canonical.parse(bytes(row["signed"])))
        if offers.uncovered(signed, contract, task, input_root=facts.input_root, releases=known, now=now):
            continue
        agreed = protocol_ask.Ask.read(signed.policy)
        if protocol_ask.not_opted_in(agreed, contract, programs):
            continue
        limit = agreed.tasks_per_day
        if signed.message.task == ZERO32 and tasks.starts_today(tx, bytes(row["digest"]), now - _DAY) >= limit:
            continue
        if row["on_chain"]:
            return row, signed
        found = found or (row, signed)
    return found


def owner_signed(tx: Transaction, chain: ChainView, domains: Domains, signed: SignedAuthorization) -> OwnerSigned:
    """``signature.not_wallet`` unless the owner that an authorization names has signed it."""
    owner, digest = require_party(tx, signed.owner), domains.digest(signed.message)
    return OwnerSigned(replace(signed, signature=require_wallet(chain, owner, digest, signed.signature)))


def accept(tx: Transaction, chain: Constants, domains: Domains, task: bytes, signed: OwnerSigned, now: int) -> bytes:
    """Take an owner's authorization for a task and have it submitted; returns its digest. Repeating changes nothing."""
    row, _ = task_for(tx, signed.owner, task)
    contract = TaskContract.read(bytes(row["contract"]))
    if row["state"] not in _OPEN:
        raise RefusedError("task.not_open", f"The task is {row['state']}.", "Only tasks that wait for consent take it.")
    if signed.message.data_set not in {item.data_set for item in contract.inputs}:
        raise RefusedError(
            "authorization.other_data_set",
            f"The task does not use {signed.message.data_set}.",
            "Authorize what it uses.",
        )
    item = contract.input_of(signed.message.data_set)
    facts = _registered(tx, item)
    missing = offers.uncovered(
        signed, contract, task, input_root=facts.input_root, releases=releases(tx, chain), now=now
    )
    missing = missing or protocol_ask.not_opted_in(
        protocol_ask.Ask.read(signed.policy), contract, _descriptors(tx, contract)
    )
    if missing:
        raise RefusedError(
            "authorization.not_covering",
            f"The authorization does not cover the task: {', '.join(missing)}.",
            "Sign what GET /v1/tasks/{id}/authorizations asks for.",
            fields=missing,
        )
    seconds = contract.deadline - now + LIMITS.deadline_grace
    return _keep(tx, domains, signed, task if signed.message.task != ZERO32 else None, seconds)


def accept_standing(tx: Transaction, domains: Domains, signed: OwnerSigned, now: int) -> bytes:
    """Take a standing authorization; returns its digest."""
    message = signed.message
    if message.task != ZERO32:
        raise FormatError(
            "authorization.not_standing", "The authorization names a task.", "Post it to that task, or leave it zero."
        )
    if canonical.sha256(signed.policy) != message.policy:
        raise FormatError("authorization.ask", "The ask is not the one that was signed.", "Send that one.")
    if protocol_ask.Ask.read(signed.policy).data_set != message.data_set:
        raise FormatError("authorization.ask", "The ask is about another data set.", "Send the right one.")
    if message.not_after <= now or message.not_before > message.not_after or message.max_uses == 0:
        raise RefusedError(
            "authorization.never_valid", "The authorization is never valid.", "Correct its window and uses."
        )
    facts = data_set_facts(tx, message.data_set, message.data_version)
    if facts is None or facts.owner != ids.on_chain(signed.owner) or facts.input_root != message.input_root:
        raise RefusedError(
            "authorization.data_set",
            f"The registry has no such version of {message.data_set} of {signed.owner}'s with that root.",
            "Authorize a registered version of your own.",
        )
    return _keep(tx, domains, signed, None, min(message.not_after - now, 30 * _DAY))


def owners_word(
    tx: Transaction, chain: ChainView, domains: Domains, message: Revocation | RevocationOfAll, signature: bytes
) -> Accepted:
    """``signature.not_wallet`` unless the owner that a revocation names has signed it."""
    return require_wallet(chain, require_party(tx, message.owner), domains.digest(message), signature)


def partys_word(tx: Transaction, chain: ChainView, domains: Domains, message: Abort, signature: bytes) -> Accepted:
    """``signature.not_party`` unless the party that a refusal names has signed it, by its wallet or its node.

    ``refusal.started`` where the chain would not take it: once a task has started, a node ends it and a wallet does not.
    """
    party, digest = require_party(tx, message.party), domains.digest(message)
    accepted = require_wallet_or_node(chain, party, digest, signature)
    row = tasks.get(tx, message.task)
    if row is not None and row["state"] == "started" and not key_signed(party.node_signer, digest, signature):
        raise RefusedError(
            "refusal.started",
            "The task has started: its uses are taken, and a wallet refuses before that.",
            f"A node of {party.name}'s that takes part can still end it; revoke what later tasks must not use.",
        )
    return accepted


def revoke(tx: Transaction, message: Revocation, signature: Accepted) -> None:
    """Take an authorization back: from now on nothing starts with it here, and the chain is told."""
    held = tasks.authorization(tx, message.authorization)
    if held is not None and held["owner"] != message.owner:
        raise RefusedError("authorization.not_yours", "The authorization is another owner's.", "Revoke your own.")
    if held is None and not tasks.on_chain(tx, message.authorization, ids.on_chain(message.owner)):
        # Accepting it would tell somebody with a wrong id that what is in force was taken back.
        raise RefusedError(
            "authorization.unknown",
            f"Nobody here knows {ids.prefixed('auth', message.authorization)}: neither the coordinator nor the chain.",
            "Look up its id: `tally authorization given`.",
        )
    tasks.add_revocation(tx, message.authorization, message.owner, signature)
    # asked anew each time: one that the chain refused goes again under another signature, any other is there already
    relay.ask_revoke(tx, message, signature)


def revoke_all(tx: Transaction, message: RevocationOfAll, signature: Accepted) -> None:
    """Take back all that an owner submitted up to a number: here at once, and the chain is told."""
    last = index.submissions(tx, ids.on_chain(message.owner))
    if not 0 < message.through <= last:
        raise RefusedError(
            "revocation.through",
            f"{message.owner} has submitted {last} authorizations, not {message.through}.",
            "Name the last one that is to be revoked, by its number.",
        )
    tasks.add_revocation_of_all(tx, message.owner, message.through, signature)
    relay.ask_revoke_all(tx, message, signature)


@dataclass(frozen=True, slots=True)
class Own:
    """An owner's own authorization. ``position`` is where a listing goes on after it."""

    digest: bytes
    data_set: str
    task: bytes | None
    status: AuthorizationStanding
    wallet: str | None
    sequence: int | None
    uses_left: int | None
    not_after: int
    problem: tuple[str, str, str] | None
    position: tuple[int, bytes]


def own(
    tx: Transaction, owner: str, before: tuple[int, bytes] | None, limit: int, data_set: str | None = None
) -> tuple[list[Own], int]:
    """A page of an owner's authorizations, for one data set where one is given, and how many it has submitted on chain."""
    identity = ids.on_chain(owner)
    through = tasks.revocation_of_all(tx, owner)
    refusal = work.job(tx, f"revoke-all:{owner}:{through}")
    found = [_own(row, through, refusal) for row in tasks.of_owner(tx, owner, identity, before, limit, data_set)]
    return found, index.submissions(tx, identity)


def _own(row: Row, through: int, of_all: Row | None) -> Own:
    sequence, problem = row["sequence"], None
    by_number = sequence is not None and sequence <= through
    if row["code"] is not None:
        problem = row["code"], row["what"], row["fix"]
    elif by_number and not row["revoked"] and of_all is not None and of_all["code"] is not None:
        problem = of_all["code"], of_all["what"], of_all["fix"]
    status: AuthorizationStanding = "received"
    if row["revoked"]:
        status = "revoked"
    elif row["revocation_received"] or by_number:
        status = "revoking"
    elif row["on_chain"]:
        status = "on-chain"
    elif row["submission"] == "failed":
        status = "refused"
    digest = bytes(row["digest"])
    return Own(
        digest=digest,
        data_set=row["data_set"],
        task=None if row["task_id"] is None else bytes(row["task_id"]),
        status=status,
        wallet=None if row["wallet"] is None else "0x" + bytes(row["wallet"]).hex(),
        sequence=sequence,
        uses_left=row["uses_left"] if row["on_chain"] else None,
        not_after=int(row["not_after"]),
        problem=problem,
        position=(row["at"], digest),
    )


def refuse(tx: Transaction, message: Abort, signature: Accepted, now: int) -> None:
    """An owner (wallet or node) or a compute party's node says no."""
    row, _ = task_for(tx, message.party, message.task)
    contract = TaskContract.read(bytes(row["contract"]))
    if message.kind != KIND_REFUSAL:
        raise FormatError("refusal.kind", "This is no refusal.", f"Sign an Abort of kind {KIND_REFUSAL}.")
    if message.party not in {*contract.owners, *contract.committee}:
        raise RefusedError(
            "refusal.not_yours", f"{message.party} neither owns data of the task nor computes it.", "Nothing to refuse."
        )
    if row["state"] not in (*_OPEN, "started"):
        raise RefusedError("task.ended", f"The task is {row['state']}.", "There is nothing left to refuse.")
    relay.ask_abort(tx, message, signature, contract.deadline - now + LIMITS.deadline_grace)


def _keep(tx: Transaction, domains: Domains, signed: OwnerSigned, task: bytes | None, seconds: int) -> bytes:
    digest = domains.digest(signed.message)
    held = tasks.authorization(tx, digest)
    if held is not None and (held["revoked"] or held["revocation_received"]):
        raise RefusedError(
            "authorization.revoked", "This authorization was revoked.", "Sign a new one, with another nonce."
        )
    tasks.add_authorization(
        tx,
        digest=digest,
        owner=signed.owner,
        data_set=signed.message.data_set,
        task_id=task,
        not_after=signed.message.not_after,
        signed=canonical.dumps(signed.to_json()),
    )
    catalogue.remember_name(tx, "party", ids.on_chain(signed.owner), signed.owner)
    relay.ask_submit(tx, digest, signed, task, seconds)
    return digest


def _descriptors(tx: Transaction, contract: TaskContract) -> dict[str, ProgramDescriptor]:
    """What is known of a contract's programs; one that nobody described is left out."""
    known = {name: program_facts(tx, name) for name in contract.programs}
    return {name: facts.descriptor for name, facts in known.items() if facts is not None and facts.descriptor}


def _on_its_way(row: Row) -> tuple[str, str, str]:
    if row["code"] is not None:
        return row["code"], row["what"], row["fix"]
    return "authorization.on_its_way", "The authorization is being written to the chain.", "Wait a moment."


def _registered(tx: Transaction, item: Input) -> DataSetFacts:
    facts = data_set_facts(tx, item.data_set, item.version)
    if facts is None:
        raise RefusedError(
            "data_set.unknown", f"The chain has no version {item.version} of {item.data_set}.", "Register it first."
        )
    return facts
