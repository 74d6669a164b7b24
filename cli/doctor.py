"""`tally doctor`: whether everything the coordinator stands on is well."""

from typing import Annotated

import typer

from protocol.programs import Language


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor")
    def doctor(
        language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
    ) -> None:
        """Check chain, database, broker, the engine's loops, dead letters and the clock; status 1 when one is not well.

        Settings are the engine's TALLY_* variables.
        """
        from orchestrator.doctor import examine
        from orchestrator.settings import EngineSettings, from_environment

        well = True
        for found in examine(from_environment(EngineSettings)):
            well &= found.well
            what, fix = (
                (found.what.english, found.fix.english) if language == "en" else (found.what.chinese, found.fix.chinese)
            )
            typer.echo(f"{'ok  ' if found.well else 'FAIL'} {found.check}: {what}{' ' + fix if fix else ''}")
        raise typer.Exit(0 if well else 1)
