"""A holder's lists: one key a period, additions under it, what is published and what is forgotten."""

import json
from pathlib import Path

import pytest

from protocol.errors import RefusedError, TallyError, VerificationError
from protocol.lookup import PERIOD
from tests.unit.workers.lookup.bank import LISTED, NOW, Bank
from workers.keystore import NodeKeys
from workers.lookup.lists import Lists
from workers.vault import Vault

SHOP = NodeKeys.draw()


def test_a_list_is_published_and_found_through_questions(bank: Bank) -> None:
    manifest = bank.make()
    bank.admit(SHOP)
    assert (manifest.holder, manifest.name, manifest.version, manifest.cells) == ("bank", "blacklist", 1, 1024)
    assert manifest.not_after - manifest.not_before == PERIOD
    assert bank.ask(SHOP, 1, *LISTED, "A003") == [*LISTED.values(), None]


def test_additions_are_found_under_the_same_key_and_the_newest_label_counts(bank: Bank) -> None:
    base = bank.make()
    bank.admit(SHOP)
    bank.add_rows({"A001": "paid", "A002": "fraud", "A009": "new"}, 2)
    change = bank.lists.add("blacklist", 2, NOW + 60)
    assert (change.added, change.gone) == (2, 1)
    assert (change.manifest.extends, change.manifest.public_key, change.manifest.cells) == (
        base.digest(),
        base.public_key,
        64,
    )
    assert bank.ask(SHOP, 1, "A001", "A002", "A009", "号码三") == ["paid", "fraud", "new", "诈骗"]
    with pytest.raises(RefusedError, match=r"lookup\.older_version"):
        bank.lists.add("blacklist", 2, NOW + 61)


def test_a_new_key_makes_the_old_answers_worthless(bank: Bank) -> None:
    """Revoking an asker forces a new key: what it learned opens nothing any more, and what it asks under the old key is not answered."""
    first = bank.make()
    bank.admit(SHOP)
    before = set(_files(bank.folder / "lookup"))
    bank.now += 10
    second = bank.lists.make("blacklist", bank.reference, 1, "reason", 3600, bank.now)
    assert (first.public_key, first.table) != (second.public_key, second.table)
    assert not before & set(_files(bank.folder / "lookup")), "the old key and its mirror are gone from the disk"
    assert bank.ask(SHOP, 1, "A001") == ["overdue"]


def test_attack_a_version_broken_off_is_made_again_under_another_number(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version is the nonce of its labels: after a kill between counting and publishing it is not used for another table."""
    bank.make()
    bank.admit(SHOP)
    bank.add_rows({**LISTED, "A009": "new"}, 2)
    with monkeypatch.context() as killed:
        killed.setattr("workers.lookup.lists.mirror.table", _killed)
        with pytest.raises(OSError, match="killed"):
            bank.lists.add("blacklist", 2, NOW)
    change = bank.lists.add("blacklist", 2, NOW)
    assert (change.manifest.version, change.added) == (3, 1)
    assert bank.ask(SHOP, 1, "A009") == ["new"]


def test_a_mirror_broken_off_leaves_the_one_before_in_force(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.make()
    bank.admit(SHOP)
    with monkeypatch.context() as killed:
        killed.setattr("workers.lookup.lists.mirror.table", _killed)
        with pytest.raises(OSError, match="killed"):
            bank.lists.make("blacklist", bank.reference, 1, "reason", 3600, NOW + 5)
    assert bank.ask(SHOP, 1, "A001") == ["overdue"]
    assert bank.lists.make("blacklist", bank.reference, 1, "reason", 3600, NOW + 9).not_before == NOW + 9


def test_the_key_is_encrypted_at_rest(bank: Bank) -> None:
    bank.make()
    secret = bank.lists.period("blacklist").secret
    files = [path.read_bytes() for path in (bank.folder / "lookup").rglob("*") if path.is_file()]
    assert files
    assert not any(secret in data for data in files)
    other = Lists(bank.folder, "bank", bank.keys, Vault(b"\x05" * 32), bank.store)
    with pytest.raises(VerificationError, match=r"vault\.not_authentic"):
        other.period("blacklist")


def test_the_ids_lie_nowhere_in_what_is_published(bank: Bank) -> None:
    bank.make()
    for path in (bank.folder / "lookup").rglob("*.mirror"):
        data = path.read_bytes()
        assert not any(text.encode() in data for pair in LISTED.items() for text in pair)


def test_what_cannot_be_a_list_is_refused(bank: Bank) -> None:
    bank.add_rows(LISTED)
    for seconds in (0, PERIOD + 1):
        with pytest.raises(RefusedError, match=r"lookup\.period"):
            bank.lists.make("blacklist", bank.reference, 1, "", seconds, NOW)
    with pytest.raises(RefusedError, match=r"data_set\.unknown"):
        bank.lists.make("blacklist", bank.reference, 2, "", 60, NOW)
    with pytest.raises(RefusedError, match=r"lookup\.no_list"):
        bank.lists.period("other")
    with pytest.raises(TallyError, match=r"id\.malformed"):
        bank.lists.make("../data", bank.reference, 1, "", 60, NOW)
    bank.lists.make("blacklist", bank.reference, 1, "", 60, NOW)
    with pytest.raises(RefusedError, match=r"lookup\.too_soon"):
        bank.lists.make("blacklist", bank.reference, 1, "", 60, NOW)
    with pytest.raises(RefusedError, match=r"data_set\.unknown"):
        bank.lists.make("blacklist", bank.reference, 2, "", 60, NOW)
    with pytest.raises(RefusedError, match=r"lookup\.period_over"):
        bank.lists.add("blacklist", 2, NOW + 60)


def test_what_is_offered_is_what_was_published(bank: Bank) -> None:
    manifest = bank.make()
    period = bank.lists.period("blacklist")
    (only,) = bank.lists.versions(period)
    assert (only.version, only.digest) == (1, manifest.digest())
    assert only.size == len(bank.lists.file(period, 1))
    with pytest.raises(RefusedError, match=r"lookup\.no_version"):
        bank.lists.file(period, 2)
    assert bank.lists.names() == ["blacklist"]
    assert json.loads(manifest.data())["list"] == "blacklist"


def _killed(*_: object, **__: object) -> bytes:
    raise OSError("killed")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
