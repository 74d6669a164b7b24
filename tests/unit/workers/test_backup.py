"""A node's backup, and what a node that was put back must not do again. Each attack was seen to work with its defence out."""

import random
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import TallyError
from protocol.limits import LIMITS
from protocol.messages import RunDispatch
from tests.unit.workers.world import World
from workers import backup, disk, keystore, recovery
from workers.jobs.run import Seat
from workers.keystore import NodeKeys
from workers.state import State

OWNER = "hospital"
PASSPHRASE = b"a passphrase of enough bytes"


class Place:
    """A node of the world with everything on its disk that a real one has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder / OWNER
        self.passphrase = world.folder / "passphrase"
        disk.write_private(self.passphrase, PASSPHRASE)
        keystore.create(self.folder / "keys", PASSPHRASE, world.keys[OWNER], work=2**14)
        replace(world.nodes[OWNER].config, passphrase_file=str(self.passphrase)).save(self.folder)
        disk.write_private(self.folder / "deployment.json", b"{}")
        self.file = world.folder / "backup"

    def back_up(self) -> None:
        self.file.unlink(missing_ok=True)
        backup.backup(self.folder, self.file, self.world.chain.number)

    def put_back(self) -> None:
        """The disk is lost; the backup takes its place, and the node starts."""
        world = self.world
        world.nodes[OWNER].state.close()
        self.folder.rename(world.folder / f"lost-{random.getrandbits(64):x}")
        backup.restore(self.file, self.folder, self.passphrase)
        recovery.settle(world.open(OWNER))
        world.machines[OWNER].resume()

    def run_alone(self, message: RunDispatch) -> None:
        """The owner's node sends its input and computes; nobody else has come so far."""
        self.world.dispatch(message, OWNER)
        machine = self.world.machines[OWNER]
        machine.tick()
        machine.attempt(message.task, Seat())
        assert self.world.runs[OWNER] == 1

    def job(self, message: RunDispatch) -> tuple[str, str]:
        job = self.world.nodes[OWNER].state.job(message.task)
        assert job is not None
        return str(job.stage), job.reason


@pytest.fixture
def place(world: World) -> Place:
    return Place(world)


def test_attack_a_dispatch_is_sent_again_to_a_node_that_forgot_its_run(world: World, place: Place) -> None:
    """A second run of one started task: other noise, another output, a second answer to one use."""
    message = world.start()
    place.back_up()
    place.run_alone(message)
    place.put_back()
    world.dispatch(message, OWNER)
    world.turns(3, OWNER)
    assert world.runs[OWNER] == 1, "no input leaves twice"
    assert place.job(message) == ("aborted", "run.interrupted")


@pytest.mark.parametrize("at", ["received", "checked", "computed"])
def test_what_was_under_way_ends_and_is_run_no_second_time(world: World, place: Place, at: str) -> None:
    message = world.start()
    world.dispatch(message, OWNER)
    machine = world.machines[OWNER]
    if at != "received":
        machine.tick()
    if at == "computed":
        machine.attempt(message.task, Seat())
    assert place.job(message)[0] == at
    place.back_up()
    if at != "computed":
        machine.tick()
        machine.attempt(message.task, Seat())
    place.put_back()
    world.turns(4, OWNER)
    assert world.runs[OWNER] == 1
    assert place.job(message) == ("aborted", "run.interrupted")


def test_attack_a_lagging_endpoint_makes_an_old_start_look_new(world: World, place: Place) -> None:
    """The fence follows this machine's clock as well: an endpoint that hides the newest blocks moves it back by nothing."""
    place.back_up()
    world.now += 60
    world.chain.time = world.now
    message = world.start()
    place.run_alone(message)
    hidden = world.chain.time
    world.chain.time = hidden - 50
    place.put_back()
    world.chain.time = hidden
    world.dispatch(message, OWNER)
    world.turns(3, OWNER)
    assert world.runs[OWNER] == 1


def test_a_task_that_starts_after_the_fence_runs_as_ever(world: World, place: Place) -> None:
    place.back_up()
    place.put_back()
    world.now += LIMITS.clock_skew + 1
    world.chain.time = world.now
    message = world.start(world.contract(deadline=world.now + 600))
    world.dispatch(message)
    world.turns(6)
    assert place.job(message)[0] == "done"
    assert world.runs[OWNER] == 1


def test_a_committed_task_completes_without_the_outcome_that_is_in_no_backup(world: World, place: Place) -> None:
    message = world.start()
    world.dispatch(message)
    while world.stages(message.task)[OWNER] != "committed":
        world.machines[OWNER].tick()
        for job in world.machines[OWNER].waiting():
            world.machines[OWNER].attempt(job.task, Seat())
    place.back_up()
    place.put_back()
    world.turns(8)
    assert set(world.stages(message.task).values()) == {"done"}
    assert world.runs[OWNER] == 1


def test_numbers_go_on_above_any_that_was_used(world: World, place: Place) -> None:
    """A peer takes no announcement that is not newer: a counter put back would make this node unreachable."""
    state = world.nodes[OWNER].state
    state.next_number("announcement")
    place.back_up()
    used = [state.next_number("announcement") for _ in range(50)][-1]
    place.put_back()
    assert world.nodes[OWNER].state.next_number("announcement") > used
    assert world.nodes[OWNER].state.next_number("progress") > used


