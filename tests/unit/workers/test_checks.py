"""The party check against a hostile coordinator: what it sends is never enough to make a node touch data (I1)."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpc.programs.catalogue import find
from protocol import ids
from protocol.ask import Ask
from protocol.contract import ZERO32, Input, RowFilter, TaskContract, task_id_of
from protocol.messages import ChainRequest, RunDispatch
from protocol.reasons import BY_CODE
from protocol.statements import ConsentCheck, Refusal
from protocol.typed import KIND_REFUSAL
from protocol.vocabulary import ReleaseKind, Role, TaskState
from tests.unit.workers.world import CODE, COMMITTEE, ENGINE, RELEASE, World, release
from workers.chain_view import ReleaseFacts
from workers.checks import NotYet, Over, Refused
from workers.child_messages import Order, Outcome


def refused(world: World, message: RunDispatch, party: str = "hospital") -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        world.nodes[party].check.run(message)
    return caught.value.question, caught.value.reason


def test_an_honest_task_is_cleared(world: World) -> None:
    message = world.start()
    for party in COMMITTEE:
        cleared = world.nodes[party].check.run(message)
        assert len(cleared.inputs) == (0 if party == "exchange" else 1)
        assert {c.name: c.answer for c in cleared.checks}["data"] == (
            "not_applicable" if party == "exchange" else "holds"
        )


def enlarged(world: World, rows: int) -> World:
    """The other owner's table has so many rows by the registry: this node sees them only there."""
    theirs = (world.stored["laboratory"].data_set, 1)
    world.chain.sets[theirs] = replace(world.chain.sets[theirs], rows=rows)
    return world


def test_attack_a_parameter_left_out_so_that_a_default_applies_unsaid(world: World) -> None:
    """Owners signed what was written; a coordinator that lets it pass meets every node."""
    made = world.contract()
    for place, step in enumerate(made.steps):
        for name, _ in step.parameters:
            fewer = replace(step, parameters=tuple(item for item in step.parameters if item[0] != name))
            message = world.start(replace(made, steps=(*made.steps[:place], fewer, *made.steps[place + 1 :])))
            assert refused(world, message) == ("policy", "check.policy")


