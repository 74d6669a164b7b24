"""The catalogue's front door: parties apply, owners describe data sets, providers describe programs."""

import math
from functools import partial

from orchestrator.services import inviting
from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.registry import data_set_facts, require_party
from orchestrator.store import catalogue, index
from orchestrator.store.database import Transaction
from protocol import dsse, ids
from protocol.catalogue import DATA_SET_TYPE, Audience, DataSetDescriptor, read_description
from protocol.enrolment import Application, Enrolment
from protocol.errors import FormatError, RefusedError
from protocol.programs import COMMITTEES, ProgramDescriptor
from protocol.typed import key_signed

MOST_APPLICATIONS = 8
"""Of one name: its applicant may correct what it says, so neither these nor all together grow without bound."""
MOST_WAITING = 2000
OFFICES = ("platform", "certifier", "regulator")
"""Roles of those who see all applications."""


def verified(chain: ChainView, domains: Domains, application: Application) -> Enrolment:
    """What an application says, which wallet, node key and node signer all signed; ``signature.*`` and ``enrolment.*`` otherwise."""
    return application.verified(domains.domain("PartyRegistry"), partial(_registry_takes, chain))


def enrol(
    tx: Transaction,
    application: Application,
    enrolment: Enrolment,
    *,
    now: int,
    invitation: str | None = None,
    invited_only: bool = False,
) -> Enrolment:
    """Keep an application that is :func:`verified`. Admission is the chain's business.

    An ``invitation`` is used up for it. With ``invited_only`` nothing is kept without one but what corrects one's own.
    """
    catalogue.lock_name(tx, ids.on_chain(enrolment.party))
    if invitation is not None:
        inviting.redeem(tx, enrolment.party, invitation, enrolment.profile_hash, now)
    if catalogue.application(tx, enrolment.profile_hash) is None:
        invited = _require_place(tx, enrolment, invitation is not None, invited_only=invited_only)
        catalogue.add_enrolment(tx, enrolment.profile_hash, enrolment.party, application, invited=invited)
    elif invitation is not None:
        catalogue.note_invited(tx, enrolment.profile_hash)
    catalogue.remember_name(tx, "party", ids.on_chain(enrolment.party), enrolment.party)
    return enrolment


def _registry_takes(chain: ChainView, wallet: str, digest: bytes, signature: bytes) -> bool:
    """Only the form that the contract takes: it is given the signature as it was sent."""
    return key_signed(wallet, digest, signature) or chain.wallet_accepts(wallet, digest, signature)


def _require_place(tx: Transaction, enrolment: Enrolment, invited: bool, *, invited_only: bool) -> bool:
    """The first application for a name stays: one of other keys is shown in its place only when it came by an invitation.

    What the chain decided goes before that: once a party is admitted, its own application counts, and no other. Whether
    this one counts as invited.
    """
    admitted = index.party(tx, ids.on_chain(enrolment.party))
    if admitted is not None:
        if bytes(admitted["profile_hash"]) != enrolment.profile_hash:
            raise RefusedError(
                "enrolment.admitted",
                f"{enrolment.party} is admitted under another application.",
                "Apply under another name.",
            )
        return invited
    first = catalogue.first_enrolment(tx, enrolment.party)
    own = first is not None and Enrolment.read(bytes(first["payload"])).keys == enrolment.keys
    if invited_only and not invited and not own:
        raise RefusedError(
            "enrolment.invited_only",
            "This coordinator takes applications by invitation.",
            "Ask the admission office for one (`--invitation`).",
            status=403,
        )
    if first is not None and not own and not invited:
        raise RefusedError(
            "enrolment.name_taken",
            f"Somebody with other keys has applied as {enrolment.party}.",
            "Apply under another name, or bring your application's file to the admission office yourself; once it has "
            "admitted you, send it again.",
        )
    look = ids.skeleton(enrolment.party)
    alike = next((name for name in catalogue.admitted_names(tx) if ids.skeleton(name) == look), None)
    if alike is not None:
        raise RefusedError(
            "enrolment.name_looks_like",
            f"{enrolment.party} is easily taken for {alike}, who is admitted.",
            "Apply under a name that nobody mistakes for another's.",
        )
    if invited:
        return True  # strangers' applications do not fill the place of those who were asked for
    if catalogue.waiting_enrolments(tx) >= MOST_WAITING:
        raise RefusedError(
            "enrolment.full",
            f"{MOST_WAITING} applications wait for admission.",
            "Ask the operator to look.",
            status=429,
        )
    if catalogue.pending_enrolments(tx, enrolment.party) >= MOST_APPLICATIONS:
        raise RefusedError(
            "enrolment.too_many",
            f"{enrolment.party} has {MOST_APPLICATIONS} applications.",
            "Ask the operator to look.",
        )
    return own and first is not None and first["invited"]


