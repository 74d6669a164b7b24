"""``tally coordinator``: the coordinator's two processes, its migrations and its OpenAPI document."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The coordinator: API and engine. Settings are TALLY_* variables.")


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
def migrate(
    url_file: Annotated[
        Path,
        typer.Argument(envvar="TALLY_DATABASE_URL_FILE", help="0600 file with the database owner's PostgreSQL URL"),
    ],
) -> None:
    """Bring the database's schema up to date."""
    from orchestrator.settings import read_secret
    from orchestrator.store.migrate import migrate as run

    applied = run(read_secret(url_file))
    typer.echo("\n".join(applied) if applied else "Nothing to do: the schema is current.")


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
