"""A task's workflow: which programs run in which order on what, and which values may leave.

The checks need no secret and no mpyc: preflight, signers' nodes and the runner apply the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mpc.backends.choice import RELEASED, Registry
from mpc.backends.seat import Seat
from mpc.programs.catalogue import find
from mpc.workflow.program import InputPort, Program
from mpc.workflow.roles import dataless_party
from protocol import grouping
from protocol.backends import demanded_model
from protocol.contract import Step, TaskContract
from protocol.errors import RangeError, RefusedError, TallyError
from protocol.sources import KEPT_KIND, TABLE, family_of, source_kind, split_source


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of the workflow: its owner and the columns that the contract lets it use."""

    name: str
    owner: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """Data sets, steps in order, and the outputs (``step.output``) that result users receive.

    ``keeps`` names what stays at the nodes, ``models`` what an earlier task left there, with its kind.
    """

    committee: tuple[str, ...]
    data_sets: tuple[DataSet, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    minimum_group: int = 0
    keeps: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    readers: tuple[str, ...] = ()
    """Who reads an output, whichever."""
    asked_level: int = 1
    """The protection level that the contract asks for."""

    @classmethod
    def of(cls, contract: TaskContract) -> "Workflow":
        """What a task contract says."""
        return cls(
            committee=contract.committee,
            data_sets=tuple(DataSet(item.data_set, item.owner, item.columns) for item in contract.inputs),
            steps=contract.steps,
            outputs=tuple(output.source for output in contract.outputs),
            minimum_group=contract.minimum_group,
            keeps=tuple(keep.source for keep in contract.keeps),
            models=tuple((model.name, model.kind) for model in contract.models),
            readers=contract.result_users,
            asked_level=contract.protection_level,
        )

    @property
    def owners(self) -> tuple[str, ...]:
        """The distinct data owners, sorted."""
        return tuple(sorted({item.owner for item in self.data_sets}))

    def data_set(self, name: str) -> DataSet | None:
        """The data set of that name, if it is one."""
        return next((item for item in self.data_sets if item.name == name), None)

    def kept_kind(self, name: str) -> str | None:
        """The kind of what an earlier task left under that name, if it did."""
        return dict(self.models).get(name)

    def wanted(self, step: str) -> frozenset[str]:
        """The outputs of a step that leave, stay at the nodes or that a later step reads."""
        sources = [
            *self.outputs,
            *self.keeps,
            *(source for later in self.steps for _, names in later.inputs for source in names),
        ]
        return frozenset(parts[1] for parts in map(split_source, sources) if parts[0] == step)

    @property
    def protection_level(self) -> int:
        """The lowest level of its programs: a chain protects no better than its weakest step."""
        return min(find(step.program).protection_level for step in self.steps)

    def seat(self, registry: Registry = RELEASED) -> Seat:
        """What it runs on; refused as by :func:`protocol.backends.choose`."""
        promised = (find(step.program).security_model for step in self.steps)
        return registry.choose(len(self.committee), self.asked_level, demanded_model(self.asked_level, promised))


def problems(workflow: Workflow, registry: Registry = RELEASED) -> tuple[TallyError, ...]:
    """Everything that is wrong with a workflow, each with its code and fix; empty when it can run on these stacks."""
    found: list[TallyError] = []
    programs: dict[str, Program] = {}
    for step in workflow.steps:
        try:
            program = find(step.program)
            _check_step(workflow, step, program, programs)
            programs[step.id] = program
        except TallyError as error:
            found.append(error)
    if len(programs) == len(workflow.steps):
        try:
            workflow.seat(registry)
        except TallyError as error:
            found.append(error)
    for output in workflow.outputs:
        error = _check_output(output, programs)
        if error is not None:
            found.append(error)
    described = {program.program: program.published() for program in programs.values()}
    crossing = grouping.by_groups(workflow.steps, workflow.outputs, described, workflow.minimum_group)
    if crossing:
        found.append(RefusedError(grouping.CODE, grouping.what(crossing).english, grouping.FIX.english))
    for keep in workflow.keeps:
        step, name, _ = split_source(keep)
        ports = programs[step].outputs if step in programs else ()
        if not any(port.name == name and KEPT_KIND.fullmatch(port.kind) for port in ports):
            found.append(not_kept(keep))
    return tuple(found)


def not_kept(source: str) -> RefusedError:
    """The refusal to leave at the nodes what is not made of shares."""
    return RefusedError(
        "workflow.not_kept",
        f"{source!r} cannot stay at the nodes.",
        "Keep whole outputs that are made of shares: models, shared tables, shares.",
    )


def check(workflow: Workflow, registry: Registry = RELEASED) -> None:
    """Raise the first problem."""
    found = problems(workflow, registry)
    if found:
        raise found[0]


def _check_step(workflow: Workflow, step: Step, program: Program, earlier: Mapping[str, Program]) -> None:
    program.validate_params(dict(step.parameters))
    if not program.min_parties <= len(workflow.committee) <= program.max_parties:
        raise RangeError(
            "program.parties",
            f"{program.program} runs with {program.min_parties} to {program.max_parties} compute parties.",
            "Change the committee.",
            step=step.id,
        )
    if program.needs_dataless_party:
        dataless_party(workflow.committee, workflow.owners)
    ports = {port.name: port for port in program.inputs}
    given = dict(step.inputs)
    for name in given:
        if name not in ports:
            raise RefusedError(
                "workflow.unknown_input",
                f"{program.program} has no input {name!r}.",
                f"Use {', '.join(sorted(ports))}.",
                step=step.id,
            )
    for port in program.inputs:
        sources = given.get(port.name, ())
        if not port.least <= len(sources) <= port.most:
            raise RefusedError(
                "workflow.input_count",
                f"Input {port.name!r} of {step.id!r} has {len(sources)} sources.",
                f"Name {port.least} to {port.most}.",
                step=step.id,
            )
        for source in sources:
            _check_source(workflow, step, port, source, earlier)
    kinds = {name: [_kind(workflow, source, earlier) for source in sources] for name, sources in step.inputs}
    for pair in program.published().mispaired(kinds):
        raise RefusedError("workflow.mispaired", pair.what(step.id).english, pair.fix.english, step=step.id)


def _kind(workflow: Workflow, source: str, earlier: Mapping[str, Program]) -> str:
    """The kind of a source that was found sound."""
    if workflow.data_set(source) is not None:
        return TABLE
    if (kept := workflow.kept_kind(source)) is not None:
        return kept
    name, output, column = split_source(source)
    return source_kind(next(port.kind for port in earlier[name].outputs if port.name == output), column)


def _check_source(workflow: Workflow, step: Step, port: InputPort, source: str, earlier: Mapping[str, Program]) -> None:
    if workflow.data_set(source) is not None:
        kind = TABLE
    elif (kept := workflow.kept_kind(source)) is not None:
        kind = kept
    else:
        name, output, column = split_source(source)
        program = earlier.get(name)
        kinds = {} if program is None else {item.name: item.kind for item in program.outputs}
        if output not in kinds:
            raise RefusedError(
                "workflow.unknown_source",
                f"{source!r} is no data set and no output of an earlier step.",
                "Name a data set, a kept model, `step.output`, or `step.output.column`.",
                step=step.id,
            )
        kind = source_kind(kinds[output], column)
    if kind not in port.kinds and family_of(kind) and any(map(family_of, port.kinds)):
        raise RefusedError(
            "workflow.model_family",
            f"Input {port.name!r} of {step.id!r} takes {' or '.join(port.kinds)}, {source!r} is {kind}.",
            "Name a model of that family, or a program that reads this one.",
            step=step.id,
        )
    if kind not in port.kinds:
        raise RefusedError(
            "workflow.kind",
            f"Input {port.name!r} of {step.id!r} takes {' or '.join(port.kinds)}, {source!r} is {kind}.",
            "Connect an output of the right kind.",
            step=step.id,
        )


def _check_output(output: str, programs: Mapping[str, Program]) -> TallyError | None:
    step, name, column = split_source(output)
    program = programs.get(step)
    port = next((port for port in program.outputs if port.name == name), None) if program is not None else None
    if port is None or column:
        return RefusedError(
            "workflow.unknown_output",
            f"{output!r} is no output of a step.",
            "Name `step.output` of a step that is sound.",
        )
    if not port.releasable:
        return RefusedError(
            "workflow.private_output",
            f"{output!r} holds its owners' own rows and never leaves them.",
            "Name outputs that are shares.",
        )
    return None
