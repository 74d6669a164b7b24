"""New node keys: drawn and kept, put on chain by the party's wallet, then taken into use; a kill in between loses nothing.

The new keys lie in a folder beside the old ones until the chain names them. A log is signed by one node key, so a log
that has begun is closed and the next epoch opened. The storage key stays: it is nobody's but this disk's.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from chain import participant
from chain.deployment import Deployment
from chain.gateway import Gateway
from protocol.errors import RefusedError
from workers import disk, enrol, keystore
from workers.keystore import NodeKeys
from workers.node import DEPLOYMENT, KEYS, Desk, load_settings, open_desk

NEXT: Final = "keys.next"
_DRAWN: Final = "keys.drawn"
_OLD: Final = "keys.old"
_EVER: Final = 2**62


def rotate(folder: Path, wallet: LocalAccount, work: int = keystore.WORK) -> NodeKeys:
    """Replace node signer, node key and seal key of the stopped node in ``folder``; returns the keys now in use.

    Begun before and cut off, it goes on where it was. Refuses (``node.not_at_rest``) while anything signed or sealed by
    the present keys is still needed.
    """
    if _finish(folder):
        return load_settings(folder)[1]
    with open_desk(folder) as desk:
        _require_at_rest(desk)
        passphrase = keystore.read_passphrase(Path(desk.config.passphrase_file), folder)
        keys = _drawn(folder, passphrase, desk.keys, work)
        gateway = Gateway(desk.config.rpc_url, Deployment.load(folder / DEPLOYMENT), wallet)
        participant.rotate_keys(gateway, desk.party, keys)
        if desk.log_folder.exists():
            enrol.open_epoch(desk, wallet)
    (folder / KEYS).rename(folder / _OLD)
    _finish(folder)
    return keys


def _require_at_rest(desk: Desk) -> None:
    open_jobs, owed = len(desk.state.jobs(open_only=True)), desk.state.unsettled()
    waiting = len(desk.state.collections(_EVER))
    noted = len(desk.chain.log(desk.party, desk.chain.head()).noted)
    if open_jobs or owed or waiting or noted:
        raise RefusedError(
            "node.not_at_rest",
            f"The present keys are still needed: {open_jobs} tasks are not over, {owed} receipts are owed, {waiting} results "
            f"are not fetched, {noted} heads of the log are not anchored.",
            "Start the node and let it finish; `tally node status` says what it still does.",
        )


def _drawn(folder: Path, passphrase: bytes, present: NodeKeys, work: int) -> NodeKeys:
    """The keys to come: those of a rotation that was cut off, else fresh ones."""
    if not (folder / NEXT).exists():
        _erase(folder / _DRAWN)
        fresh = replace(NodeKeys.draw(), storage_key=present.storage_key)
        keystore.create(folder / _DRAWN, passphrase, fresh, work)
        (folder / _DRAWN).rename(folder / NEXT)
        disk.sync_dir(folder)
    return keystore.load(folder / NEXT, passphrase)


def _finish(folder: Path) -> bool:
    """The last steps, which a kill may have cut off: the new keys take the old ones' place, the old ones are erased."""
    if not (folder / _OLD).exists():
        return False
    if (folder / NEXT).exists():
        (folder / NEXT).rename(folder / KEYS)
        disk.sync_dir(folder)
    _erase(folder / _OLD)
    return True


def _erase(folder: Path) -> None:
    if folder.exists():
        for path in folder.iterdir():
            disk.erase(path)
        shutil.rmtree(folder)
