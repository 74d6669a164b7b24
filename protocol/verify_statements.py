"""Part of step 6: every field of every statement against contract, trust root, registry and chain.

A field that nothing can be compared with is its node's own claim: ``CLAIMED`` names each, with the reason.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from protocol import commitments, events, ids, statements
from protocol.answers import Fails, show
from protocol.programs import Words
from protocol.reasons import BY_CODE
from protocol.story import Story
from protocol.typed import KIND_ABORT, KIND_REFUSAL
from protocol.verify_logs import require_all_said

CLAIMED: Final = MappingProxyType(
    {
        "time": "the node's clock; the anchor's block says by when it was stated",
        "InputCommitment.columns": "counted in the whole table; the description behind the schema hash is its owner's",
        "ConsentCheck.block": "any block between start and anchor can have been the newest; it is compared where the bundle proves it",
        "ConsentCheck.block_hash": "as its block",
        "Run.steps.milliseconds": "measured by the node",
        "Run.steps.disclosed": "what this party learnt: others may have learnt something else",
        "OutputCommitment.outputs.commitment": "the share and its salt are the party's; compared where chain or release has it",
        "Release.outputs.sealed": "the sealed bytes went to the result user, who compares them when it opens them",
        "Refusal.contract": "what a node was sent that refused it for not being the task's; else it is the task's",
        "Refusal.reason": "compared where it is the chain's; of a task that another ended it is the node's word",
        "Abort.reason": "as a refusal's",
        "Abort.run": "the id of a run to which nobody committed; one and the same in all that the party states since",
        "Abort.step": "where the node's own run stood",
        "Abort.peer": "whom the node waited for",
        "Erasure.copies": "nobody else sees a node's disk",
    }
)
"""Fields (of a statement; without one, of every statement) that are the node's word alone, and why."""


def compared(story: Story) -> None:
    """Raises :class:`Fails` for the first field that says other than what it must."""
    for party in sorted(story.logs):
        told = [entry.statement for entry in story.entries[party]]
        _run_ids(story, party, told)
        _once(party, told)
        _in_order(story, party, told)
        _outputs(story, party, told)
        due = _received(story, told)
        for statement in told:
            if statement.contract != due:
                require_all_said(story, party)
            _equal(party, {Words("task contract", "任务合约"): (statement.contract, due)})
            if found := _COMPARED.get(statements.kind_of(statement)):
                found(story, party, statement)
    _alike(story)


def _received(story: Story, told: list[statements.Statement]) -> bytes:
    """The task's contract; for whoever refused because it was sent another one, that other one."""
    refused = (said.contract for said in told if isinstance(said, statements.Refusal) and said.reason == _MISMATCH)
    return next(refused, story.contract.digest())


_MISMATCH: Final = "check.contract_mismatch"


def _run_ids(story: Story, party: str, told: list[statements.Statement]) -> None:
    """No run id before input went out, and from then on one: the one on chain, where there is one."""
    committed = story.commitments.get(party)
    event = committed.event if committed else story.completed.event if story.completed else None
    known: bytes | None = None
    for statement in told:
        if isinstance(statement, _BEFORE_INPUT):
            due = None
        elif known is None and statement.run is not None and not isinstance(statement, statements.TaskEnd):
            due = known = event.run_id if event else statement.run
        else:
            due = known
        if statement.run != due:
            require_all_said(story, party)
            said, must = (show(run) if run else "none" for run in (statement.run, due))
            raise Fails(
                f"{party}'s {statement.KIND} is about run {said}, due is {must}.",
                f"{party}的{statement.KIND}所载运行为{said}，应为{must}。",
            )


_BEFORE_INPUT: Final = (
    statements.TaskContract, statements.ConsentCheck, statements.InputCommitment, statements.Refusal,
)  # fmt: skip


def _once(party: str, told: list[statements.Statement]) -> None:
    """Nobody says the same thing twice: two statements about one thing would leave open which of them counts."""
    said: set[tuple[object, ...]] = set()
    runs = [statement for statement in told if isinstance(statement, statements.Run)]
    for run in runs:
        _equal(party, {Words("facts about the run", "运行事实"): (_facts(run), _facts(runs[0]))})
    for statement in told:
        for about in _about(statement):
            if (statement.KIND, *about) in said:
                raise Fails(
                    f"{party} states twice ({statement.KIND}): {show(about)}.",
                    f"{party}重复声明（{statement.KIND}）：{show(about)}。",
                )
            said.add((statement.KIND, *about))


def _facts(run: statements.Run) -> tuple[object, ...]:
    return run.committee, run.mpc, run.engine, run.steps


