"""Formats of a private lookup: what a manifest may say, who signed it, and that nobody signs two."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import canonical, dsse
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.lookup import (
    BATCH,
    MIRROR_TYPE,
    PERIOD,
    Evaluation,
    LookupAnswer,
    MirrorManifest,
    Question,
    cell_size,
    opened,
    packed,
    public_size,
    require_one,
)
from protocol.sessions import RECEIPT_TYPE

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
NOW = 1_800_000_000
TABLE = bytes(1024 * cell_size(0))
MANIFEST = MirrorManifest(
    "bank", "blacklist", 1, None, b"\x07" * 32, NOW, NOW + PERIOD, 1024, 0, canonical.sha256(TABLE)
)
FILE = packed(dsse.sign(MANIFEST.data(), PUBLIC, KEY.sign, MIRROR_TYPE), TABLE)


def test_a_file_has_the_manifest_that_was_signed_and_its_table() -> None:
    manifest, table = opened(FILE, PUBLIC)
    assert (manifest, bytes(table)) == (MANIFEST, TABLE)
    assert MirrorManifest.read(MANIFEST.data()) == MANIFEST
    assert MANIFEST.base == MANIFEST.digest()
    assert replace(MANIFEST, version=2, extends=MANIFEST.digest(), cells=64).base == MANIFEST.digest()


def test_every_byte_of_a_file_counts() -> None:
    head = len(FILE) - len(TABLE)
    for at in (*range(head), head, head + 1000, len(FILE) - 1):
        altered = bytearray(FILE)
        altered[at] ^= 1
        with pytest.raises(TallyError):
            opened(bytes(altered), PUBLIC)
    for data in (b"", FILE[:10], FILE[:head], FILE[:-1], FILE + b"\0"):
        with pytest.raises(TallyError):
            opened(data, PUBLIC)


def test_attack_a_mirror_that_another_signed() -> None:
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        opened(
            packed(dsse.sign(MANIFEST.data(), OTHER.public_key().public_bytes_raw(), OTHER.sign, MIRROR_TYPE), TABLE),
            PUBLIC,
        )


def test_attack_another_kind_of_signed_document_as_a_mirror() -> None:
    with pytest.raises(FormatError, match=r"dsse\.payload_type"):
        opened(packed(dsse.sign(MANIFEST.data(), PUBLIC, KEY.sign, RECEIPT_TYPE), TABLE), PUBLIC)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"not_after": NOW + PERIOD + 1}, "lookup.period"),
        ({"not_after": NOW}, "lookup.period"),
        ({"cells": 1025}, "lookup.size"),
        ({"cells": 64}, "lookup.size"),
        ({"cells": 512}, "lookup.size"),
        ({"cells": 2**40}, "lookup.size"),
        ({"label_bytes": 256}, "json.wrong_value"),
        ({"version": 0}, "json.wrong_value"),
    ],
)
def test_a_manifest_that_says_what_none_may_is_refused(changes: dict[str, int], code: str) -> None:
    with pytest.raises(FormatError, match=code):
        MirrorManifest.read(replace(MANIFEST, **changes).data())  # type: ignore[arg-type]


def test_a_mirror_is_in_force_in_its_period_only() -> None:
    MANIFEST.in_force(NOW)
    MANIFEST.in_force(NOW + PERIOD - 1)
    for moment in (NOW - 1, NOW + PERIOD):
        with pytest.raises(RefusedError, match=r"lookup\.period_over"):
            MANIFEST.in_force(moment)


@pytest.mark.parametrize(
    "other",
    [
        replace(MANIFEST, table=b"\x01" * 32),
        replace(MANIFEST, public_key=b"\x08" * 32),
        replace(MANIFEST, not_before=NOW + 1, version=2),
    ],
)
def test_attack_a_mirror_for_one_asker(other: MirrorManifest) -> None:
    """Two signed manifests where there is one: the holder gives askers different lists, or stretches a key over two periods."""
    require_one([MANIFEST, MANIFEST])
    with pytest.raises(VerificationError, match=r"lookup\.two_mirrors"):
        require_one([MANIFEST, other])


def test_mirrors_of_other_lists_periods_and_versions_stand_beside_each_other() -> None:
    require_one(
        [
            MANIFEST,
            replace(MANIFEST, version=2, extends=MANIFEST.digest(), cells=64),
            replace(MANIFEST, not_before=NOW + PERIOD, not_after=NOW + PERIOD + 1, public_key=b"\x08" * 32),
            replace(MANIFEST, holder="clinic"),
            replace(MANIFEST, name="whitelist", public_key=b"\x06" * 32),
        ]
    )


def test_a_question_has_one_point_to_a_thousand() -> None:
    for count in (0, BATCH + 1):
        with pytest.raises(FormatError):
            Question.read(Question(b"\x01" * 32, b"\x01" * 32, 1, (b"\x02" * 32,) * count).data())
    most = Question(b"\x01" * 32, b"\x01" * 32, 1, (b"\x02" * 32,) * BATCH)
    assert Question.read(most.data()) == most
    answer = LookupAnswer(Evaluation((b"\x02" * 32,) * BATCH, b"\x03" * 64), 7, NOW, b"\x04" * 64)
    assert LookupAnswer.read(answer.data()) == answer


def test_sizes_of_the_issues_lists() -> None:
    assert (public_size(100_000), public_size(1_000_000)) == (106_496, 1_048_576)
