"""True bundles of every kind that a task can leave: how it ended, who took part, and what it computed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from mpc.workflow.digest import ENGINE
from protocol import dsse, events, ids, offers, statements
from protocol.bundle import Succession
from protocol.contract import Input, Keep, KeptModel, Output, Step
from protocol.messages import SignedAuthorization
from protocol.reasons import BY_CODE, WITHDRAWALS
from protocol.typed import KIND_WITHDRAWAL
from tests.unit.protocol import samples
from tests.unit.protocol.simulated_task import NEWER, RUN, SimulatedTask, named_hash

THREE_OWNERS: Final = (Input("admissions-" + "9" * 32, 1, "exchange", ("patient",), ()), *samples.contract().inputs)
OTHER: Final = named_hash("another task of the same parties")
"""Each story's logs hold statements about this one too."""


class Story(SimulatedTask):
    """A simulated task whose parties take part in another one as well."""

    def __init__(self, *args: Any, **changes: Any) -> None:
        self.foreign: dict[str, list[tuple[int, bytes]]] = {}
        super().__init__(*args, **changes)

    def run(self) -> None:
        """Each party's log holds the other task's statements before this one's."""
        for party in self.trees:
            head = (OTHER, named_hash("another contract"), None, party, 1_700_000_000)
            other = statements.TaskContract(*head, self.trust.chain_id, self.trust.deployment)
            envelope = dsse.sign_statement(other, self.public[party], self.nodes[party].sign)
            self.foreign[party] = [(self.trees[party].append(envelope), envelope)]
        super().run()

    def before_end(self) -> None:
        """Up to where the nodes have stated their runs."""
        self.propose()
        self.authorize()
        self.start()
        self.run()

    def ends(self, party: str, stated: statements.Statement, kind: int, reason: int) -> None:
        """A node ends the task with a statement."""
        self.log(party, stated)
        same = [said for said in self.stated(party) if isinstance(said, type(stated))]
        digest = statements.digest(same[-1] if same else stated)
        aborted = events.TaskAborted(self.task, ids.on_chain(party), kind, reason, digest, 1)
        self.chain.mine(("Tasks", aborted))


Make = Callable[..., Story]
"""What makes a story: :class:`Story`, or one with a liar in it."""


def _completed(make: Make) -> Story:
    story = make()
    story.complete()
    return story


def _reviewed(make: Make) -> Story:
    story = make("regulator")
    story.complete()
    return story


def _rejected(make: Make) -> Story:
    story = make("regulator", approves=False)
    story.complete()
    return story


def _review_expired(make: Make) -> Story:
    story = make("regulator", approves=False)

    def expire() -> None:
        event = events.ReviewExpired(story.task, ids.on_chain("regulator"), story.proposal.review_by)
        story.chain.mine(("Tasks", event))
        story.reviewed = story.chain.height

    story.review = expire  # type: ignore[method-assign]
    story.complete()
    return story


def _outside_owner(make: Make) -> Story:
    """The laboratory brings data and computes nothing."""
    story = make(committee=("exchange", "hospital", "platform"))
    story.complete()
    return story


def _owners(make: Make) -> Story:
    story = make(kind="owners", inputs=THREE_OWNERS)
    story.complete()
    return story


def _aborted(make: Make) -> Story:
    """One had committed when another's run broke."""
    story = make()
    story.propose()
    story.authorize()
    story.start()
    story.run()
    story.commit("exchange")
    abort = statements.Abort(*story.head("laboratory"), "run.peer_lost", "fit", "hospital")
    story.ends("laboratory", abort, 2, BY_CODE[abort.reason].number)
    story.anchor()
    return story


def _interrupted(make: Make) -> Story:
    """A node died in a run; of the others nobody finished it, and their copies are all that they state of it."""
    story = make()
    story.propose()
    story.authorize()
    story.start()
    for party in story.trees:
        story.check(party)
        story.runs[party] = RUN
    abort = statements.Abort(*story.head("exchange"), "run.interrupted", None, None)
    story.ends("exchange", abort, 2, BY_CODE[abort.reason].number)
    story.anchor()
    return story


def _aborted_early(make: Make) -> Story:
    """The nodes but one were away: their lists are empty."""
    story = make()
    story.propose()
    story.authorize()
    story.start()
    refusal = statements.Refusal(*story.head("hospital", None), None, "check.data_changed")
    story.log("hospital", story.failed("hospital", "data"))
    story.ends("hospital", refusal, 1, BY_CODE[refusal.reason].number)
    story.anchor()
    return story


def _another_contract(make: Make) -> Story:
    """The coordinator sent a node another contract than the task's, and the node refused it."""
    story = make()
    story.propose()
    story.authorize()
    story.start()
    story.sent["hospital"] = named_hash("another contract")
    story.log("hospital", story.failed("hospital", "contract"))
    refusal = statements.Refusal(*story.head("hospital", None), None, "check.contract_mismatch")
    story.ends("hospital", refusal, 1, BY_CODE[refusal.reason].number)
    story.anchor()
    return story


def _declined(make: Make) -> Story:
    """An owner's wallet said no before the start."""
    story = make()
    story.propose()
    declined = events.TaskAborted(story.task, ids.on_chain("hospital"), 1, 9, named_hash("no"), 0)
    story.chain.mine(("Tasks", declined))
    return story


