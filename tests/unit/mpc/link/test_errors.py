"""Which failures accuse a peer: only what came whole over a link whose keys were checked, and no honest peer sends."""

from mpc.link.errors import CODES
from protocol.reasons import BY_CODE

ACCUSATIONS = {
    # frames that the peer's own software made, whole, under its key
    "link.equivocation", "link.run_mismatch", "link.frame_too_large", "link.unknown_frame", "link.unexpected_frame",
    "link.malformed_frame", "link.bad_payload", "link.flooded", "link.transcript_mismatch", "link.bad_countersignature",
}  # fmt: skip


def test_a_peer_is_accused_of_nothing_that_a_network_or_a_crash_can_do() -> None:
    """A new code is put on the list by somebody who thought about it, or accuses nobody."""
    accusing = {
        code for code, (_, reason) in CODES.items() if reason in ("run.protocol_violation", "run.evidence_disagrees")
    }
    assert accusing == ACCUSATIONS


def test_every_code_has_a_reason_and_something_to_do() -> None:
    assert all(reason in BY_CODE and fix.endswith(".") for fix, reason in CODES.values())
