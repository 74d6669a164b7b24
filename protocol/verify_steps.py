"""Steps 2 to 10 of the verification; step 1 (the bundle's form) is :func:`protocol.bundle.read`, 3 and 9 have their own modules.

A step returns what it found in words, raises :class:`Fails` with both values, or :class:`Missing` with what it lacks.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Final

from protocol import commitments, events, ids, statements
from protocol.answers import Fails, Missing, Nothing, show
from protocol.event_words import reason_of
from protocol.fields import fields_of
from protocol.ledger import Found, Unbound
from protocol.programs import Words
from protocol.story import Story
from protocol.typed import KIND_WITHDRAWAL
from protocol.verify_backend import computed_with
from protocol.verify_consents import consents
from protocol.verify_logs import envelopes, logs, require_all_said, require_log
from protocol.verify_release import release
from protocol.verify_statements import compared, input_as_registered
from protocol.vocabulary import TaskState


def task_and_contract(story: Story) -> Words:
    """Step 2: ``Story.read`` recomputed the id; here every field of the chain's own event is compared too."""
    if story.proposed is None:
        raise Missing("The TaskProposed event is not in the bundle.", "证据包中没有TaskProposed事件。")
    event, message = story.proposed.event, story.proposal
    on_chain = [getattr(event.proposal, field.attribute) for field in fields_of(type(event.proposal))]
    for (field, _), theirs, ours in zip(message.members(), on_chain, message.chain_args(), strict=True):
        if theirs != ours:
            raise Fails(
                f"{field}: chain {show(theirs)}, contract {show(ours)}.",
                f"{field}：链上{show(theirs)}，合约{show(ours)}。",
            )
    binding = story.ledger.binding
    if isinstance(binding, Unbound):
        raise Missing(binding.lacking.english, binding.lacking.chinese)
    return Words(
        f"task_{story.task.hex()}, proposed with the wallet {event.wallet}; all events are proven below {binding.english}.",
        f"task_{story.task.hex()}，以钱包{event.wallet}提议；全部事件均由{binding.chinese}向下证明。",
    )


def chain_commitments(story: Story) -> Words:
    """Step 6: run id, input root, links and output shares of every ``RunCommitted`` follow from the statements.

    What the statements say was computed with is one and the same, and what contract and registry ask for.
    """
    compared(story)
    computed_with(story)
    for party, found in story.commitments.items():
        event, run = found.event, _run_statement(story, party)
        inputs = [(item.data_set, item.input_root) for item in story.statements(party, statements.InputCommitment)]
        outputs = [
            (output.name, output.commitment)
            for item in story.statements(party, statements.OutputCommitment)
            for output in item.outputs
        ]
        peers = [peer for peer in story.committers if peer != party] if story.linked else []
        transcripts = _transcripts(story, party)
        expected = {
            Words("run id", "运行标识"): (event.run_id, run.run),
            Words("input root", "输入根"): (event.input_root, commitments.input_root(inputs)),
            Words("links", "链路"): (
                tuple(event.links),
                tuple(transcripts[peer].link_hash() for peer in peers if peer in transcripts),
            ),
            Words("output shares", "输出份额"): (
                event.output_shares,
                commitments.output_shares(story.task, event.run_id, party, outputs),
            ),
        }
        for what, (chain, stated) in expected.items():
            if chain != stated:
                require_all_said(story, party)
                raise Fails(
                    f"{party}'s {what.english}: chain {show(chain)}, statement {show(stated)}.",
                    f"{party}的{what.chinese}：链上{show(chain)}，声明{show(stated)}。",
                )
    for found in story.ledger.of(events.TaskAborted, task=story.task):
        _abort_statement(story, found)
    for party in story.owing if story.completed else ():
        _run_statement(story, party)
    _all_commitments(story)
    count = len(story.commitments)
    stated = sum(len(entries) for entries in story.entries.values())
    if not stated:
        raise Nothing("No commitment is on chain, as the task's record there shows.", "任务的链上记录表明没有承诺。")
    return Words(
        f"{count} commitments and every field of {stated} statements compared; docs/evidence.md lists the fields that are "
        "a node's own word.",
        f"已比对{count}项承诺与{stated}份声明的全部字段；仅为节点自述的字段列于docs/evidence.md。",
    )


