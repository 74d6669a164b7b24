"""What `tally task complete` draws: only what is missing, and what nobody can guess."""

import re
from typing import Any

from orchestrator.services.preflight import _REFERENCE
from protocol.contract import TaskContract
from tallystick.drawing import drawn
from tests.unit.orchestrator import sample


def bare() -> dict[str, Any]:
    fields = sample.contract().to_json()
    del fields["nonce"], fields["deadline"]
    return {**fields, "purpose": "Costs", "legal_basis": "Consent"}


def test_a_nonce_references_and_a_deadline_are_drawn() -> None:
    added = drawn(bare(), 1_800_000_000, 2)
    assert set(added) == {"nonce", "deadline", "purpose", "legal_basis"}
    assert added["deadline"] == str(1_800_000_000 + 7200)
    assert TaskContract.parse({**bare(), **added}).purpose.startswith("Costs [ref ")
    for name in ("purpose", "legal_basis"):  # as preflight asks for it
        assert _REFERENCE.fullmatch(str(added[name])) is not None
    again = drawn(bare(), 1_800_000_000, 2)
    assert all(again[name] != added[name] for name in ("nonce", "purpose", "legal_basis"))
    assert len(set(re.findall(r"[0-9a-f]{32}", str(added)))) >= 3


def test_what_is_there_stays() -> None:
    assert drawn(sample.contract().to_json(), 1, 1) == {}
    assert drawn({**bare(), "nonce": "x", "deadline": "9"}, 1, 1).keys() == {"purpose", "legal_basis"}
    assert "purpose" not in drawn({**bare(), "purpose": 5}, 1, 1), "what is no text is refused where it is parsed"
