"""Steps 2 to 10 of the verification; step 1 (the bundle's form) is :func:`protocol.bundle.read`.

A step returns what it found in words, raises :class:`Fails` with both values, or :class:`Missing` with what it lacks.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Final

from eth_hash.auto import keccak

from protocol import checkpoint, commitments, dsse, events, ids, merkle, offers, statements
from protocol.answers import Fails, Missing
from protocol.fields import fields_of
from protocol.ledger import Found, Unbound
from protocol.programs import Words
from protocol.reasons import BY_NUMBER
from protocol.registers import DataSetFacts, Keys
from protocol.story import Entry, Story
from protocol.typed import recover
from protocol.verify_backend import computed_with


def task_and_contract(story: Story) -> Words:
    """Step 2: ``Story.read`` recomputed the id; here every field of the chain's own event is compared too."""
    if story.proposed is None:
        raise Missing("The TaskProposed event is not in the bundle.", "证据包中没有TaskProposed事件。")
    event, message = story.proposed.event, story.proposal
    on_chain = [getattr(event, field.attribute) for field in fields_of(type(event))[1:]]  # all but the id
    for (field, _), theirs, ours in zip(message.members(), on_chain, message.chain_args(), strict=True):
        if theirs != ours:
            raise Fails(f"{field}: chain {theirs!r}, contract {ours!r}.", f"{field}：链上{theirs!r}，合约{ours!r}。")
    binding = story.ledger.binding
    if isinstance(binding, Unbound):
        raise Missing(binding.lacking.english, binding.lacking.chinese)
    return Words(
        f"task_{story.task.hex()}; all events are proven below {binding.english}.",
        f"task_{story.task.hex()}；全部事件均由{binding.chinese}向下证明。",
    )


def consents(story: Story) -> Words:
    """Step 3. Not revoked before the start rests on the contract's own ``TaskStarted``, emitted only after checking."""
    if story.started is None:
        expired = story.ledger.one(events.TaskExpired, task=story.task)
        if expired and not expired.event.missing:  # from a started task it names who did not commit
            return Words(
                "The task expired before it started: no consent was consumed.", "任务启动前已过期：未消费授权。"
            )
        raise Missing(
            "The TaskStarted event is not in the bundle, and its absence proves nothing: ask with --rpc.",
            "证据包中没有TaskStarted事件，而缺失不能证明任何事：请用--rpc查询。",
        )
    started = story.started
    if len(started.event.authorizations) != len(story.contract.inputs):
        raise Fails(
            f"{len(started.event.authorizations)} authorizations for {len(story.contract.inputs)} inputs.",
            f"{len(story.contract.inputs)}项输入对应{len(started.event.authorizations)}份授权。",
        )
    for item, digest in zip(story.contract.inputs, started.event.authorizations, strict=True):
        _consent(story, item.data_set, item.owner, digest)
    count = len(story.contract.inputs)
    return Words(
        f"{count} consents signed by their wallets, consumed with the start in block {started.block}; that none was "
        "revoked before rests on the contract, which emits TaskStarted only after checking.",
        f"{count}份授权由其钱包签署，并在区块{started.block}启动时消费；此前未被撤回以合约核查后才发出的TaskStarted为据。",
    )


def _consent(story: Story, data_set: str, owner: str, digest: bytes) -> None:
    started = story.started
    signed = story.authorizations.get(data_set)
    if signed is None or started is None:
        raise Missing(f"The consent for {data_set} is not in the bundle.", f"证据包中没有{data_set}的授权。")
    computed = signed.message.digest(story.trust.domain("Consents"))
    if computed != digest or signed.owner != owner:
        raise Fails(
            f"The consent for {data_set} has the digest {computed.hex()}, the chain consumed {digest.hex()}.",
            f"{data_set}的授权摘要为{computed.hex()}，链上消费的是{digest.hex()}。",
        )
    recorded = story.ledger.registers.authorization_owner(digest)
    if recorded != ids.on_chain(owner):
        raise Fails(
            f"The chain holds the consent for {data_set} as that of {_show(recorded or 'nobody')}, not of {owner}.",
            f"链上{data_set}的授权归属为{_show(recorded or '无')}，而非{owner}。",
        )
    wallet = _wallet(story, owner, digest)
    signer = recover(digest, signed.signature) if len(signed.signature) == 65 else "no account"
    if signer.lower() != wallet.lower():
        _contract_wallet(story, owner, signer, wallet)
    root, programs = _registered_root(story, data_set), _programs_digest(story)
    lacking = offers.uncovered(
        signed, story.contract, story.task, input_root=root, programs=programs, now=started.event.started_at
    )
    if started.event.started_at < signed.message.not_before:
        lacking.append("validity")
    if lacking:
        raise Fails(
            f"{owner}'s consent does not cover: {', '.join(lacking)}.", f"{owner}的授权未覆盖：{'、'.join(lacking)}。"
        )
    if not any(
        u.block == started.block for u in story.ledger.of(events.UseConsumed, authorization=digest, task=story.task)
    ):
        raise Missing(f"The UseConsumed event for {owner} is missing.", f"缺少{owner}的UseConsumed事件。")


