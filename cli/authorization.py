"""`tally authorization`: what a data owner is asked, in words; sign, refuse, revoke."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.consent import show_consent
from cli.listing import moment
from cli.own_rows import before_signing
from cli.participant import Rpc, client_of, options, own_gateway
from cli.task import TaskId
from protocol import canonical, ids, refusals
from protocol.ask import NOTHING_VARIES, Ask, Ranges, supports
from protocol.errors import FormatError, RefusedError, UnavailableError
from protocol.programs import Language, ProgramDescriptor
from protocol.reasons import BY_CODE
from protocol.typed import KIND_REFUSAL, Abort
from tallystick import consents
from tallystick.listing import pages

if TYPE_CHECKING:
    from client import Coordinator
    from protocol.api import AuthorizationLine
    from tallystick.consents import Asked

app = typer.Typer(no_args_is_help=True, callback=options, help="Authorizations: read, sign, refuse, revoke.")
console = Console(highlight=False, soft_wrap=True)
AuthorizationId = Annotated[str, typer.Argument(help="The authorization's id, auth_….")]
_DAY = 86_400
_RangesFile = Annotated[
    Path | None,
    typer.Option(
        "--ranges", help="JSON file of what may vary: parameters, filters, versions, absent, until.", exists=True
    ),
]
_PerPerson = Annotated[
    list[str] | None,
    typer.Option(
        "--per-person", help="An output (step.output) that may go although it is about single people; once for each."
    ),
]
_OwnNode = Annotated[
    Path | None,
    typer.Option(
        "--state", envvar="TALLY_NODE_STATE", help="Your node's state folder: your rows are tried before you sign."
    ),
]
_Anyway = Annotated[bool, typer.Option("--anyway", help="Sign although your rows would stop the task.")]
_InLanguage = Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")]
_NOTHING = "nothing is asked of you here 此处没有待您答复的请求"
_NONE_GIVEN = "you have given no authorization here 此处没有您的授权"


@app.command("list")
def list_(
    context: typer.Context,
    task: Annotated[str | None, typer.Argument(help="The task id, task_…; without it: what is asked of you.")] = None,
) -> None:
    """What every owner is asked for this task, as a table and a plain sentence, and what has been signed; or all that waits for
    your word.
    """
    with client_of(context) as client:
        if task is None:
            _inbox(client)
            return
        for request in client.authorizations(ids.unprefixed("task", task)):
            console.print(f"{request.owner} {ids.prefixed('auth', request.digest)} {request.status}")
            asked = Ask.read(request.policy)
            about = supports(asked.contract, _described(client, asked.contract.programs))
            show_consent(request.message, asked, request.owner, about)


def _described(client: "Coordinator", programs: Collection[str]) -> dict[str, ProgramDescriptor]:
    """The descriptors of the programs that are published; outputs of others count as about single people."""
    found: dict[str, ProgramDescriptor] = {}
    for name in programs:
        with suppress(RefusedError):
            found[name] = client.program(name).descriptor
    return found


def _inbox(client: "Coordinator") -> None:
    """Every proposed task that asks for data of this party and has no word from it yet, the oldest deadline first."""
    lines = sorted(pages(lambda cursor: client.tasks(cursor, waits_for_me=True)), key=lambda line: line.deadline)
    waiting = 0
    for line in lines:
        asked = [r for r in client.authorizations(line.task) if r.owner == client.party and r.status == "asked"]
        waiting += len(asked)
        for request in asked:
            until = moment(line.deadline)
            console.print(f"{ids.prefixed('task', line.task)} {line.proposer}: {request.data_set}, until 截至 {until}")
    console.print(
        f"{waiting} ask for your word: `tally authorization sign task_…` or `refuse`. 待您答复：{waiting} 项。"
        if waiting
        else _NOTHING
    )


@app.command()
def sign(
    context: typer.Context,
    task: TaskId,
    per_person: _PerPerson = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
    state: _OwnNode = None,
    anyway: _Anyway = False,
    language: _InLanguage = "en",
) -> None:
    """Read what this task asks of your data, have your node try it over your rows, and sign it with your wallet."""
    identifier = ids.unprefixed("task", task)
    with client_of(context) as client:
        asked = consents.asked(client, identifier, per_person or ())
        if asked:
            before_signing(console, consents.tried(client, identifier, state), language, anyway=anyway)
        for each in asked:
            _show(each)
            if yes or typer.confirm("Sign? 签署？"):
                taken = client.authorize(identifier, client.sign(each.message, each.ask))
                console.print(f"signed {taken.id}")
        if not asked:
            console.print(_NOTHING)


@app.command()
def standing(
    context: typer.Context,
    task: TaskId,
    uses: Annotated[int, typer.Option(min=1, max=2**32 - 1, help="How many tasks in all.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how many days from now.")],
    per_day: Annotated[int, typer.Option(min=1, max=10_000, help="How many tasks a day.")] = 1,
    ranges: _RangesFile = None,
    approved_successors: Annotated[
        bool,
        typer.Option(
            "--approved-successors",
            help="Newer releases that certifiers approved as successors may stand in for the programs and the engine.",
        ),
    ] = False,
    per_person: _PerPerson = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
    state: _OwnNode = None,
    anyway: _Anyway = False,
    language: _InLanguage = "en",
) -> None:
    """Allow every task that asks what this one asks of your data, but for the ranges you name, as often as you say."""
    identifier, not_after = ids.unprefixed("task", task), int(time.time()) + days * _DAY
    with client_of(context) as client:
        mine = [r for r in client.authorizations(identifier) if r.owner == client.party]
        asked = consents.described(client, [
            client.standing(
                identifier, request, uses=uses, not_after=not_after, tasks_per_day=per_day, ranges=_ranges(ranges),
                approved_successors=approved_successors, per_person=per_person or (),
            )
            for request in mine
        ])  # fmt: skip
        if asked:
            before_signing(console, consents.tried(client, identifier, state), language, anyway=anyway)
        for each in asked:
            _show(each)
            if yes or typer.confirm("Sign? 签署？"):
                taken = client.authorize_standing(client.sign(each.message, each.ask))
                console.print(f"signed {taken.id}")
        if not mine:
            console.print(_NOTHING)


@app.command()
def ask(
    context: typer.Context,
    task: TaskId,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the documents, one for each data set of yours.")],
    per_day: Annotated[int, typer.Option(min=1, max=10_000, help="How many tasks a day.")] = 1,
    ranges: _RangesFile = None,
) -> None:
    """Write down what this task asks of your data, as a limit for your node: see `tally node policy add`."""
    with client_of(context) as client:
        contract = client.task(ids.unprefixed("task", task)).contract
    folder.mkdir(parents=True, exist_ok=True)
    for item in contract.inputs:
        if item.owner == client.party:
            made = replace(Ask.of(contract, item.data_set), tasks_per_day=per_day, ranges=_ranges(ranges))
            path = folder / f"{item.data_set}.json"
            path.write_bytes(Ask.read(made.data()).data())
            console.print(str(path))


def _show(asked: "Asked") -> None:
    """What is signed; and what becomes known on the way, with these parameters, as the programs' publishers describe it."""
    show_consent(asked.message, asked.ask, asked.owner, asked.supports)
    console.print(
        "Becomes known on the way 过程中会公开：" if asked.known else "Nothing else becomes known 不另公开任何内容。"
    )
    for item in asked.known:
        console.print(f"- {escape(item.english)} {escape(item.chinese)}")


