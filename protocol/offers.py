"""From a task contract to the authorizations it needs, and back: does this authorization cover that contract?

The coordinator offers, the owner's client rebuilds the offer by itself before its wallet signs, the coordinator checks
again before it relays, the chain checks limits and hashes, the node checks the ask. One definition for all.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from eth_hash.auto import keccak

from protocol.ask import NOTHING_VARIES, Ask, Ranges, differences
from protocol.contract import ZERO32, TaskContract
from protocol.errors import FormatError, RefusedError
from protocol.fields import fields_of
from protocol.limits import LIMITS
from protocol.messages import SignedAuthorization
from protocol.typed import Authorization

NONCE_DOMAIN: Final = b"tallystick/offer-nonce/v1"


@dataclass(frozen=True, slots=True)
class Releases:
    """What somebody knows of published releases, from its own source.

    ``code_digest`` gives a program's registered digest or raises; ``succeeds(older, newer)`` says whether approved
    successions lead from one release to the other (a release is not its own successor).
    """

    code_digest: Callable[[str], bytes]
    succeeds: Callable[[str, str], bool]

    def programs_digest(self, programs: Iterable[str]) -> bytes:
        """keccak256 of the programs' registered code digests, in order."""
        return keccak(b"".join(self.code_digest(program) for program in programs))


def covers(message: Authorization, named: str, asked: str, releases: Releases) -> bool:
    """Whether a release that an authorization names lets another run: itself, or an approved successor if allowed."""
    return named == asked or (message.approved_successors and releases.succeeds(named, asked))


def offer(
    contract: TaskContract,
    task: bytes,
    data_set: str,
    *,
    input_root: bytes,
    programs: bytes,
    not_before: int,
    attempt: int = 0,
) -> tuple[Authorization, Ask]:
    """The narrowest authorization that lets exactly this task run once over one data set, with its ask.

    The nonce follows from task, data set and ``attempt``: asking twice asks the same thing, and an owner who took an
    authorization back can be asked anew.
    """
    item = contract.input_of(data_set)
    ask = Ask.of(contract, data_set)
    message = Authorization(
        data_set=data_set,
        data_version=item.version,
        input_root=input_root,
        programs=contract.programs,
        programs_digest=programs,
        engine=contract.engine,
        approved_successors=False,
        proposer=contract.proposer,
        purpose=contract.purpose,
        result_users=contract.result_users,
        compute_parties=contract.committee,
        policy=ask.digest(),
        task=task,
        max_uses=1,
        not_before=not_before,
        not_after=contract.deadline + LIMITS.deadline_grace,
        min_protection_level=contract.protection_level,
        epsilon_micros=0,
        legal_basis=contract.legal_basis,
        impact_assessment=contract.impact_assessment,
        nonce=int.from_bytes(_nonce(task, data_set, attempt), "big"),
    )
    return message, ask


def _nonce(task: bytes, data_set: str, attempt: int) -> bytes:
    return hashlib.sha256(NONCE_DOMAIN + task + attempt.to_bytes(8, "big") + data_set.encode()).digest()


def standing(
    message: Authorization,
    ask: Ask,
    *,
    uses: int,
    not_after: int,
    tasks_per_day: int,
    nonce: int,
    ranges: Ranges = NOTHING_VARIES,
    approved_successors: bool = False,
) -> tuple[Authorization, Ask]:
    """What is offered for one task, as a standing authorization: for every task that asks the same, but for ``ranges``.

    With ``approved_successors`` newer releases that certifiers approved as successors may stand in for programs and engine.
    ``uses`` tasks in all and ``tasks_per_day`` of them a day, until ``not_after`` (unix time). Ranges about what the ask
    does not have are refused (``ask.range``).
    """
    wider = Ask.read(replace(ask, tasks_per_day=tasks_per_day, ranges=ranges).data())
    return (
        replace(
            message,
            task=ZERO32,
            policy=wider.digest(),
            max_uses=uses,
            not_after=not_after,
            nonce=nonce,
            approved_successors=approved_successors,
        ),
        wider,
    )