def _wallet(story: Story, owner: str, digest: bytes) -> str:
    """The owner's wallet when it submitted the authorization: the one of now, but for changes shown since."""
    party = ids.on_chain(owner)
    submitted = story.ledger.one(events.AuthorizationSubmitted, authorization=digest)
    changes = story.ledger.of(events.WalletChanged, party=party)
    if submitted is not None:
        for change in changes:
            if (change.block, change.transaction) > (submitted.block, submitted.transaction):
                return change.event.old_wallet
    return story.ledger.registers.wallet(party)


def _contract_wallet(story: Story, owner: str, signer: str, wallet: str) -> None:
    """EIP-1271: only a contract wallet itself can say, and the chain asked it before it recorded the authorization."""
    if story.is_contract is None:
        raise Missing(
            f"{owner}'s consent is signed by {signer}, the registered wallet is {wallet}. If that is a contract "
            "(EIP-1271), the chain's own record of the authorization vouches for it: ask with --rpc.",
            f"{owner}的授权由{signer}签署，登记钱包为{wallet}。若其为合约钱包（EIP-1271），"
            "以链上的授权记录为据：请用--rpc查询。",
        )
    if not story.is_contract(wallet):
        raise Fails(
            f"{owner}'s consent is signed by {signer}, the registered wallet is {wallet}, which is no contract.",
            f"{owner}的授权由{signer}签署，登记钱包为{wallet}，且非合约钱包。",
        )


def envelopes(story: Story) -> Words:
    """Step 4: the key counts that was registered when the log size holding the entry came on chain.

    Keys come from the registry's own history in the head's state, in which no rotation can be left out.
    """
    count = 0
    for party in _parties_with_logs(story):
        anchored = story.anchored(party)
        committed = story.commitments.get(party)
        for entry in story.entries[party]:
            before = committed is not None and entry.index < committed.event.log_size
            block = committed.block if committed is not None and before else anchored.block
            _verify_envelope(story, party, entry, block)
            count += 1
    return Words(f"{count} envelopes verified.", f"已验证{count}份封装。")


def _verify_envelope(story: Story, party: str, entry: Entry, block: int) -> None:
    key = _keys(story, party, block).node_key
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
        key = _keys(story, party, anchored.block).node_key
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
        peers = [peer for peer in story.contract.committee if peer != party]
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
                raise Fails(
                    f"{party}'s {what.english}: chain {_show(chain)}, statement {_show(stated)}.",
                    f"{party}的{what.chinese}：链上{_show(chain)}，声明{_show(stated)}。",
                )
    for found in story.ledger.of(events.TaskAborted, task=story.task):
        _abort_statement(story, found)
    if story.completed and len(story.commitments) != len(story.contract.committee):
        raise Missing("A committee party's RunCommitted event is missing.", "缺少某计算方的RunCommitted事件。")
    count = len(story.commitments)
    return Words(f"{count} commitments compared.", f"已比对{count}项承诺。")


