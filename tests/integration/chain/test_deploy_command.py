"""`tally deploy` puts the chosen constants on chain and writes the files that name the deployment."""

from pathlib import Path

from typer.testing import CliRunner

from chain.anvil import Anvil
from chain.bindings import party_registry, programs, tasks
from chain.deploy import CONDITIONS
from chain.deployment import CONTRACTS, Deployment
from chain.gateway import Gateway
from cli.main import app
from protocol.trust import Trust
from workers import wallet

DAY = 86_400


def test_what_is_chosen_stands_on_chain(anvil: Anvil, folder: Path) -> None:
    secret, out, trust = folder / "passphrase", folder / "deployment.json", folder / "trust.json"
    secret.touch(mode=0o600)
    secret.write_bytes(b"correct horse battery staple")
    deployer = wallet.create(folder / "wallet", secret.read_bytes(), work=2)
    admin = wallet.create(folder / "admin", secret.read_bytes(), work=2)
    command = [
        "deploy", "--wallet", str(folder / "wallet"), "--passphrase-file", str(secret), "--rpc", anvil.url,
        "--out", str(out), "--trust", str(trust), "--admin", admin, "--approvals", "2", "--condition-delay", "3",
        "--longest-lifetime", "30", "--confirmations", "1",
    ]  # fmt: skip
    asked = CliRunner().invoke(app, command, input="n\n")
    assert (asked.exit_code, out.exists()) == (1, False)
    assert "职权" in asked.output

    done = CliRunner().invoke(app, [*command, "--yes"])
    assert done.exit_code == 0, done.output
    made = Deployment.load(out)
    assert made.confirmations == 1
    assert all(f"{name} {made.contracts[name]}" in done.output for name in CONTRACTS)
    assert Trust.read(trust.read_bytes()) == made.trust()
    anvil.rpc.call("anvil_mine", "0x1")
    gateway = Gateway(anvil.url, made)
    assert gateway.read(programs.required_approvals()) == 2
    assert gateway.read(tasks.condition_delay()) == 3 * DAY
    assert gateway.read(tasks.max_lifetime()) == 30 * DAY
    conditions = {item.condition for item in gateway.read(tasks.conditions())}
    assert conditions == {made.contracts[name] for name in CONDITIONS}
    assert gateway.read(party_registry.may_admit(admin))
    assert not gateway.read(party_registry.may_admit(deployer))

    again = CliRunner().invoke(app, [*command, "--yes"])
    assert again.exit_code != 0
    assert Deployment.load(out) == made
