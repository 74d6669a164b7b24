"""`tally passkey`: the operator adds what makes accounts to a deployment that has none, and makes one itself."""

from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from chain import passkeys
from chain.anvil import Anvil
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.errors import WrongChainError
from chain.gateway import Gateway
from chain.wallets import contract_accepts
from cli.main import app
from protocol.errors import TallyError
from protocol.typed import Domain
from tests.authenticator import Authenticator
from workers import wallet

PAGE = "https://tally.example"


def test_an_older_deployment_gets_accounts_and_one_is_made(anvil: Anvil, folder: Path) -> None:
    secret, old, new = folder / "passphrase", folder / "deployment.json", folder / "with.json"
    secret.touch(mode=0o600)
    secret.write_bytes(b"correct horse battery staple")
    wallet.create(folder / "wallet", secret.read_bytes(), work=2)
    replace(deploy(anvil.url, Account.create()), passkey_accounts="").save(old)
    assert "passkey_accounts" not in old.read_text(), "as files were before there was such a member"

    def tally(deployment: Path, *words: str, typed: str = "") -> str:
        group = ("--wallet", str(folder / "wallet"), "--passphrase-file", str(secret), "--deployment", str(deployment))
        done = CliRunner().invoke(app, ["passkey", *group, *words, "--rpc", anvil.url], input=typed)
        if isinstance(done.exception, TallyError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    holder = Authenticator(PAGE)
    key = f"0x{holder.passkey.x.hex()}{holder.passkey.y.hex()}"
    with pytest.raises(TallyError, match=r"passkey\.off"):
        tally(old, "account", "--passkey", key, "--yes")
    assert "PasskeyAccounts 0x" in tally(old, "deploy", "--out", str(new), typed="y\n")
    found = Deployment.load(new)
    assert replace(found, passkey_accounts="") == Deployment.load(old)
    with pytest.raises(TallyError, match=r"passkey\.deployed"):
        tally(new, "deploy", "--out", str(folder / "again.json"), "--yes")

    address = tally(new, "account", "--passkey", key, "--yes").splitlines()[-1]
    assert tally(new, "account", "--passkey", key, "--yes").splitlines()[-1] == address, (
        "making it twice is making it once"
    )
    assert address == passkeys.address_of(found, holder.owners)
    endpoint = Gateway(anvil.url, found).endpoint
    digest = b"\7" * 32
    signature = holder.sign(digest, Domain(found.chain_id, address, bytes.fromhex(found.deployment_id[2:])))
    assert contract_accepts(endpoint, address.lower(), digest, signature)
    assert not contract_accepts(endpoint, address.lower(), b"\x08" * 32, signature)
    for bad, code in (
        ("0x12", "passkey.form"),
        (f"{key[:-2]}zz", "passkey.form"),
        ("0x" + "11" * 64, "passkey.not_on_curve"),
    ):
        with pytest.raises(TallyError) as error:
            tally(new, "account", "--passkey", bad, "--yes")
        assert error.value.code == code


def test_attack_a_file_that_names_something_else_as_the_factory(anvil: Anvil) -> None:
    made = deploy(anvil.url, Account.create())
    forged = replace(made, passkey_accounts=made.contracts["Tasks"])
    with pytest.raises(WrongChainError, match=r"chain\.foreign_code"):
        passkeys.make(Gateway(anvil.url, forged, Account.create()), Authenticator(PAGE).owners)