def _all_commitments(story: Story) -> None:
    """As many as the chain took: all of a task that completed or is disputed, some of one that ended before."""
    silent = sorted(set(story.committers) - set(story.commitments))
    expected = len(story.committers) if story.completed else story.facts.commitments
    if len(story.commitments) < expected:
        raise Missing(
            f"The chain took {expected} commitments; the RunCommitted events of some of {', '.join(silent)} are missing.",
            f"链上共有{expected}项承诺；{'、'.join(silent)}中部分RunCommitted事件缺失。",
        )


def _abort_statement(story: Story, found: Found[events.TaskAborted]) -> None:
    party = story.name(found.event.party)
    if found.event.key_period == 0:  # a wallet refused or withdrew: its signature on chain is the statement
        return
    kinds = (statements.Abort, statements.Refusal)
    digests = [statements.digest(item) for kind in kinds for item in story.statements(party, kind)]
    if found.event.statement not in digests:
        require_all_said(story, party)
        raise Fails(
            f"{party}'s abort names the statement {found.event.statement.hex()}, which is not in its log.",
            f"{party}的中止引用了声明{found.event.statement.hex()}，但其日志中没有。",
        )


def links(story: Story) -> Words:
    """Step 7: for every two that computed with each other both Ed25519 signatures stand under one and the same transcript.

    Those who commit do so with each other, and owners outside the committee with each of it.
    """
    _all_commitments(story)
    if not story.linked:
        raise Nothing("Each owner answers for itself: there are no links.", "各数据方各自作答：无链路。")
    ran = {party for party in story.owing if story.statements(party, statements.Run)}
    if absent := story.commitments.keys() - ran:
        _run_statement(story, min(absent))
    count = 0
    for one, other in combinations(sorted(ran), 2):
        if {one, other}.isdisjoint(story.committers):
            continue
        mine, theirs = _transcripts(story, one).get(other), _transcripts(story, other).get(one)
        if mine is None or theirs is None:
            raise Missing(f"The transcript between {one} and {other} is missing.", f"缺少{one}与{other}的链路记录。")
        if mine != theirs:
            raise Fails(
                f"{one} signed {mine.link_hash().hex()}, {other} signed {theirs.link_hash().hex()}.",
                f"{one}签署{mine.link_hash().hex()}，{other}签署{theirs.link_hash().hex()}。",
            )
        for party, peer in ((one, other), (other, one)):
            fact = next(fact for fact in _links_of(story, party) if fact.peer == peer)
            for who, signature in ((party, fact.signature), (peer, fact.countersignature)):
                mine.verify(story.node_key(who, _period(story, who)), signature)
        count += 1
    if not count:
        raise Nothing(
            "No two parties had finished a run when the task ended: there are no transcripts.",
            "任务结束时没有两方完成运行：无链路记录。",
        )
    return Words(f"{count} links countersigned by both ends.", f"{count}条链路由两端会签。")


def _period(story: Story, party: str) -> int:
    """Of the keys with which a party signed its links: its commitment's, or its log's where it does not commit."""
    committed = story.commitments.get(party)
    return (committed or story.anchored(party)).event.key_period


def inputs(story: Story) -> Words:
    """Step 8: whoever's data entered a committed run stated an input, and each that was stated is the registered one.

    This is what a node *stated*; below level 5 nothing proves that the same rows entered the computation.
    """
    stated = [(party, item) for party in story.logs for item in story.statements(party, statements.InputCommitment)]
    for party, statement in stated:
        input_as_registered(story, party, statement)
    _all_commitments(story)
    for item in story.contract.inputs if story.commitments else ():
        require_log(story, item.owner)
        if ids.on_chain(item.data_set) not in {s.data_set for party, s in stated if party == item.owner}:
            raise Missing(
                f"{item.owner} stated no input for {item.data_set}.", f"{item.owner}未声明{item.data_set}的输入。"
            )
    if not stated:
        raise Nothing("No run was committed: no input had to be stated.", "没有已承诺的运行：无需声明输入。")
    return Words(
        f"{len(stated)} input roots equal the registered ones (what the nodes stated: that the same rows "
        "entered the computation is not proven below protection level 5).",
        f"{len(stated)}个输入根与登记一致（此为节点声明：保护等级5以下不证明相同数据行进入了计算）。",
    )


