"""`tally deploy`: all contracts of a new deployment, wired to each other, and the two files that name them."""

from pathlib import Path
from typing import Annotated

import typer

from cli.confirm import Yes, confirm
from cli.participant import Rpc, checked_address
from protocol.errors import RefusedError

_DAY = 86_400


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("deploy")
    def deploy(
        wallet: Annotated[Path, typer.Option(envvar="TALLY_WALLET", help="The deploying wallet's folder.")],
        passphrase_file: Annotated[
            Path, typer.Option(envvar="TALLY_WALLET_PASSPHRASE_FILE", help="The wallet's passphrase (a 0600 file).")
        ],
        rpc: Rpc,
        out: Annotated[Path, typer.Option("--out", help="Where the deployment file goes; it must not be there yet.")],
        trust: Annotated[
            Path | None, typer.Option("--trust", help="Where a trust file goes, for verifiers to compare theirs with.")
        ] = None,
        admin: Annotated[
            str | None,
            typer.Option(help="Who holds every office at first (EIP-55); the deploying wallet if not given."),
        ] = None,
        approvals: Annotated[
            int, typer.Option(min=1, max=255, help="Certifiers that must approve a program, an engine, a successor.")
        ] = 1,
        condition_delay: Annotated[
            int,
            typer.Option(min=1, max=3650, help="Days that everybody has before a new start condition counts."),
        ] = 7,
        longest_lifetime: Annotated[
            int, typer.Option(min=1, max=3650, help="Days from a proposal to the latest deadline that it may name.")
        ] = 366,
        confirmations: Annotated[
            int,
            typer.Option(min=0, max=1000, help="Blocks after which a block is final; 0 where it is at once (QBFT)."),
        ] = 0,
        yes: Yes = False,
    ) -> None:
        """Deploy all contracts. What is chosen here can never be changed in this deployment."""
        from chain.deploy import deploy as run
        from workers import keystore
        from workers import wallet as wallets

        for file in (out, trust):
            if file is not None and file.exists():
                raise RefusedError("deploy.exists", f"{file} is there already.", "Name a new file.")
        account = wallets.load(wallet, keystore.read_passphrase(passphrase_file, wallet))
        holder = str(account.address) if admin is None else checked_address(admin)
        confirm(
            f"{holder} will hold every office. {approvals} certifiers approve a release; a start condition counts after"
            f" {condition_delay} days; a task lives {longest_lifetime} days at most. None of it can be changed later.",
            f"{holder} 将持有全部职权。每个版本须经 {approvals} 个认证方批准；启动条件在 {condition_delay} 天后生效；"
            f"任务最长 {longest_lifetime} 天。以上部署后均不可更改。",
            yes=yes,
        )
        made = run(
            rpc,
            account,
            confirmations=confirmations,
            required_approvals=approvals,
            condition_delay=condition_delay * _DAY,
            max_lifetime=longest_lifetime * _DAY,
            admin=holder,
            path=out,
        )
        if trust is not None:
            trust.write_bytes(made.trust().data())
        for name, address in made.contracts.items():
            typer.echo(f"{name} {address}")
        typer.echo(f"PasskeyAccounts {made.passkey_accounts}")