def _withdrawn(make: Make) -> Story:
    """The proposer's wallet took the proposal back when one owner had consented."""
    story = make()
    story.propose()
    story.authorize()
    number = BY_CODE[WITHDRAWALS[0]].number
    taken = events.TaskAborted(story.task, ids.on_chain(story.contract.proposer), KIND_WITHDRAWAL, number, bytes(32), 0)
    story.chain.mine(("Tasks", taken))
    return story


def _expired(make: Make) -> Story:
    story = make()
    story.before_end()
    for party in ("exchange", "hospital"):
        story.commit(party)
    story.chain.mine(("Tasks", events.TaskExpired(story.task, (ids.on_chain("laboratory"),))))
    story.anchor()
    return story


def _never_started(make: Make) -> Story:
    story = make()
    story.propose()
    story.chain.mine(("Tasks", events.TaskExpired(story.task, ())))
    return story


def _standing(make: Make) -> Story:
    """Under standing authorizations, for any task of their ask."""
    story = make()
    for place, item in enumerate(story.signed):
        message, ask = offers.standing(
            item.message, offers.Ask.read(item.policy), uses=9, not_after=item.message.not_after, tasks_per_day=9,
            nonce=7, approved_successors=False,
        )  # fmt: skip
        digest = message.digest(story.trust.domain("Consents"))
        signature = bytes(story.wallets[item.owner].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[place] = SignedAuthorization(item.owner, message, signature, ask.data())
    story.complete()
    return story


def _successor(make: Make) -> Story:
    """On the newer engine, under consents to the older one."""
    story = make(engine=NEWER)
    before = replace(story.contract, engine=ENGINE)
    for place, item in enumerate(story.signed):
        ask = offers.Ask.of(before, item.message.data_set)
        message = replace(item.message, engine=ENGINE, approved_successors=True, policy=ask.digest())
        digest = message.digest(story.trust.domain("Consents"))
        signature = bytes(story.wallets[item.owner].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[place] = SignedAuthorization(item.owner, message, signature, ask.data())
    pair = (ids.on_chain(ENGINE), ids.on_chain(NEWER))
    story.chain.mine(("Programs", events.SuccessorApproved(*pair, ids.on_chain("regulator"), 1)))
    story.first = story.chain.height + 1
    story.successions = (Succession(*pair),)
    story.complete()
    return story


def _psi(make: Make) -> Story:
    """Only the alignment: its output is the number of common rows."""
    tables = tuple(item.data_set for item in samples.contract().inputs)
    steps = (Step("align", "psi.align@1.0.0", (), (("tables", tables),)),)
    story = make(steps=steps, outputs=(Output("align.count", ("hospital", "laboratory")),))
    story.complete()
    return story


def _two_outputs(make: Make) -> Story:
    """A model and its judgement, for different users."""
    outputs = (Output("fit.coefficients", ("hospital",)), Output("fit.model", ("hospital", "laboratory")))
    story = make(outputs=outputs)
    story.complete()
    return story


def _keeps(make: Make) -> Story:
    """The model stays at the nodes for one of the owners; only the number of common rows is opened."""
    keeps = (Keep("fit.model", ("laboratory",), 2_000_000_000),)
    story = make(keeps=keeps, outputs=(Output("align.count", ("hospital",)),))
    story.complete()
    return story


def _kept_model(make: Make) -> Story:
    """Scored with what an earlier task left at the nodes."""
    aligned = samples.contract().steps[0]
    scored = Step("score", "glm.logistic@1.0.0", (), (("model", ("model",)), ("table", ("align.table",))))
    earlier = KeptModel("model", named_hash("an earlier task"), "fit.model", "model:linear")
    story = make(steps=(aligned, scored), models=(earlier,), outputs=(Output("score.scores", ("hospital",)),))
    story.complete()
    return story


def _disputed(make: Make) -> Story:
    """Two ends of a link committed to different transcripts: the one kind whose truth is that a step fails."""
    story = make()
    story.before_end()
    for party in ("exchange", "hospital"):
        story.commit(party)
    story.commit(
        "laboratory", links=(named_hash("another transcript"), story.transcript("laboratory", "hospital").link_hash())
    )
    pair = (ids.on_chain("exchange"),), (ids.on_chain("laboratory"),)
    story.chain.blocks[-1][0][-1] = ("Tasks", events.TaskDisputed(story.task, *pair))
    story.anchor()
    return story


KINDS: Final[Mapping[str, Callable[[Make], Story]]] = MappingProxyType(
    {
        "completed": _completed,
        "reviewed": _reviewed,
        "rejected": _rejected,
        "review expired": _review_expired,
        "outside owner": _outside_owner,
        "owners": _owners,
        "aborted": _aborted,
        "interrupted": _interrupted,
        "aborted early": _aborted_early,
        "another contract": _another_contract,
        "declined": _declined,
        "withdrawn": _withdrawn,
        "expired": _expired,
        "never started": _never_started,
        "standing": _standing,
        "successor": _successor,
        "psi": _psi,
        "two outputs": _two_outputs,
        "keeps": _keeps,
        "kept model": _kept_model,
        "disputed": _disputed,
    }
)


@cache
def told(kind: str) -> Story:
    """The true story of a kind; not to be changed."""
    return KINDS[kind](Story)