def require_office(tx: Transaction, party: str) -> None:
    """Whether a party may see all applications: who operates, certifies or supervises."""
    found = require_party(tx, party)
    if not any(found.holds(role) for role in OFFICES):
        raise RefusedError(
            "applications.not_yours",
            f"{party} is neither the platform's operator nor a certifier nor a regulator.",
            "Ask one of them.",
            status=403,
        )


def describe_data_set(
    tx: Transaction, party: str, envelope: bytes, audience: Audience | None = None
) -> DataSetDescriptor:
    """Keep a data set's description, signed by its owner's node key; once given, a version's description stays.

    Its ``audience`` may change, and only by its owner's word.
    """
    opened = dsse.parse(envelope)
    if opened.payload_type != DATA_SET_TYPE:
        raise FormatError("dsse.payload_type", f"This is no {DATA_SET_TYPE}.", "Send a data set's description.")
    descriptor = read_description(opened.payload)
    if descriptor.owner != party:
        raise RefusedError("data_set.owner", "The data set is another party's.", "Describe your own.")
    owner = require_party(tx, descriptor.owner)
    if not owner.holds("data-provider"):
        raise RefusedError("party.missing_role", f"{owner.name} is no data provider.", "Have the role added.")
    dsse.verify(opened, owner.node_key)
    facts = data_set_facts(tx, descriptor.data_set, descriptor.version)
    if facts is not None and facts.owner != ids.on_chain(descriptor.owner):
        raise RefusedError("data_set.owner", "The data set is another party's.", "Describe your own.")
    row = index.data_set(tx, ids.on_chain(descriptor.data_set), descriptor.version)
    if row is not None and bytes(row["schema_hash"]) != descriptor.digest():
        raise RefusedError(
            "data_set.schema_hash", "The chain holds another schema hash for this version.", "Send what was registered."
        )
    kept = catalogue.add_data_set(
        tx,
        data_set=descriptor.data_set,
        version=descriptor.version,
        owner=descriptor.owner,
        digest=descriptor.digest(),
        payload=opened.payload,
        envelope=envelope,
        audience=audience,
        replace=row is not None,
    )
    if kept != descriptor.digest():
        raise RefusedError(
            "data_set.described", "This version was described otherwise before.", "Register a new version."
        )
    catalogue.remember_name(tx, "data_set", ids.on_chain(descriptor.data_set), descriptor.data_set)
    return descriptor


def describe_program(tx: Transaction, party: str, descriptor: ProgramDescriptor) -> None:
    """Keep a program's descriptor; it must agree with the chain, and come from its publisher."""
    row = index.release(tx, ids.on_chain(descriptor.program))
    if row is None or row["kind"] != "program":
        raise RefusedError(
            "program.unknown", f"The chain has no program {descriptor.program}.", "Publish it on chain first."
        )
    publisher = bytes(row["publisher"])
    if publisher == bytes(32):
        allowed = any(require_party(tx, party).holds(role) for role in ("platform", "algorithm-provider"))
    else:
        allowed = publisher == ids.on_chain(party)
    if not allowed:
        raise RefusedError("program.not_yours", f"{party} did not publish {descriptor.program}.", "Ask its publisher.")
    differing = [
        name
        for name, said, holds in (
            ("code digest", descriptor.code_digest, bytes(row["code_digest"])),
            ("committee", descriptor.committee, COMMITTEES[row["committee"]]),
            ("protection level", descriptor.protection_level, row["protection_level"]),
            ("security model", descriptor.security_model, row["security_model"]),
            ("fewest parties", descriptor.min_parties, row["min_parties"]),
            ("most parties", descriptor.max_parties, row["max_parties"]),
        )
        if said != holds
    ]
    if differing:
        raise RefusedError(
            "program.digest_mismatch",
            f"The descriptor differs from the chain in {', '.join(differing)}.",
            "Send the descriptor of the published version.",
            fields=differing,
        )
    _check_seconds(descriptor)
    catalogue.put_program(tx, descriptor.program, descriptor.code_digest, descriptor.data())
    catalogue.remember_name(tx, "program", ids.on_chain(descriptor.program), descriptor.program)


def name_engine(tx: Transaction, engine: str) -> None:
    """Keep the name of a published engine: name and id determine each other, so anybody may tell it."""
    row = index.release(tx, ids.on_chain(engine))
    if row is None or row["kind"] != "engine":
        raise RefusedError("engine.unknown", f"The chain has no engine {engine}.", "Publish it on chain first.")
    catalogue.remember_name(tx, "engine", ids.on_chain(engine), engine)


def _check_seconds(descriptor: ProgramDescriptor) -> None:
    seconds = descriptor.seconds.at(descriptor.cost_variables(1000, 10, 3, ()))
    if not (math.isfinite(seconds) and seconds >= 0):
        raise FormatError("program.cost", "The formula of seconds gives no finite number.", "Correct the descriptor.")
