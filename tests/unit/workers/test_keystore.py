import os
from pathlib import Path

import pytest
from eth_account import Account

from protocol.errors import TallyError
from protocol.typed import Domain, Revocation, recover
from workers import keystore, wallet
from workers.vault import Vault

WORK = 2**14
PASS = b"correct horse battery staple"


def make(tmp_path: Path) -> tuple[Path, keystore.NodeKeys]:
    folder = tmp_path / "state" / "keys"
    return folder, keystore.create(folder, PASS, work=WORK)


def test_keys_round_trip_and_sign(tmp_path: Path) -> None:
    folder, keys = make(tmp_path)
    loaded = keystore.load(folder, PASS)
    assert loaded == keys
    domain = Domain(1, "0x" + "11" * 20, b"\x05" * 32)
    message = Revocation(b"\x01" * 32, "hospital")
    assert recover(message.digest(domain), loaded.sign_typed(message, domain)) == keys.signer_address


def test_no_key_is_on_disk_in_the_clear_nor_printed(tmp_path: Path) -> None:
    folder, keys = make(tmp_path)
    secrets = [keys.node_signer, keys.node_key, keys.seal_key, keys.storage_key]
    for path in folder.iterdir():
        assert not any(s in path.read_bytes() or s.hex() in path.read_text() for s in secrets)
        assert path.stat().st_mode & 0o777 == 0o600
    assert not any(s.hex() in repr(keys) or repr(s) in repr(keys) for s in secrets)


def test_a_wrong_passphrase_is_refused(tmp_path: Path) -> None:
    folder, _ = make(tmp_path)
    with pytest.raises(TallyError, match=r"keystore\.wrong_passphrase"):
        keystore.load(folder, PASS + b"!")


@pytest.mark.parametrize("loosen", [0o640, 0o604, 0o660])
def test_loose_modes_are_refused(tmp_path: Path, loosen: int) -> None:
    folder, _ = make(tmp_path)
    (folder / "seal_key.json").chmod(loosen)
    with pytest.raises(TallyError, match=r"disk\.loose_mode"):
        keystore.load(folder, PASS)
    (folder / "seal_key.json").chmod(0o600)
    folder.chmod(0o750)
    with pytest.raises(TallyError, match=r"disk\.loose_mode"):
        keystore.load(folder, PASS)


def test_swapped_key_files_are_refused(tmp_path: Path) -> None:
    folder, _ = make(tmp_path)
    a, b = folder / "seal_key.json", folder / "node_key.json"
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second.replace(b'"node_key"', b'"seal_key"'))
    b.write_bytes(first.replace(b'"seal_key"', b'"node_key"'))
    with pytest.raises(TallyError, match=r"keystore\.wrong_passphrase"):
        keystore.load(folder, PASS)


def test_a_costly_work_factor_is_refused_before_any_hashing(tmp_path: Path) -> None:
    folder, _ = make(tmp_path)
    path = folder / "node_signer.json"
    path.write_bytes(path.read_bytes().replace(b'"work":16384', b'"work":1073741824'))
    with pytest.raises(TallyError, match=r"json\.wrong_value"):
        keystore.load(folder, PASS)


def test_keys_are_never_overwritten_and_links_not_followed(tmp_path: Path) -> None:
    folder, _ = make(tmp_path)
    with pytest.raises(TallyError, match=r"disk\.exists"):
        keystore.create(folder, PASS, work=WORK)
    real = folder / "seal_key.json"
    real.rename(tmp_path / "elsewhere.json")
    real.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(TallyError, match=r"disk\.(unreadable|loose_mode)"):
        keystore.load(folder, PASS)


def test_the_passphrase_lives_outside_the_state_folder(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    inside, outside = state / "pass", tmp_path / "pass"
    for path in (inside, outside):
        path.write_bytes(PASS + b"\n")
        path.chmod(0o600)
    assert keystore.read_passphrase(outside, state) == PASS
    with pytest.raises(TallyError, match=r"keystore\.passphrase_inside"):
        keystore.read_passphrase(inside, state)
    link = tmp_path / "link"
    link.symlink_to(outside)
    with pytest.raises(TallyError, match=r"disk\.unreadable"):
        keystore.read_passphrase(link, state)
    outside.chmod(0o644)
    with pytest.raises(TallyError, match=r"disk\.loose_mode"):
        keystore.read_passphrase(outside, state)


def test_short_passphrases_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pass"
    path.write_bytes(b"short\n")
    path.chmod(0o600)
    with pytest.raises(TallyError, match=r"keystore\.passphrase_short"):
        keystore.read_passphrase(path, tmp_path / "state")
    keystore.create_passphrase(tmp_path / "new")
    assert len(keystore.read_passphrase(tmp_path / "new", tmp_path / "state")) == 64


def test_wallet_is_a_standard_keystore_apart_from_the_node(tmp_path: Path) -> None:
    address = wallet.create(tmp_path / "wallet", PASS, work=2**12)
    assert wallet.address(tmp_path / "wallet") == address
    assert wallet.load(tmp_path / "wallet", PASS).address == address
    document = (tmp_path / "wallet" / "wallet.json").read_text()
    assert Account.from_key(Account.decrypt(document, PASS.decode())).address == address
    with pytest.raises(TallyError, match=r"wallet\.wrong_passphrase"):
        wallet.load(tmp_path / "wallet", b"something else entirely")
    with pytest.raises(TallyError, match=r"disk\.exists"):
        wallet.create(tmp_path / "wallet", PASS, work=2**12)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_vault_round_trips(size: int) -> None:
    vault = Vault(b"\x07" * 32)
    data = os.urandom(size)
    assert vault.open("share", vault.seal("share", data)) == data


def test_vault_refuses_what_was_altered_moved_or_cut() -> None:
    vault = Vault(b"\x07" * 32)
    blob = vault.seal("a", bytes(2 << 20))
    piece = (1 << 20) + 16
    head = len(blob) - 2 * piece
    swapped = blob[:head] + blob[head + piece :] + blob[head : head + piece]
    flipped = bytearray(blob)
    flipped[-1] ^= 1
    for bad in (blob[:-1], blob[: head + piece], swapped, bytes(flipped), blob + b"\0", b""):
        with pytest.raises(TallyError, match=r"vault\.not_authentic"):
            vault.open("a", bad)
    with pytest.raises(TallyError, match=r"vault\.not_authentic"):
        vault.open("b", blob)
    with pytest.raises(TallyError, match=r"vault\.not_authentic"):
        Vault(b"\x08" * 32).open("a", blob)
