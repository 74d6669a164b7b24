"""`tally admission publish`, `describe` and `releases`: apart from their group, as what is installed needs the programs installed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli.admission import app
from cli.participant import Rpc, client_of, own_gateway, reading_gateway
from protocol.errors import RefusedError

if TYPE_CHECKING:
    from chain.releases import Published


@app.command()
def publish(
    context: typer.Context,
    rpc: Rpc,
    releases: Annotated[
        list[str] | None, typer.Argument(help="name@version of what to publish; without it, all that is installed.")
    ] = None,
) -> None:
    """Publish the installed engine and installed programs, each with the digest of what is installed."""
    from chain import admission
    from mpc.programs import catalogue
    from mpc.workflow.digest import ENGINE

    acting = own_gateway(context, rpc)
    installed = {descriptor.program: descriptor for descriptor in catalogue.descriptors()}
    if missing := sorted(set(releases or ()) - {ENGINE, *installed}):
        raise RefusedError(
            "release.not_installed", f"{missing[0]} is not installed here.", "See `tally admission releases`."
        )
    if not releases or ENGINE in releases:
        engine = catalogue.engine_digest()
        _said(ENGINE, engine, done=admission.publish_engine(acting, ENGINE, engine))
    for descriptor in (it for name, it in installed.items() if not releases or name in releases):
        _said(descriptor.program, descriptor.code_digest, done=admission.publish(acting, descriptor))


@app.command()
def describe(context: typer.Context) -> None:
    """Tell a coordinator what the published programs take and give and what the engine is called: the chain has hashes only."""
    from mpc.programs import catalogue
    from mpc.workflow.digest import ENGINE
    from protocol.errors import TallyError

    with client_of(context) as client:
        told: dict[str, Callable[[], object]] = {ENGINE: partial(client.name_engine, ENGINE)}
        for descriptor in catalogue.descriptors():
            told[descriptor.program] = partial(client.publish_program, descriptor)
        for name, tell in told.items():
            try:
                tell()
                typer.echo(f"{name} described")
            except TallyError as error:
                if error.code not in {"program.unknown", "engine.unknown"}:
                    raise
                typer.echo(f"{name} is not published, or the coordinator has not seen it yet")


@app.command()
def releases(context: typer.Context, rpc: Rpc) -> None:
    """What is published, approved, succeeded and retired, and what of it is installed here."""
    from chain.releases import published
    from mpc.programs import catalogue
    from mpc.workflow.digest import ENGINE

    installed = {ENGINE: catalogue.engine_digest()}
    installed |= {descriptor.program: descriptor.code_digest for descriptor in catalogue.descriptors()}
    found = published(reading_gateway(context, rpc), installed)
    for release in found:
        typer.echo(_line(release, installed.get(release.name)))
    for name in sorted(installed.keys() - {release.name for release in found}):
        typer.echo(f"{name}: installed here, not published")


def _said(name: str, digest: bytes, *, done: bool) -> None:
    typer.echo(f"{name} 0x{digest.hex()} {'published' if done else 'was there'}")


def _line(release: "Published", installed: bytes | None) -> str:
    approval = "approved" if release.approved else "not approved"
    said = ["retired" if release.retired else f"{approval} ({release.approvals})"]
    if release.succession is not None:
        newer, count = release.succession.newer, release.succession.approvals
        said.append(
            f"succeeded by {newer}" if release.succession.stands else f"{newer} declared to succeed it ({count})"
        )
    if installed is not None:
        said.append("installed here" if installed == release.code_digest else "installed here with OTHER CODE")
    return f"{release.name}: {release.kind.name.lower()} 0x{release.code_digest.hex()}, {', '.join(said)}"