def _abort_statement(story: Story, found: Found[events.TaskAborted]) -> None:
    party = _name(story, found.event.party)
    if party not in story.logs:  # an owner's wallet refused: its signature on chain is the statement
        return
    kinds = (statements.Abort, statements.Refusal)
    digests = [statements.digest(item) for kind in kinds for item in story.statements(party, kind)]
    if found.event.statement not in digests:
        raise Fails(
            f"{party}'s abort names the statement {found.event.statement.hex()}, which is not in its log.",
            f"{party}的中止引用了声明{found.event.statement.hex()}，但其日志中没有。",
        )


def links(story: Story) -> Words:
    """Step 7: for every pair of the committee both Ed25519 signatures stand under one and the same transcript."""
    if not story.commitments:
        return Words("No run was committed: there are no transcripts.", "没有已承诺的运行：无链路记录。")
    count = 0
    for one, other in combinations(story.contract.committee, 2):
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
            block = story.commitments[party].block
            mine.verify(_keys(story, party, block).node_key, fact.signature)
            mine.verify(_keys(story, peer, block).node_key, fact.countersignature)
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
        registered = _registered(story, item.data_set)
        for statement in stated:
            pairs = {
                Words("version", "版本"): (statement.version, item.version),
                Words("schema hash", "结构哈希"): (statement.schema, registered.schema_hash),
                Words("input root", "输入根"): (statement.input_root, registered.input_root),
                Words("rows", "行数"): (statement.rows, registered.rows),
            }
            for what, (ours, theirs) in pairs.items():
                if ours != theirs:
                    raise Fails(
                        f"{item.data_set}: stated {what.english} {_show(ours)}, registered {_show(theirs)}.",
                        f"{item.data_set}：声明的{what.chinese}为{_show(ours)}，登记为{_show(theirs)}。",
                    )
    return Words(
        f"{len(story.contract.inputs)} input roots equal the registered ones (what the nodes stated: that the same rows "
        "entered the computation is not proven below protection level 5).",
        f"{len(story.contract.inputs)}个输入根与登记一致（此为节点声明：保护等级5以下不证明相同数据行进入了计算）。",
    )


def release(story: Story) -> Words:
    """Step 9: the chain's completion (and review) stands in every release; commitments match; results are attested."""
    released = {p: story.statements(p, statements.Release) for p in story.logs}
    if story.completed is None:
        if culprits := sorted(party for party, found in released.items() if found):
            raise Fails(
                f"{', '.join(culprits)} released although the task never completed.",
                f"任务未完成，{'、'.join(culprits)}却释放了结果。",
            )
        return Words("The task did not complete, and nothing was released.", "任务未完成，未释放任何结果。")
    completed = story.completed
    reviewed = None
    if story.contract.reviewer:
        review = story.ledger.one(events.OutputReviewed, task=story.task)
        if review is None:
            raise Missing("The reviewer's word is not in the bundle.", "证据包中没有复核方的意见。")
        if not review.event.approved:
            return _rejected(story, released)
        reviewed = review.block
    for party in story.contract.committee:
        committed = {
            o.name: o.commitment for s in story.statements(party, statements.OutputCommitment) for o in s.outputs
        }
        users = {item.result_user for item in released.get(party, [])}
        if absent := set(story.contract.result_users) - users:
            raise Missing(
                f"{party}'s release to {', '.join(sorted(absent))} is not in the bundle.",
                f"证据包中没有{party}对{'、'.join(sorted(absent))}的释放声明。",
            )
        for item in released[party]:
            if (item.completed, item.completed_hash) != (completed.block, completed.block_hash):
                raise Fails(
                    f"{party} released on block {item.completed} {item.completed_hash.hex()}, completion is "
                    f"{completed.block} {completed.block_hash.hex()}.",
                    f"{party}依据区块{item.completed}释放，任务完成于区块{completed.block}。",
                )
            if item.reviewed != reviewed:
                raise Fails(
                    f"{party} released on the review of block {item.reviewed}, the chain's is of block {reviewed}.",
                    f"{party}依据区块{item.reviewed}的复核释放，链上的复核在区块{reviewed}。",
                )
            for output in item.outputs:
                if committed.get(output.name) != output.commitment:
                    raise Fails(
                        f"{party} released a share that it had not committed to ({output.commitment.hex()}).",
                        f"{party}释放了未承诺的份额（{output.commitment.hex()}）。",
                    )
            entitled = {
                commitments.output_name(o.source) for o in story.contract.outputs if item.result_user in o.users
            }
            if {output.name for output in item.outputs} != entitled:
                raise Fails(
                    f"{party} released other outputs to {item.result_user} than the contract names.",
                    f"{party}向{item.result_user}释放的输出与合约不符。",
                )
    return _attested(story)


