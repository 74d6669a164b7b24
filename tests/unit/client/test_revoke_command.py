"""`tally authorization given` and `revoke`: what is shown before anything is taken back, and what is asked of the coordinator."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocol import canonical, ids
from protocol.api import AuthorizationLine, AuthorizationPage, Reason
from protocol.errors import UnavailableError
from tests.unit.client.commands import act_through, run
from tests.unit.orchestrator import sample

OLD = "0x" + "aa" * 20
NEW = "0x" + "bb" * 20


def line(number: int, status: Any, **changes: Any) -> AuthorizationLine:
    values: dict[str, Any] = {
        "authorization": bytes([number]) * 32, "data_set": sample.DIAGNOSES, "task": None, "status": status,
        "wallet": NEW, "current_wallet": True, "sequence": number, "uses_left": 1, "not_after": 9, "problem": None,
    }  # fmt: skip
    return AuthorizationLine(**{**values, **changes})


LINES = (
    line(4, "received", wallet=None, sequence=None, uses_left=None),
    line(3, "on-chain", wallet=OLD, current_wallet=False),
    line(2, "revoked", problem=Reason("chain.revert.BadSignature", "The contract refused.", "Sign again.")),
    line(1, "on-chain"),
)


class Fake:
    """A coordinator with pages of two; notes what it is asked."""

    def __init__(self, lines: tuple[AuthorizationLine, ...] = LINES, submissions: int = 3) -> None:
        self.lines, self.submissions, self.asked = lines, submissions, list[object]()
        self.confirms = True

    def own_authorizations(self, cursor: str | None = None, limit: int = 2) -> AuthorizationPage:
        start = 0 if cursor is None else int(cursor)
        after = str(start + limit) if start + limit < len(self.lines) else None
        return AuthorizationPage(self.lines[start : start + limit], self.submissions, after)

    def revoke(self, authorization: bytes) -> None:
        self.asked.append(authorization)
        self._note(lambda item: item.authorization == authorization)

    def revoke_all(self, through: int) -> None:
        self.asked.append(through)
        self._note(lambda item: item.sequence is not None and item.sequence <= through)

    def _note(self, taken: Callable[[AuthorizationLine], bool]) -> None:
        status: Any = "revoked" if self.confirms else "revoking"
        self.lines = tuple(replace(item, status=status) if taken(item) else item for item in self.lines)

    def newest_engine(self) -> str:
        return "newest.engine@9.0.0"

    def complete(self, contract: Any) -> Any:
        return contract


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    act_through(monkeypatch, made)
    return made


def test_all_in_force_is_shown_before_it_is_revoked(fake: Fake) -> None:
    said = run("authorization", "revoke", "--all", answer="y\n")
    assert said.exit_code == 0, said.output
    assert "3 authorizations are in force here; 3 were ever submitted" in said.output
    assert "3 项授权有效" in said.output
    shown = [ids.prefixed("auth", item.authorization) in said.output for item in LINES]
    assert shown == [True, True, False, True]
    assert f"signed by an earlier wallet {OLD}" in said.output
    # those with a number at once, the one that is not on chain yet by itself
    assert fake.asked == [3, LINES[0].authorization]


def test_nothing_is_revoked_without_a_yes(fake: Fake) -> None:
    assert "Revoke all of them?" in run("authorization", "revoke", "--all", answer="n\n").output
    assert fake.asked == []


def test_what_was_submitted_elsewhere_is_revoked_too(fake: Fake) -> None:
    fake.lines, fake.submissions = (), 7
    run("authorization", "revoke", "--all", "--yes")
    assert fake.asked == [7]
    fake.submissions = 0
    assert "no authorization" in run("authorization", "revoke", "--all", "--yes").output
    assert fake.asked == [7]


@pytest.mark.parametrize("words", [(), (ids.prefixed("auth", b"\1" * 32), "--all")])
def test_one_or_all(fake: Fake, words: tuple[str, ...]) -> None:
    assert run("authorization", "revoke", *words).exit_code != 0
    assert fake.asked == []


def test_one_is_revoked_by_its_id(fake: Fake) -> None:
    assert run("authorization", "revoke", ids.prefixed("auth", b"\1" * 32)).exit_code == 0
    assert fake.asked == [b"\1" * 32]


def test_it_is_called_revoked_only_when_the_chain_says_so(fake: Fake) -> None:
    said = run("authorization", "revoke", ids.prefixed("auth", b"\1" * 32))
    assert (said.exit_code, "revoked on chain: 1" in said.output) == (0, True)
    fake.lines, fake.confirms = LINES, False
    said = run("authorization", "revoke", ids.prefixed("auth", b"\1" * 32), "--wait", "0")
    assert isinstance(said.exception, UnavailableError)
    assert said.exception.code == "revocation.not_confirmed"
    assert "revoked on chain" not in said.output
    assert " revoking " in said.output


def test_a_refusal_of_the_chain_is_said_in_both_languages(fake: Fake) -> None:
    said = run("authorization", "given").output
    assert fake.asked == []
    assert "chain.revert.BadSignature: The contract refused. Sign again." in said
    assert "该签名并非登记表当前所载钱包或密钥所签" in said
    assert said.count("auth_") == len(LINES)


@pytest.mark.parametrize("named", [True, False])
def test_a_contract_that_names_no_engine_is_completed_with_the_newest(fake: Fake, tmp_path: Any, named: bool) -> None:
    del fake
    contract = sample.contract()
    fields = contract.to_json()
    if not named:
        del fields["engine"]
    file = tmp_path / "contract.json"
    file.write_bytes(canonical.dumps(fields))
    said = run("task", "complete", str(file), "--out", str(file))
    assert said.exit_code == 0, said.output
    engine = contract.engine if named else "newest.engine@9.0.0"
    assert ("engine = newest.engine@9.0.0" in said.output) == (not named)
    assert canonical.parse(file.read_bytes())["engine"] == engine  # pyright: ignore[reportIndexIssue, reportArgumentType, reportCallIssue]


def test_a_contract_without_a_nonce_gets_one_that_is_kept(fake: Fake, tmp_path: Any) -> None:
    del fake
    fields = sample.contract().to_json()
    del fields["nonce"]
    file = tmp_path / "contract.json"
    file.write_bytes(canonical.dumps(fields))
    refused = run("task", "submit", str(file))
    assert getattr(refused.exception, "code", "") == "contract.no_nonce"
    said = run("task", "complete", str(file), "--out", str(file))
    assert said.exit_code == 0, said.output
    kept: Any = canonical.parse(file.read_bytes())
    assert f"nonce = {kept['nonce']}" in said.output
    assert len(bytes.fromhex(kept["nonce"])) == 32
    assert "nonce" not in run("task", "complete", str(file), "--out", str(file)).output
    assert canonical.parse(file.read_bytes()) == kept
    file.write_bytes(canonical.dumps(fields))
    run("task", "complete", str(file), "--out", str(file))
    again: Any = canonical.parse(file.read_bytes())
    assert again["nonce"] != kept["nonce"]
