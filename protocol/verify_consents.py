"""Step 3 of the verification: the owners' consents, and what the task took of them."""

from typing import Any

from protocol import events, ids, offers
from protocol.answers import Fails, Missing, Nothing, show
from protocol.bundle import MAX_SUCCESSIONS
from protocol.errors import VerificationError
from protocol.ledger import Found
from protocol.programs import Words
from protocol.registers import AuthorizationFacts
from protocol.story import Story
from protocol.typed import recover


def consents(story: Story) -> Words:
    """Not revoked before the start rests on the contract's own ``TaskStarted``, emitted only after checking.

    So does how many certifiers a succession needs; that some approved it is read from the registry.
    """
    if story.started is None:
        if not story.began:
            if story.authorizations:
                raise VerificationError(
                    "bundle.consent", "The bundle has consents of a task that never started.", "Fetch it again."
                )
            raise Nothing(
                "The task did not start, as its record on chain shows: no consent was consumed.",
                "链上记录表明任务未曾启动：未消费授权。",
            )
        raise Missing(
            "The task started, and its TaskStarted event is not in the bundle.",
            "任务已启动，而证据包中没有TaskStarted事件。",
        )
    started, releases = story.started, _releases(story)
    if (theirs := started.event.programs_digest) != (ours := releases.programs_digest(story.contract.programs)):
        raise Fails(
            f"The task started with programs of digest {theirs.hex()}, registered is {ours.hex()}.",
            f"任务启动时程序摘要为{theirs.hex()}，登记为{ours.hex()}。",
        )
    _same_count(story, started.event.authorizations)
    for item, digest in zip(story.contract.inputs, started.event.authorizations, strict=True):
        _consent(story, item.data_set, item.owner, digest, releases)
        _taken(story, started, digest, item.owner)
    more = _reserves(story, started)
    count = len(story.contract.inputs)
    return Words(
        f"{count} consents signed by their wallets, consumed with the start in block {started.block}{more.english}; that "
        "none was revoked before rests on the contract, which emits TaskStarted only after checking.",
        f"{count}份授权由其钱包签署，并在区块{started.block}启动时消费{more.chinese}；此前未被撤回以合约核查后才发出的TaskStarted为据。",
    )


def _same_count(story: Story, digests: tuple[bytes, ...]) -> None:
    if len(digests) != len(story.contract.inputs):
        raise Fails(
            f"{len(digests)} authorizations for {len(story.contract.inputs)} inputs.",
            f"{len(story.contract.inputs)}项输入对应{len(digests)}份授权。",
        )


def _reserves(story: Story, started: Found[events.TaskStarted]) -> Words:
    """Blocks of uses taken after the start: numbered from 1, within the proposal, of the same consents."""
    found = sorted(story.ledger.of(events.UsesReserved, task=story.task), key=lambda item: item.event.number)
    taken = story.ledger.registers.reserves(story.task) if story.proposal.max_reserves else len(found)
    if not found and not taken:
        return Words("", "")
    numbers = [item.event.number for item in found]
    if numbers != list(range(1, max(taken, len(found)) + 1)):
        raise Missing(
            f"Of the task's reserves only {show(tuple(numbers))} are in the bundle.",
            f"证据包中仅有任务的预留{show(tuple(numbers))}。",
        )
    most = story.proposal.max_reserves
    if len(found) > most:
        raise Fails(
            f"{len(found)} reserves, proposed were {most} at most.", f"预留{len(found)}次，提案上限为{most}次。"
        )
    for item in found:
        _same_count(story, item.event.authorizations)
        pairs = zip(story.contract.inputs, started.event.authorizations, item.event.authorizations, strict=True)
        for given, first, digest in pairs:
            if digest != first:
                raise Missing(
                    f"The consent for {given.data_set} in reserve {item.event.number} is not in the bundle.",
                    f"证据包中没有第{item.event.number}次预留中{given.data_set}的授权。",
                )
            _taken(story, item, digest, given.owner)
    return Words(f" and with {len(found)} reserves after it", f"，其后另有{len(found)}次预留")


