"""What makes a bundle's head final: the genesis that the trust root names, and the seals of its validators since.

Evidence carries the genesis header, the headers at which enough validators had changed, and the head, each sealed.
Every one is a block of the chain whatever lies between: its seals are a quorum of the validators it lists, and more than
a third of those listed by the header before in this list, so at least one honest member of that set stands for it.
Assumed is what QBFT assumes (fewer than a third of a set is faulty), for every set in the list and for as long as its
keys exist: members that left long ago and sold their keys could seal another history. A trusted head rules that out.

Sources: EIP-650; Besu's QbftExtraDataCodec; skipping verification as in https://arxiv.org/abs/2010.07031 (Tendermint).
"""

from collections.abc import Sequence

from protocol import chainproof, qbft, rlp
from protocol.chainproof import Block
from protocol.errors import VerificationError

_FIX = "Fetch the headers again from another validator."


def verify(headers: Sequence[bytes], head: Block, genesis_hash: bytes) -> bool:
    """Whether ``head`` is sealed: True on a QBFT chain after checking, False on a chain without seals.

    ``headers`` are the genesis and, under QBFT, the headers with a change of validators and last the head itself.
    Raises :class:`VerificationError` ``chain.*`` when they do not lead from the trusted genesis to the head.
    """
    if not headers:
        raise VerificationError("chain.empty", "There is no genesis header.", "Fetch the bundle again.")
    genesis = chainproof.parse_header(headers[0])
    if genesis.number != 0 or genesis.hash != genesis_hash:
        raise VerificationError(
            "chain.genesis",
            f"The genesis block is {genesis.hash.hex()}, trusted is {genesis_hash.hex()}.",
            "This is another chain, or the trust file is another's.",
        )
    fields = rlp.decode_list(headers[0])
    if not qbft.is_qbft(fields):
        if len(headers) > 1:
            raise VerificationError(
                "chain.consensus", "The genesis has no validators, later blocks have.", "Report it."
            )
        return False
    trusted, number = qbft.validators_of(fields), 0
    for position, header in enumerate(headers[1:], start=1):
        block, fields = chainproof.parse_header(header), rlp.decode_list(header)
        if not qbft.is_qbft(fields):
            raise VerificationError(
                "chain.consensus", f"Block {block.number} follows another consensus than the genesis.", "Report it."
            )
        if block.number <= number:
            raise VerificationError("chain.validators", f"Block {block.number} is out of order.", _FIX)
        qbft.verify_seals(fields, trusted)
        listed = qbft.validators_of(fields)
        if listed == trusted and position < len(headers) - 1:
            raise VerificationError("chain.validators", f"Block {block.number} changes no validator.", _FIX)
        trusted, number = listed, block.number
    if len(headers) < 2 or chainproof.parse_header(headers[-1]).hash != head.hash:
        raise VerificationError("chain.seals", f"Block {head.number} has no seals of its validators.", _FIX)
    return True
