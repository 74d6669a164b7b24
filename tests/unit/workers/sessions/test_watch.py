"""Who may ask is what the chain says at the newest final block that was seen; nothing is answered past a revocation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from protocol.errors import RefusedError, TallyError, UnavailableError
from tests.unit.workers.sessions.test_stating import HOLDER, Ward
from tests.unit.workers.world import World
from workers.sessions.opening import open_session, read_terms, require_possible
from workers.sessions.watch import FRESH, Watch

ASKER = "laboratory"
FILE: dict[str, Any] = {
    "service": "lookup", "list": "blacklist", "purpose": "screening", "legal_basis": "contract", "hours": 24, "idle_minutes": 60,
    "delay_minutes": 10, "asker": [{"party": "laboratory", "per_minute": 60, "uses": 1000}, {"party": "exchange", "per_minute": 1, "uses": 1}],
}  # fmt: skip


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    made = Ward(world)
    yield made
    made.stating.close()
    made.ledger.close()


def data(ward: Ward, *versions: int) -> tuple[str, tuple[int, ...]]:
    return ward.world.stored[HOLDER].data_set, versions or (1,)


def watch(ward: Ward) -> Watch:
    made = Watch(
        ward.world.chain, ward.ledger, ward.node.keys.node_public, lambda _: data(ward), lambda: ward.world.now
    )
    made.look()
    return made


def test_an_asker_is_known_by_the_key_that_the_registry_has_now(ward: Ward) -> None:
    it, key = watch(ward), ward.world.keys[ASKER].node_public
    assert it.party_of(key) == ASKER
    assert it.keys == (key,)
    for stranger in (ward.world.keys["exchange"].node_public, bytes(32)):
        with pytest.raises(RefusedError, match=r"lookup\.unknown_asker"):
            it.party_of(stranger)


@pytest.mark.parametrize("changes", [{"active": False}, {"node_key": b"\x09" * 32}])
def test_attack_an_asker_that_was_suspended_or_whose_key_was_rotated(ward: Ward, changes: dict[str, Any]) -> None:
    """From the next block on that is seen; other askers and the session go on."""
    it, chain, key = watch(ward), ward.world.chain, ward.world.keys[ASKER].node_public
    chain.parties[ASKER] = replace(chain.parties[ASKER], **changes)
    chain.mine()
    it.look()
    with pytest.raises(RefusedError, match=r"lookup\.unknown_asker"):
        it.party_of(key)
    assert ward.ledger.session(ward.session).ended == ""


def test_attack_a_holder_that_was_suspended(ward: Ward) -> None:
    it, chain = watch(ward), ward.world.chain
    chain.parties[HOLDER] = replace(chain.parties[HOLDER], active=False)
    chain.mine()
    it.look()
    assert ward.ledger.session(ward.session).ended == "suspended"


def test_attack_a_list_of_retired_data(ward: Ward) -> None:
    """The owner's wallet retires the version: the session ends, for ever."""
    it, chain, key = watch(ward), ward.world.chain, data(ward)[0]
    chain.sets[key, 1] = replace(chain.sets[key, 1], active=False)
    chain.mine()
    it.look()
    assert ward.ledger.session(ward.session).ended == "data"
    chain.sets[key, 1] = replace(chain.sets[key, 1], active=True)
    chain.mine()
    it.look()
    assert ward.ledger.session(ward.session).ended == "data"


@pytest.mark.parametrize("found", [("", ()), ("other-" + "0" * 32, (1,)), None])
def test_attack_a_list_made_of_something_else_than_the_terms_say(ward: Ward, found: Any) -> None:
    answered_from = data(ward, 1, 2) if found is None else found
    it = Watch(
        ward.world.chain, ward.ledger, ward.node.keys.node_public, lambda _: answered_from, lambda: ward.world.now
    )  # fmt: skip
    it.look()
    assert ward.ledger.session(ward.session).ended == "data", "a version that is not registered, or another data set"


