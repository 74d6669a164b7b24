"""The catalogue's front door: parties apply, owners describe data sets, providers describe programs."""

import math

from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.registry import data_set_facts, require_party
from orchestrator.services.signatures import wallet_signed
from orchestrator.store import catalogue, index
from orchestrator.store.database import Transaction
from protocol import dsse, ids
from protocol.catalogue import DATA_SET_TYPE, DataSetDescriptor
from protocol.enrolment import ENROLMENT_TYPE, NO_KEY, Enrolment, wallet_digest
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.programs import ProgramDescriptor

MOST_APPLICATIONS = 8
"""Of one name: anybody may apply under any name, so neither these nor all together grow without bound."""
MOST_WAITING = 2000


def enrol(
    tx: Transaction,
    chain: ChainView,
    domains: Domains,
    *,
    payload: bytes,
    envelope: bytes | None,
    wallet_signature: bytes,
) -> Enrolment:
    """Keep an application that node key and wallet both signed. Admission is the chain's business."""
    enrolment = Enrolment.read(payload)
    if enrolment.deployment != domains.deployment_id:
        raise RefusedError(
            "enrolment.other_deployment", "The application is for another deployment.", "Use this deployment's file."
        )
    if (envelope is None) != (enrolment.node_key == NO_KEY):
        raise FormatError(
            "enrolment.envelope",
            "A party with a node sends an envelope of its node key; one without sends none.",
            "Send the DSSE envelope, or null.",
        )
    if envelope is not None and dsse.open_envelope(envelope, enrolment.node_key, ENROLMENT_TYPE) != payload:
        raise VerificationError(
            "enrolment.other_payload", "The envelope holds another application.", "Sign the application that you send."
        )
    if not wallet_signed(chain, enrolment.wallet, wallet_digest(enrolment), wallet_signature):
        raise VerificationError(
            "signature.not_wallet", "The wallet named in the application did not sign it.", "Sign with that wallet."
        )
    known = catalogue.enrolment(tx, enrolment.profile_hash) is not None
    if not known and catalogue.waiting_enrolments(tx) >= MOST_WAITING:
        raise RefusedError(
            "enrolment.full",
            f"{MOST_WAITING} applications wait for admission.",
            "Ask the operator to look.",
            status=429,
        )
    if not known and catalogue.pending_enrolments(tx, enrolment.party) >= MOST_APPLICATIONS:
        raise RefusedError(
            "enrolment.too_many",
            f"{enrolment.party} has {MOST_APPLICATIONS} applications.",
            "Ask the operator to look.",
        )
    catalogue.add_enrolment(
        tx,
        profile_hash=enrolment.profile_hash,
        party=enrolment.party,
        payload=payload,
        envelope=envelope,
        wallet_signature=wallet_signature,
    )
    catalogue.remember_name(tx, "party", ids.on_chain(enrolment.party), enrolment.party)
    return enrolment


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
    row = index.program(tx, ids.on_chain(descriptor.program))
    if row is None:
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


def _check_costs(descriptor: ProgramDescriptor) -> None:
    variables = descriptor.cost_variables(1000, 10, 3, ())
    costs = [model.at(variables) for model in (descriptor.seconds, descriptor.traffic, descriptor.memory)]
    if not all(math.isfinite(cost) and cost >= 0 for cost in costs):
        raise FormatError("program.cost", "A cost model gives no finite cost.", "Correct the descriptor.")