def endings(story: Story) -> Words:
    """Step 10: whatever ended the task otherwise than by completion says who and why."""
    _shown_end(story)
    found: list[str] = []
    for item in story.ledger.of(events.TaskAborted, task=story.task):
        party, reason = story.name(item.event.party), reason_of(item.event)
        if party == "?" or reason is None:
            raise Fails(
                f"An abort names no known party or reason ({item.event.reason}).", "中止未载明已知的参与方或原因。"
            )
        if item.event.kind == KIND_WITHDRAWAL and (party != story.contract.proposer or story.began):
            raise Fails(
                f"{party} withdrew it, who did not propose it or after it had started.",
                f"{party}撤回了任务，但其并非提议方，或任务已启动。",
            )
        found.append(f"{party}: {reason.code}")
    for item in story.ledger.of(events.TaskDisputed, task=story.task):
        pairs = zip(item.event.left, item.event.right, strict=True)
        found.append("disputed between " + ", ".join(f"{story.name(a)} and {story.name(b)}" for a, b in pairs))
    for item in story.ledger.of(events.TaskExpired, task=story.task):
        missing = [story.name(party) for party in item.event.missing]
        found.append("expired; without commitment: " + (", ".join(missing) or "the task had not started"))
    stated = [
        (p, s) for p in story.logs for kind in (statements.Abort, statements.Refusal) for s in story.statements(p, kind)
    ]
    if stated and story.completed:
        raise Fails(
            f"{stated[0][0]} stated an abort, yet the task completed.", f"{stated[0][0]}声明了中止，但任务已完成。"
        )
    found += [f"{party} stated {statement.reason}" for party, statement in stated]
    if story.completed:
        raise Nothing("Completed: nobody aborted, disputed or refused.", "已完成：无中止、争议或拒绝。")
    return Words("; ".join(found) + ".", "；".join(found) + "。")


_ENDS: Final[dict[TaskState, type[events.Event]]] = {
    TaskState.COMPLETED: events.TaskCompleted,
    TaskState.DISPUTED: events.TaskDisputed,
    TaskState.ABORTED: events.TaskAborted,
    TaskState.REFUSED: events.TaskAborted,
    TaskState.EXPIRED: events.TaskExpired,
}


def _shown_end(story: Story) -> None:
    """The event of the end that the task's record on chain has."""
    state = story.facts.state
    if state not in _ENDS:
        raise Missing("The task has not ended at the bundle's head.", "任务在证据包的头区块处尚未结束。")
    if not story.ledger.of(_ENDS[state], task=story.task):
        name = _ENDS[state].__name__
        raise Missing(
            f"The task ended ({state.name.lower()}), and its {name} event is not in the bundle.",
            f"任务已结束（{state.name.lower()}），而证据包中没有{name}事件。",
        )


STEPS: Final[tuple[Callable[[Story], Words], ...]] = (
    task_and_contract, consents, envelopes, logs, chain_commitments, links, inputs, release, endings,
)  # fmt: skip


def _run_statement(story: Story, party: str) -> statements.Run:
    found = story.statements(party, statements.Run)
    if not found:
        raise Missing(f"{party}'s run statement is not in the bundle.", f"证据包中没有{party}的运行声明。")
    return found[0]


def _links_of(story: Story, party: str) -> list[statements.LinkFact]:
    return [fact for item in story.statements(party, statements.Run) for fact in item.links]


def _transcripts(story: Story, party: str) -> dict[str, commitments.Transcript]:
    run = _run_statement(story, party).run or commitments.ZERO_HASH
    return {
        fact.peer: commitments.Transcript.seen_by(
            run, party, fact.peer, (fact.sent, fact.sent_frames), (fact.received, fact.received_frames), said.TRANSCRIPT
        )
        for said in story.statements(party, statements.Run)
        for fact in said.links
    }