def _about(statement: statements.Statement) -> list[tuple[object, ...]]:
    """What a statement is about: a party has one word about each."""
    match statement:
        case statements.InputCommitment():
            return [(statement.data_set,)]
        case statements.Run():
            return [(link.peer,) for link in statement.links] or [()]
        case statements.OutputCommitment():
            return [(output.name,) for output in statement.outputs] or [()]
        case statements.Release():
            return [(statement.result_user,)]
        case statements.Refusal() | statements.Abort():
            return [(statement.reason,)]
        case statements.ConsentCheck():
            return [tuple(check.answer for check in statement.checks)]
        case statements.TaskEnd():
            return [statement.entries]
        case _:
            return [()]


def _in_order(story: Story, party: str, told: list[statements.Statement]) -> None:
    """Whoever took part in a run had checked it and stated its inputs before, and erased its copies before its end."""
    kinds = [statements.kind_of(statement) for statement in told]
    first = next((place for place, item in enumerate(told) if item.run is not None), None)
    if first is not None:
        before = told[:first]
        own = {ids.on_chain(item.data_set) for item in story.contract.inputs if item.owner == party}
        stated = {item.data_set for item in before if isinstance(item, statements.InputCommitment)}
        cleared = any(
            isinstance(item, statements.ConsentCheck) and not any(check.answer == "fails" for check in item.checks)
            for item in before
        )
        received = any(isinstance(item, statements.TaskContract) for item in before)
        if not (received and cleared and own <= stated):
            require_all_said(story, party)
            raise Fails(
                f"{party} takes part in a run before it states the contract, a check that cleared it, and its inputs.",
                f"{party}在声明合约、放行核查与自身输入之前即参与了运行。",
            )
    ran = [place for place, item in enumerate(told) if item.run is not None and not isinstance(item, _LAST)]
    if ran and statements.TaskEnd in kinds and statements.Erasure not in kinds[ran[-1] :]:
        require_all_said(story, party)
        raise Fails(f"{party} ends the task without having erased its copies.", f"{party}未删除工作副本即结束任务。")
    follows: list[tuple[type[statements.Statement], type[statements.Statement]]] = [
        (statements.OutputCommitment, statements.Run),
        (statements.Release, statements.OutputCommitment),
        (statements.Refusal, statements.ConsentCheck),
    ]
    if statements.Run in kinds and party in story.committers:
        follows.append((statements.TaskEnd, statements.OutputCommitment))
    for kind, earlier in follows:
        if kind in kinds and earlier not in (kinds if kind is statements.TaskEnd else kinds[: kinds.index(kind)]):
            require_all_said(story, party)
            raise Fails(
                f"{party} states {kind.KIND}, and no {earlier.KIND} before.",
                f"{party}声明了{kind.KIND}，此前却没有{earlier.KIND}。",
            )


_LAST: Final = (statements.Erasure, statements.TaskEnd)


def _task_contract(story: Story, party: str, stated: statements.TaskContract) -> None:
    _equal(
        party,
        {
            Words("chain", "链"): (stated.chain_id, story.trust.chain_id),
            Words("deployment", "部署"): (stated.deployment, story.trust.deployment),
        },
    )


def _consent_check(story: Story, party: str, stated: statements.ConsentCheck) -> None:
    """A check that cleared the task answers every question as it must; one that did not names the one that failed."""
    own = [place for place, item in enumerate(story.contract.inputs) if item.owner == party]
    failed = [check.name for check in stated.checks if check.answer == "fails"]
    started = story.started
    first = started.event.authorizations[own[0]] if started and own and not failed else None
    not_asked = {"clock"} | (set[str]() if own else {"authorization", "data", "policy"})
    if failed:
        answers = {name: "fails" if name == failed[0] else "not_applicable" for name in statements.CHECKS}
    else:
        answers = {name: "not_applicable" if name in not_asked else "holds" for name in statements.CHECKS}
    pairs: dict[Words, tuple[object, object]] = {
        Words("answers", "答复"): ({check.name: check.answer for check in stated.checks}, answers)
    }
    if started or failed or not own:
        pairs[Words("authorization", "授权")] = (stated.authorization, first)
    if started and not failed:
        pairs[Words("checked from block", "核查区块不早于")] = (min(stated.block, started.block), started.block)
        last = story.anchored(party).block
        pairs[Words("checked before block", "核查区块不晚于")] = (max(stated.block, last), last)
    if digest := story.ledger.hashes.get(stated.block):
        pairs[Words("block hash", "区块哈希")] = (stated.block_hash, digest)
    _equal(party, pairs)


