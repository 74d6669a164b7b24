"""A wallet in a page (EIP-1193, announced as EIP-6963 asks), whose holder is the test; signatures are eth_account's.

Typed data is hashed by eth_account from what the page hands over, so that a page which shows one thing and has another signed
is found out.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from playwright.sync_api import Page

SCRIPT = """
(() => {
  const heard = {};
  const provider = {
    request: async ({ method, params }) => {
      const found = JSON.parse(await window.__wallet(JSON.stringify({ method, params: params ?? [] })));
      if ("code" in found) throw Object.assign(new Error("refused by the wallet"), { code: found.code });
      return found.result;
    },
    on: (event, listener) => (heard[event] ??= new Set()).add(listener),
    removeListener: (event, listener) => heard[event]?.delete(listener),
  };
  window.__emit = (event, value) => { for (const listener of heard[event] ?? []) listener(value); };
  const info = { uuid: "0b7d5c2e-7d1f-4a52-9a5b-2f6f0f1f7a01", name: "Test Wallet", icon: "data:,", rdns: "example.wallet" };
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""
REJECTED, BUSY, UNKNOWN_CHAIN, UNABLE = 4001, -32002, 4902, 4200


class _RefusalError(Exception):
    """The wallet's no, with EIP-1193's number."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class InjectedWallet:
    """``knows`` are the chains that it can go to; ``refuses`` maps methods to the number with which they are refused. ``chain`` answers
    what concerns the chain itself: transactions, calls, receipts.
    """

    account: LocalAccount
    chain_id: int
    knows: set[int] = field(default_factory=set)
    refuses: dict[str, int] = field(default_factory=dict)
    unlocked: bool = True
    signs_with: LocalAccount | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)
    chain: Callable[[str, list[Any]], object] | None = None
    before_signing: Callable[[], None] = lambda: None

    def attach(self, page: Page) -> None:
        """Put it into every document that the page opens from now on."""
        page.expose_function("__wallet", self._call)
        page.add_init_script(SCRIPT)

    def emit(self, page: Page, event: str, value: object) -> None:
        """Tell the page what its holder changed."""
        page.evaluate("([event, value]) => window.__emit(event, value)", [event, value])

    def signed(self) -> list[dict[str, Any]]:
        """The typed documents that were signed."""
        return [json.loads(params[1]) for method, params in self.asked if method == "eth_signTypedData_v4"]

    def _call(self, text: str) -> str:
        call = json.loads(text)
        method, params = call["method"], call["params"]
        self.asked.append((method, params))
        try:
            if (code := self.refuses.get(method)) is not None:
                raise _RefusalError(code)
            return json.dumps({"result": self._answer(method, params)})
        except _RefusalError as refusal:
            return json.dumps({"code": refusal.code})

    def _answer(self, method: str, params: Any) -> object:
        match method:
            case "eth_requestAccounts":
                self.unlocked = True
                return [self.account.address]
            case "eth_accounts":
                return [self.account.address] if self.unlocked else []
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_getCode":
                return "0x"
            case "wallet_switchEthereumChain":
                wanted = int(params[0]["chainId"], 16)
                if wanted not in self.knows:
                    raise _RefusalError(UNKNOWN_CHAIN)
                self.chain_id = wanted
                return None
            case "wallet_addEthereumChain":
                self.chain_id = int(params[0]["chainId"], 16)
                self.knows.add(self.chain_id)
                return None
            case "personal_sign":
                message = encode_defunct(hexstr=params[0])
                return self._by(params[1]).sign_message(message).signature.to_0x_hex()
            case "eth_signTypedData_v4":
                self.before_signing()
                message = encode_typed_data(full_message=numbers(json.loads(params[1])))
                return self._by(params[0]).sign_message(message).signature.to_0x_hex()
            case "eth_sendTransaction" | "eth_call" | "eth_getTransactionReceipt" if self.chain is not None:
                return self.chain(method, params)
            case _:
                raise _RefusalError(UNABLE)

    def _by(self, address: str) -> LocalAccount:
        assert address == self.account.address.lower()
        return self.signs_with or self.account


def numbers(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its integers as integers: JSON has those over 53 bits as decimal strings, eth_account does not take these."""
    message = dict(document["message"])
    for member in document["types"][document["primaryType"]]:
        if member["type"].startswith("uint"):
            found = message[member["name"]]
            message[member["name"]] = [*map(int, found)] if isinstance(found, list) else int(found)
    domain = document["domain"] | {"chainId": int(document["domain"]["chainId"])}
    return {**document, "domain": domain, "message": message}


def a_wallet(key: bytes, chain_id: int, **more: Any) -> InjectedWallet:
    """A wallet with one key, on a chain that it knows."""
    return InjectedWallet(Account.from_key(key), chain_id, {chain_id}, **more)
