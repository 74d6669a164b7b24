"""Part of step 6: what the parties say that they computed with, against each other, the contract and the registry."""

from protocol import backends, statements
from protocol.answers import Fails, Missing, show
from protocol.programs import Words
from protocol.story import Story


def computed_with(story: Story) -> None:
    """Every run statement of every party names the contract's programs and engine as published, and one and
    the same committee and protocol stack, which serve the task.

    Raises :class:`Fails` where statements differ, or contradict what the stack is, the contract asks for or the registry
    holds of the releases; :class:`Missing` for a stack that this verifier does not know.
    """
    stated = [(party, run) for party in sorted(story.logs) for run in story.statements(party, statements.Run)]
    if not stated:
        return
    first, run = stated[0]
    for party, other in stated:
        _as_published(story, party, other)
        _same(
            {
                Words("committee", "计算委员会"): (run.committee, other.committee),
                Words("protocol stack", "协议栈"): (run.mpc.to_json(), other.mpc.to_json()),
            },
            Words(f"{first} states {{}}, {party} {{}}", f"{first}声明{{}}，{party}声明{{}}"),
        )
    if story.linked:
        _serves(story, run)


def _as_published(story: Story, party: str, run: statements.Run) -> None:
    """A node states the digests of what it has installed: the contract's engine and programs, as the registry has them."""
    order = tuple(step.id for step in story.contract.steps), tuple(step.id for step in run.steps)
    due = {step.id: f"{step.program} {story.program(step.program).code_digest.hex()}" for step in story.contract.steps}
    ran = {step.id: f"{step.program} {step.code.hex()}" for step in run.steps}
    pairs: dict[Words, tuple[object, object]] = {
        Words("engine", "计算引擎"): (run.engine.hex(), story.engine().code_digest.hex()),
        Words("steps", "步骤"): (", ".join(order[1]), ", ".join(order[0])),
        **{
            Words(f"step {step}", f"步骤{step}"): (ran.get(step, "-"), due.get(step, "-"))
            for step in sorted({*due, *ran})
        },
    }
    _same(pairs, Words(f"{party} states {{}}, published is {{}}", f"{party}声明{{}}，已发布的为{{}}"))


def _serves(story: Story, run: statements.Run) -> None:
    used, asked = run.mpc, story.contract.protection_level
    facts = next((known for known in backends.RELEASED if known.name == used.backend), None)
    if facts is None:
        raise Missing(
            f"This verifier knows no protocol stack {used.backend!r}: use a newer one.",
            f"本验证器不认识协议栈{used.backend!r}：请使用更新的版本。",
        )
    promised = [story.program(program) for program in story.contract.programs]
    _same(
        {
            Words("committee", "计算委员会"): (run.committee, story.contract.committee),
            Words("field", "有限域"): (used.field, facts.field),
            Words("security model", "安全模型"): (used.security_model, facts.security_model),
            Words("threshold", "门限"): (used.threshold, backends.threshold_of(len(run.committee))),
            Words("statistical parameter", "统计安全参数"): (used.kappa, facts.kappa),
            Words("lowest level of the programs", "程序的最低保护等级"): (
                min(asked, *(program.protection_level for program in promised)), asked,
            ),
        },
        Words("stated or registered {}, due {}", "声明或登记为{}，应为{}"),
    )  # fmt: skip
    demanded = backends.demanded_model(asked, (program.security_model for program in promised))
    refusal = facts.refusal(len(run.committee), asked, demanded)
    if refusal is not None:
        raise Fails(
            f"The task ran on {used.backend}, which cannot serve it ({refusal.code}): {refusal.what}",
            f"任务运行于{used.backend}，该协议栈不满足任务要求（{refusal.code}）。",
        )


def _same(pairs: dict[Words, tuple[object, object]], said: Words) -> None:
    for what, (left, right) in pairs.items():
        if left != right:
            raise Fails(
                f"{what.english}: {said.english.format(show(left), show(right))}.",
                f"{what.chinese}：{said.chinese.format(show(left), show(right))}。",
            )
