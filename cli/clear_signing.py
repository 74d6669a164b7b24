"""`tally clear-signing`: how wallets show what they sign for a deployment, as files for their makers (ERC-7730)."""

import json
from pathlib import Path
from typing import Annotated, get_args

import typer

from protocol.errors import RefusedError
from protocol.programs import Language


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("clear-signing")
    def clear_signing(
        deployment: Annotated[
            Path,
            typer.Option("--deployment", envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file."),
        ],
        out: Annotated[Path, typer.Option("--out", help="A new folder for the files: one below it for each language.")],
    ) -> None:
        """Write descriptors (ERC-7730, schema 2) by which wallets show every message of a deployment in words before they sign it.

        Wallets take descriptors from whom they trust: hand the files to your wallet's maker or to its registry. They hold the
        deployment's chain, addresses and salt, and nothing secret.
        """
        from chain.deployment import Deployment
        from protocol.clear_signing import HOMES, descriptor

        if out.exists():
            raise RefusedError("clear_signing.exists", f"{out} is there already.", "Name a new folder.")
        found = Deployment.load(deployment)
        for language in get_args(Language):
            (out / language).mkdir(parents=True)
            for home in HOMES:
                path = out / language / f"eip712-{home}.json"
                made = descriptor(home, found.domain(home), language)
                path.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", "utf-8")
                typer.echo(path)
