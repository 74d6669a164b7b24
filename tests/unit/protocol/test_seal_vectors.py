"""Golden vectors of QBFT finality, which Python and TypeScript (``audit_explorer/web/test/seals.test.ts``) answer alike.

``python -m tests.unit.protocol.test_seal_vectors`` writes the file. Blocks are made and sealed by packages that are not ours (rlp, eth-keys).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import rlp as oracle
from eth_hash.auto import keccak

from protocol import chainproof, finality
from protocol.errors import TallyError
from tests.unit.protocol.test_qbft import FOUR, GENESIS, GENESIS_HASH, KEYS, extra_data, fields_of, sealed

FILE: Final = Path(__file__).parents[2] / "vectors" / "seals.json"
FINAL, UNSEALED = "final", "no seals"
"""Verdicts beside the codes of refusals: sealed by validators, and a chain whose blocks carry no seals."""


def changed(header: bytes, place: int, value: Any) -> bytes:
    fields: list[Any] = oracle.decode(header)
    fields[place] = value
    return oracle.encode(fields)


def other_round(header: bytes) -> bytes:
    extra: list[Any] = oracle.decode(oracle.decode(header)[12])
    extra[3] = b"\x07"
    return changed(header, 12, oracle.encode(extra))


def cases() -> Iterator[tuple[str, str, bytes, list[bytes]]]:
    """What it is, the verdict, the trusted genesis, and the headers from genesis to head."""
    one = sealed(GENESIS_HASH, 1, FOUR, FOUR[:3])
    bad, old = "chain.seals", b"\7" * 32

    def over(*headers: bytes) -> list[bytes]:
        return [GENESIS, *headers]

    yield "a quorum of four", FINAL, GENESIS_HASH, over(one)
    yield (
        "all of four, in another order and round, after millions of blocks",
        FINAL,
        GENESIS_HASH,
        over(sealed(old, 9_000_000, FOUR, [FOUR[3], FOUR[0], FOUR[2], FOUR[1]], round_number=5)),
    )
    for count in (1, 2, 4, 5, 6, 7):
        quorum = -(-2 * count // 3)
        own = KEYS[:count]
        genesis = oracle.encode(fields_of(bytes(32), 0, extra_data(own, 0, [])))
        trusted = chainproof.parse_header(genesis).hash
        yield f"ceil(2n/3) of {count}", FINAL, trusted, [genesis, sealed(old, 5, own, own[:quorum])]
        yield f"one less of {count}", bad, trusted, [genesis, sealed(old, 5, own, own[: quorum - 1])]
    yield "no seals", bad, GENESIS_HASH, over(sealed(GENESIS_HASH, 1, FOUR, []))
    yield "one seal twice", bad, GENESIS_HASH, over(sealed(GENESIS_HASH, 1, FOUR, [*FOUR[:2], FOUR[0]]))
    yield "a quorum, and one of it twice", bad, GENESIS_HASH, over(sealed(GENESIS_HASH, 1, FOUR, [*FOUR[:3], FOUR[0]]))
    yield "a stranger's seal", bad, GENESIS_HASH, over(sealed(GENESIS_HASH, 1, FOUR, [*FOUR[:3], KEYS[5]]))
    yield "seals of another round", bad, GENESIS_HASH, over(other_round(one))
    yield "seals of another state", bad, GENESIS_HASH, over(changed(one, 3, b"\7" * 32))
    five = KEYS[:5]
    yield "a validator joins", FINAL, GENESIS_HASH, over(sealed(old, 2, five, five[1:]))
    yield (
        "a validator joins and the new set goes on",
        FINAL,
        GENESIS_HASH,
        over(sealed(old, 2, five, five[1:]), sealed(old, 30, five, five[:4])),
    )
    yield "a validator leaves", FINAL, GENESIS_HASH, over(sealed(old, 2, FOUR[:3], FOUR[:2]))
    middle, last = KEYS[1:5], KEYS[3:7]
    hops = [sealed(old, 50, middle, middle), sealed(old, 90, last, last)]
    yield "a set that changed whole, over the sets between", FINAL, GENESIS_HASH, over(*hops)
    yield "a set that changed whole at once", bad, GENESIS_HASH, over(hops[1])
    yield (
        "a new set with as many of the old as may be faulty",
        bad,
        GENESIS_HASH,
        over(sealed(old, 2, [FOUR[3], *KEYS[4:7]], [FOUR[3], *KEYS[4:7]])),
    )
    yield (
        "a change that nobody sealed, then the new set's seals",
        bad,
        GENESIS_HASH,
        over(sealed(old, 2, five, []), sealed(old, 30, five, five)),
    )
    yield "blocks out of order", "chain.validators", GENESIS_HASH, over(hops[0], sealed(old, 50, last, last))
    yield "a header on the way that changes nothing", "chain.validators", GENESIS_HASH, over(one, *hops)
    yield "another genesis than the trusted one", "chain.genesis", bytes(32), over(one)
    yield "no genesis but a later block", "chain.genesis", chainproof.parse_header(one).hash, [one]
    plain = changed(one, 13, bytes(32))
    yield "a block of another consensus", "chain.consensus", GENESIS_HASH, over(plain)
    unsealed = changed(GENESIS, 13, bytes(32))
    yield "a chain without validators", UNSEALED, keccak(unsealed), [unsealed]
    yield (
        "a chain without validators whose later blocks have some",
        "chain.consensus",
        keccak(unsealed),
        [unsealed, one],
    )


def rendered() -> str:
    """The file's text, one vector a line."""
    lines = (
        json.dumps(
            {
                "name": name,
                "verdict": verdict,
                "genesis": "0x" + genesis.hex(),
                "headers": ["0x" + item.hex() for item in headers],
            }
        )
        for name, verdict, genesis, headers in cases()
    )
    return '{"vectors": [\n' + ",\n".join(lines) + "\n]}\n"


VECTORS: Final[list[dict[str, Any]]] = json.loads(FILE.read_text("utf-8"))["vectors"] if FILE.is_file() else []


def test_the_file_is_what_is_written_here() -> None:
    assert FILE.read_text("utf-8") == rendered()


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_python_gives_the_verdict(vector: dict[str, Any]) -> None:
    headers = [bytes.fromhex(item[2:]) for item in vector["headers"]]
    try:
        sealed_ = finality.verify(headers, chainproof.parse_header(headers[-1]), bytes.fromhex(vector["genesis"][2:]))
    except TallyError as error:
        assert error.code == vector["verdict"]
    else:
        assert vector["verdict"] == (FINAL if sealed_ else UNSEALED)


if __name__ == "__main__":
    FILE.write_text(rendered(), "utf-8")