def opted_in(message: Authorization, ask: Ask, per_person: Iterable[str]) -> tuple[Authorization, Ask]:
    """The same with outputs about single people that the owner lets go; others than the ask's are refused (``ask.range``)."""
    wider = Ask.read(replace(ask, per_person=tuple(sorted({*per_person}))).data())
    return replace(message, policy=wider.digest()), wider


def check_offer(
    message: Authorization, ask: bytes, contract: TaskContract, task: bytes, input_root: bytes | None = None
) -> None:
    """Refuse an offered authorization that is anything but :func:`offer` of this contract (``offer.differs``).

    ``input_root`` is the owner's own root, where the caller knows it; the programs' digest is the registry's to vouch
    for and is checked by the chain.
    """
    root = message.input_root if input_root is None else input_root
    expected, expected_ask = offer(
        contract,
        task,
        message.data_set,
        input_root=root,
        programs=message.programs_digest,
        not_before=message.not_before,
    )
    expected = replace(expected, nonce=message.nonce)  # says nothing, so any will do
    differing = [
        field.name
        for field in fields_of(Authorization)
        if getattr(message, field.attribute) != getattr(expected, field.attribute)
    ]
    if expected_ask.data() != ask:
        differing.append("ask")
    if differing:
        raise RefusedError(
            "offer.differs",
            f"The authorization asked for differs from what the task contract needs: {', '.join(differing)}.",
            "Do not sign it; tell the coordinator's operator.",
            fields=differing,
        )


def uncovered(
    signed: SignedAuthorization,
    contract: TaskContract,
    task: bytes,
    *,
    input_root: bytes,
    releases: Releases,
    now: int,
) -> list[str]:
    """What of ``contract`` the authorization does not cover; empty when it does. ``now`` is unix time."""
    message = signed.message
    held = {item.data_set: item for item in contract.inputs}
    item = held.get(message.data_set)
    if item is None:
        return [f"data set {message.data_set} is not in the contract"]
    if item.owner != signed.owner:
        return [f"data set {message.data_set} belongs to {item.owner}"]
    checks = (
        ("data set version", message.data_version == item.version),
        ("input root", message.input_root == input_root),
        ("programs", _covers_programs(message, contract, releases)),
        ("program code", message.programs_digest == releases.programs_digest(message.programs)),
        ("engine", covers(message, message.engine, contract.engine, releases)),
        ("proposer", message.proposer == contract.proposer),
        ("purpose", message.purpose == contract.purpose),
        ("result users", message.result_users == contract.result_users),
        ("compute parties", message.compute_parties == contract.committee),
        ("task", message.task in (task, ZERO32)),
        ("legal basis", message.legal_basis == contract.legal_basis),
        ("impact assessment", message.impact_assessment == contract.impact_assessment),
        ("protection level", message.min_protection_level <= contract.protection_level),
        ("validity", now <= message.not_after),
        ("uses", message.max_uses > 0),
        ("ask digest", hashlib.sha256(signed.policy).digest() == message.policy),
    )
    found = [name for name, holds in checks if not holds]
    if "ask digest" in found:
        return found
    try:
        ask = Ask.read(signed.policy)
    except FormatError as error:
        return [*found, f"ask's form ({error.code})"]
    if ask.data_set != message.data_set:
        return [*found, "ask's data set"]
    return found + differences(ask, contract, lambda named, asked: covers(message, named, asked, releases))


def _covers_programs(message: Authorization, contract: TaskContract, releases: Releases) -> bool:
    """Place by place, as the chain compares them."""
    return len(message.programs) == len(contract.programs) and all(
        covers(message, named, asked, releases)
        for named, asked in zip(message.programs, contract.programs, strict=True)
    )
