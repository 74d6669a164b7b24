"""Steps 2 to 10 of the verification; step 1 (the bundle's form) is :func:`protocol.bundle.read`, 3 and 9 have their own modules.

A step returns what it found in words, raises :class:`Fails` with both values, or :class:`Missing` with what it lacks.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Final

from protocol import checkpoint, commitments, dsse, events, ids, merkle, statements
from protocol.answers import Fails, Missing, show
from protocol.fields import fields_of
from protocol.ledger import Found, Unbound
from protocol.programs import Words
from protocol.reasons import BY_NUMBER
from protocol.story import Entry, Story
from protocol.verify_backend import computed_with
from protocol.verify_consents import consents
from protocol.verify_release import release


def task_and_contract(story: Story) -> Words:
    """Step 2: ``Story.read`` recomputed the id; here every field of the chain's own event is compared too."""
    if story.proposed is None:
        raise Missing("The TaskProposed event is not in the bundle.", "证据包中没有TaskProposed事件。")
    event, message = story.proposed.event, story.proposal
    on_chain = [getattr(event.proposal, field.attribute) for field in fields_of(type(event.proposal))]
    for (field, _), theirs, ours in zip(message.members(), on_chain, message.chain_args(), strict=True):
        if theirs != ours:
            raise Fails(f"{field}: chain {theirs!r}, contract {ours!r}.", f"{field}：链上{theirs!r}，合约{ours!r}。")
    binding = story.ledger.binding
    if isinstance(binding, Unbound):
        raise Missing(binding.lacking.english, binding.lacking.chinese)
    return Words(
        f"task_{story.task.hex()}, proposed with the wallet {event.wallet}; all events are proven below {binding.english}.",
        f"task_{story.task.hex()}，以钱包{event.wallet}提议；全部事件均由{binding.chinese}向下证明。",
    )


def envelopes(story: Story) -> Words:
    """Step 4: the key counts that was registered when the log size holding the entry came on chain.

    The chain prints the period of the keys with each signature that it checks; the keys of that period come from the
    registry's own history in the head's state.
    """
    count = 0
    for party in _parties_with_logs(story):
        anchored = story.anchored(party)
        committed = story.commitments.get(party)
        for entry in story.entries[party]:
            before = committed is not None and entry.index < committed.event.log_size
            found = committed if committed is not None and before else anchored
            _verify_envelope(story, party, entry, found.event.key_period)
            count += 1
    return Words(f"{count} envelopes verified.", f"已验证{count}份封装。")


def _verify_envelope(story: Story, party: str, entry: Entry, period: int) -> None:
    key = story.node_key(party, period)
    try:
        dsse.verify(entry.envelope, key)
    except Exception as error:
        raise Fails(
            f"Entry {entry.index} of {party} is not signed by its node key {key.hex()}: {error}.",
            f"{party}的第{entry.index}条记录并非由其节点密钥{key.hex()}签名。",
        ) from error


def logs(story: Story) -> Words:
    """Step 5: inclusion of every entry, the signed checkpoint, consistency from the commitment and the last anchor."""
    for party in _parties_with_logs(story):
        log, anchored = story.logs[party], story.anchored(party)
        if anchored.event.root != log.root:
            raise Fails(
                f"{party}'s log root is {log.root.hex()}, anchored is {anchored.event.root.hex()}.",
                f"{party}的日志根为{log.root.hex()}，上链的为{anchored.event.root.hex()}。",
            )
        origin = checkpoint.Origin(story.trust.deployment, story.trust.chain_id, party, log.epoch)
        key = story.node_key(party, anchored.event.key_period)
        head = checkpoint.open_checkpoint(log.checkpoint.encode(), origin, key)
        if (head.size, head.root) != (log.size, log.root):
            raise Fails(
                f"{party}'s checkpoint says size {head.size}, root {head.root.hex()}; the log {log.size}, {log.root.hex()}.",
                f"{party}的检查点为大小{head.size}、根{head.root.hex()}；日志为{log.size}、{log.root.hex()}。",
            )
        for item in log.entries:
            merkle.verify_inclusion(merkle.leaf_hash(item.envelope), item.index, log.size, item.proof, log.root)
        proven = {(size, root): proof for size, root, proof in log.consistency}
        for size, root in _earlier_heads(story, party, anchored):
            if (size, root) not in proven:
                raise Missing(
                    f"The consistency proof of {party}'s log from size {size} is missing.",
                    f"缺少{party}日志自大小{size}起的一致性证明。",
                )
            merkle.verify_consistency(size, root, log.size, log.root, proven[size, root])
    return Words(
        "All entries are included, and each log continues its earlier anchored roots.",
        "全部记录均包含在内，且各日志延续其先前上链的根。",
    )


