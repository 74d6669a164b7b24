"""Kept models: encrypted, for the committee and the users that the training contract named, until the time it named."""

from dataclasses import replace
from pathlib import Path

import pytest

from protocol import canonical
from protocol.ask import Ask, differences
from protocol.contract import Keep, KeptModel, TaskContract
from protocol.errors import TallyError
from tests.unit.protocol.samples import contract
from workers.models import ModelStore
from workers.vault import Vault

TASK, SOURCE, UNTIL = b"\x05" * 32, "fit.model", 2_000_000_000
MODEL = KeptModel("credit", TASK, SOURCE, "model:linear")
PART = canonical.dumps({"kind": "model:linear", "arrays": "the weights"})


def training() -> TaskContract:
    return replace(contract(), keeps=(Keep(SOURCE, ("hospital",), UNTIL),))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    made = ModelStore(tmp_path / "models", Vault(b"k" * 32))
    made.keep(TASK, training(), training().keeps[0], PART)
    return made


def test_a_part_comes_back_and_is_encrypted_at_rest(store: ModelStore, tmp_path: Path) -> None:
    using = replace(contract(), proposer="hospital", models=(MODEL,))
    assert store.usable(MODEL, using, UNTIL).part == PART
    assert store.ends() == ((TASK, UNTIL),)
    (file,) = (tmp_path / "models").iterdir()
    assert b"weights" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "model", "now", "code"),
    [
        ({"proposer": "laboratory"}, MODEL, UNTIL, "model.not_allowed"),
        ({"proposer": "hospital"}, MODEL, UNTIL + 1, "model.not_allowed"),
        ({"proposer": "hospital", "committee": ("a", "b", "c")}, MODEL, UNTIL, "model.not_allowed"),
        ({"proposer": "hospital"}, replace(MODEL, kind="model:tree"), UNTIL, "model.not_allowed"),
        ({"proposer": "hospital"}, replace(MODEL, kind="shares"), UNTIL, "model.not_allowed"),
        ({"proposer": "hospital"}, replace(MODEL, source="fit.other"), UNTIL, "model.not_here"),
        ({"proposer": "hospital"}, replace(MODEL, task=b"\x06" * 32), UNTIL, "model.not_here"),
    ],
)
def test_other_uses_are_refused(
    store: ModelStore, changes: dict[str, object], model: KeptModel, now: int, code: str
) -> None:
    with pytest.raises(TallyError) as caught:
        store.usable(model, replace(contract(), **changes), now)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == code


def test_a_moved_part_does_not_open(store: ModelStore, tmp_path: Path) -> None:
    (file,) = (tmp_path / "models").iterdir()
    other = b"\x07" * 32
    file.rename(file.with_name(file.name.replace(TASK.hex(), other.hex())))
    with pytest.raises(TallyError) as caught:
        store.find(replace(MODEL, task=other))
    assert caught.value.code == "vault.not_authentic"


def test_parts_past_their_time_are_erased(store: ModelStore) -> None:
    assert store.erase_ended(UNTIL) == 0
    assert store.erase_ended(UNTIL + 1) == 1
    assert store.find(MODEL) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"keeps": (Keep("nothing.model", ("hospital",), UNTIL),)}, "contract.keep"),
        ({"keeps": (Keep("fit.model", (), UNTIL),)}, "contract.keep"),
        ({"keeps": (Keep("fit.model", ("hospital",), 1),)}, "contract.keep"),
        ({"models": (MODEL, MODEL)}, "contract.model_twice"),
        ({"models": (replace(MODEL, name="fit"),)}, "contract.model_twice"),
        ({"models": (replace(MODEL, kind="aligned"),)}, "contract.kept_kind"),
        ({"models": (replace(MODEL, kind="model:"),)}, "contract.kept_kind"),
    ],
)
def test_contracts_that_keep_or_name_models_wrongly_are_refused(changes: dict[str, object], code: str) -> None:
    made = replace(contract(), **changes)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TallyError) as caught:
        TaskContract.read(made.data())
    assert caught.value.code == code


def test_a_contract_with_models_survives_its_bytes_and_its_owners_must_allow_the_keeping() -> None:
    made = replace(training(), models=(MODEL,))
    assert TaskContract.read(made.data()) == made
    narrow = Ask.of(contract(), contract().inputs[0].data_set)
    assert any(found.startswith("keeps") for found in differences(narrow, training()))
    wide = Ask.of(training(), contract().inputs[0].data_set)
    assert differences(wide, training()) == []
    assert Ask.read(wide.data()) == wide