def test_a_nodes_child_is_told_the_rows_of_all_and_the_memory_that_its_operator_allows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses by its plan what needs more: test_child_room."""
    seen: list[Order] = []
    original = world.outcome

    def outcome(order: Order, party: str, run_id: bytes) -> Outcome:
        seen.append(order)
        return original(order, party, run_id)

    monkeypatch.setattr(world, "outcome", outcome)
    node = world.nodes["hospital"]
    node.config = replace(node.config, party_memory=300 * 1024**2)
    message = enlarged(world, 7000).start(world.contract())
    world.dispatch(message)
    world.turns(3)
    (order,) = [item for item in seen if item.party == "hospital"]
    assert order.memory == 300 * 1024**2
    assert dict(order.rows)[world.stored["laboratory"].data_set] == 7000


def test_a_task_that_would_outlast_its_deadline_is_refused(world: World) -> None:
    slow = enlarged(world, 1_000_000).start(world.contract(deadline=world.now + 5))
    assert refused(world, slow) == ("programs", "check.does_not_fit")
    enough = world.start(world.contract(deadline=world.now + 3600))
    assert world.nodes["hospital"].check.run(enough).inputs


def test_what_does_not_fit_is_refused_with_a_signed_reason_and_never_run(world: World) -> None:
    message = enlarged(world, 1_000_000).start(world.contract(deadline=world.now + 5))
    machine = world.machines["hospital"]
    machine.dispatch(message.to_json())
    machine.tick()
    (said,) = world.nodes["hospital"].evidence.all(message.task, Refusal)
    assert said.statement.reason == "check.does_not_fit"
    assert world.runs["hospital"] == 0


# what the coordinator sends


def altered(world: World, message: RunDispatch, **changes: Any) -> RunDispatch:
    contract = replace(TaskContract.read(message.contract), **changes)
    return replace(message, contract=contract.data())


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "something else"},
        {"deadline": 1_800_009_999},
        {"committee": ("exchange", "hospital", "intruder")},
        {"protection_level": 1},
        {"auditors": ("exhibitionist",)},
        {"minimum_group": 1},
    ],
)
def test_altered_contract_bytes_are_refused(world: World, changes: dict[str, Any]) -> None:
    message = world.start()
    assert refused(world, altered(world, message, **changes)) == ("contract", "check.contract_mismatch")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"a":1.5}'])
def test_bytes_that_are_no_contract_are_refused(world: World, data: bytes) -> None:
    message = replace(world.start(), contract=data)
    assert refused(world, message) == ("contract", "check.contract_mismatch")


def test_another_tasks_contract_under_this_id_is_refused(world: World) -> None:
    first, second = world.start(), world.start()
    assert refused(world, replace(first, contract=second.contract)) == ("contract", "check.contract_mismatch")


@pytest.mark.parametrize("state", [TaskState.NONE, TaskState.PROPOSED])
def test_an_unstarted_task_is_not_run(world: World, state: TaskState) -> None:
    message = world.start()
    world.chain.set_state(message.task, state=state)
    with pytest.raises(NotYet):
        world.nodes["hospital"].check.run(message)


@pytest.mark.parametrize(
    "state", [TaskState.COMPLETED, TaskState.ABORTED, TaskState.EXPIRED, TaskState.DISPUTED, TaskState.REFUSED]
)
def test_an_ended_task_is_not_run(world: World, state: TaskState) -> None:
    message = world.start()
    world.chain.set_state(message.task, state=state)
    with pytest.raises(Over):
        world.nodes["hospital"].check.run(message)


def test_a_dispatch_without_the_own_authorization_is_refused(world: World) -> None:
    message = world.start()
    others = tuple(item for item in message.authorizations if item.owner != "hospital")
    assert refused(world, replace(message, authorizations=others)) == ("authorization", "check.authorization_mismatch")


def test_someone_elses_authorization_is_not_ours(world: World) -> None:
    message = world.start()
    theirs = next(item for item in message.authorizations if item.owner == "laboratory")
    mine = next(item for item in message.authorizations if item.owner == "hospital")
    # their consumed authorization under our name, for our data set
    forged = replace(theirs, owner="hospital", message=replace(theirs.message, data_set=mine.message.data_set))
    for given in (forged, replace(theirs, owner="hospital")):
        assert refused(world, replace(message, authorizations=(given,)))[1] == "check.authorization_mismatch"


def test_an_own_authorization_of_another_task_is_refused(world: World) -> None:
    first, second = world.start(), world.start()
    mine = next(item for item in first.authorizations if item.owner == "hospital")
    assert refused(world, replace(second, authorizations=(mine,))) == ("authorization", "check.authorization_mismatch")


def test_an_authorization_whose_use_was_not_consumed_is_refused(world: World) -> None:
    message = world.start()
    world.chain.consumed.clear()
    assert refused(world, message) == ("authorization", "check.authorization_mismatch")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", "another [ref 00]"),
        ("result_users", ("hospital",)),
        ("compute_parties", ("exchange", "hospital", "other")),
        ("programs", ("glm.logistic@1.0.0",)),
        ("programs_digest", b"\x01" * 32),
        ("engine", "other.engine@1.0.0"),
        ("input_root", b"\x01" * 32),
        ("data_version", 2),
        ("proposer", "laboratory"),
        ("min_protection_level", 4),
        ("legal_basis", "none [ref 00]"),
        ("impact_assessment", b"\x01" * 32),
    ],
)
def test_an_authorization_that_covers_something_else_is_refused(world: World, field: str, value: Any) -> None:
    """Even when the chain consumed it: a quorum that lets it pass still meets the node's own comparison."""
    message = world.start(**{field: value})
    assert refused(world, message) == ("authorization", "check.authorization_mismatch")


def test_a_policy_document_that_was_not_signed_is_refused(world: World) -> None:
    message = world.start()
    mine = next(item for item in message.authorizations if item.owner == "hospital")
    wide = replace(Ask.read(mine.policy), tasks_per_day=1000)
    given = tuple(replace(mine, policy=wide.data()) if item is mine else item for item in message.authorizations)
    assert refused(world, replace(message, authorizations=given)) == ("policy", "check.policy")


