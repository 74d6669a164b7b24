"""`tally admission`: the consortium's own acts - admit parties, publish and approve programs."""

from pathlib import Path
from typing import Annotated

import typer

from cli.participant import Rpc, gateway

app = typer.Typer(no_args_is_help=True, help="Admission of parties, publication and approval of programs.")
Wallet = Annotated[Path, typer.Option("--wallet", envvar="TALLY_WALLET", help="The acting wallet's folder.")]
Passphrase = Annotated[
    Path, typer.Option("--passphrase-file", envvar="TALLY_WALLET_PASSPHRASE_FILE", help="Its passphrase (0600 file).")
]
DeploymentFile = Annotated[
    Path, typer.Option("--deployment", envvar="TALLY_DEPLOYMENT_FILE", help="The deployment file.")
]


@app.command()
def admit(
    application: Annotated[Path, typer.Argument(help="The party's application, as `GET /v1/parties/…` gives it.")],
    rpc: Rpc, wallet: Wallet, passphrase_file: Passphrase, deployment: DeploymentFile,
) -> None:  # fmt: skip
    """Admit a party under exactly the keys of its application (its bytes, canonical)."""
    from chain import admission
    from protocol.enrolment import Enrolment

    enrolment = Enrolment.read(application.read_bytes())
    done = admission.admit(gateway(rpc, wallet, passphrase_file, deployment), enrolment)
    typer.echo(f"{enrolment.party} {'admitted' if done else 'is admitted already'}")


@app.command()
def publish(rpc: Rpc, wallet: Wallet, passphrase_file: Passphrase, deployment: DeploymentFile) -> None:
    """Publish every installed program with the digest of what is installed."""
    from chain import admission
    from mpc.programs.catalogue import descriptors

    acting = gateway(rpc, wallet, passphrase_file, deployment)
    for descriptor in descriptors():
        done = admission.publish(acting, descriptor)
        typer.echo(f"{descriptor.program} 0x{descriptor.code_digest.hex()} {'published' if done else 'was there'}")


@app.command()
def approve(
    program: Annotated[str, typer.Argument(help="name@version")],
    certifier: Annotated[str, typer.Option(help="The certifier's party name.")],
    rpc: Rpc, wallet: Wallet, passphrase_file: Passphrase, deployment: DeploymentFile,
) -> None:  # fmt: skip
    """A certifier's wallet approves a program version."""
    from chain import admission

    admission.approve(gateway(rpc, wallet, passphrase_file, deployment), program, certifier)
    typer.echo(f"{program} approved by {certifier}")
