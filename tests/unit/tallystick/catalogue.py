"""The installed programs as a coordinator lists them, and data sets as its catalogue shows them."""

from typing import Any

from mpc.programs.catalogue import descriptors
from protocol.api import DataSetView
from protocol.catalogue import Column
from protocol.programs import ProgramDescriptor, Words
from tallystick import Draft

PROGRAMS = {found.program.partition("@")[0]: found for found in descriptors()}
WORDS = Words("text", "文本")


def program(name: str) -> ProgramDescriptor:
    return PROGRAMS[name.partition("@")[0]]


def data_set(reference: str, owner: str, *columns: str, version: int = 1) -> DataSetView:
    kinds = {"patient": "identifier", "ward": "integer"}
    listed = sorted({"patient", *columns})
    made = tuple(Column(name, kinds.get(name, "decimal"), WORDS, nullable=False) for name in listed)
    return DataSetView(
        f"ds_{reference}", reference, version, owner, "registered", WORDS, made, 100, 3, (), bytes(32), bytes(32), None
    )


def terms(**changes: Any) -> dict[str, object]:
    return {
        "nonce": "5f" * 32,
        "proposer": "bank-north",
        "scheduler": "platform",
        "committee": ["bank-north", "exchange", "ministry"],
        "engine": "tallystick.engine@1.0.0",
        "auditors": ["regulator"],
        "reviewer": "",
        "review_within": 0,
        "purpose": "Joint default model of three banks [ref 5c2d8e01f4a97b36c0d1e2f3a4b5c6d7]",
        "legal_basis": "Credit contracts [ref 1f0e2d3c4b5a69788796a5b4c3d2e1f0]",
        "impact_assessment": "0x" + "00" * 32,
        "minimum_group": 10,
        "automated_decision": False,
        "deadline": "1800000000",
        **changes,
    }


def draft(**changes: Any) -> Draft:
    return Draft(program, terms(**changes))
