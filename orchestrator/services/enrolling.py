"""The catalogue's front door: parties apply, owners describe data sets, providers describe programs."""

import math
from functools import partial

from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.registry import data_set_facts, require_party
from orchestrator.store import catalogue, index
from orchestrator.store.database import Transaction
from protocol import dsse, ids
from protocol.catalogue import DATA_SET_TYPE, DataSetDescriptor
from protocol.enrolment import Application, Enrolment
from protocol.errors import FormatError, RefusedError
from protocol.programs import COMMITTEES, ProgramDescriptor
from protocol.typed import key_signed

MOST_APPLICATIONS = 8
"""Of one name: its applicant may correct what it says, so neither these nor all together grow without bound."""
MOST_WAITING = 2000


def enrol(tx: Transaction, chain: ChainView, domains: Domains, application: Application) -> Enrolment:
    """Keep an application that wallet, node key and node signer all signed. Admission is the chain's business."""
    enrolment = application.verified(domains.domain("PartyRegistry"), partial(_registry_takes, chain))
    if catalogue.application(tx, enrolment.profile_hash) is None:
        _require_place(tx, enrolment)
        catalogue.add_enrolment(tx, enrolment.profile_hash, enrolment.party, application)
    catalogue.remember_name(tx, "party", ids.on_chain(enrolment.party), enrolment.party)
    return enrolment


def _registry_takes(chain: ChainView, wallet: str, digest: bytes, signature: bytes) -> bool:
    """Only the form that the contract takes: it is given the signature as it was sent."""
    return key_signed(wallet, digest, signature) or chain.wallet_accepts(wallet, digest, signature)


def _require_place(tx: Transaction, enrolment: Enrolment) -> None:
    """The first application for a name stays: one of other keys is never shown in its place.

    What the chain decided goes before that: once a party is admitted, its own application counts, and no other.
    """
    catalogue.lock_name(tx, ids.on_chain(enrolment.party))
    admitted = index.party(tx, ids.on_chain(enrolment.party))
    if admitted is not None:
        if bytes(admitted["profile_hash"]) != enrolment.profile_hash:
            raise RefusedError(
                "enrolment.admitted",
                f"{enrolment.party} is admitted under another application.",
                "Apply under another name.",
            )
        return
    first = catalogue.first_enrolment(tx, enrolment.party)
    if first is not None and Enrolment.read(first).keys != enrolment.keys:
        raise RefusedError(
            "enrolment.name_taken",
            f"Somebody with other keys has applied as {enrolment.party}.",
            "Apply under another name, or bring your application's file to the admission office yourself; once it has "
            "admitted you, send it again.",
        )
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


def describe_data_set(tx: Transaction, envelope: bytes) -> DataSetDescriptor:
    """Keep a data set's description, signed by its owner's node key; once given, a version's description stays."""
    opened = dsse.parse(envelope)
    if opened.payload_type != DATA_SET_TYPE:
        raise FormatError("dsse.payload_type", f"This is no {DATA_SET_TYPE}.", "Send a data set's description.")
    descriptor = DataSetDescriptor.read(opened.payload)
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
    _check_costs(descriptor)
    catalogue.put_program(tx, descriptor.program, descriptor.code_digest, descriptor.data())
    catalogue.remember_name(tx, "program", ids.on_chain(descriptor.program), descriptor.program)


def name_engine(tx: Transaction, engine: str) -> None:
    """Keep the name of a published engine: name and id determine each other, so anybody may tell it."""
    row = index.release(tx, ids.on_chain(engine))
    if row is None or row["kind"] != "engine":
        raise RefusedError("engine.unknown", f"The chain has no engine {engine}.", "Publish it on chain first.")
    catalogue.remember_name(tx, "engine", ids.on_chain(engine), engine)


def _check_costs(descriptor: ProgramDescriptor) -> None:
    variables = descriptor.cost_variables(1000, 10, 3, ())
    costs = [model.at(variables) for model in (descriptor.seconds, descriptor.traffic, descriptor.memory)]
    if not all(math.isfinite(cost) and cost >= 0 for cost in costs):
        raise FormatError("program.cost", "A cost model gives no finite cost.", "Correct the descriptor.")
