"""What becomes known on the way of a task beside its results: what its programs declare, as far as it applies to what is asked."""

from collections.abc import Collection, Mapping

from protocol.contract import TaskContract
from protocol.programs import ProgramDescriptor, Words


def becoming_known(
    contract: TaskContract, programs: Mapping[str, ProgramDescriptor], vary: Collection[str] = ()
) -> tuple[Words, ...]:
    """The disclosures of the contract's steps with their parameters, each once; programs that are not described are passed over.

    ``vary`` names parameters (``step.parameter``) whose value is not settled: what some value of them discloses is among these.
    """
    found: dict[Words, None] = {}
    for step in contract.steps:
        if step.program not in programs:
            continue
        open_ = {name for where in vary for at, _, name in [where.partition(".")] if at == step.id}
        for item in programs[step.program].disclosed_by(step.parameters, step.inputs, open_):
            found[item.about] = None
    return tuple(found)
