"""I2 and I2b: what stays at home. Every place outside the parties' own folders is searched for every secret of the run."""

import base64
import io
import json
import random
import struct
import zipfile

import psycopg
import pytest

from protocol import ids
from tests.e2e import canaries, places
from tests.e2e.conftest import Run
from tests.e2e.search import Secrets, guessable, spellings
from tests.patience import until


@pytest.fixture(scope="module")
def secrets(run: Run) -> Secrets:
    """Everything private of the run, by name."""
    forms = {f"id {patient}": list(canaries.id_forms(patient)) for side in run.sides.values() for patient in side.ids}
    for owner, values in run.planted.items():
        forms |= {f"value {value} of {owner}": list(canaries.value_forms(value)) for value in values}
    keys = canaries.secret_keys(run.system.state, {name: bytes(item.key) for name, item in run.accounts.items()})
    keys |= canaries.passwords(run.system.state)
    forms |= {name: list(canaries.key_forms(key)) for name, key in keys.items()}
    forms |= canaries.result_forms(_result(run)["outputs"])
    return Secrets(forms)


@pytest.fixture(scope="module")
def words(run: Run) -> Secrets:
    """Everything that says what the task is about."""
    return Secrets(canaries.words(run.status.contract, run.sides))


@pytest.fixture(scope="module")
def everywhere(run: Run) -> dict[str, bytes]:
    """All places, by name."""
    _settle(run)
    with run.client("hospital") as client:
        answers = places.answers(client, run.task)
    return {
        **places.database(run.system.stack.info.database),
        **places.write_ahead_log(run.system),
        **places.broker(run.system),
        **places.chain(run.system),
        **places.logs(run.system),
        **places.pages(run.system, run.task),
        **answers,
        "evidence bundle": run.evidence,
    }


def _result(run: Run) -> dict[str, object]:
    path = run.system.node_folder("hospital") / "results" / run.task.hex() / "result.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _settle(run: Run) -> None:
    """Nothing is on its way any more: every relayed receipt is done, so that nothing slips past the search."""
    waiting = "SELECT 1 FROM tally.relay_jobs WHERE state = 'waiting'"
    with psycopg.connect(run.system.stack.info.database, autocommit=True) as database:
        until(30, "the coordinator's relay jobs to be done", lambda: database.execute(waiting).fetchone() is None)


# does the search see?


def test_the_search_finds_canaries_where_they_belong(run: Run, secrets: Secrets) -> None:
    """The same search over the owners' own files and the hospital's result: it finds every one."""
    for owner, name in (("hospital", "diagnoses"), ("laboratory", "assays")):
        found = secrets.inside((run.system.state / "files" / f"{name}.csv").read_bytes())
        expected = {f"id {patient}" for patient in run.sides[owner].ids}
        expected |= {f"value {value} of {owner}" for value in run.planted[owner]}
        assert found == expected
    folder = run.system.node_folder("hospital") / "results" / run.task.hex()
    found = secrets.inside((folder / "result.json").read_bytes())
    # an AUC of few digits is like many other numbers, and is not looked for
    assert {"output fit.coefficients", "output fit.intercept", "output scale.means"} <= found
    assert {name for name in canaries.result_forms(_result(run)["outputs"]) if name.startswith("output ")} <= found
    assert {f"salt of {party}'s share of fit.coefficients" for party in ("exchange", "hospital", "laboratory")} <= found
    order = secrets.inside((folder / "alignment.json").read_bytes())
    assert order == {f"id {patient}" for patient in run.joint.order}


