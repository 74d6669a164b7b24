"""`tally explorer`: the regulator's read-only web pages."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("explorer")
    def explorer() -> None:
        """Serve the audit explorer (settings: TALLY_DATABASE_URL_FILE, TALLY_COORDINATOR_URL, TALLY_TRUST_FILE, TALLY_HOST, TALLY_PORT)."""
        from pydantic import ValidationError

        from audit_explorer.bootstrap import run
        from audit_explorer.settings import ExplorerSettings
        from protocol.errors import FormatError

        try:
            settings = ExplorerSettings()  # pyright: ignore[reportCallIssue] - the environment gives the fields
        except ValidationError as error:
            names = ", ".join("TALLY_" + "_".join(str(part) for part in e["loc"]).upper() for e in error.errors())
            raise FormatError(
                "explorer.settings", f"Missing or wrong: {names}.", "Set them; see the user guide."
            ) from error
        run(settings)
