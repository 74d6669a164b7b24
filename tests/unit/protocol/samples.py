"""A small valid task contract and its parts, for tests of what is built from them."""

from mpc.workflow.digest import ENGINE
from protocol.ask import Ask
from protocol.contract import Input, Output, RowFilter, Step, TaskContract, proposal_of
from protocol.typed import Authorization, Domain

DIAGNOSES = "diagnoses-" + "a" * 32
MEASUREMENTS = "measurements-" + "b" * 32
DOMAIN = Domain(31337, "0x" + "11" * 20, b"\x22" * 32)


def contract(**changes: object) -> TaskContract:
    fields: dict[str, object] = {
        "nonce": "07" * 32,
        "proposer": "hospital",
        "scheduler": "platform",
        "committee": ("exchange", "hospital", "laboratory"),
        "inputs": (
            Input(DIAGNOSES, 1, "hospital", ("malignant", "mean_radius", "patient"), ()),
            Input(MEASUREMENTS, 2, "laboratory", ("patient", "worst_area"), (RowFilter("worst_area", "gt", "0"),)),
        ),
        "engine": ENGINE,
        "steps": (
            Step("align", "psi.align@1.0.0", (), (("tables", (DIAGNOSES, MEASUREMENTS)),)),
            Step("fit", "glm.logistic@1.0.0", (("inverse_strength", "0.1"),), (("table", ("align.table",)),)),
        ),
        "outputs": (Output("fit.coefficients", ("hospital",)),),
        "keeps": (),
        "models": (),
        "auditors": ("regulator",),
        "reviewer": "",
        "review_within": 0,
        "purpose": "Train a diagnosis model [ref 0123]",
        "legal_basis": "Consent of the patients [ref 4567]",
        "impact_assessment": bytes(32),
        "protection_level": 3,
        "minimum_group": 10,
        "automated_decision": False,
        "deadline": 1_800_000_000,
    }
    return TaskContract(**{**fields, **changes})  # pyright: ignore[reportArgumentType]


def authorization(terms: TaskContract, data_set: str, **changes: object) -> Authorization:
    item = terms.input_of(data_set)
    fields: dict[str, object] = {
        "data_set": data_set,
        "data_version": item.version,
        "input_root": b"\x33" * 32,
        "programs": terms.programs,
        "programs_digest": b"\x44" * 32,
        "engine": terms.engine,
        "approved_successors": False,
        "proposer": terms.proposer,
        "purpose": terms.purpose,
        "result_users": terms.result_users,
        "compute_parties": terms.committee,
        "policy": Ask.of(terms, data_set).digest(),
        "task": proposal_of(terms).digest(DOMAIN),
        "max_uses": 1,
        "not_before": 1_700_000_000,
        "not_after": 1_800_000_000,
        "min_protection_level": 3,
        "epsilon_micros": 0,
        "legal_basis": terms.legal_basis,
        "impact_assessment": bytes(32),
        "nonce": 1,
    }
    return Authorization(**{**fields, **changes})  # pyright: ignore[reportArgumentType]
