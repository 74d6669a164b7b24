"""Part of step 6: what the parties say that they computed with, against each other, the contract and the registry."""

from protocol import backends, ids, statements
from protocol.answers import Fails, Missing
from protocol.programs import Words
from protocol.story import Story


def computed_with(story: Story) -> None:
    """Every run statement of every party that committed names one committee, protocol stack and engine, and they serve the task.

    Raises :class:`Fails` where statements differ, or contradict what the stack is, the contract asks for or the registry
    promises of the programs; :class:`Missing` for a stack that this verifier does not know.
    """
    stated = [(party, run) for party in story.commitments for run in story.statements(party, statements.Run)]
    if not stated:
        return
    first, run = stated[0]
    for party, other in stated:
        _same(
            {
                Words("committee", "计算委员会"): (run.committee, other.committee),
                Words("engine", "计算引擎"): (run.engine.hex(), other.engine.hex()),
                Words("protocol stack", "协议栈"): (run.mpc.to_json(), other.mpc.to_json()),
            },
            Words(f"{first} states {{}}, {party} {{}}", f"{first}声明{{}}，{party}声明{{}}"),
        )
    used, asked = run.mpc, story.contract.protection_level
    facts = next((known for known in backends.RELEASED if known.name == used.backend), None)
    if facts is None:
        raise Missing(
            f"This verifier knows no protocol stack {used.backend!r}: use a newer one.",
            f"本验证器不认识协议栈{used.backend!r}：请使用更新的版本。",
        )
    promised = [story.ledger.registers.promises(ids.on_chain(program)) for program in story.contract.programs]
    _same(
        {
            Words("committee", "计算委员会"): (run.committee, story.contract.committee),
            Words("field", "有限域"): (used.field, facts.field),
            Words("security model", "安全模型"): (used.security_model, facts.security_model),
            Words("threshold", "门限"): (used.threshold, backends.threshold_of(len(run.committee))),
            Words("statistical parameter", "统计安全参数"): (used.kappa, facts.kappa),
            Words("lowest level of the programs", "程序的最低保护等级"): (
                min(asked, *(level for level, _ in promised)), asked,
            ),
        },
        Words("stated or registered {}, due {}", "声明或登记为{}，应为{}"),
    )  # fmt: skip
    refusal = facts.refusal(len(run.committee), asked, backends.demanded_model(asked, (model for _, model in promised)))
    if refusal is not None:
        raise Fails(
            f"The task ran on {used.backend}, which cannot serve it ({refusal.code}): {refusal.what}",
            f"任务运行于{used.backend}，该协议栈不满足任务要求（{refusal.code}）。",
        )


def _same(pairs: dict[Words, tuple[object, object]], said: Words) -> None:
    for what, (left, right) in pairs.items():
        if left != right:
            raise Fails(
                f"{what.english}: {said.english.format(left, right)}.",
                f"{what.chinese}：{said.chinese.format(left, right)}。",
            )