def _earlier_heads(story: Story, party: str, anchored: Found[events.Anchored]) -> list[tuple[int, bytes]]:
    """The task's commitment and the anchor before: both must be prefixes of the anchored log."""
    heads: list[tuple[int, bytes]] = []
    if party in story.commitments:
        event = story.commitments[party].event
        heads.append((event.log_size, event.log_root))
    if size := anchored.event.old_size:
        root = story.ledger.registers.anchored_root(anchored.event.party, anchored.event.epoch, size)
        heads.append((size, root))
    return heads


def chain_commitments(story: Story) -> Words:
    """Step 6: run id, input root, links and output shares of every ``RunCommitted`` follow from the statements.

    What the statements say was computed with is one and the same, and what contract and registry ask for.
    """
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
                _all_there(story, party, peers)
                raise Fails(
                    f"{party}'s {what.english}: chain {show(chain)}, statement {show(stated)}.",
                    f"{party}的{what.chinese}：链上{show(chain)}，声明{show(stated)}。",
                )
    for found in story.ledger.of(events.TaskAborted, task=story.task):
        _abort_statement(story, found)
    if story.completed and (silent := set(story.committers) - set(story.commitments)):
        raise Missing(
            f"The RunCommitted event of {', '.join(sorted(silent))} is missing.",
            f"缺少{'、'.join(sorted(silent))}的RunCommitted事件。",
        )
    count = len(story.commitments)
    return Words(f"{count} commitments compared.", f"已比对{count}项承诺。")


def _all_there(story: Story, party: str, peers: list[str]) -> None:
    """What a commitment follows from: where a part of it was left out, a difference says nothing about the party."""
    data_sets = {item.data_set for item in story.contract.inputs if item.owner == party}
    inputs = {item.data_set for item in story.statements(party, statements.InputCommitment)}
    sources = {output.source for output in story.contract.outputs}
    outputs = {output.name for item in story.statements(party, statements.OutputCommitment) for output in item.outputs}
    absent = {
        *(name for name in data_sets if ids.on_chain(name) not in inputs),
        *(source for source in sources if commitments.output_name(source) not in outputs),
        *(set(peers) - set(_transcripts(story, party))),
    }
    if absent:
        raise Missing(
            f"{party}'s statements about {', '.join(sorted(absent))} are not in the bundle.",
            f"证据包中没有{party}关于{'、'.join(sorted(absent))}的声明。",
        )


def _abort_statement(story: Story, found: Found[events.TaskAborted]) -> None:
    party = story.name(found.event.party)
    if found.event.key_period == 0:  # an owner's wallet refused: its signature on chain is the statement
        return
    if party not in story.logs:
        raise Missing(
            f"{party}'s node ended the task, and its log is not in the bundle.",
            f"{party}的节点结束了任务，而证据包中没有其日志。",
        )
    kinds = (statements.Abort, statements.Refusal)
    digests = [statements.digest(item) for kind in kinds for item in story.statements(party, kind)]
    if found.event.statement not in digests:
        raise Fails(
            f"{party}'s abort names the statement {found.event.statement.hex()}, which is not in its log.",
            f"{party}的中止引用了声明{found.event.statement.hex()}，但其日志中没有。",
        )


def links(story: Story) -> Words:
    """Step 7: for every pair of those who commit both Ed25519 signatures stand under one and the same transcript."""
    if not story.commitments:
        return Words("No run was committed: there are no transcripts.", "没有已承诺的运行：无链路记录。")
    if not story.linked:
        return Words("Each owner answers for itself: there are no links.", "各数据方各自作答：无链路。")
    count = 0
    for one, other in combinations(story.committers, 2):
        if one not in story.commitments or other not in story.commitments:
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
            fact = next(fact for fact in _run_facts(story, party) if fact.peer == peer)
            for who, signature in ((party, fact.signature), (peer, fact.countersignature)):
                mine.verify(story.node_key(who, story.commitments[who].event.key_period), signature)
        count += 1
    return Words(f"{count} links countersigned by both ends.", f"{count}条链路由两端会签。")


