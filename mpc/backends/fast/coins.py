"""A key that all three parties know, nobody chose alone, and no owner or result user has: agreed when first needed.

Every party sends each other one 16 fresh random bytes; the key is the hash of the three and of the run id. Rounds: 1, once
in a run; bytes: 32 from each party. A party that waits for the others' coins can choose among keys, never fix one; the key
only hides things from those outside the committee.
"""

import secrets
from hashlib import sha256
from typing import Final

from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import Prf
from mpc.backends.fast.parties import PARTIES, Party

_COIN_BYTES: Final = 16


class Coins:
    """The common key of one run."""

    def __init__(self, party: Party) -> None:
        self._party = party
        self._operation = party.operation()
        self._key: Pending[Prf] | None = None

    def key(self) -> Pending[Prf]:
        """The key; the coins are sent at the first call, which all parties make in the same operation."""
        if self._key is None:
            self._key = Pending()
            self._party.flow.start(self._agree(), self._key)
        return self._key

    async def _agree(self) -> Prf:
        party, label = self._party, self._operation.label(0)
        coins = {party.pid: secrets.token_bytes(_COIN_BYTES)}
        for other in party.keys:
            party.send(other, label, coins[party.pid])
        for other in party.keys:
            coins[other] = await party.receive(other, label)
            if len(coins[other]) != _COIN_BYTES:
                raise party.refused(other, f"a coin of {len(coins[other])} bytes")
        party.traffic.rounds += 1
        joined = b"".join(coins[i] for i in range(PARTIES))
        return Prf(sha256(b"tallystick/fast/common/v1" + party.session.run_id + joined).digest()[:16])
