"""`tally admission publish`: apart from its group, because a digest of what is installed needs the programs installed."""

import typer

from cli.admission import app
from cli.participant import Rpc, own_gateway


@app.command()
def publish(context: typer.Context, rpc: Rpc) -> None:
    """Publish every installed program with the digest of what is installed."""
    from chain import admission
    from mpc.programs.catalogue import descriptors

    acting = own_gateway(context, rpc)
    for descriptor in descriptors():
        done = admission.publish(acting, descriptor)
        typer.echo(f"{descriptor.program} 0x{descriptor.code_digest.hex()} {'published' if done else 'was there'}")