def test_attack_forgotten_uses_make_room_for_more_tasks_a_day(world: World, place: Place) -> None:
    place.back_up()
    message = world.start()
    place.run_alone(message)
    data_set = world.stored[OWNER].data_set
    counted = world.nodes[OWNER].state.uses(data_set, None, 0, b"")
    place.put_back()
    assert world.nodes[OWNER].state.uses(data_set, None, 0, b"") == counted == 1


def test_attack_a_log_that_the_chain_knows_longer_is_not_gone_on_with(world: World, place: Place) -> None:
    """Another entry at a place that is taken would be a second history under one signature."""
    place.back_up()
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    with pytest.raises(TallyError, match=r"log\.lost_entries"):
        place.put_back()


def test_keys_that_the_registry_names_no_more_sign_nothing(world: World, place: Place) -> None:
    place.back_up()
    fresh = NodeKeys.draw()
    world.chain.parties[OWNER] = replace(world.chain.parties[OWNER], node_key=fresh.node_public)
    with pytest.raises(TallyError, match=r"restore\.other_keys"):
        place.put_back()


def test_everything_comes_back_as_it_was(world: World, place: Place) -> None:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    before = {
        path.relative_to(place.folder): path.read_bytes()
        for folder in ("data", "log", "models", "results")
        for path in (place.folder / folder).rglob("*")
        if path.is_file() and (folder != "log" or path.name == "journal")
    }
    place.back_up()
    place.put_back()
    after = {path.relative_to(place.folder): path.read_bytes() for path in place.folder.rglob("*") if path.is_file()}
    assert before.items() <= after.items()
    assert place.job(message)[0] == "done"
    assert not recovery.settle(world.nodes[OWNER]), "it is settled once"


def test_nobody_reads_in_a_backup(world: World, place: Place) -> None:
    message = world.start(world.contract(purpose="canary purpose [ref 77]"))
    world.dispatch(message)
    world.turns(6)
    place.back_up()
    assert place.file.stat().st_mode & 0o777 == 0o600
    data = place.file.read_bytes()
    for canary in (
        b"canary purpose",
        b"laboratory",
        world.keys[OWNER].storage_key,
        world.keys[OWNER].node_key,
        PASSPHRASE,
    ):
        assert canary not in data
    disk.write_private(world.folder / "other", b"another passphrase, long enough")
    with pytest.raises(TallyError, match=r"keystore\.wrong_passphrase"):
        backup.restore(place.file, world.folder / "elsewhere", world.folder / "other")
    assert not (world.folder / "elsewhere").exists()


def test_working_copies_are_in_no_backup(world: World, place: Place) -> None:
    """What the node states as erased is erased everywhere."""
    message = world.start()
    place.run_alone(message)
    assert (place.folder / "work" / message.task.hex() / "outcome").exists()
    place.back_up()
    place.put_back()
    assert not list(place.folder.glob("work/*/outcome"))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("sealed")
    world = World(folder)
    try:
        place = Place(world)
        place.back_up()
        return place.passphrase, place.file.read_bytes()
    finally:
        world.close()


@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_attack_one_bit_of_a_backup_is_changed(
    sealed: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory, share: float, bit: int
) -> None:
    """It is refused, or it changed what tar ignores (owner names, padding): never is something else put back."""
    passphrase, data = sealed
    folder = tmp_path_factory.mktemp("flipped")
    at = int(share * len(data))
    changed = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    disk.write_private(folder / "whole", data)
    disk.write_private(folder / "changed", changed)
    try:
        backup.restore(folder / "changed", folder / "state", passphrase)
    except TallyError:
        assert not (folder / "state").exists()
        return
    backup.restore(folder / "whole", folder / "right", passphrase)
    assert contents(folder / "state") == contents(folder / "right")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("state.sqlite")
    }


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda place: backup.backup(place.folder, place.folder / "inside", 0), "backup.inside"),
        (lambda place: backup.backup(place.folder, place.file, 0), "disk.exists"),
        (lambda place: backup.restore(place.file, place.folder, place.passphrase), "backup.folder_in_use"),
        (lambda place: backup.restore(place.file, place.folder.parent / "new", None), "backup.passphrase"),
    ],
)
def test_what_would_overwrite_or_leave_something_is_refused(
    place: Place, spoil: Callable[[Place], object], code: str
) -> None:
    place.back_up()
    with pytest.raises(TallyError, match=code.replace(".", r"\.")):
        spoil(place)


@pytest.mark.parametrize("name", ["../escaped", "/etc/escaped", "keys/node_key.json", "a/../../b", "lock"])
def test_attack_a_name_that_leaves_the_folder(name: str) -> None:
    with pytest.raises(TallyError, match=r"backup\.name"):
        backup._entry({"name": name, "sha256": "0x" + "00" * 32}, "files[0]")


def test_a_backup_beside_writers_opens_as_after_a_kill(world: World, place: Place) -> None:
    """Every table and log entry that is written between its pieces can only be more than the state says."""
    messages = [world.start() for _ in range(3)]
    for message in messages:
        world.dispatch(message, OWNER)
        world.machines[OWNER].tick()
        place.back_up()
    place.put_back()
    with closing(State(place.folder / "state.sqlite")) as state:
        assert {job.task for job in state.jobs()} == {message.task for message in messages}
    with tarfile.open(place.file) as archive:
        assert archive.getnames()[0] == "backup.json"