def test_the_search_finds_secrets_in_every_wrapping(run: Run, secrets: Secrets) -> None:
    """A key in hex in JSON in base64 in a zip in base64, unaligned text, floats, scaled integers and bare hashes."""
    patient = run.sides["hospital"].ids[7]
    value = run.planted["laboratory"][3]
    key = bytes(run.accounts["hospital"].key)
    # one whose bytes are like nothing else: fixed-point numbers may end in zeros, and those are not looked for
    coefficient = max(run.joint.outputs["fit.coefficients"], key=lambda value: len(set(struct.pack("<d", value)) - {0}))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "inner.json", json.dumps({"key": base64.b64encode(json.dumps({"k": key.hex()}).encode()).decode()})
        )
    noise = random.Random(1).randbytes
    wrapped = {
        "wallet of hospital": [
            base64.b64encode(zipped.getvalue()), zipped.getvalue(), noise(5) + key + noise(9), key.hex().upper().encode(),
            b"%d" % int.from_bytes(key, "big"), *(base64.b64encode(noise(n) + key + noise(4)) for n in (3, 4, 5)),
        ],
        f"id {patient}": [
            patient.encode(), patient.encode().hex().encode(), base64.urlsafe_b64encode(b"x" + patient.encode() + b"yz"),
            *guessable(patient.encode()),
        ],
        f"value {value} of laboratory": [
            f'{{"v":{value!r}}}'.encode(), noise(3) + struct.pack("<d", value), base64.b64encode(noise(4) + struct.pack("<d", value)),
            struct.pack(">d", value).hex().encode(), b"%d" % round(value * 10**7), round(value * 10**7).to_bytes(8, "big"),
        ],
        "output fit.coefficients": [
            repr(coefficient).encode(), noise(2) + struct.pack("<d", coefficient), f"b={coefficient:.8f};".encode(),
            *spellings(struct.pack("<d", coefficient)),
        ],
    }  # fmt: skip
    for name, samples in wrapped.items():
        for number, sample in enumerate(samples):
            assert secrets.inside(noise(11) + b"\0" + sample + b"\0" + noise(6)) == {name}, (name, number, sample[:60])
    assert secrets.inside(noise(2_000_000)) == set()


def test_the_places_are_really_what_they_say(run: Run, everywhere: dict[str, bytes], words: Secrets) -> None:
    """Each place holds what it must hold of this task: an empty dump would pass every search."""
    task = Secrets({"task": list(spellings(run.task)), "contract": list(spellings(run.status.contract.digest()))})
    for name in (
        "table tally.tasks", "table tally.sealed_shares", "table tally.receipts", "table tally.outbox",
        "table tally.chain_events", "table tally.bundles", "append-only file", "calldata", "events", "chain journal",
        "log engine.log", "log node-hospital.log", "log node-laboratory.log", "log node-exchange.log", "evidence bundle",
        *(f"page /{language}/tasks" for language in places.LANGUAGES),
    ):  # fmt: skip
        assert "task" in task.inside(everywhere[name]), f"{name} says nothing of the task"
    assert "contract" in task.inside(everywhere["calldata"])
    # what may be read by participants is there in words: the search sees through base64 in JSON in base64
    for name in (
        "append-only file",
        "table tally.tasks",
        "evidence bundle",
        f"answer /v1/tasks/{ids.prefixed('task', run.task)}",
    ):
        assert {canaries.PURPOSE, canaries.LEGAL_BASIS} <= words.inside(everywhere[name]), name
    assert len(everywhere["table tally.sealed_shares"]) > 10_000
    assert sum(name.startswith("write-ahead log") for name in everywhere) >= 1


# the searches themselves


def test_no_secret_is_anywhere(everywhere: dict[str, bytes], secrets: Secrets) -> None:
    """I2: ids, values, keys, salts, passwords and results reach neither coordinator, broker, chain, logs nor explorer."""
    assert len(secrets.names) > 600
    found = {place: secrets.inside(data) for place, data in everywhere.items()}
    assert {place: sorted(names) for place, names in found.items() if names} == {}


def test_the_chain_holds_no_words(everywhere: dict[str, bytes], words: Secrets) -> None:
    """I2b: no name of a data set, purpose, column or sentence in calldata, events and the journal, in words or hashed bare."""
    found = {place: words.inside(everywhere[place]) for place in ("calldata", "events", "chain journal")}
    assert found == {"calldata": set(), "events": set(), "chain journal": set()}


def test_the_explorer_shows_no_words_of_the_contract(run: Run, everywhere: dict[str, bytes], words: Secrets) -> None:
    """Its pages are for everyone who audits: ids, times and hashes, but no purpose, legal basis or column."""
    for place, data in everywhere.items():
        if place.startswith("page "):
            said = words.inside(data) - {item.data_set for item in run.status.contract.inputs}
            assert said == set(), place


def test_nobody_but_the_hospital_has_the_result(run: Run, secrets: Secrets) -> None:
    """The other nodes' folders hold neither results nor other parties' ids, and the hospital not the laboratory's values."""
    for party in ("laboratory", "exchange", "hospital"):
        folder = run.system.node_folder(party)
        data = b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
        found = secrets.inside(data)
        if party == "hospital":
            own = {name for name in found if name.startswith(("output ", "salt of "))}
            assert found - own == {f"id {patient}" for patient in run.joint.order}
        else:
            assert found == set(), party
