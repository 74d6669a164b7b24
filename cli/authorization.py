"""`tally authorization`: what a data owner is asked, in words; sign, refuse, revoke."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.participant import Rpc, client_of, options, own_gateway
from cli.task import TaskId
from protocol import canonical, ids
from protocol.ask import NOTHING_VARIES, Ask, Ranges
from protocol.errors import RefusedError
from protocol.reasons import BY_CODE
from protocol.sentences import authorization_sentence
from protocol.typed import KIND_REFUSAL, Abort

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
_NOTHING = "nothing is asked of you here"


@app.command("list")
def list_(
    context: typer.Context,
    task: TaskId,
) -> None:
    """What every owner is asked for this task, as a plain sentence, and what has been signed."""
    with client_of(context) as client:
        for request in client.authorizations(ids.unprefixed("task", task)):
            console.print(f"{request.owner} {ids.prefixed('auth', request.digest)} {request.status}")
            console.print(f"  {escape(request.sentence.english)}\n  {escape(request.sentence.chinese)}")


@app.command()
def sign(
    context: typer.Context,
    task: TaskId,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
) -> None:
    """Read what this task asks of your data and sign it with your wallet."""
    identifier = ids.unprefixed("task", task)
    with client_of(context) as client:
        mine = [r for r in client.authorizations(identifier) if r.owner == client.party and r.status == "asked"]
        for request in mine:
            console.print(f"{escape(request.sentence.english)}\n{escape(request.sentence.chinese)}")
            if yes or typer.confirm("Sign? 签署？"):
                client.authorize(identifier, client.sign_request(identifier, request))
                console.print(f"signed {ids.prefixed('auth', request.digest)}")
        if not mine:
            console.print(_NOTHING)


@app.command()
def standing(
    context: typer.Context,
    task: TaskId,
    uses: Annotated[int, typer.Option(min=1, max=2**32 - 1, help="How many tasks in all.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how many days from now.")],
    per_day: Annotated[int, typer.Option(min=1, max=10_000, help="How many tasks a day.")] = 1,
    ranges: _RangesFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
) -> None:
    """Allow every task that asks what this one asks of your data, but for the ranges you name, as often as you say."""
    identifier, not_after = ids.unprefixed("task", task), int(time.time()) + days * _DAY
    with client_of(context) as client:
        mine = [r for r in client.authorizations(identifier) if r.owner == client.party]
        for request in mine:
            message, ask = client.standing(
                identifier, request, uses=uses, not_after=not_after, tasks_per_day=per_day, ranges=_ranges(ranges)
            )
            words = authorization_sentence(message, ask, client.party)
            console.print(f"{escape(words.english)}\n{escape(words.chinese)}")
            if yes or typer.confirm("Sign? 签署？"):
                taken = client.authorize_standing(client.sign_standing(message, ask))
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
def revoke(
    context: typer.Context,
    authorization: AuthorizationId,
) -> None:
    """Take an authorization back: at once for every task not yet started; a running task ends as it was started."""
    with client_of(context) as client:
        client.revoke(ids.unprefixed("auth", authorization))
    console.print("revoked")