# what the chain and the disk say


def standing(world: World, ask: Callable[[Ask], Ask] = lambda ask: ask) -> Callable[..., RunDispatch]:
    """A standing authorization, the hospital's with another ask: every task consumes it."""
    contract = world.contract()
    base = {
        item.owner: replace(Ask.of(contract, item.data_set), per_person=("fit.scores",)) for item in contract.inputs
    }

    def start(**changes: Any) -> RunDispatch:
        made = world.contract(**changes)
        message = world.start(made, task=ZERO32, max_uses=100)
        digest_domain = world.chain.domain("Consents")
        signed = []
        for item in message.authorizations:
            document = ask(base[item.owner]).data() if item.owner == "hospital" else item.policy
            fresh = world.authorize(
                made,
                message.task,
                item.owner,
                task=ZERO32,
                max_uses=100,
                nonce=1,
                not_after=world.now + 10**6,
                document=document,
            )
            digest = fresh.message.digest(digest_domain)
            world.chain.owners[digest] = ids.on_chain(item.owner)
            world.chain.consumed.add((message.task, digest))
            signed.append(fresh)
        return replace(message, authorizations=tuple(signed))

    return start


def test_a_standing_authorization_covers_tasks_that_ask_the_same_within_its_rate(world: World) -> None:
    start = standing(world, lambda ask: replace(ask, tasks_per_day=2))
    node = world.nodes["hospital"]
    for _ in range(2):
        message = start()
        world.machines["hospital"].dispatch(message.to_json())
        world.machines["hospital"].tick()
        assert world.stages(message.task)["hospital"] == "checked"
    third = start(deadline=world.now + 90_000)
    assert refused(world, third) == ("policy", "check.policy")
    # a day later there is room again
    facts = world.chain.tasks[third.task]
    world.chain.tasks[third.task] = replace(facts, started_at=facts.started_at + 86_500)
    assert node.check.run(third).inputs


@pytest.mark.parametrize(
    "asked",
    [
        lambda terms: {"inputs": (replace(terms.inputs[0], columns=("dose",)), *terms.inputs[1:])},
        lambda terms: {
            "inputs": (replace(terms.inputs[0], filters=(RowFilter("age", "ge", "18"),)), *terms.inputs[1:])
        },
        lambda terms: {"inputs": terms.inputs[:1]},
        lambda terms: {"minimum_group": terms.minimum_group + 40},
        lambda terms: {"steps": tuple(replace(step, parameters=(("other", 1),)) for step in terms.steps)},
        lambda terms: {"outputs": (replace(terms.outputs[0], source="fit.labels"), *terms.outputs[1:])},
        lambda terms: {"reviewer": "regulator"},
        lambda terms: {"automated_decision": not terms.automated_decision},
    ],
    ids=["columns", "filters", "counterparts", "minimum-group", "parameters", "outputs", "reviewer", "automated"],
)
def test_attack_a_task_that_asks_other_than_the_standing_ask(
    world: World, asked: Callable[[TaskContract], dict[str, Any]]
) -> None:
    start = standing(world, lambda ask: replace(ask, contract=replace(ask.contract, **asked(ask.contract))))
    assert refused(world, start()) == ("policy", "check.policy")


def test_attack_numbers_about_single_people_without_the_owners_word(world: World) -> None:
    """What the installed programs mark as about single people opens only where the signed ask names it, whoever asked."""
    contract = world.contract()
    assert [output.source for output in contract.outputs] == ["fit.coefficients", "fit.scores"]
    assert refused(world, world.start(contract, per_person=())) == ("policy", "check.policy")
    assert refused(world, world.start(world.contract(), per_person=("fit.coefficients",))) == ("policy", "check.policy")
    message = world.start(world.contract(), per_person=("fit.scores",))
    assert world.nodes["hospital"].check.run(message).inputs
    alone = world.contract(outputs=contract.outputs[:1])
    assert world.nodes["hospital"].check.run(world.start(alone, per_person=())).inputs