def inputs(story: Story) -> Words:
    """Step 8. This is what a node *stated*; below level 5 nothing proves that the same rows entered the computation."""
    if not story.commitments:
        return Words("No run was committed: no input was stated.", "没有已承诺的运行：未声明输入。")
    for item in story.contract.inputs:
        if item.owner not in story.logs:
            raise Missing(f"{item.owner}'s log is not in the bundle.", f"证据包中没有{item.owner}的日志。")
        data_set = ids.on_chain(item.data_set)
        stated = [s for s in story.statements(item.owner, statements.InputCommitment) if s.data_set == data_set]
        if not stated:
            raise Missing(
                f"{item.owner} stated no input for {item.data_set}.", f"{item.owner}未声明{item.data_set}的输入。"
            )
        registered = story.data_set(item.data_set)
        for statement in stated:
            pairs = {
                Words("owner", "所有方"): (ids.on_chain(item.owner), registered.owner),
                Words("version", "版本"): (statement.version, item.version),
                Words("schema hash", "结构哈希"): (statement.schema, registered.schema_hash),
                Words("input root", "输入根"): (statement.input_root, registered.input_root),
                Words("rows", "行数"): (statement.rows, registered.rows),
            }
            for what, (ours, theirs) in pairs.items():
                if ours != theirs:
                    raise Fails(
                        f"{item.data_set}: stated {what.english} {show(ours)}, registered {show(theirs)}.",
                        f"{item.data_set}：声明的{what.chinese}为{show(ours)}，登记为{show(theirs)}。",
                    )
    return Words(
        f"{len(story.contract.inputs)} input roots equal the registered ones (what the nodes stated: that the same rows "
        "entered the computation is not proven below protection level 5).",
        f"{len(story.contract.inputs)}个输入根与登记一致（此为节点声明：保护等级5以下不证明相同数据行进入了计算）。",
    )


def endings(story: Story) -> Words:
    """Step 10: whatever ended the task otherwise than by completion says who and why."""
    found: list[str] = []
    for item in story.ledger.of(events.TaskAborted, task=story.task):
        party, reason = story.name(item.event.party), BY_NUMBER.get(item.event.reason)
        if party == "?" or reason is None:
            raise Fails(
                f"An abort names no known party or reason ({item.event.reason}).", "中止未载明已知的参与方或原因。"
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
        return Words("Completed: nothing to name.", "已完成：无需载明。")
    if not found:
        raise Missing("The bundle shows no end of the task.", "证据包未显示任务的结束。")
    return Words("; ".join(found) + ".", "；".join(found) + "。")


STEPS: Final[tuple[Callable[[Story], Words], ...]] = (
    task_and_contract, consents, envelopes, logs, chain_commitments, links, inputs, release, endings,
)  # fmt: skip


def _parties_with_logs(story: Story) -> list[str]:
    """Who must have a log here: everyone who committed; whoever else brought one is checked as well."""
    for party in story.commitments:
        if party not in story.logs:
            raise Missing(f"{party}'s log is not in the bundle.", f"证据包中没有{party}的日志。")
    return sorted(story.logs)


def _run_statement(story: Story, party: str) -> statements.Run:
    found = story.statements(party, statements.Run)
    if not found:
        raise Missing(f"{party}'s run statement is not in the bundle.", f"证据包中没有{party}的运行声明。")
    return found[0]


def _run_facts(story: Story, party: str) -> list[statements.LinkFact]:
    return [fact for item in story.statements(party, statements.Run) for fact in item.links]


def _transcripts(story: Story, party: str) -> dict[str, commitments.Transcript]:
    run = _run_statement(story, party).run or commitments.ZERO_HASH
    return {
        fact.peer: commitments.Transcript.seen_by(
            run, party, fact.peer, (fact.sent, fact.sent_frames), (fact.received, fact.received_frames)
        )
        for fact in _run_facts(story, party)
    }
