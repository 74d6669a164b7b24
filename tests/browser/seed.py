"""Tasks for the explorer to show, written through the coordinator's own projection of events."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from chain.events import Logged
from mpc.workflow.digest import ENGINE
from orchestrator.services import projection
from orchestrator.services.submission import parts_of
from orchestrator.store import catalogue, facets, index, receipts, tasks
from orchestrator.store.database import Transaction
from protocol import bundle, events, ids
from protocol.contract import Input, Output, Step, TaskContract, proposal_of
from protocol.fields import fields_of
from protocol.messages import Progress
from protocol.trust import Trust
from protocol.typed import Typed
from protocol.verify import verify
from protocol.vocabulary import Role
from tests.unit.protocol import samples
from tests.unit.protocol.simulated_task import SimulatedTask

NOW = 1_780_000_000
BUILT = datetime.fromtimestamp(NOW, UTC)
COMMITTEE = ("exchange", "hospital", "laboratory")
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
PURPOSE = "canary purpose of the contract"
DATA_SET = "diagnoses-" + "0" * 32
WALLET = "0x" + "00" * 20
RELAY = b"\x5e" * 20
"""The wallet that sends what parties signed."""
LOGIN = "explorer_login"
PASSWORD = "test-only"


def digest(text: str) -> bytes:
    return ids.on_chain(text)


def chain_values(message: Typed) -> dict[str, Any]:
    """A message's fields as events have them."""
    names = [field.attribute for field in fields_of(type(message))]
    return dict(zip(names, message.chain_args(), strict=True))


def contract(
    proposer: str = "hospital",
    committee: tuple[str, str, str] = COMMITTEE,
    data_set: str = DATA_SET,
    owner: str = "laboratory",
) -> TaskContract:
    return TaskContract(
        nonce="0" * 64,
        proposer=proposer,
        scheduler="platform",
        committee=committee,
        inputs=(Input(data_set, 1, owner, ("canary_column",), ()),),
        engine=ENGINE,
        steps=(Step("train", "glm.logistic@1.0.0", (), (("table", (data_set,)),)),),
        outputs=(Output("train.model", (proposer,)),),
        keeps=(),
        models=(),
        auditors=("regulator",),
        reviewer="",
        review_within=0,
        purpose=PURPOSE,
        legal_basis="canary basis",
        impact_assessment=bytes(32),
        protection_level=4,
        minimum_group=0,
        automated_decision=False,
        deadline=NOW + 3_600,
    )


class Story:
    """Writes one task's events, block by block."""

    def __init__(
        self,
        tx: Transaction,
        name: str,
        block: int,
        *,
        age: int,
        proposer: str = "hospital",
        terms: TaskContract | None = None,
    ) -> None:
        self.task = digest(name)
        self._tx, self._block, self._time, self._terms = tx, block, NOW - age, terms or contract()
        given: dict[str, Any] = {"task_id": self.task, "contract": self._terms.data(), "digest": self._terms.digest()}
        keep(tx, self._terms, **given, proposer=proposer, deadline=NOW + 3_600, now=NOW - age)

    def emit(self, event: events.Event, home: str = "Tasks") -> None:
        self._block += 1
        self._time += 7
        block = digest(f"block {self._block}")
        logged = Logged(event, home, self._block, block, digest(f"tx {self._block}"), 0, 0, self._time, RELAY)
        projection.apply(self._tx, logged)

    def propose(self, committee: tuple[str, ...] = ()) -> None:
        people = tuple(digest(name) for name in committee or self._terms.committee)
        programs = (digest("glm.logistic@1.0.0"), digest("psi.align@1.0.0"))
        terms = {**chain_values(proposal_of(self._terms)), "compute_parties": people, "programs": programs}
        used = self._terms.inputs[0].data_set
        more = {"data_sets": (digest(used), digest("labs")), "data_versions": (1, 1), "epsilon_micros": (0, 0)}
        self.emit(events.TaskProposed(self.task, WALLET, events.Proposal(**{**terms, **more})))

    def start(self) -> None:
        consent = digest(f"consent {self.task.hex()}")
        used = self._terms.inputs[0]
        signed = events.Authorization(**chain_values(samples.authorization(self._terms, used.data_set)))
        self.emit(events.AuthorizationSubmitted(consent, digest(used.owner), WALLET, 1, signed), "Consents")
        self.emit(events.UseConsumed(consent, self.task, 1, 0), "Consents")
        self.emit(events.TaskStarted(self.task, (consent,), digest("programs"), NOW - 100))


def keep(tx: Transaction, terms: TaskContract, *, proposer: str, **given: Any) -> None:
    """A task as its submission keeps it, with what it is found by."""
    tasks.add(
        tx, **given, proposer=proposer, signature=bytes(65), parts=sorted({*parts_of(terms), (proposer, "proposer")})
    )
    facets.add(
        tx,
        given["task_id"],
        terms.programs,
        {item.data_set for item in terms.inputs},
        terms.protection_level,
        terms.engine,
    )


