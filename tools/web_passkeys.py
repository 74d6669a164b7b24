"""Writes what the pages derive passkey accounts from: ``python -m tools.web_passkeys [--check]``.

An account's address follows from the bytes that make it (CREATE2, EIP-1014), so the pages carry the committed artifact's, and what a
passkey signs for an account follows from the type string of the Solidity library.
"""

import json
import re
import sys
from pathlib import Path
from typing import Final

from chain.passkeys import creation_code
from protocol.enrolment import ENROLMENT_TYPE
from protocol.passkeys import MOST, ORDER, SALT
from protocol.vocabulary import ROLE_BITS
from tools.web_files import GENERATED, written

OUTPUT: Final = GENERATED / "passkeys.ts"
LIBRARY: Final = Path(__file__).resolve().parent.parent / "contracts" / "src" / "libraries" / "Registrations.sol"


def text() -> str:
    """The module."""
    (members,) = re.findall(r'"AccountMessage\((.*?)\)"', LIBRARY.read_text("utf-8"))
    fields = ", ".join(
        f'{{ name: "{name}", type: "{kind}" }}' for kind, name in (part.split() for part in members.split(","))
    )
    return f"""/** Generated from the contracts' artifacts and `protocol/passkeys.py` by `python -m tools.web_passkeys`: do not edit. */

import type {{ Hex }} from "../base/bytes";

/** Passkeys of an account when it is made. */
export const MOST_PASSKEYS = {MOST};

/** The salt of every account that this software makes. */
export const SALT: Hex = "0x{SALT.hex()}";

/** The order of P-256. */
export const P256_ORDER = 0x{ORDER:x}n;

/** What passkeys sign for an account (EIP-712): the members of `AccountMessage`. */
export const ACCOUNT_MESSAGE = [{fields}] as const;

/** What a node's key signs of an application (`protocol/enrolment.py`). */
export const ENROLMENT_TYPE = "{ENROLMENT_TYPE}";

/** The registry's bits of roles. */
export const ROLE_BITS = {json.dumps(dict(ROLE_BITS))} as const;

/** What makes an account, before its constructor's arguments (`chain/artifacts/PasskeyAccount.json`). */
export const CREATION_CODE: Hex =
  "0x{creation_code().hex()}";
"""


if __name__ == "__main__":
    sys.exit(written({OUTPUT: text()}, check="--check" in sys.argv[1:]))
