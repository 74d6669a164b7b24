"""The engine's protocol stacks as all sides know them, and which one a task runs on.

Facts, no code: the coordinator's preflight, the nodes and the verifiers ask one function, :func:`choose`, and the engine's own
stack carries the same record. A stack that is added here has a folder in ``mpc/backends/`` and a seat in ``mpc/backends/choice.py``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import RefusedError, TallyError

MODULUS: Final = 2**104 - 17
"""The prime field of all shares that leave a run (:mod:`mpc.arrays.field` says why this one)."""
KAPPA: Final = 40
"""Statistical security of masks that do not hide perfectly, in bits."""
SEMI_HONEST: Final = 1
MALICIOUS: Final = 2
_MALICIOUS_FROM: Final = 5
"""From this protection level on a compute party may deviate."""
_WORDS: Final = {SEMI_HONEST: "parties that follow the protocol", MALICIOUS: "parties that deviate"}


@dataclass(frozen=True, slots=True)
class BackendFacts:
    """One stack: what it withstands, for which committees, in which field, up to which protection level.

    A ``simulated`` one keeps no secrets: it is for tests of the seat and never chosen among what is released.
    """

    name: str
    security_model: int
    least_parties: int
    most_parties: int
    field: int
    kappa: int
    highest_level: int
    simulated: bool = False

    def refusal(self, parties: int, level: int, security_model: int) -> TallyError | None:
        """Why a task cannot run on it, None when it can."""
        if not self.least_parties <= parties <= self.most_parties:
            return RefusedError(
                "backend.committee",
                f"No protocol stack computes among {parties} parties ({self.name}: {self.least_parties} to {self.most_parties}).",
                "Change the committee; data owners need not sit on it.",
            )
        if self.security_model < security_model:
            return RefusedError(
                "backend.security_model",
                f"No protocol stack for {parties} parties is secure against {_WORDS[security_model]}.",
                f"Ask for a protection level below {_MALICIOUS_FROM}, and for programs that promise no more.",
            )
        if self.highest_level < level:
            return RefusedError(
                "backend.level",
                f"No protocol stack for {parties} parties reaches protection level {level} ({self.name}: {self.highest_level}).",
                "Lower the level, if the owners agree.",
            )
        return None


FAST: Final = BackendFacts("fast", SEMI_HONEST, 3, 3, MODULUS, KAPPA, 4)
MPYC: Final = BackendFacts("mpyc", SEMI_HONEST, 3, 9, MODULUS, KAPPA, 4)
RELEASED: Final = (FAST, MPYC)
"""In order of preference."""
MOST_PARTIES: Final = max(facts.most_parties for facts in RELEASED)


def threshold_of(parties: int) -> int:
    """The Shamir threshold of a committee: the largest honest majority; a committee that keeps no secret is refused (I4)."""
    if parties < 3:
        raise RefusedError(
            "mpc.no_honest_majority",
            f"{parties} compute parties: below three the threshold is 0 and nothing is secret.",
            "Name at least three compute parties with distinct operators.",
        )
    return (parties - 1) // 2


def demanded_model(level: int, promised: Iterable[int]) -> int:
    """The security model that a protection level and the models its programs promise ask for."""
    return max([MALICIOUS if level >= _MALICIOUS_FROM else SEMI_HONEST, *promised])


def choose(parties: int, level: int, security_model: int, among: Sequence[BackendFacts] = RELEASED) -> BackendFacts:
    """The first stack that a committee of so many can run a task of this level and model on.

    Refused with the reason of the stack that comes nearest: ``backend.level``, ``backend.security_model`` or
    ``backend.committee``; ``mpc.no_honest_majority`` below three parties.
    """
    threshold_of(parties)
    refusals: list[TallyError] = []
    for facts in among:
        refusal = facts.refusal(parties, level, security_model)
        if refusal is None:
            return facts
        refusals.append(refusal)
    nearest = ("backend.level", "backend.security_model", "backend.committee")
    raise min(refusals, key=lambda refusal: nearest.index(refusal.code))