def _ranges(file: Path | None) -> Ranges:
    return NOTHING_VARIES if file is None else Ranges.parse(canonical.parse(file.read_bytes()), "ranges")


@app.command()
def refuse(
    context: typer.Context,
    task: TaskId,
) -> None:
    """Say no to a task that asks for your data; final for this task."""
    reason = BY_CODE["owner.declined"].number
    with client_of(context) as client:
        client.refuse(Abort(ids.unprefixed("task", task), client.party, KIND_REFUSAL, reason, bytes(32)))
    console.print("refused")


@app.command("return")
def return_(
    context: typer.Context,
    task: TaskId,
    authorization: AuthorizationId,
    state: Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="Your node's state folder.")],
    rpc: Rpc,
) -> None:
    """Get the use of a task that ended without a result back: your wallet states that your node sent no input."""
    from chain import participant
    from workers.state import read_state

    identifier, digest = ids.unprefixed("task", task), ids.unprefixed("auth", authorization)
    with read_state(state) as found:
        job = found.job(identifier)
        if job is not None and job.run is not None:  # the run id is kept in the moment before input may leave
            raise RefusedError(
                "authorization.input_sent",
                "Your node began to send input for this task.",
                "Such a use is spent, whatever became of the task.",
            )
    with client_of(context) as client:
        signature = client.sign_no_input(identifier, digest)
    done = participant.return_use(own_gateway(context, rpc), identifier, digest, signature)
    console.print("returned" if done else "returned already")


