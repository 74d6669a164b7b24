"""A simulated task on a chain of four validators (QBFT): its last block is sealed, and nobody needs to have seen it."""

from typing import Any, ClassVar

import rlp as oracle
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey

from protocol.qbft import MIX_HASH
from tests.unit.protocol.simulated_task import SimulatedTask
from tests.unit.protocol.test_qbft import FOUR, extra_data


class SealedTask(SimulatedTask):
    """``signers`` are the validators that seal the head, in its second round."""

    CONSENSUS: ClassVar[tuple[bytes, bytes]] = (extra_data(FOUR, 0, []), MIX_HASH)
    signers: tuple[PrivateKey, ...] = tuple(FOUR[:3])

    def seals(self) -> tuple[bytes, ...]:
        """The genesis, and the head with its seals."""
        fields: list[Any] = oracle.decode(self.chain.built()[-1].header)

        def with_seals(seals: list[bytes]) -> bytes:
            return oracle.encode([*fields[:12], extra_data(FOUR, 1, seals), *fields[13:]])

        digest = keccak(with_seals([]))
        return self.chain.genesis(), with_seals([key.sign_msg_hash(digest).to_bytes() for key in self.signers])
