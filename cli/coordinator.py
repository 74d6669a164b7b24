"""``tally coordinator``: the coordinator's two processes, its migrations and its OpenAPI document."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The coordinator: API and engine. Settings are TALLY_* variables.")
UrlFile = Annotated[
    Path, typer.Argument(envvar="TALLY_DATABASE_URL_FILE", help="0600 file with the database's PostgreSQL URL")
]


@app.command()
def api() -> None:
    """Serve the task API until a signal."""
    from orchestrator.bootstrap import run_api
    from orchestrator.settings import ApiSettings, from_environment

    raise SystemExit(run_api(from_environment(ApiSettings)))


@app.command()
def engine() -> None:
    """Run the engine (indexer, relay, starter, outbox, bundles) until a signal."""
    from orchestrator.bootstrap import run_engine
    from orchestrator.settings import EngineSettings, from_environment

    raise SystemExit(run_engine(from_environment(EngineSettings)))


@app.command()
def migrate(url_file: UrlFile) -> None:
    """Bring the database's schema up to date, with its owner's login."""
    from orchestrator.settings import read_secret
    from orchestrator.store.migrate import migrate as run

    applied = run(read_secret(url_file))
    typer.echo("\n".join(applied) if applied else "Nothing to do: the schema is current.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The backup to write: a new file.")], url_file: UrlFile) -> None:
    """Write the whole database to a file while everything runs; not in it: logins, keys, the broker's state. It is not encrypted."""
    from orchestrator.settings import read_secret
    from orchestrator.store.copying import backup as run

    head = run(read_secret(url_file), file)
    rows = sum(table.rows for table in head.tables)
    typer.echo(f"{file}: {rows} rows of {len(head.tables)} tables, indexed to block {head.block}.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `tally coordinator backup` wrote.")], url_file: UrlFile
) -> None:
    """Put a backup back into an empty database, with its owner's login. Sessions end and access keys are revoked.

    Then `tally coordinator migrate`, start API and engine, and have the parties hand in again what came after it: `tally node resend`.
    """
    from orchestrator.settings import read_secret
    from orchestrator.store.copying import restore as run

    head = run(read_secret(url_file), file)
    typer.echo(f"{sum(table.rows for table in head.tables)} rows are back, indexed to block {head.block}.")


@app.command()
def rebuild(url_file: UrlFile) -> None:
    """Derive everything that follows from the chain's events anew from those kept; the engine must be stopped."""
    from orchestrator.maintenance import rebuild as run
    from orchestrator.settings import read_secret

    typer.echo(f"{run(read_secret(url_file))} events projected anew.")


@app.command("dead-letters")
def dead_letters(url_file: UrlFile) -> None:
    """List what the engine gave up by the item's own fault: loop, item, tries, cause."""
    from orchestrator.maintenance import dead_letters as run
    from orchestrator.settings import read_secret

    for letter in run(read_secret(url_file)):
        typer.echo(f"{letter['loop']} {letter['item']} {letter['tries']} {letter['code']}: {letter['cause']}")


@app.command()
def rearm(
    url_file: UrlFile,
    loop: Annotated[str | None, typer.Option(help="Of this loop only.")] = None,
    item: Annotated[str | None, typer.Option(help="This item only, as `dead-letters` names it.")] = None,
) -> None:
    """Have dead letters tried again; those of `index` are mended by `rebuild`."""
    from orchestrator.maintenance import rearm as run
    from orchestrator.settings import read_secret

    typer.echo(f"{run(read_secret(url_file), loop, item)} tried again.")


@app.command()
def reissue(party: Annotated[str, typer.Argument(help="The party's name.")], url_file: UrlFile) -> None:
    """Issue a new broker login to an active party; the old one ends. Its node fetches it at its next start."""
    from orchestrator.maintenance import reissue as run
    from orchestrator.settings import read_secret

    run(read_secret(url_file), party)
    typer.echo(f"The engine issues a new broker login to {party}.")


@app.command()
def openapi(
    check: Annotated[bool, typer.Option(help="Only compare with the committed document")] = False,
) -> None:
    """Write the OpenAPI document beside the API's code, or compare."""
    from orchestrator.api.app import OPENAPI, openapi_text

    text = openapi_text()
    if not check:
        OPENAPI.write_text(text, "utf-8")
    elif OPENAPI.read_text("utf-8") != text:
        typer.echo("orchestrator/api/openapi.json differs: run `tally coordinator openapi`.", err=True)
        raise SystemExit(1)
