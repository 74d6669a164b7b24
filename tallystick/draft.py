"""A task contract from the catalogue, step by step: programs, data sets and columns by name, each checked when it is said.

Nothing here asks anybody: a draft is given the catalogue's programs when it is made. What it checks are names, ranges and kinds;
whether the whole can start is preflight's to say.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from protocol.api import DataSetView
from protocol.contract import Parameter, TaskContract
from protocol.errors import FormatError, RangeError, RefusedError
from protocol.programs import ParameterSpec, Port, ProgramDescriptor, Words
from protocol.sources import TABLE, source_kind

Filter: TypeAlias = tuple[str, str, str]
"""Column, one of eq ne lt le gt ge, value: rows for which it holds take part."""
_IDENTIFIER: Final = "identifier"


@dataclass(frozen=True, slots=True)
class Source:
    """What a step reads: a data set, an earlier step's output, or one column of that."""

    name: str
    kind: str

    def __getitem__(self, column: str) -> "Source":
        """One column: ``column`` of rows below each other, ``owner.column`` of rows that were matched."""
        return Source(f"{self.name}.{column}", source_kind(self.kind, column))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Made:
    """A step of a draft; its outputs by their names."""

    id: str
    program: ProgramDescriptor

    def __getitem__(self, output: str) -> Source:
        """An output (``draft.no_output`` when the program has none of that name)."""
        for port in self.program.outputs:
            if port.name == output:
                return Source(f"{self.id}.{output}", port.kind)
        raise _unknown("draft.no_output", f"{self.program.program} has no output {output!r}.", self.program.outputs)


Given: TypeAlias = "Source | DataSetView | Sequence[Source | DataSetView] | Parameter | float | Decimal"