def test_the_owners_own_limits_hold_beside_what_the_wallet_signed(world: World) -> None:
    contract = world.contract()
    own = world.stored["hospital"].data_set
    narrow = Ask.of(replace(contract, minimum_group=contract.minimum_group + 1), own)
    world.nodes["hospital"].state.add_policy(narrow.digest(), own, narrow.data(), world.now)
    message = world.start(contract)
    assert refused(world, message) == ("policy", "check.policy")
    old = b'{"format":"tallystick/policy/v1"}'  # of an earlier release
    world.nodes["hospital"].state.add_policy(b"\x05" * 32, own, old, world.now)
    assert refused(world, message) == ("policy", "check.policy")
    wide = Ask.of(contract, own)
    world.nodes["hospital"].state.add_policy(wide.digest(), own, wide.data(), world.now)
    assert world.nodes["hospital"].check.run(message).inputs


def test_data_that_no_longer_match_the_registered_root_are_refused(world: World) -> None:
    message = world.start()
    key = (world.stored["hospital"].data_set, 1)
    world.chain.sets[key] = replace(world.chain.sets[key], input_root=b"\x09" * 32)
    assert refused(world, message) == ("data", "check.data_changed")


@pytest.mark.parametrize("damage", ["flip", "swap", "missing"])
def test_changed_rows_on_disk_are_refused(world: World, damage: str) -> None:
    message = world.start()
    own, other = (world.stored[n].data_set for n in ("hospital", "laboratory"))
    path = world.folder / "hospital" / "data" / own / "1.snapshot"
    if damage == "flip":
        raw = bytearray(path.read_bytes())
        raw[-20] ^= 1
        path.write_bytes(raw)
    elif damage == "swap":
        path.write_bytes((world.folder / "laboratory" / "data" / other / "1.snapshot").read_bytes())
    else:
        path.unlink()
    assert refused(world, message) == ("data", "check.data_changed")


def test_a_squatted_data_set_of_another_owner_is_refused(world: World) -> None:
    message = world.start()
    key = (world.stored["hospital"].data_set, 1)
    world.chain.sets[key] = replace(world.chain.sets[key], owner=ids.on_chain("squatter"))
    assert refused(world, message) == ("data", "check.data_changed")


@pytest.mark.parametrize(
    "facts",
    [
        None,
        release(b"\x01" * 32),
        release(CODE["psi.align@1.0.0"], protection_level=2),
        release(CODE["psi.align@1.0.0"], kind=ReleaseKind.ENGINE),
    ],
)
def test_programs_that_are_not_the_installed_ones_are_refused(world: World, facts: ReleaseFacts | None) -> None:
    message = world.start()
    if facts is None:
        del world.chain.releases["psi.align@1.0.0"]
    else:
        world.chain.releases["psi.align@1.0.0"] = facts
    assert refused(world, message) == ("programs", "check.program_changed")


NEWER = "tallystick.engine@1.1.0"
PROGRAM, NEWER_PROGRAM = "glm.logistic@1.0.0", "glm.logistic@1.0.1"


