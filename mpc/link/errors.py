"""Why a link failed: the peer it names, the phase it happened in, and what to do.

Every failure of the transport is a :class:`LinkError`. The table is the full list of codes; the second column is the
code of :mod:`protocol.reasons` that an abort statement carries for it.

A violation of the protocol is only what came whole over a link whose keys were checked, and what no honest peer's software
sends. Whatever a broken network, a machine that died in the middle of a write or two nodes that are not equally far can
bring about is a lost peer, whichever side's fault it was.
"""

from typing import Final

from protocol.errors import Detail, TallyError

_CHECK_KEYS = "Compare the peer's node key in the registry with the one its node uses."
_CHECK_PEER = "Ask the peer's operator for its node log of this task; a retry needs a new task."
_CHECK_NETWORK = "Check that the peer's node runs and that its announced address can be reached."
_PEER_BROKE_PROTOCOL = "The peer's software broke the protocol: keep this node's log and ask the peer's operator."

CODES: Final[dict[str, tuple[str, str]]] = {
    "link.unreachable": (_CHECK_NETWORK, "run.peer_lost"),
    "link.timeout": (_CHECK_PEER, "run.peer_lost"),
    "link.peer_left": (_CHECK_PEER, "run.peer_lost"),
    "link.peer_aborted": (_CHECK_PEER, "run.peer_lost"),
    "link.slow_reader": (_CHECK_NETWORK, "run.peer_lost"),
    "link.tls": (_CHECK_NETWORK, "run.peer_lost"),
    "link.bad_certificate": (_CHECK_KEYS, "check.peer_keys"),
    "link.wrong_party": (_CHECK_KEYS, "check.peer_keys"),
    "link.clock_skew": ("Synchronise both clocks (NTP) and start a new task.", "check.clock"),
    "link.engine_mismatch": (
        "Upgrade the node whose engine is not the task's, or ask for a task with the engine that all have.",
        "check.engine",
    ),
    "link.task_mismatch": ("It is tried again: the peer answered for another task of its own.", "run.peer_lost"),
    "link.program_mismatch": ("Install the approved program version at every party.", "check.program_changed"),
    "link.equivocation": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.run_mismatch": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.truncated": (_CHECK_PEER, "run.peer_lost"),
    "link.frame_too_large": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.unknown_frame": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.unexpected_frame": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.malformed_frame": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.bad_payload": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.flooded": (_PEER_BROKE_PROTOCOL, "run.protocol_violation"),
    "link.transcript_mismatch": (_PEER_BROKE_PROTOCOL, "run.evidence_disagrees"),
    "link.bad_countersignature": (_PEER_BROKE_PROTOCOL, "run.evidence_disagrees"),
}


class LinkError(TallyError):
    """A link failed: ``peer`` is the party blamed and ``phase`` the part of the run it happened in.

    ``reason`` is the code of :mod:`protocol.reasons` for the abort statement.
    """

    def __init__(self, code: str, peer: str, phase: str, what: str, **details: Detail) -> None:
        fix, reason = CODES[code]
        super().__init__(code, f"{what} (peer {peer}, phase {phase})", fix, peer=peer, phase=phase, **details)
        self.peer: Final = peer
        self.phase: Final = phase
        self.reason: Final = reason


class SessionError(TallyError):
    """A run failed on this party's own side: wrong configuration, own deadline, own program."""


class MalformedError(Exception):
    """Bytes from a peer that do not follow their format; the link turns it into a :class:`LinkError` naming the peer.

    ``code`` is one of :data:`CODES`.
    """

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code: Final = code
        self.what: Final = what
