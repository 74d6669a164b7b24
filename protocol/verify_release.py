"""Step 9 of the verification: results left the nodes after completion and review, as committed, and were attested."""

from collections.abc import Mapping, Sequence
from typing import Final

from protocol import commitments, events, ids, statements
from protocol.answers import Fails, Missing, show
from protocol.programs import Words
from protocol.story import Story
from protocol.vocabulary import TaskState

_WALLET: Final = Words("wallet", "钱包")


def release(story: Story) -> Words:
    """The chain's completion (and review) stands in every release; commitments match; results are attested."""
    released = {p: story.statements(p, statements.Release) for p in story.logs}
    if story.completed is None:
        if story.facts.state == TaskState.COMPLETED:
            raise Missing(
                "The task completed, and its TaskCompleted event is not in the bundle.",
                "任务已完成，而证据包中没有TaskCompleted事件。",
            )
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
            return _unreviewed(story, released)
        if not review.event.approved:
            said = Words(f"{story.contract.reviewer} rejected the output", f"{story.contract.reviewer}未批准结果")
            return _closed(released, said)
        reviewed = review.block
    for party in story.committers:
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
                    f"{party} released on the review of block {show(item.reviewed)}, the chain's is of block {show(reviewed)}.",
                    f"{party}依据区块{show(item.reviewed)}的复核释放，链上的复核在区块{show(reviewed)}。",
                )
            for output in item.outputs:
                if output.name not in committed:
                    raise Missing(
                        f"{party}'s commitment to what it released ({output.commitment.hex()}) is not in the bundle.",
                        f"证据包中没有{party}对所释放内容（{output.commitment.hex()}）的承诺。",
                    )
                if committed[output.name] != output.commitment:
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


def _unreviewed(story: Story, released: Mapping[str, Sequence[statements.Release]]) -> Words:
    """Nobody said a word in time: as rejected, once the chain says that the time is over."""
    expired = story.ledger.one(events.ReviewExpired, task=story.task)
    if expired is None:
        raise Missing("The reviewer's word is not in the bundle.", "证据包中没有复核方的意见。")
    said = Words(f"{story.contract.reviewer} did not review in time", f"{story.contract.reviewer}未按期复核")
    return _closed(released, said)


def _closed(released: Mapping[str, Sequence[statements.Release]], said: Words) -> Words:
    """Nobody may have released what was not approved."""
    if culprits := sorted(party for party, found in released.items() if found):
        raise Fails(
            f"{', '.join(culprits)} released although {said.english}.",
            f"{said.chinese}，{'、'.join(culprits)}却释放了结果。",
        )
    return Words(f"{said.english}, and nothing was released.", f"{said.chinese}，未释放任何内容。")


def _attested(story: Story) -> Words:
    completed = story.completed
    hashes: list[tuple[str, Words]] = []
    for user in story.contract.result_users:
        found = story.ledger.one(events.ResultAttested, task=story.task, result_user=ids.on_chain(user))
        if found is None or completed is None:
            raise Missing(f"{user} has not attested its result.", f"{user}尚未确认其结果。")
        if found.event.run_id != completed.event.run_id:
            raise Fails(
                f"{user} attested run {found.event.run_id.hex()}, completed is {completed.event.run_id.hex()}.",
                f"{user}确认的运行为{found.event.run_id.hex()}，完成的为{completed.event.run_id.hex()}。",
            )
        by = Words(f"node key {period}", f"第{period}期节点密钥") if (period := found.event.key_period) else _WALLET
        hashes.append((f"{user} {show(found.event.result_hash)}", by))
    listed = "; ".join(f"{said} ({by.english})" for said, by in hashes)
    signed = "；".join(f"{said}（{by.chinese}）" for said, by in hashes)
    return Words(
        f"Released after block {completed.block if completed else 0}; attested result hash: {listed}. A lone attestation "
        "is its user's claim; who holds the result file can recompute the hash.",
        f"在区块{completed.block if completed else 0}之后释放；已确认的结果哈希：{signed}。单独的确认仅为使用方之声明，持有结果文件者可重算哈希。",
    )