def _rejected(story: Story, released: Mapping[str, Sequence[statements.Release]]) -> Words:
    if culprits := sorted(party for party, found in released.items() if found):
        raise Fails(
            f"{', '.join(culprits)} released although {story.contract.reviewer} rejected the output.",
            f"{story.contract.reviewer}未批准，{'、'.join(culprits)}却释放了结果。",
        )
    return Words(
        f"{story.contract.reviewer} rejected the output, and nothing was released.",
        f"{story.contract.reviewer}未批准结果，未释放任何内容。",
    )


def _attested(story: Story) -> Words:
    completed = story.completed
    hashes: list[str] = []
    for user in story.contract.result_users:
        found = story.ledger.one(events.ResultAttested, task=story.task, result_user=ids.on_chain(user))
        if found is None or completed is None:
            raise Missing(f"{user} has not attested its result.", f"{user}尚未确认其结果。")
        if found.event.run_id != completed.event.run_id:
            raise Fails(
                f"{user} attested run {found.event.run_id.hex()}, completed is {completed.event.run_id.hex()}.",
                f"{user}确认的运行为{found.event.run_id.hex()}，完成的为{completed.event.run_id.hex()}。",
            )
        hashes.append(f"{user} 0x{found.event.result_hash.hex()}")
    listed = "; ".join(hashes)
    return Words(
        f"Released after block {completed.block if completed else 0}; attested result hash: {listed}. A lone attestation "
        "is its user's claim; who holds the result file can recompute the hash.",
        f"在区块{completed.block if completed else 0}之后释放；已确认的结果哈希：{listed}。单独的确认仅为使用方之声明，持有结果文件者可重算哈希。",
    )


def endings(story: Story) -> Words:
    """Step 10: whatever ended the task otherwise than by completion says who and why."""
    found: list[str] = []
    for item in story.ledger.of(events.TaskAborted, task=story.task):
        party, reason = _name(story, item.event.party), BY_NUMBER.get(item.event.reason)
        if party == "?" or reason is None:
            raise Fails(
                f"An abort names no known party or reason ({item.event.reason}).", "中止未载明已知的参与方或原因。"
            )
        found.append(f"{party}: {reason.code}")
    for item in story.ledger.of(events.TaskDisputed, task=story.task):
        pairs = zip(item.event.left, item.event.right, strict=True)
        found.append("disputed between " + ", ".join(f"{_name(story, a)} and {_name(story, b)}" for a, b in pairs))
    for item in story.ledger.of(events.TaskExpired, task=story.task):
        missing = [_name(story, party) for party in item.event.missing]
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


def _keys(story: Story, party: str, block: int) -> Keys:
    keys = story.ledger.registers.keys_at(ids.on_chain(party), block)
    if keys is None:
        raise Fails(f"The chain has no keys of {party} at block {block}.", f"链上在区块{block}没有{party}的密钥。")
    return keys


def _name(story: Story, party: bytes) -> str:
    return next((name for name in story.contract.participants if ids.on_chain(name) == party), "?")


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


def _registered(story: Story, data_set: str) -> DataSetFacts:
    version = story.contract.input_of(data_set).version
    found = story.ledger.registers.data_set(ids.on_chain(data_set), version)
    if found is None:
        raise Fails(f"The chain has no version {version} of {data_set}.", f"链上没有{data_set}的版本{version}。")
    return found


def _registered_root(story: Story, data_set: str) -> bytes:
    return _registered(story, data_set).input_root


def _programs_digest(story: Story) -> bytes:
    digests: list[bytes] = []
    for program in story.contract.programs:
        found = story.ledger.registers.code_digest(ids.on_chain(program))
        if found is None:
            raise Fails(f"The chain has no program {program}.", f"链上没有程序{program}。")
        digests.append(found)
    return keccak(b"".join(digests))


def _show(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return ", ".join(_show(item) for item in value)
    return str(value)