def register(tx: Transaction, block: int) -> None:
    """Parties with their roles, a data set in two versions, a program with its approvals and successor, and anchored logs."""
    told: list[tuple[str, events.Event]] = []
    for name, roles in {
        **dict.fromkeys((*COMMITTEE, HOSTILE), 19),
        "regulator": int(Role.REGULATOR),
        "platform": 8,
    }.items():
        keys = (WALLET, WALLET, digest(f"{name} node"), digest(f"{name} seal"), digest(f"{name} operator"))
        told.append(("PartyRegistry", events.PartyAdmitted(digest(name), *keys, roles, digest(f"{name} profile"))))
    told.append(
        ("PartyRegistry", events.KeysRotated(digest("hospital"), 2, WALLET, digest("new node"), digest("new seal")))
    )
    for version in (1, 2):
        what = (digest("schema"), digest(f"root {version}"), 1_000 * version, 3, digest("basis"))
        told.append(("DataSets", events.DataSetRegistered(digest(DATA_SET), version, digest("laboratory"), *what)))
    for program, serial in (("glm.logistic@1.0.0", 1), ("glm.logistic@1.1.0", 2), (HOSTILE, 3)):
        facts = (digest(f"{program} code"), 3, 4, 1, 3, 3, 0, serial)
        told.append(("Programs", events.ProgramPublished(digest(program), digest("platform"), *facts)))
    first, second = digest("glm.logistic@1.0.0"), digest("glm.logistic@1.1.0")
    told.append(("Programs", events.ReleaseApproved(first, digest("regulator"), 1)))
    told.append(("Programs", events.SuccessorDeclared(first, second)))
    for old, new in ((0, 4), (4, 9)):
        told.append(("Anchors", events.Anchored(digest("laboratory"), 1, old, new, digest(f"log {new}"), 1)))
    for number, (home, event) in enumerate(told):
        hashes = (digest(f"block {block}"), digest(f"registration {number}"))
        projection.apply(tx, Logged(event, home, block, *hashes, number, number, NOW - 100_000))


def seed(dsn: str, story: SimulatedTask) -> dict[str, bytes]:
    """Fill the migrated database; returns task ids by what they show."""
    with psycopg.connect(dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
        index.bind_deployment(tx, digest("deployment"), 2**52 + 7, digest("genesis"))
        for name in (*COMMITTEE, "regulator", "platform", HOSTILE):
            catalogue.remember_name(tx, "party", digest(name), name)
        for name in (DATA_SET, *(item.data_set for item in story.contract.inputs)):
            catalogue.remember_name(tx, "data_set", digest(name), name)
        catalogue.remember_name(tx, "engine", digest(ENGINE), ENGINE)
        for name in ("glm.logistic@1.0.0", "glm.logistic@1.1.0", "psi.align@1.0.0", HOSTILE):
            catalogue.remember_name(tx, "program", digest(name), name)
        register(tx, 90)
        found = {"completed": _completed(tx, story), "proposed": _proposed(tx), "refused": _refused(tx, story.pinned)}
        found["hostile"] = _hostile(tx)
        for number in range(30):
            Story(tx, f"older {number}", 0, age=90_000 + number)
        tx.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}' IN ROLE tally_explorer")
    return found


def _completed(tx: Transaction, story: SimulatedTask) -> bytes:
    """A whole honest story with real keys and logs; its bundle holds in all ten steps."""
    keep(
        tx, story.contract, task_id=story.task, contract=story.contract.data(), digest=story.contract.digest(),
        proposer=story.contract.proposer, deadline=story.contract.deadline, now=NOW - 400,
    )  # fmt: skip
    for block, transactions in enumerate(story.chain.blocks):
        for number, transaction in enumerate(transactions):
            for position, (home, event) in enumerate(transaction):
                where = (block, story.chain.block_hash(block), digest(f"{block} {number}"), number, position)
                projection.apply(tx, Logged(event, home, *where, story.chain.time + block))
    _keep(tx, story.task, bundle.build(story.material()), story.pinned)
    return story.task


def _keep(tx: Transaction, task: bytes, body: bytes, trust: Trust) -> None:
    outcomes = [step.outcome for step in verify(body, trust).steps]
    receipts.put_bundle(tx, task, fingerprint=digest("fingerprint"), body=body, head=24, outcomes=outcomes)
    tx.execute("UPDATE bundles SET built_at = %s WHERE task_id = %s", (BUILT, task))


def _proposed(tx: Transaction) -> bytes:
    story = Story(tx, "proposed", 200, age=30)
    story.propose()
    story.start()
    said = Progress("laboratory", story.task, "waiting", "links", 2, 5, 0, 60, "link.timeout", "exchange", 3)
    receipts.put_progress(tx, story.task, "laboratory", 3, said.data())
    return story.task


def _refused(tx: Transaction, trust: Trust) -> bytes:
    story = Story(tx, "refused", 300, age=5_000)
    story.propose()
    story.start()
    story.emit(events.TaskAborted(story.task, digest("laboratory"), 1, 7, digest("statement"), 1))
    _keep(tx, story.task, b"this is no bundle", trust)
    return story.task


def _hostile(tx: Transaction) -> bytes:
    story = Story(tx, "hostile", 350, age=600, proposer=HOSTILE)
    story.propose((HOSTILE, *COMMITTEE))
    said = Progress("x", story.task, HOSTILE[:20], HOSTILE[:60], 1, 2, 0, 0, "<b>note</b>", "<i>peer</i>", 1)
    receipts.put_progress(tx, story.task, HOSTILE, 1, said.data())
    return story.task
