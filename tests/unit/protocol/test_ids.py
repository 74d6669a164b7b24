"""Names that look alike have one skeleton; names that people keep apart do not."""

import pytest

from protocol import ids


@pytest.mark.parametrize(
    ("one", "other"),
    [("bank-1", "bank-l"), ("bank-1", "bank-i"), ("bank-0", "bank-o"), ("modern", "modem"), ("bank-west", "bankwest"),
     ("vvest", "west"), ("clinic", "dinic"), ("a5ia", "asia")],
)  # fmt: skip
def test_names_that_look_alike(one: str, other: str) -> None:
    assert ids.name(one) != ids.name(other)
    assert ids.skeleton(one) == ids.skeleton(other)


def test_names_that_people_keep_apart() -> None:
    names = ["hospital", "laboratory", "exchange", "regulator", "platform", "certifier", "bank-a", "bank-b", "stranger"]
    assert len({ids.skeleton(name) for name in names}) == len(names)
