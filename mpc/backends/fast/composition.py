"""Where the fast backend is put together: which protocol sits on which seat."""

from typing import Final

from mpc.backends.fast import (
    clipped,
    comparison,
    inputs,
    kernels,
    opening,
    permuting,
    products,
    ranking,
    series,
    shuffling,
    steps,
)
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.coins import Coins
from mpc.backends.fast.protocols import Protocols
from mpc.session import Session
from protocol.backends import FAST

SEMI_HONEST: Final = Protocols(
    product=products.issued,
    comparison=comparison.issued,
    steps=steps.issued,
    series=series.issued,
    clipped=clipped.issued,
    shuffling=shuffling.issued,
    permuting=permuting.issued,
    ordering=ranking.issued,
    opening=opening.issued,
    release=opening.released,
    dealing=inputs.issued,
    receiving=inputs.received,
    common_key=Coins,
)
"""Secret against one party that follows the protocol; openings are checked against one that does not."""


def semi_honest(session: Session) -> FastBackend:
    """One party's end. Its kernels first compute known answers: compiled code is not trusted unseen."""
    kernels.self_test()
    return FastBackend(session, FAST, SEMI_HONEST)