def _taken(
    story: Story, found: Found[events.TaskStarted] | Found[events.UsesReserved], digest: bytes, owner: str
) -> None:
    """The uses that the transaction of ``found`` took of a consent."""
    taken: list[Found[Any]] = [
        item
        for item in story.ledger.of(events.UseConsumed, authorization=digest, task=story.task)
        if (item.block, item.transaction) == (found.block, found.transaction)
    ]
    if not taken:
        raise Missing(f"The UseConsumed event for {owner} is missing.", f"缺少{owner}的UseConsumed事件。")
    if (uses := taken[0].event.uses) != story.proposal.uses:
        raise Fails(
            f"{uses} uses of {owner}'s consent were consumed, proposed were {story.proposal.uses}.",
            f"消费了{owner}授权的{uses}次，提案为{story.proposal.uses}次。",
        )


def _consent(story: Story, data_set: str, owner: str, digest: bytes, releases: offers.Releases) -> None:
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
    recorded = _recorded(story, data_set, owner, digest)
    signer = recover(digest, signed.signature) if len(signed.signature) == 65 else "no account"
    if signer.lower() != recorded.wallet.lower():
        _contract_wallet(story, owner, signer, recorded.wallet)

    def uncovered(releases: offers.Releases) -> list[str]:
        root, now = story.data_set(data_set).input_root, started.event.started_at
        found = offers.uncovered(signed, story.contract, story.task, input_root=root, releases=releases, now=now)
        return [*found, *(["validity"] if now < signed.message.not_before else [])]

    if lacking := uncovered(releases):
        # The way from one release to another is a hint of the bundle: what is wrong whichever way there is, fails.
        certain = uncovered(offers.Releases(releases.code_digest, lambda _older, _newer: True))
        if certain:
            raise Fails(
                f"{owner}'s consent does not cover: {', '.join(certain)}.",
                f"{owner}的授权未覆盖：{'、'.join(certain)}。",
            )
        raise Missing(
            f"{owner}'s consent covers the task only with approved successors, and the bundle proves none: {', '.join(lacking)}.",
            f"{owner}的授权须经核准的后继版本方可覆盖任务，而证据包未予证明：{'、'.join(lacking)}。",
        )


def _recorded(story: Story, data_set: str, owner: str, digest: bytes) -> AuthorizationFacts:
    """The contract's record of a consent, which it made after it had checked the wallet's signature."""
    found = story.ledger.registers.authorization(digest)
    if found is None or found.owner != ids.on_chain(owner):
        whose = Words(show(found.owner), show(found.owner)) if found else Words("nobody", "无")
        raise Fails(
            f"The chain holds the consent for {data_set} as that of {whose.english}, not of {owner}.",
            f"链上{data_set}的授权归属为{whose.chinese}，而非{owner}。",
        )
    return found


def _contract_wallet(story: Story, owner: str, signer: str, wallet: str) -> None:
    """EIP-1271: only a contract wallet itself can say, and the chain asked it before it recorded the authorization."""
    if story.is_contract is None:
        raise Missing(
            f"{owner}'s consent is signed by {signer}, the recorded wallet is {wallet}. If that is a contract "
            "(EIP-1271), the chain's own record of the authorization vouches for it: ask with --rpc.",
            f"{owner}的授权由{signer}签署，记录的钱包为{wallet}。若其为合约钱包（EIP-1271），"
            "以链上的授权记录为据：请用--rpc查询。",
        )
    if not story.is_contract(wallet):
        raise Fails(
            f"{owner}'s consent is signed by {signer}, the recorded wallet is {wallet}, which is no contract.",
            f"{owner}的授权由{signer}签署，记录的钱包为{wallet}，且非合约钱包。",
        )


def _releases(story: Story) -> offers.Releases:
    """Published releases and the ways between them, as the registry's storage proves them."""

    def succeeds(older: str, newer: str) -> bool:
        approved = story.ledger.registers.successor_approvals
        reached, wanted = {ids.on_chain(older)}, ids.on_chain(newer)
        for _ in range(MAX_SUCCESSIONS):
            reached |= {
                step.newer for step in story.successions if step.older in reached and approved(step.older, step.newer)
            }
            if wanted in reached:
                return True
        return False

    return offers.Releases(lambda program: story.program(program).code_digest, succeeds)
