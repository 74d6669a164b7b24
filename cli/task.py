"""`tally task`: submit a task contract, follow it, fetch its evidence."""

import json
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape

from cli.listing import moment
from cli.participant import Rpc, client_of, options, own_gateway
from protocol import canonical, ids
from protocol.contract import TaskContract
from protocol.errors import FormatError, RefusedError
from protocol.law import gate
from protocol.law.declared import NOT_DECLARED
from protocol.limits import LIMITS
from protocol.programs import Language
from protocol.reasons import BY_CODE, WITHDRAWALS
from protocol.typed import KIND_WITHDRAWAL, Abort
from protocol.vocabulary import LOOK_WORDS, PART_WORDS, TASK_STATES, TaskPart, TaskStateName, say, task_state
from tallystick import drawing
from tallystick.listing import pages
from tallystick.progress import follow, steps

app = typer.Typer(no_args_is_help=True, callback=options, help="Task contracts: check, submit, follow, fetch evidence.")
console = Console(highlight=False, soft_wrap=True)
beside = Console(stderr=True, highlight=False, soft_wrap=True)
"""What is told beside an answer that programs read."""
ContractFile = Annotated[Path, typer.Argument(help="The task contract (JSON).")]
_DAY = 86_400
TaskId = Annotated[str, typer.Argument(help="The task id, task_….")]


