"""What a data owner is asked: the sentence, its table, what becomes known, and what its own rows say, before its wallet signs.

Everything that is read of the coordinator is read before the rows are looked at: an owner that does not sign looks the same to it,
whatever the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from protocol.ask import Ask, supports
from protocol.consent_table import Line, consent_table
from protocol.data_faults import Report
from protocol.disclosed import becoming_known
from protocol.errors import RefusedError, TallyError
from protocol.programs import ProgramDescriptor, Words
from protocol.sentences import authorization_sentence
from protocol.typed import Authorization

if TYPE_CHECKING:
    from client import Coordinator

_NO_NODE: Final = Words(
    "Your rows were not tried: no node's state folder is given (--state or TALLY_NODE_STATE).",
    "未检查您的数据行：未给出节点状态目录（--state 或 TALLY_NODE_STATE）。",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a wallet is asked to sign about one data set, rebuilt from the task's own contract."""

    owner: str
    message: Authorization
    ask: Ask
    supports: Mapping[str, Words] = field(repr=False)
    """Output → what its numbers are about."""
    known: tuple[Words, ...]
    """What becomes known on the way, beside the results."""

    @property
    def sentence(self) -> Words:
        """All that is allowed, as people agree to it."""
        return authorization_sentence(self.message, self.ask, self.owner)

    @property
    def table(self) -> tuple[Line, ...]:
        """The same, laid out."""
        return consent_table(self.message, self.ask, self.owner, self.supports)


@dataclass(frozen=True, slots=True)
class Consent:
    """All that a task asks of one owner and that has no word from it yet. ``str()`` is what to read before signing.

    ``rows`` is what the owner's own node found when it tried its rows, ``untried`` why it did not; ``typed_data`` is what
    another wallet's software signs (EIP-712), in the order of ``asked``.
    """

    task: str
    asked: tuple[Asked, ...]
    rows: Report | None
    untried: Words | None
    typed_data: tuple[Mapping[str, object], ...] = field(repr=False)

    @property
    def sentences(self) -> tuple[Words, ...]:
        """One for each data set."""
        return tuple(each.sentence for each in self.asked)

    def __str__(self) -> str:
        lines: list[str] = []
        for each in self.asked:
            lines += [each.sentence.english, each.sentence.chinese]
            lines += [f"- {words.english} {words.chinese}" for words in each.known]
        if self.rows is not None:
            lines += [f"{it.code}: {it.what.english} {it.what.chinese}" for it in self.rows.findings]
        if self.untried is not None:
            lines.append(f"{self.untried.english} {self.untried.chinese}")
        return "\n".join(lines)


def asked(coordinator: "Coordinator", task: bytes, per_person: Collection[str] = ()) -> tuple[Asked, ...]:
    """What this party is asked and has not answered."""
    mine = [r for r in coordinator.authorizations(task) if r.owner == coordinator.party and r.status == "asked"]
    return described(coordinator, [coordinator.asked(task, request, per_person=per_person) for request in mine])


def described(coordinator: "Coordinator", pairs: Sequence[tuple[Authorization, Ask]]) -> tuple[Asked, ...]:
    """Messages with what their programs' publishers say of them; parameters that may vary disclose what any value would."""
    names = {name for _, ask in pairs for name in ask.contract.programs}
    programs: dict[str, ProgramDescriptor] = {name: coordinator.program(name).descriptor for name in sorted(names)}
    return tuple(
        Asked(
            coordinator.party, message, ask, supports(ask.contract, programs),
            becoming_known(ask.contract, programs, [name for name, _ in ask.ranges.parameters]),
        )
        for message, ask in pairs
    )  # fmt: skip


def tried(coordinator: "Coordinator", task: bytes, state: Path | None) -> Report | Words:
    """What the owner's own node finds in its rows; or why it was not asked, which stops nobody.

    Signing may well happen on another machine. The contract is read first, node or not.
    """
    contract = coordinator.task(task).contract
    if state is None:
        return _NO_NODE
    try:
        # by its name: who signs elsewhere has no node's packages
        return cast("Report", import_module("workers.local_check").tried(state, task, contract, coordinator.party))
    except (TallyError, OSError, ModuleNotFoundError) as error:
        said = f"{error.code}: {error.what}" if isinstance(error, TallyError) else type(error).__name__
        return Words(
            f"Your rows were not tried: your node could not be asked ({said}).",
            f"未检查您的数据行：无法询问您的节点（{said}）。",
        )


def refuse_what_rows_cannot(report: Report | None) -> None:
    """Refuses (``authorization.rows_cannot``) where the owner's rows or node would stop the task."""
    if report is not None and report.stops:
        raise RefusedError(
            "authorization.rows_cannot",
            f"Your data or your node cannot do what this task asks: {report.stops} findings. Nothing was signed.",
            "Correct them and register a new version, refuse the task, or sign with --anyway (`anyway=True`).",
        )
