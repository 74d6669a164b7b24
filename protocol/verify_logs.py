"""Steps 4 and 5 of the verification: whose statements they are, that each is in its log, and that none was left out.

What a party stated about a task is whole when its last entry is a :class:`~protocol.statements.TaskEnd` and everything
that this lists is there. Only then does the absence of a statement mean anything.
"""

from collections.abc import Iterable

from protocol import checkpoint, dsse, events, merkle, statements
from protocol.answers import Fails, Missing, Nothing, show
from protocol.ledger import Found
from protocol.programs import Words
from protocol.story import Entry, Story
from protocol.verify_witnesses import require_quorum


def envelopes(story: Story) -> Words:
    """Step 4: the key counts that was registered when the log size holding the entry came on chain.

    The chain prints the period of the keys with each signature that it checks; the keys of that period come from the
    registry's own history in the head's state.
    """
    count = 0
    for party in parties_with_logs(story):
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
    """Step 5: inclusion of every entry, the signed checkpoint, consistency from the commitment and the last anchor, the quorum
    of the verifier's witnesses where it names any, and that what each party stated is whole.
    """
    parties = parties_with_logs(story)
    for party in parties:
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
        if story.policy is not None:
            require_quorum(party, checkpoint.parse(log.checkpoint.encode()), story.policy)
    for party in parties:
        _own_list(story, party)
        require_whole(story, party)
    quorum = story.policy is not None
    return Words(
        "All entries are included, each log continues its earlier anchored roots, and each party's statements end with a "
        "signed list in which none is missing." + quorum * " The quorum of your witnesses cosigned each head.",
        "全部记录均包含在内，各日志延续其先前上链的根，且各方声明以一份无缺漏的签名清单结束。"
        + quorum * "您所列见证方的法定数已签署各检查点。",
    )


def _earlier_heads(story: Story, party: str, anchored: Found[events.Anchored]) -> list[tuple[int, bytes]]:
    """The task's commitment and the anchor before: both must be prefixes of the anchored log."""
    heads: list[tuple[int, bytes]] = []
    if party in story.commitments:
        event = story.commitments[party].event
        if event.epoch != anchored.event.epoch:
            raise Missing(
                f"{party} committed in epoch {event.epoch}, and its log here is that of epoch {anchored.event.epoch}.",
                f"{party}在第{event.epoch}期日志中承诺，此处为第{anchored.event.epoch}期日志。",
            )
        heads.append((event.log_size, event.log_root))
    if size := anchored.event.old_size:
        root = story.ledger.registers.anchored_root(anchored.event.party, anchored.event.epoch, size)
        heads.append((size, root))
    return heads


def _own_list(story: Story, party: str) -> None:
    """A party's list against what it signed itself: each position once, below the list's own, and all that is here."""
    for entry in story.entries[party]:
        if not isinstance(entry.statement, statements.TaskEnd):
            continue
        listed = entry.statement.entries
        before = {other.index for other in story.entries[party] if other.index < entry.index}
        if list(listed) != sorted(set(listed)) or any(position >= entry.index for position in listed):
            raise Fails(
                f"{party} lists as its statements about the task {show(listed)}, in its entry {entry.index}.",
                f"{party}在第{entry.index}条记录中所列的任务声明为{show(listed)}。",
            )
        if left_out := before - set(listed):
            raise Fails(
                f"{party} leaves its own entries {_numbers(left_out)} out of its list of statements about the task.",
                f"{party}的任务声明清单遗漏了其自身的第{_numbers(left_out)}条记录。",
            )


def require_whole(story: Story, party: str) -> None:
    """Raises :class:`Missing` unless everything is here that a party stated about the task."""
    require_log(story, party)
    last = story.entries[party][-1] if story.entries[party] else None
    if last is None or not isinstance(last.statement, statements.TaskEnd):
        raise Missing(
            f"{party}'s list of its statements about the task is not in the bundle: its node signs it when its part has "
            "ended, or when it is back.",
            f"证据包中没有{party}的任务声明清单：其节点在自身部分结束后，或恢复运行后签署。",
        )
    if absent := set(last.statement.entries) - {entry.index for entry in story.entries[party]}:
        raise Missing(
            f"{party}'s entries {_numbers(absent)}, which it lists as statements about the task, are not in the bundle.",
            f"证据包中没有{party}列为任务声明的第{_numbers(absent)}条记录。",
        )


def require_all_said(story: Story, party: str) -> None:
    """Raises :class:`Missing` unless what is not here was never stated: a log that was lost was followed by another epoch's."""
    require_whole(story, party)
    if epoch := story.logs[party].epoch:
        raise Missing(
            f"{party}'s log is that of epoch {epoch}: what it stated in an earlier one is not in the bundle.",
            f"{party}的日志属于第{epoch}期：其更早各期的声明不在证据包中。",
        )


def require_log(story: Story, party: str) -> None:
    """Raises :class:`Missing` unless there is a log of a party here."""
    if party not in story.logs:
        raise Missing(f"{party}'s log is not in the bundle.", f"证据包中没有{party}的日志。")


def parties_with_logs(story: Story) -> list[str]:
    """Who must have a log here: all owners and the committee of a task that started, and whoever's node ended one that
    did not. Another party's is refused when the bundle is read.
    """
    if absent := [party for party in story.owing if party not in story.logs]:
        names = Words(", ".join(absent), "、".join(absent))
        raise Missing(
            f"No log of {names.english} is in the bundle, which shows what they stated and what they did not.",
            f"证据包中没有{names.chinese}的日志，无从得知其声明与未声明的内容。",
        )
    if not story.logs:
        raise Nothing("The task did not start: nobody had to state anything.", "任务未曾启动：无需任何声明。")
    return sorted(story.logs)


def _numbers(positions: Iterable[int]) -> str:
    return ", ".join(str(position) for position in sorted(positions))
