"""What a node says of its own engine when it starts: one line or none, and never in the way."""

from dataclasses import replace

import pytest
import structlog
from structlog.testing import capture_logs

from protocol.engines import Standing
from tests.unit.workers.world import ENGINE, RELEASE, World, release
from workers import engines
from workers.engines import own_standing, tell


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's engine is the one that lies here."""
    monkeypatch.setattr(engines, "installed_engine", lambda: (RELEASE, ENGINE))
    monkeypatch.setattr(engines, "_log", structlog.get_logger())


def said(world: World) -> list[tuple[str, str]]:
    with capture_logs() as lines:
        tell(world.nodes["hospital"])
    return [(line["event"], line["code"]) for line in lines]


def standing(world: World) -> Standing | None:
    return own_standing(world.chain)


def test_nothing_is_said_of_an_engine_that_is_well(world: World) -> None:
    assert standing(world) is None
    assert said(world) == []


def test_an_engine_with_an_approved_successor_is_usable_and_says_so(world: World) -> None:
    newer = "tallystick.engine@1.0.1"
    world.chain.releases[newer] = release(b"\x0b" * 32, world.chain.releases[RELEASE].kind)
    world.chain.successions[RELEASE] = newer
    found = standing(world)
    assert found is not None
    assert found.usable
    assert said(world) == [("engine.standing", "engine.succeeded")]
    world.chain.releases[newer] = replace(world.chain.releases[newer], active=False)
    assert said(world) == [], "a retired successor stands in for nothing"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code_digest": b"\x01" * 32}, "engine.other_code"),
        ({"active": False, "approved": False}, "engine.retired"),
        ({"approved": False}, "engine.not_approved"),
    ],
)
def test_what_keeps_tasks_from_naming_it_is_said(world: World, change: dict[str, object], code: str) -> None:
    world.chain.releases[RELEASE] = replace(world.chain.releases[RELEASE], **change)  # pyright: ignore[reportArgumentType]
    assert said(world) == [("engine.standing", code)]
    del world.chain.releases[RELEASE]
    assert said(world) == [("engine.standing", "engine.unpublished")]


def test_a_program_of_that_name_is_no_engine(world: World) -> None:
    world.chain.releases[RELEASE] = release(ENGINE)
    assert said(world) == [("engine.standing", "engine.unpublished")]


def test_a_chain_that_is_away_keeps_no_node_from_starting(world: World) -> None:
    world.chain.down = True
    assert said(world) == [("engine.not_asked", "chain.unreachable")]
