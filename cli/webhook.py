"""`tally webhook`: where you hear of your tasks, as it happens; by Standard Webhooks."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.confirm import Yes, confirm
from cli.listing import moment
from cli.participant import client_of, options
from protocol import ids
from protocol.errors import FormatError, RefusedError
from protocol.programs import Language
from protocol.vocabulary import say
from protocol.webhooks import ASKS, DELIVERY_STANDINGS, HOOK_STANDINGS, KINDS, MAILTO, MOVES, PREFIX
from tallystick.listing import pages

app = typer.Typer(
    no_args_is_help=True,
    callback=options,
    help="Webhooks: have the ids and states of your tasks sent to an https address of yours.",
)
console = Console(highlight=False, soft_wrap=True)
Hook = Annotated[str, typer.Argument(help="The webhook's id, hook_…, as `tally webhook list` shows it.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="New file (0600) for the secret; without it the secret is printed, once."),
]
Lang = Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")]


@app.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="An https address with a public name, or mailto: and a mailbox.")],
    label: Annotated[str, typer.Option(help="What it is for, in a few words.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help=f"What to hear of, once for each: {', '.join(KINDS)}. Without it all states; by mail, what waits for you.",
        ),
    ] = None,
    out: Out = None,
    yes: Yes = False,
) -> None:
    """Draw a secret and have events sent to an address, signed with it."""
    kinds = sorted(
        {name if name in KINDS else PREFIX + name for name in kind or (ASKS if url.startswith(MAILTO) else MOVES)}
    )
    if unknown := [name for name in kinds if name not in KINDS]:
        raise FormatError("webhook.kinds", f"There is no kind {unknown[0]!r}.", f"Use some of {', '.join(KINDS)}.")
    _require_new(out)
    confirm(
        f"{url} will be told the ids and states of your tasks ({', '.join(kinds)}), until you remove it.",
        f"在您移除之前，{url} 将收到本方任务的编号与状态（{'、'.join(kinds)}）。",
        yes=yes,
    )
    with client_of(context) as client:
        secret, view = client.add_webhook(url, kinds, label)
    if not url.startswith(MAILTO):  # a mail is signed by nothing of ours
        _hand_out(secret, out)
    typer.echo(ids.prefixed("hook", view.hook), err=True)


@app.command("list")
def list_(context: typer.Context, language: Lang = "en") -> None:
    """Your webhooks, newest first: how each stands, and why it fails or was switched off."""
    with client_of(context) as client:
        lines = pages(client.webhooks)
    for line in lines:
        console.print(
            escape(f"{ids.prefixed('hook', line.hook)}  {line.label}  {say(HOOK_STANDINGS[line.status], language)}")
        )
        console.print(escape(f"  {line.url}"))
        console.print(escape(f"  {', '.join(line.kinds)}"))
        said = [
            "nothing delivered yet 尚无投递"
            if line.delivered_at is None
            else f"delivered 最近投递 {moment(line.delivered_at)}"
        ]
        if line.failing_since is not None:
            said.append(f"failing since 失败始于 {moment(line.failing_since)}: {line.code}")
        if line.off_at is not None:
            said.append(f"off since 停用于 {moment(line.off_at)}: {line.code}")
        if line.overlap_until is not None:
            said.append(f"both secrets sign until 新旧密钥同时签名至 {moment(line.overlap_until)}")
        console.print(escape("  " + "; ".join(said)))
    if not lines:
        console.print("no webhooks 没有网络回调")


@app.command()
def messages(
    context: typer.Context,
    hook: Hook,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    language: Lang = "en",
) -> None:
    """What was sent to a webhook in the last thirty days, newest first, and what became of it."""
    identity = ids.unprefixed("hook", hook)
    with client_of(context) as client:
        lines = pages(lambda cursor: client.webhook_messages(identity, cursor, status="dead" if dead else None))
    for line in lines:
        why = "" if line.code is None else f"  {line.code}" + ("" if line.answer is None else f" ({line.answer})")
        console.print(
            escape(
                f"{ids.prefixed('msg', line.message)}  {moment(line.at)}  {line.kind}  {ids.prefixed('task', line.task)}  "
                f"{say(DELIVERY_STANDINGS[line.status], language)}{why}"
            )
        )
    if not lines:
        console.print("no messages 没有消息")


@app.command()
def rotate(context: typer.Context, hook: Hook, out: Out = None) -> None:
    """Draw a new secret; for a day the one before signs, too, so that nothing is missed."""
    identity = ids.unprefixed("hook", hook)
    _require_new(out)
    with client_of(context) as client:
        secret, view = client.rotate_webhook(identity)
    _hand_out(secret, out)
    if view.overlap_until is not None:
        typer.echo(f"both secrets sign until 新旧密钥同时签名至 {moment(view.overlap_until)}", err=True)


@app.command()
def replay(
    context: typer.Context,
    hook: Hook,
    message: Annotated[str, typer.Argument(help="The message's id, msg_…: the header `webhook-id`.")],
    since: Annotated[bool, typer.Option("--since", help="This message and all after it.")] = False,
) -> None:
    """Have a message sent again, under its id; with `--since`, all from it on."""
    identity, wanted = ids.unprefixed("hook", hook), ids.unprefixed("msg", message)
    with client_of(context) as client:
        found = client.replay_webhook(identity, wanted, all_since=since)
    console.print(f"sent again 重新发送: {found}")


@app.command("on")
def switch_on(context: typer.Context, hook: Hook) -> None:
    """Have an address tried again that was switched off because it kept failing."""
    with client_of(context) as client:
        client.resume_webhook(ids.unprefixed("hook", hook))
    console.print(f"switched on 已启用 {hook}")


@app.command()
def remove(context: typer.Context, hook: Hook) -> None:
    """Forget a webhook, and what it was still to be sent."""
    with client_of(context) as client:
        client.remove_webhook(ids.unprefixed("hook", hook))
    console.print(f"removed 已移除 {hook}")


def _require_new(out: Path | None) -> None:
    if out is not None and out.exists():
        raise RefusedError("webhook.file_exists", f"{out} is there already.", "Name a new file.")


def _hand_out(secret: str, out: Path | None) -> None:
    if out is None:
        typer.echo(secret)
        return
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