@dataclass(slots=True)
class Draft:
    """A task contract that is being written; ``find`` gives a program by its name, ``terms`` what is not about data or steps.

    The nonce among the terms is drawn once, so that submitting a draft again is the same task, not another one.
    """

    find: Callable[[str], ProgramDescriptor] = field(repr=False)
    terms: Mapping[str, object]
    _inputs: dict[str, dict[str, object]] = field(default_factory=dict, init=False)
    _steps: list[dict[str, Any]] = field(default_factory=list, init=False)
    _outputs: dict[str, set[str]] = field(default_factory=dict, init=False)
    _keeps: dict[str, tuple[set[str], int]] = field(default_factory=dict, init=False)
    _programs: dict[str, ProgramDescriptor] = field(default_factory=dict, init=False)
    _filled: list[str] = field(default_factory=list, init=False)

    def use(self, data_set: DataSetView, columns: Iterable[str] | None = None, where: Iterable[Filter] = ()) -> Source:
        """Let the task read a data set: these columns (all but identifiers without a word), these rows.

        Raises ``draft.no_column`` and ``draft.used`` (a data set is named once, with all that is read of it).
        """
        known = {column.name: column for column in data_set.columns}
        chosen = sorted(name for name, it in known.items() if it.kind != _IDENTIFIER) if columns is None else columns
        conditions = [{"column": column, "operator": operator, "value": value} for column, operator, value in where]
        chosen = sorted(chosen)
        for name in (*chosen, *(condition["column"] for condition in conditions)):
            if name not in known:
                raise RefusedError(
                    "draft.no_column",
                    f"{data_set.data_set} has no column {name!r}.",
                    f"It has {', '.join(sorted(known))}.",
                    column=name,
                )
        said: dict[str, object] = {
            "data_set": data_set.data_set, "version": data_set.version, "owner": data_set.owner,
            "columns": chosen, "filters": conditions,
        }  # fmt: skip
        if self._inputs.setdefault(data_set.data_set, said) != said:
            raise RefusedError(
                "draft.used",
                f"{data_set.data_set} is used already, with other columns, rows or another version.",
                "Name it once with `use`, and give what that returns to the steps.",
            )
        return Source(data_set.data_set, TABLE)

    def step(self, name: str, program: str, **given: Given) -> Made:
        """A step called ``name`` that runs a program; what is given are its inputs and its parameters, by their names.

        A parameter that is not given has its default, which the contract says in full (:attr:`filled` lists them). Decimals
        may be given as text, int, float or Decimal. Raises ``draft.no_name``, ``draft.input_missing``, ``draft.kind`` and
        ``program.parameter``.
        """
        found = self.find(program)
        ports, specs = {port.name: port for port in found.inputs}, {spec.name: spec for spec in found.parameters}
        inputs: dict[str, list[str]] = {}
        values: list[tuple[str, Parameter]] = []
        for key, value in given.items():
            if key in ports:
                inputs[key] = [self._source(found, ports[key], item) for item in _listed(value)]
            elif key in specs:
                values.append((key, _value(specs[key], value)))
            else:
                raise _unknown(
                    "draft.no_name",
                    f"{found.program} has no input and no parameter {key!r}.",
                    (*found.inputs, *found.parameters),
                )
        for port in found.inputs:
            if not port.least <= len(inputs.get(port.name, ())) <= port.most:
                raise RefusedError(
                    "draft.input_missing",
                    f"Step {name!r}: input {port.name!r} of {found.program} takes {port.least} to {port.most} sources, "
                    f"{len(inputs.get(port.name, ()))} are given.",
                    f"{port.name}: {port.about.english} {port.about.chinese}",
                    input=port.name,
                )
        parameters = _checked(found, name, values)
        said = {key for key, _ in values}
        self._filled += [f"{name}.{key} = {value}" for key, value in sorted(parameters.items()) if key not in said]
        self._steps.append({"id": name, "program": found.program, "parameters": parameters, "inputs": inputs})
        self._programs[found.program] = found
        return Made(name, found)

    def give(self, *outputs: Source, to: str | Iterable[str]) -> None:
        """Let result users read outputs; nobody else can."""
        users = {to} if isinstance(to, str) else set(to)
        for output in outputs:
            self._outputs.setdefault(output.name, set()).update(users)

    def keep(self, output: Source, *, users: str | Iterable[str], until: int) -> None:
        """Let a model stay at the compute nodes as shares until then (unix seconds), for tasks that these parties propose."""
        self._keeps[output.name] = ({users} if isinstance(users, str) else set(users), until)

    @property
    def filled(self) -> tuple[str, ...]:
        """``step.parameter = value`` of every default that was filled in: whoever submits signs these too."""
        return tuple(self._filled)

    def contract(self) -> TaskContract:
        """The contract as it stands: the same each time, until something is added."""
        levels = [program.protection_level for program in self._programs.values()]
        said = {
            "protection_level": min(levels, default=1),
            **self.terms,
            "format": TaskContract.FORMAT,
            "inputs": [self._inputs[name] for name in sorted(self._inputs)],
            "steps": self._steps,
            "outputs": [{"from": name, "to": sorted(users)} for name, users in self._outputs.items()],
            "keeps": [
                {"from": name, "for": sorted(users), "until": str(until)}
                for name, (users, until) in self._keeps.items()
            ],
            "models": [],
        }
        return TaskContract.parse(said)

    def _source(self, program: ProgramDescriptor, port: Port, given: object) -> str:
        source = self.use(given) if isinstance(given, DataSetView) else given
        if not isinstance(source, Source):
            raise FormatError(
                "draft.source",
                f"Input {port.name!r} of {program.program} was given {given!r}.",
                "Give a data set of the catalogue, an earlier step's output, or a column of one.",
            )
        if source.kind not in port.kind.split("|"):
            raise RefusedError(
                "draft.kind",
                f"Input {port.name!r} of {program.program} takes {port.kind.replace('|', ' or ')}; {source.name} is {source.kind}.",
                f"{port.name}: {port.about.english} {port.about.chinese}",
                input=port.name,
            )
        return source.name


def _checked(program: ProgramDescriptor, step: str, given: list[tuple[str, Parameter]]) -> dict[str, Parameter]:
    """All parameters; a refusal says where it is and what the parameter means."""
    try:
        return program.check_parameters(tuple(given))
    except RangeError as error:
        words = {spec.name: spec.about for spec in program.parameters}.get(
            str(error.details.get("field")), Words("", "")
        )
        fix = f"{error.fix} {words.english} {words.chinese}".rstrip()
        raise RangeError(error.code, f"Step {step!r}: {error.what}", fix, **error.details) from error


def _listed(given: object) -> Sequence[object]:
    return given if isinstance(given, list | tuple) else (given,)


def _value(spec: ParameterSpec, given: object) -> Parameter:
    """As contracts write it: decimals as texts without exponents; a float by its shortest decimal."""
    if spec.kind == "decimal" and isinstance(given, int | float | Decimal) and not isinstance(given, bool):
        return format(Decimal(repr(given)) if isinstance(given, float) else Decimal(given), "f")
    if isinstance(given, str | int | bool):
        return given
    raise FormatError(
        "draft.parameter",
        f"Parameter {spec.name} was given {given!r}.",
        f"Give a {spec.kind}: {spec.about.english} {spec.about.chinese}",
        field=spec.name,
    )


def _unknown(code: str, what: str, known: Sequence[Port | ParameterSpec]) -> RefusedError:
    def said(name: str, about: Words) -> str:
        return f"{name} ({about.english} {about.chinese})"

    return RefusedError(code, what, f"It has {'; '.join(said(it.name, it.about) for it in known)}.")