def test_attack_a_holder_kept_from_the_chain_answers_nobody(ward: Ward) -> None:
    it, key = watch(ward), ward.world.keys[ASKER].node_public
    ward.world.chain.down = True
    with pytest.raises(UnavailableError):
        it.look()
    ward.world.now += FRESH
    assert it.party_of(key) == ASKER
    ward.world.now += 1
    with pytest.raises(RefusedError, match=r"session\.chain_unseen"):
        it.party_of(key)
    ward.world.chain.down = False
    it.look()
    assert it.party_of(key) == ASKER


def test_a_chain_that_stands_still_is_not_read_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    it = watch(ward)
    monkeypatch.setattr(ward.world.chain, "party", lambda *_: pytest.fail("nothing is new"))
    it.look()


def test_a_session_opened_meanwhile_is_seen_without_a_new_block(ward: Ward) -> None:
    it = watch(ward)
    terms = replace(ward.terms, askers=(replace(ward.terms.askers[0], party="exchange"),), nonce=b"\x05" * 32)
    ward.ledger.open(terms, b"x", "session-opened")
    it.look()
    assert it.party_of(ward.world.keys["exchange"].node_public) == "exchange"


def terms_of(ward: Ward, **changes: Any) -> Any:
    return read_terms({**FILE, **changes}, HOLDER, data(ward)[0], ward.world.now)


def test_a_file_of_terms_is_read_strictly(ward: Ward) -> None:
    found = terms_of(ward)
    assert [it.party for it in found.askers] == ["exchange", "laboratory"]
    assert (found.ends - found.begins, found.idle, found.delay) == (86_400, 3600, 600)
    for changes in (
        {"service": "score"}, {"list": "../x"}, {"asker": []}, {"asker": FILE["asker"] * 2}, {"hours": 0}, {"hours": 745},
        {"idle_minutes": 0}, {"delay_minutes": 4}, {"delay_minutes": 1441}, {"more": 1}, {"purpose": ""}, {"purpose": 5},
        {"asker": [{"party": HOLDER, "per_minute": 1, "uses": 1}]}, {"asker": [{"party": "x", "per_minute": 2, "uses": 1}]},
    ):  # fmt: skip
        with pytest.raises(TallyError):
            terms_of(ward, **changes)


@pytest.mark.parametrize(
    ("party", "code"), [(HOLDER, r"session\.holder"), (ASKER, r"session\.unknown_party"), (None, r"session\.data")]
)
def test_what_could_never_be_asked_is_refused_before_it_is_stated(ward: Ward, party: str | None, code: str) -> None:
    chain = ward.world.chain
    require_possible(ward.node, terms_of(ward), lambda _: data(ward))
    if party is None:
        chain.sets.clear()
    else:
        chain.parties[party] = replace(chain.parties[party], active=False)
    with pytest.raises(RefusedError, match=code):
        require_possible(ward.node, terms_of(ward), lambda _: data(ward))


def test_where_no_node_runs_the_command_logs_the_opening_itself(ward: Ward) -> None:
    session = open_session(ward.node, ward.ledger, terms_of(ward))
    entry = ward.ledger.last_entry(session)
    assert entry.position == 0
    ward.node.state.close()
    assert ward.world.open(HOLDER).state.entries_of(0, session) == [(0, "session-opened")]


def test_a_node_that_logs_nothing_opens_no_session(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from workers import disk
    from workers.node import LOCK
    from workers.sessions import opening

    monkeypatch.setattr(opening, "_LOOK", 0.0)
    with (
        disk.exclusive(ward.node.folder / LOCK, "the node"),
        pytest.raises(UnavailableError, match=r"session\.not_opened"),
    ):
        open_session(ward.node, ward.ledger, terms_of(ward), wait=0.0)
    assert [it.ended for it in ward.ledger.sessions()] == ["", "ended"]