@app.command()
def given(context: typer.Context) -> None:
    """Your own authorizations, newest first: what became of each, and which wallet signed it."""
    with client_of(context) as client:
        lines, _ = _own(client)
    for line in lines:
        _tell(line)
    if not lines:
        console.print(_NONE_GIVEN)


@app.command()
def revoke(
    context: typer.Context,
    authorization: Annotated[str | None, typer.Argument(help="The authorization's id, auth_….")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that you have given, whichever wallet of yours signed it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --all: revoke without asking.")] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the chain's confirmation.")] = 60.0,
) -> None:
    """Take an authorization back, or all: at once for every task not yet started; a running task ends as it was started."""
    if (authorization is None) != everything:
        raise FormatError(
            "authorization.which", "Name one authorization or give --all.", "Run `tally authorization given`."
        )
    with client_of(context) as client:
        if authorization is not None:
            digest = ids.unprefixed("auth", authorization)
            client.revoke(digest)
            _confirmed(client, {digest}, wait)
        else:
            _revoke_all(client, wait, yes=yes)


def _confirmed(client: "Coordinator", digests: set[bytes], wait: float) -> None:
    """Says what the chain says of revocations that were handed in; what it refused or has not said yet ends in an error."""
    stop = time.monotonic() + wait
    while True:
        lines = [line for line in _own(client)[0] if line.authorization in digests]
        open_ = [line for line in lines if line.status != "revoked"]
        if not open_:
            console.print(f"revoked on chain: {len(digests)} 已在链上撤销：{len(digests)} 项")
            return
        if any(line.problem is not None for line in open_) or time.monotonic() >= stop:
            break
        time.sleep(min(1.0, max(0.0, stop - time.monotonic())))
    for line in open_:
        _tell(line)
    raise UnavailableError(
        "revocation.not_confirmed",
        f"The coordinator starts nothing with them any more, but the chain has not confirmed {len(open_)} of {len(digests)} yet.",
        "It is tried for a week; look with `tally authorization given`, or run the command again.",
    )


def _revoke_all(client: "Coordinator", wait: float, *, yes: bool) -> None:
    lines, submissions = _own(client)
    held = [line for line in lines if line.status in ("received", "on-chain")]
    if not held and not submissions:
        console.print(_NONE_GIVEN)
        return
    for line in held:
        _tell(line)
    console.print(
        f"{len(held)} authorizations are in force here; {submissions} were ever submitted on chain.\n"
        f"此处有 {len(held)} 项授权有效；链上累计提交 {submissions} 项。"
    )
    if not (yes or typer.confirm("Revoke all of them? 全部撤销？")):
        return
    if submissions:
        client.revoke_all(submissions)
    for line in held:
        if line.sequence is None:  # not on chain yet, so no number covers it
            client.revoke(line.authorization)
    if held:
        _confirmed(client, {line.authorization for line in held}, wait)
    else:
        console.print("handed in 已提交")


def _own(client: "Coordinator") -> tuple[list["AuthorizationLine"], int]:
    """All of the party's authorizations, and how many it has submitted on chain."""
    page = client.own_authorizations()
    rest = pages(client.own_authorizations, page.next_cursor) if page.next_cursor is not None else []
    return [*page.items, *rest], page.submissions


def _tell(line: "AuthorizationLine") -> None:
    about = "standing" if line.task is None else ids.prefixed("task", line.task)
    number = "" if line.sequence is None else f" #{line.sequence}"
    console.print(f"{ids.prefixed('auth', line.authorization)}{number} {line.status} {line.data_set} {about}")
    if line.wallet is not None and not line.current_wallet:
        console.print(f"  signed by an earlier wallet {line.wallet} 由先前的钱包签署")
    if line.problem is not None:
        for language in ("en", "zh"):
            said = refusals.said(line.problem.code, line.problem.what, line.problem.fix, language)
            console.print(f"  {line.problem.code}: {escape(said)}")