def input_as_registered(story: Story, party: str, stated: statements.InputCommitment) -> None:
    """Every field of a stated input against contract and registry."""
    item = next((i for i in story.contract.inputs if ids.on_chain(i.data_set) == stated.data_set), None)
    if item is None or item.owner != party:
        raise Fails(
            f"{party} states an input {show(stated.data_set)} that is none of its own in the contract.",
            f"{party}声明的输入{show(stated.data_set)}并非合约中其自身的输入。",
        )
    registered = story.data_set(item.data_set)
    _equal(
        item.data_set,
        {
            Words("owner", "所有方"): (ids.on_chain(item.owner), registered.owner),
            Words("version", "版本"): (stated.version, item.version),
            Words("schema hash", "结构哈希"): (stated.schema, registered.schema_hash),
            Words("input root", "输入根"): (stated.input_root, registered.input_root),
            Words("rows", "行数"): (stated.rows, registered.rows),
            Words("columns at least", "列数至少"): (max(stated.columns, len(item.columns)), stated.columns),
        },
    )


def _run(story: Story, party: str, stated: statements.Run) -> None:
    for link in stated.links:
        _named(party, link.peer, {*story.contract.committee, *story.contract.owners} - {party})


def _outputs(story: Story, party: str, told: list[statements.Statement]) -> None:
    """Whoever holds shares commits to one of every output that the contract names."""
    stated = [o.name for said in told if isinstance(said, statements.OutputCommitment) for o in said.outputs]
    due = sorted(commitments.output_name(output.source) for output in story.contract.outputs)
    if any(isinstance(said, statements.OutputCommitment) for said in told) and sorted(stated) != due:
        require_all_said(story, party)
        _equal(party, {Words("outputs", "输出"): (tuple(sorted(stated)), tuple(due))})


def _release(story: Story, party: str, stated: statements.Release) -> None:
    _named(party, stated.result_user, set(story.contract.result_users))


def _ending(story: Story, party: str, stated: statements.Statement) -> None:
    """What the chain says of the ending that names this statement."""
    assert isinstance(stated, statements.Refusal | statements.Abort)
    for found in story.ledger.of(events.TaskAborted, task=story.task, statement=statements.digest(stated)):
        kind = KIND_REFUSAL if isinstance(stated, statements.Refusal) else KIND_ABORT
        _equal(
            party,
            {
                Words("party", "参与方"): (party, story.name(found.event.party)),
                Words("kind", "类型"): (kind, found.event.kind),
                Words("reason", "原因"): (BY_CODE[stated.reason].number, found.event.reason),
            },
        )
    if isinstance(stated, statements.Abort):
        if stated.peer is not None:
            _named(party, stated.peer, {*story.contract.committee, *story.contract.owners} - {party})
        if stated.step is not None:
            _named(party, stated.step, {step.id for step in story.contract.steps})
    elif stated.authorization is not None and story.started:
        pairs = zip(story.contract.inputs, story.started.event.authorizations, strict=False)
        own = {digest for item, digest in pairs if item.owner == party}
        _named(party, stated.authorization, own)


def _alike(story: Story) -> None:
    """Shares of one output have one shape everywhere."""
    seen: dict[bytes, tuple[str, tuple[object, object]]] = {}
    for party in sorted(story.logs):
        for stated in story.statements(party, statements.OutputCommitment):
            for output in stated.outputs:
                form = (output.shape, output.fraction_bits)
                first, due = seen.setdefault(output.name, (party, form))
                if form != due:
                    raise Fails(
                        f"{first} states an output of shape and fraction bits {show(due)}, {party} of {show(form)}.",
                        f"{first}声明的输出形状与小数位为{show(due)}，{party}为{show(form)}。",
                    )


_COMPARED: Final[Mapping[type[statements.Statement], Callable[[Story, str, Any], None]]] = {
    statements.TaskContract: _task_contract,
    statements.ConsentCheck: _consent_check,
    statements.Run: _run,
    statements.Release: _release,
    statements.Refusal: _ending,
    statements.Abort: _ending,
}
"""Runs are compared further in :mod:`protocol.verify_backend` and step 7, inputs in step 8, releases in step 9, ends in step 5."""


def _named(party: str, value: object, known: set[Any]) -> None:
    if value not in known:
        raise Fails(
            f"{party} names {show(value)}, which the contract does not give it.",
            f"{party}所称的{show(value)}并非合约所载。",
        )


def _equal(who: str, pairs: Mapping[Words, tuple[object, object]]) -> None:
    for what, (stated, due) in pairs.items():
        if stated != due:
            raise Fails(
                f"{who}: stated {what.english} {show(stated)}, due {show(due)}.",
                f"{who}：声明的{what.chinese}为{show(stated)}，应为{show(due)}。",
            )