@app.command()
def check(
    context: typer.Context,
    contract: ContractFile,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Preflight: every problem at once, what would become known with these parameters and to how many colluders, and what it
    would cost.
    """
    with client_of(context) as client:
        fields = _fields(contract)
        whole = TaskContract.parse({**fields, **drawing.missing(client, fields, hours=1)})
        found = client.preflight(whole)
    answer = {
        "level": found.level,
        "collusion_threshold": found.collusion_threshold,
        "becomes_known": [words.to_json() for words in found.disclosures],
        "what_leaves": {each.output: each.about.to_json() for each in found.supports},
        "estimate": found.estimate.to_json(),
        "problems": len(found.problems),
        "law_policy": "0x" + found.law_policy.hex(),
        "standings": {owner: gate.standings(whole, owner) for owner in whole.owners},
    }
    console.print_json(json.dumps(answer))
    for notice in found.notices:
        said = notice.chinese if language == "zh" and notice.chinese else f"{notice.what} {notice.fix}"
        about = say(NOT_DECLARED, language)
        beside.print(f"[yellow]{notice.code}[/yellow] {escape(notice.where)}: {about}: {escape(said)}")
    for problem in found.problems:
        said = problem.chinese if language == "zh" and problem.chinese else f"{problem.what} {problem.fix}"
        console.print(f"[red]{problem.code}[/red] {escape(problem.where)}: {escape(said)}")
    if found.problems:
        raise typer.Exit(1)


@app.command()
def complete(
    context: typer.Context,
    contract: ContractFile,
    out: Annotated[
        Path, typer.Option("--out", help="Where the completed contract is written; it may be the same file.")
    ],
    hours: Annotated[
        int, typer.Option(min=1, max=8760, help="Hours until the deadline, where the file names none.")
    ] = 1,
) -> None:
    """Write out what a contract leaves out: parameters that have defaults, the newest engine, a nonce, the references that
    keep its words from being guessed, a deadline. Read what it adds: you sign it.
    """
    given = _fields(contract)
    with client_of(context) as client:
        added = drawing.missing(client, given, hours)
        before = TaskContract.parse({**given, **added})
        after = client.complete(before)
    for name, value in added.items():
        console.print(f"{name} = {escape(str(value))}")
    for old, new in zip(before.steps, after.steps, strict=True):
        for name, value in new.parameters:
            if (name, value) not in old.parameters:
                console.print(f"{escape(new.id)}.{escape(name)} = {escape(json.dumps(value, ensure_ascii=False))}")
    out.write_text(json.dumps(after.to_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")


@app.command()
def submit(
    context: typer.Context,
    contract: ContractFile,
) -> None:
    """Sign the proposal with your wallet and submit the task; prints its id."""
    signed = _contract(contract)
    with client_of(context) as client:
        task = client.submit(signed)
    console.print(ids.prefixed("task", task))


@app.command()
def withdraw(
    context: typer.Context,
    task: TaskId,
    reason: Annotated[str, typer.Option(help=f"What the others are told: {' or '.join(WITHDRAWALS)}.")] = WITHDRAWALS[
        0
    ],
) -> None:
    """Take back what you proposed and what has not started, with your wallet; final for this task. No use is taken."""
    number = BY_CODE[cast("str", _one_of(reason, WITHDRAWALS, "reason"))].number
    with client_of(context) as client:
        client.withdraw(Abort(ids.unprefixed("task", task), client.party, KIND_WITHDRAWAL, number, bytes(32)))
    console.print("withdrawn; the chain is told 已撤回，正在上链")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only tasks in this state: proposed, started, completed, …")] = None,
    part: Annotated[
        str | None,
        typer.Option(help="Only those in which you are: proposer, owner, committee, result-user, auditor, …"),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Only those of the last days.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Only those submitted on this day or later.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Only those submitted on this day or earlier.")
    ] = None,
    party: Annotated[str | None, typer.Option("--with", help="Only those in which this party has a part.")] = None,
    program: Annotated[str | None, typer.Option(help="Only those that run this program, name@1.0.0.")] = None,
    data_set: Annotated[str | None, typer.Option("--data-set", help="Only those that use this data set.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for your consent.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you proposed: as --part proposer.")] = False,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Your tasks, newest first: state, deadline, who proposed each, and what you are to it."""
    wanted, is_part = _one_of(state, TASK_STATES, "state"), _one_of("proposer" if mine else part, PART_WORDS, "part")
    since = max(0 if days is None else int(time.time()) - days * _DAY, 0 if first is None else int(first.timestamp()))
    until = None if last is None else int((last + timedelta(days=1)).timestamp())
    other = None if party is None else ids.name(party, "party")
    runs = None if program is None else ids.program(program)
    uses = None if data_set is None else ids.reference(data_set)
    with client_of(context) as client:
        lines = pages(
            lambda cursor: client.tasks(
                cursor, state=cast("TaskStateName | None", wanted), part=cast("TaskPart | None", is_part), since=since,
                until=until, party=other, program=runs, data_set=uses, waits_for_me=waiting,
            )
        )  # fmt: skip
    for line in lines:
        parts = ", ".join(say(PART_WORDS[name], language) for name in line.parts)
        said = f"{task_state(line.state, language)}  {moment(line.deadline)}  {line.proposer}  ({parts})"
        console.print(escape(f"{ids.prefixed('task', line.task)}  {said}"))
    if not lines:
        console.print("no such tasks 没有符合条件的任务")


def _one_of(value: str | None, known: Collection[str], what: str) -> str | None:
    if value is not None and value not in known:
        raise FormatError("task.filter", f"There is no {what} {value!r}.", f"Use one of {', '.join(known)}.")
    return value


@app.command()
def show(
    context: typer.Context,
    task: TaskId,
) -> None:
    """The task's state, each party's progress, what is missing, and the deadline."""
    with client_of(context) as client:
        console.print_json(json.dumps(client.task(ids.unprefixed("task", task)).to_json()))


@app.command()
def watch(
    context: typer.Context,
    task: TaskId,
    seconds: Annotated[float, typer.Option(help="Give up watching after this long.")] = 3600.0,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Follow the task until it has ended: state, each party's phase and step, percent and the time left."""
    shown: dict[str, str] = {}
    completed = False
    until = time.monotonic() + seconds
    with client_of(context) as client:
        for status in steps(lambda: client.task(ids.unprefixed("task", task)), until):
            for about, line in follow(status, language):
                if shown.get(about) != line:
                    shown[about] = line
                    console.print(escape(line))
            completed = status.state == "completed"
    raise typer.Exit(0 if completed else 1)


@app.command()
def evidence(
    context: typer.Context,
    task: TaskId,
    output: Annotated[Path, typer.Argument(help="Where the bundle goes (.zip).")],
) -> None:
    """Fetch the evidence bundle; `tally verify` checks it."""
    with client_of(context) as client:
        output.write_bytes(client.evidence(ids.unprefixed("task", task)))
    console.print(f"bundle {output}")


@app.command()
def looks(context: typer.Context, task: TaskId) -> None:
    """Who looked at the evidence through the coordinator: reader, what, how often on that day, when last."""
    with client_of(context) as client:
        found = client.looks(ids.unprefixed("task", task))
    for item in found:
        console.print(
            escape(f"{item.reader} · {LOOK_WORDS[item.what].english} · {item.looks} × · {moment(item.last_at)}")
        )
    if not found:
        console.print("Nobody looked at evidence of this task yet.")


@app.command()
def token(context: typer.Context) -> None:
    """Print an access token for the audit explorer's sign-in: for a quarter of an hour it opens your tasks' evidence, and nothing else."""
    with client_of(context) as client:
        typer.echo(client.token())


@app.command()
def path(
    context: typer.Context,
    task: TaskId,
    output: Annotated[Path, typer.Argument(help="Where the path goes (.json).")],
    head: Annotated[int, typer.Option(help="Number of the block that your trust root names as its head.")],
) -> None:
    """Fetch the path from a block that you trust down to the bundle's head, for `tally verify --path`."""
    with client_of(context) as client:
        output.write_bytes(client.path(ids.unprefixed("task", task), head))
    console.print(f"path {output}")


@app.command()
def review(
    context: typer.Context,
    task: TaskId,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="Your word on chain; it cannot be changed.")],
    rpc: Rpc,
    statement: Annotated[Path | None, typer.Option(help="A document of yours; its SHA-256 goes on chain.")] = None,
) -> None:
    """The contract's reviewer allows or forbids the release of a completed task's result."""
    from chain import participant

    digest = bytes(32) if statement is None else canonical.sha256(statement.read_bytes())
    done = participant.review(
        own_gateway(context, rpc), ids.unprefixed("task", task), approved=approve, statement=digest
    )
    console.print(("approved" if approve else "rejected") + ("" if done else " already"))


def _contract(path: Path) -> TaskContract:
    fields = _fields(path)
    if "nonce" not in fields:  # one drawn now would be another one when the command is repeated: another task
        raise FormatError(
            "contract.no_nonce",
            f"{path} has no nonce.",
            "Run `tally task complete`: it draws one and writes it down.",
        )
    return TaskContract.parse(fields)


def _fields(path: Path) -> dict[str, object]:
    data = path.read_bytes()
    if len(data) > LIMITS.task_contract:
        raise RefusedError("contract.too_large", f"{path} has {len(data)} bytes.", "A contract has at most 256 KiB.")
    found = canonical.parse(data)
    if not isinstance(found, dict):
        raise FormatError("contract.form", f"{path} holds no JSON object.", "Write a task contract.")
    return cast("dict[str, object]", found)