@pytest.mark.parametrize(
    "facts",
    [None, release(b"\x01" * 32, ReleaseKind.ENGINE), release(ENGINE)],
    ids=["not published", "published with other code", "published as a program"],
)
def test_attack_an_engine_that_is_not_the_published_one_touches_no_data(
    world: World, facts: ReleaseFacts | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.start()
    if facts is None:
        del world.chain.releases[RELEASE]
    else:
        world.chain.releases[RELEASE] = facts
    monkeypatch.setattr(type(world.nodes["hospital"].store), "table", lambda *_: pytest.fail("data was touched"))
    assert refused(world, message) == ("engine", "check.engine")


def test_a_node_left_behind_refuses_before_input_and_says_what_to_do(world: World) -> None:
    """The others were upgraded, the hospital was not."""
    world.chain.releases[NEWER] = release(b"\x0b" * 32, ReleaseKind.ENGINE)
    for name in ("exchange", "laboratory"):
        node = world.nodes[name]
        node.check = replace(node.check, engine=lambda: (NEWER, b"\x0b" * 32))
    message = world.start(world.contract(engine=NEWER))
    assert world.nodes["laboratory"].check.run(message).inputs
    with pytest.raises(Refused) as caught:
        world.nodes["hospital"].check.run(message)
    assert NEWER in caught.value.detail
    assert RELEASE in caught.value.detail
    world.dispatch(message, "hospital")
    world.turns(4, "hospital")
    node = world.nodes["hospital"]
    (said,) = node.evidence.all(message.task, Refusal)
    assert said.statement.reason == "check.engine"
    (check,) = node.evidence.all(message.task, ConsentCheck)
    assert [c.name for c in check.statement.checks if c.answer == "fails"] == ["engine"]
    (abort,) = world.chain.aborts
    assert (abort.kind, abort.reason) == (KIND_REFUSAL, BY_CODE["check.engine"].number)
    assert world.runs["hospital"] == 0
    assert "upgrade that node" in BY_CODE["check.engine"].english
    # tasks with the engine that all have go on
    old = world.start()
    assert node.check.run(old).inputs


def test_code_that_was_exchanged_on_the_disk_of_a_running_node_is_refused(world: World) -> None:
    """Until it is restarted the process and its disk are two engines."""
    node = world.nodes["hospital"]
    message = world.start()
    node.check = replace(node.check, engine=lambda: (RELEASE, b"\x0b" * 32))
    assert refused(world, message) == ("engine", "check.engine")


def test_a_release_that_was_retired_after_the_start_still_runs(world: World) -> None:
    """The chain asked at the start; a task that began is not left half done."""
    message = world.start()
    for name, facts in list(world.chain.releases.items()):
        world.chain.releases[name] = replace(facts, active=False, approved=False)
    assert world.nodes["hospital"].check.run(message).inputs


# yesterday's authorization and a release of today


def upgraded(world: World, *, approved: bool = True) -> None:
    """Engine and one program have successors; the nodes have them, and the older ones besides."""
    world.chain.releases[NEWER] = release(b"\x0b" * 32, ReleaseKind.ENGINE)
    world.chain.releases[NEWER_PROGRAM] = release(b"\x0c" * 32)
    if approved:
        world.chain.successions.update({RELEASE: NEWER, PROGRAM: NEWER_PROGRAM})
    code = {**CODE, NEWER_PROGRAM: b"\x0c" * 32}
    for node in world.nodes.values():
        node.check = replace(node.check, engine=lambda: (NEWER, b"\x0b" * 32), installed=code.__getitem__)


def newer_task(world: World, message: RunDispatch, monkeypatch: pytest.MonkeyPatch) -> RunDispatch:
    """The same task on today's releases, started by what was signed for yesterday's."""
    monkeypatch.setattr("workers.checks.find", lambda name: find(PROGRAM if name == NEWER_PROGRAM else name))
    made = TaskContract.read(message.contract)
    steps = tuple(replace(step, program=NEWER_PROGRAM) if step.program == PROGRAM else step for step in made.steps)
    newer = replace(made, engine=NEWER, steps=steps, nonce="09" * 32)
    task = task_id_of(newer, world.chain.domain("Tasks"))
    world.chain.tasks[task] = replace(world.chain.tasks[message.task], contract_digest=newer.digest())
    for item in message.authorizations:
        world.chain.consumed.add((task, item.message.digest(world.chain.domain("Consents"))))
    return replace(message, task=task, contract=newer.data())


def test_yesterdays_authorization_that_allows_successors_starts_a_task_of_today(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = world.start(task=ZERO32, max_uses=9, approved_successors=True)
    upgraded(world)
    today = newer_task(world, yesterday, monkeypatch)
    for party in ("hospital", "laboratory"):
        assert world.nodes[party].check.run(today).inputs


def test_attack_an_authorization_without_the_field_starts_nothing_newer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the chain consumed it: a quorum that lets it pass still meets the node's own comparison."""
    yesterday = world.start(task=ZERO32, max_uses=9)
    upgraded(world)
    assert refused(world, newer_task(world, yesterday, monkeypatch)) == (
        "authorization",
        "check.authorization_mismatch",
    )


def test_attack_a_successor_declared_but_not_approved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = world.start(task=ZERO32, max_uses=9, approved_successors=True)
    upgraded(world, approved=False)
    assert refused(world, newer_task(world, yesterday, monkeypatch)) == (
        "authorization",
        "check.authorization_mismatch",
    )


@pytest.mark.parametrize(
    "successions",
    [
        {"psi.align@1.0.0": NEWER_PROGRAM, "other.engine@1.0.0": NEWER},
        {RELEASE: NEWER},
        {PROGRAM: NEWER_PROGRAM},
        {NEWER: RELEASE, NEWER_PROGRAM: PROGRAM},
    ],
    ids=["of others", "of the engine alone", "of the program alone", "the wrong way round"],
)
def test_attack_a_succession_approved_for_another_release(
    world: World, successions: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = world.start(task=ZERO32, max_uses=9, approved_successors=True)
    upgraded(world, approved=False)
    world.chain.successions.update(successions)
    assert refused(world, newer_task(world, yesterday, monkeypatch)) == (
        "authorization",
        "check.authorization_mismatch",
    )


def test_attack_a_retired_successor_stands_in_for_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = world.start(task=ZERO32, max_uses=9, approved_successors=True)
    upgraded(world)
    world.chain.releases[NEWER] = replace(world.chain.releases[NEWER], active=False)
    assert refused(world, newer_task(world, yesterday, monkeypatch)) == (
        "authorization",
        "check.authorization_mismatch",
    )


def test_the_owners_own_limits_follow_what_its_wallet_said_of_successors(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They bound what is done with the data; an upgrade that the wallet allows does not end them, any other does."""
    yesterday = world.start(task=ZERO32, max_uses=9, approved_successors=True)
    own = world.stored["hospital"].data_set
    limit = Ask.of(TaskContract.read(yesterday.contract), own)
    world.nodes["hospital"].state.add_policy(limit.digest(), own, replace(limit, tasks_per_day=9).data(), world.now)
    upgraded(world)
    today = newer_task(world, yesterday, monkeypatch)
    assert world.nodes["hospital"].check.run(today).inputs
    # a task whose owner signed today's releases by name, and no successors: the limit is still yesterday's
    made = TaskContract.read(today.contract)
    monkeypatch.setitem(CODE, NEWER_PROGRAM, b"\x0c" * 32)
    exact = world.start(replace(made, nonce="0a" * 32))
    assert refused(world, exact) == ("policy", "check.policy")


@pytest.mark.parametrize(
    ("party", "change"),
    [
        ("laboratory", {"active": False}),
        ("exchange", {"roles": 1}),
        ("exchange", {"roles": 2 | Role.REGULATOR}),
        ("exchange", {"roles": 2 | Role.CERTIFIER}),
        ("exchange", {"operator": ids.on_chain("operator-hospital")}),
        ("hospital", {"node_key": b"\x07" * 32}),
        ("hospital", {"node_signer": "0x" + "11" * 20}),
        ("hospital", {"seal_key": b"\x07" * 32}),
    ],
)
def test_peers_that_may_not_take_part_are_refused(world: World, party: str, change: dict[str, Any]) -> None:
    message = world.start()
    world.chain.parties[party] = replace(world.chain.parties[party], **change)
    assert refused(world, message) == ("peers", "check.peer_keys")


def test_two_parties_with_one_key_are_refused(world: World) -> None:
    message = world.start()
    key = world.chain.parties["laboratory"].node_key
    world.chain.parties["exchange"] = replace(world.chain.parties["exchange"], node_key=key)
    assert refused(world, message) == ("peers", "check.peer_keys")


def test_a_task_of_others_is_refused(world: World) -> None:
    contract = world.contract()
    contract = replace(contract, committee=("exchange", "laboratory", "outsider"))
    contract = replace(contract, inputs=tuple(i for i in contract.inputs if i.owner != "hospital"))
    contract = replace(
        contract,
        steps=(replace(contract.steps[0], inputs=(("tables", (contract.inputs[0].data_set,)),)), contract.steps[1]),
    )
    assert refused(world, world.start(contract)) == ("fields", "check.contract_mismatch")


# what a "no" leaves behind


def test_a_refusal_is_signed_logged_and_ends_the_task_on_chain(world: World) -> None:
    message = world.start()
    world.chain.consumed.clear()
    world.dispatch(message, "hospital")
    world.turns(6, "hospital")
    node = world.nodes["hospital"]
    (abort,) = world.chain.aborts
    assert (abort.kind, abort.reason, abort.party) == (KIND_REFUSAL, 3, "hospital")
    (stated,) = node.evidence.all(message.task, Refusal)
    assert stated.statement.reason == "check.authorization_mismatch"
    (check,) = node.evidence.all(message.task, ConsentCheck)
    assert {c.name: c.answer for c in check.statement.checks}["authorization"] == "fails"
    assert world.stages(message.task) == {"hospital": "refused"}
    assert world.runs["hospital"] == 0
    assert "hospital" in world.coordinator.logs(message.task)


def test_a_refusal_reaches_the_chain_without_the_coordinator(world: World) -> None:
    message = world.start()
    world.chain.consumed.clear()
    world.coordinator.silent = True
    world.dispatch(message, "hospital")
    world.turns(25, "hospital")
    assert [a.kind for a in world.chain.aborts] == [KIND_REFUSAL]
    assert world.stages(message.task) == {"hospital": "refused"}


def test_an_early_dispatch_waits_and_a_false_one_is_refused_off_chain_only(world: World) -> None:
    message = world.start()
    world.chain.set_state(message.task, state=TaskState.PROPOSED)
    world.dispatch(message, "hospital")
    world.turns(5, "hospital")
    assert world.stages(message.task) == {"hospital": "received"}
    world.now += 60
    world.turns(6, "hospital")
    assert world.stages(message.task) == {"hospital": "refused"}
    assert not world.chain.aborts, "a coordinator must not get a proposed task ended by dispatching it early"
    # the true start later is served all the same
    world.chain.set_state(message.task, state=TaskState.STARTED)
    world.dispatch(message, "hospital")
    world.turn("hospital")
    assert world.stages(message.task)["hospital"] not in ("refused", "received")


def test_no_row_of_a_refused_task_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = world.start()
    world.chain.consumed.clear()
    monkeypatch.setattr(type(world.nodes["hospital"].store), "table", lambda *_: pytest.fail("data was touched"))
    world.dispatch(message, "hospital")
    world.turns(3, "hospital")
    assert world.stages(message.task)["hospital"] != "checked"


def test_an_unavailable_chain_only_delays(world: World) -> None:
    message = world.start()
    world.chain.down = True
    world.dispatch(message)
    world.turns(3)
    assert set(world.stages(message.task).values()) == {"received"}
    world.chain.down = False
    world.turns(8)
    assert set(world.stages(message.task).values()) == {"done"}


def test_a_malformed_dispatch_is_refused_and_stores_nothing(world: World) -> None:
    message = world.start().to_json()
    for broken in ({}, {**message, "extra": 1}, {**message, "task": "0x00"}, json.loads("[1]"), None):
        with pytest.raises(Exception, match=r"^(json|id)\."):
            world.machines["hospital"].dispatch(broken)
    assert not world.nodes["hospital"].state.jobs()


def test_unknown_tasks_cannot_fill_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.jobs.machine.MAX_WAITING", 3)
    message = world.start()
    for i in range(3):
        world.machines["hospital"].dispatch(replace(message, task=bytes([i]) * 32).to_json())
    with pytest.raises(Exception, match=r"node\.busy"):
        world.machines["hospital"].dispatch(message.to_json())


def test_several_data_sets_of_one_owner_need_an_authorization_each(world: World) -> None:
    second = world._add_data("hospital")
    contract = world.contract()
    inputs = tuple(
        sorted([*contract.inputs, Input(second.data_set, 1, "hospital", ("age", "dose"), ())], key=lambda i: i.data_set)
    )
    contract = replace(contract, inputs=inputs)
    first = world.stored["hospital"]
    message = world.start(contract)
    # both authorizations were drawn for the first set: the second has none
    given = [item for item in message.authorizations if item.owner == "hospital"]
    assert {item.message.data_set for item in given} == {first.data_set}
    assert refused(world, message) == ("authorization", "check.authorization_mismatch")


def test_requests_carry_valid_signatures_only(world: World) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    requests = [r for r in world.coordinator.posted if isinstance(r, ChainRequest)]
    assert {r.kind for r in requests} == {"commit", "anchor"}
