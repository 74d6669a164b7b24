"""Values that MPyC's own ``output`` opens, among them converted shares: one altered share ends the run."""

from typing import Any

import pytest

from tests.integration.mpc_link.conftest import Start


@pytest.mark.parametrize("attack", ["output:altered", "scalar_output:altered"])
def test_an_altered_share_of_a_stock_output_is_detected(start: Start, attack: str) -> None:
    environment = {"ATTACK": attack, "MARKER": ""}
    ends: list[dict[str, Any]] = [
        party.end() for party in start("alice", "bob", "carol", program="array_operations", environment=environment)
    ]
    codes = {end.get("code") or end.get("value") for end in ends[:2]}
    assert "arrays.inconsistent_opening" in codes
    assert codes <= {"arrays.inconsistent_opening", "link.peer_aborted"}
