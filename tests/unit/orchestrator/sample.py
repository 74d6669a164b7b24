"""A contract and the facts that make it startable."""

from dataclasses import replace
from typing import Any

from mpc.workflow.digest import ENGINE
from orchestrator.services.registry import DataSetFacts, EngineFacts, Facts, PartyFacts, ProgramFacts
from protocol import ids
from protocol.catalogue import Column, DataSetDescriptor
from protocol.contract import Input, Output, Step, TaskContract
from protocol.programs import CostModel, Disclosure, Measured, ParameterSpec, Port, ProgramDescriptor, Words
from protocol.vocabulary import ROLE_BITS

NOW = 1_780_000_000
WORDS = Words("text", "文本")
COMMITTEE = ("exchange", "hospital", "laboratory")
DIAGNOSES = "diagnoses-" + "1" * 32
PANELS = "panels-" + "2" * 32
PROGRAM = "glm.logistic@1.0.0"
REFERENCE = " [ref " + "a" * 32 + "]"


def contract(**changes: Any) -> TaskContract:
    made = TaskContract(
        nonce="0" * 63 + "1",
        proposer="hospital",
        scheduler="platform",
        committee=COMMITTEE,
        inputs=(
            Input(DIAGNOSES, 1, "hospital", ("outcome",), ()),
            Input(PANELS, 2, "laboratory", ("age",), ()),
        ),
        engine=ENGINE,
        steps=(Step("train", PROGRAM, (("rounds", 10),), (("table", (DIAGNOSES, PANELS)),)),),
        outputs=(Output("train.scores", ("hospital",)),),
        keeps=(),
        models=(),
        auditors=("regulator",),
        reviewer="",
        review_within=0,
        purpose="Predict readmission" + REFERENCE,
        legal_basis="Consent" + REFERENCE,
        impact_assessment=bytes(32),
        protection_level=4,
        minimum_group=10,
        automated_decision=False,
        deadline=NOW + 3600,
    )
    return replace(made, **changes)


def party(name: str, *roles: str) -> PartyFacts:
    key = ids.on_chain(name)
    return PartyFacts(
        name,
        "0x" + "11" * 20,
        "0x" + key[:20].hex(),
        key,
        key,
        key,
        sum(ROLE_BITS[r] for r in roles),
        active=True,
        announced=True,
    )


def data_set(name: str, version: int, owner: str, *columns: str) -> DataSetFacts:
    described = DataSetDescriptor(
        name,
        version,
        owner,
        WORDS,
        tuple(Column(c, "integer", WORDS, nullable=False) for c in sorted(columns)),
        1000,
        3,
        (),
    )
    return DataSetFacts(name, version, ids.on_chain(owner), bytes(32), 1000, active=True, descriptor=described)


def program() -> ProgramFacts:
    rounds = ParameterSpec("rounds", "integer", 10, "1", "100", (), WORDS)
    cost = CostModel("1 + 0.001*rows")
    described = ProgramDescriptor(
        PROGRAM, WORDS, (Port("table", "table", WORDS, 1, 9),), (Port("aligned", "aligned", WORDS), Port("model", "model:linear", WORDS), Port("scores", "shares", WORDS)), (rounds,), "three", 3, 3, 4, 1,
        (Disclosure("sizes", "everyone", WORDS),), cost, b"\x07" * 32,
        measured=(Measured("rows", 1, 10_000_000),),
    )  # fmt: skip
    return ProgramFacts(PROGRAM, b"\x07" * 32, "three", 4, 3, 3, 1, active=True, publisher=None, descriptor=described)


def facts() -> Facts:
    parties = {
        "hospital": party("hospital", "compute-provider", "data-provider", "result-user"),
        "laboratory": party("laboratory", "compute-provider", "data-provider"),
        "exchange": party("exchange", "compute-provider"),
        "platform": party("platform", "scheduler"),
        "regulator": party("regulator", "regulator"),
    }
    sets = {DIAGNOSES: data_set(DIAGNOSES, 1, "hospital", "outcome"), PANELS: data_set(PANELS, 2, "laboratory", "age")}
    engine = EngineFacts(ENGINE, b"\x08" * 32, 1, active=True, publisher=None)
    return Facts(parties, sets, {PROGRAM: program()}, engine, 1, 366 * 86_400)
