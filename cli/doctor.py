"""`tally doctor` and `tally status`: whether everything the coordinator stands on is well, and what it is doing."""

from typing import TYPE_CHECKING, Annotated

import typer

from protocol.programs import Language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from protocol.checkup import Finding


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("doctor")
    def doctor(
        language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
    ) -> None:
        """Check chain, contracts' code, database, broker, the engine's loops, dead letters, clock, disk and certificates; status 1 when one is not well.

        Settings are the engine's TALLY_* variables.
        """
        from orchestrator.doctor import examine
        from orchestrator.settings import EngineSettings, from_environment

        raise typer.Exit(tell(examine(from_environment(EngineSettings)), language))

    @app.command("status")
    def status(
        language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
    ) -> None:
        """The coordinator on one screen: release, chain, what is under way, what waits, which nodes have announced themselves.

        Settings are the engine's TALLY_* variables; a node has `tally node status`.
        """
        from orchestrator.overview import overview
        from orchestrator.settings import EngineSettings, from_environment

        for words in overview(from_environment(EngineSettings)):
            typer.echo(words.english if language == "en" else words.chinese)


def tell(findings: "Iterable[Finding]", language: Language) -> int:
    """Print what a doctor found, each as it is found; the exit status."""
    status = 0
    for found in findings:
        status = status if found.well else 1
        what, fix = (
            (found.what.english, found.fix.english) if language == "en" else (found.what.chinese, found.fix.chinese)
        )
        typer.echo(f"{'ok  ' if found.well else 'FAIL'} {found.check}: {what}{' ' + fix if fix else ''}")
    return status
