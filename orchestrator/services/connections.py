"""Whether a workflow fits together: every step's inputs are there, in the right number and of the right kind."""

import re
from collections.abc import Iterator, Mapping

from protocol.api import Finding
from protocol.contract import Step, TaskContract
from protocol.programs import Port, ProgramDescriptor
from protocol.sources import KEPT_KIND, SHARES, TABLE, family_of, source_kind, split_source


class Connections:
    """The values that a contract's steps can read so far; a step of an unknown program gives nobody knows what."""

    def __init__(self, contract: TaskContract) -> None:
        self._kinds: dict[str, str] = {item.data_set: TABLE for item in contract.inputs}
        self._kinds |= {item.name: item.kind for item in contract.models}
        self._outputs: dict[str, Mapping[str, str] | None] = {}

    def forget(self, step: Step) -> None:
        """Note a step whose outputs nobody knows."""
        self._outputs[step.id] = None

    def step(self, step: Step, descriptor: ProgramDescriptor, where: str) -> Iterator[Finding]:
        """Problems of one step; later steps can read it."""
        self._outputs[step.id] = {port.name: port.kind for port in descriptor.outputs}
        yield from _counts(step, descriptor.inputs, where)
        ports = {port.name: port for port in descriptor.inputs}
        for name, given in step.inputs:
            for source in given:
                yield from self._source(step, ports.get(name), source, f"{where}.inputs.{name}")
        kinds = {name: tuple(filter(None, map(self._kind, given))) for name, given in step.inputs}
        for pair in descriptor.mispaired(kinds):
            yield Finding(
                "program.mispaired", pair.what(step.id).english, pair.fix.english, f"{where}.inputs.{pair.other}",
                f"{pair.what(step.id).chinese}{pair.fix.chinese}",
            )  # fmt: skip

    def outputs(self, contract: TaskContract) -> Iterator[Finding]:
        """Problems of what leaves, to result users or to stay at the nodes."""
        opened, staying = re.compile(SHARES), "stay at the nodes"
        leaving = [(f"outputs[{i}].from", item.source, opened) for i, item in enumerate(contract.outputs)]
        leaving += [(f"keeps[{i}].from", item.source, KEPT_KIND) for i, item in enumerate(contract.keeps)]
        for where, source, wanted in leaving:
            step, output, column = split_source(source)
            known = self._outputs.get(step)
            if known is None:
                continue
            if output not in known:
                yield _no_output(step, output, known, where)
            elif column or not wanted.fullmatch(known[output]):
                what = "be opened to result users" if wanted is opened else staying
                fitting = ", ".join(sorted(name for name, kind in known.items() if wanted.fullmatch(kind))) or "none"
                yield Finding(
                    "program.private_output", f"{source!r} cannot {what}.", f"Outputs that can: {fitting}.", where
                )

    def _kind(self, source: str) -> str:
        """The kind of a source; "" where nobody knows."""
        if source in self._kinds:
            return self._kinds[source]
        head, output, column = split_source(source)
        return source_kind((self._outputs.get(head) or {}).get(output, ""), column)

    def _source(self, step: Step, port: Port | None, source: str, where: str) -> Iterator[Finding]:
        kind = self._kinds.get(source)
        if kind is None:
            head, output, column = split_source(source)
            known = self._outputs.get(head)
            if known is None:
                return
            if output not in known:
                yield _no_output(head, output, known, where)
                return
            kind = source_kind(known[output], column)
        if port is None:
            return
        kinds = port.kind.split("|")
        if kind not in kinds:
            other_family = family_of(kind) and any(map(family_of, kinds))
            yield Finding(
                "program.model_family" if other_family else "program.input_kind",
                f"Input {port.name!r} of step {step.id!r} takes {port.kind.replace('|', ' or ')}, {source!r} is {kind}.",
                "Connect an output of the right kind.",
                where,
            )


def _counts(step: Step, ports: tuple[Port, ...], where: str) -> Iterator[Finding]:
    given = dict(step.inputs)
    wanted = tuple(port.name for port in ports)
    for port in ports:
        count = len(given.get(port.name, ()))
        if count == 0 and port.least > 0:
            yield Finding(
                "program.input_missing",
                f"Step {step.id!r} lacks the input {port.name!r}.",
                "Connect it.",
                f"{where}.inputs",
            )
        elif count and not port.least <= count <= port.most:
            yield Finding(
                "program.input_count",
                f"Input {port.name!r} of step {step.id!r} has {count} sources.",
                f"Name {port.least} to {port.most}.",
                f"{where}.inputs.{port.name}",
            )
    for name in sorted(set(given) - set(wanted)):
        yield Finding(
            "program.no_such_input",
            f"{step.program} has no input {name!r}.",
            f"Its inputs are {', '.join(wanted)}.",
            f"{where}.inputs.{name}",
        )


def _no_output(step: str, output: str, known: Mapping[str, str], where: str) -> Finding:
    return Finding(
        "program.no_such_output",
        f"Step {step!r} has no output {output!r}.",
        f"Its outputs are {', '.join(known)}.",
        where,
    )
