"""`tally node enrol`, `tally wallet enrol` and the office's side: what both see is one fingerprint, of one file."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chain.deployment import CONTRACTS, Deployment
from cli.main import app
from client import Coordinator
from protocol import ids
from protocol.api import ApplicationLine, ApplicationPage, ApplicationView
from protocol.enrolment import Application, Enrolment
from protocol.errors import RefusedError, TallyError
from protocol.typed import key_signed
from workers import keystore, wallet

PASSPHRASE = b"a passphrase for the tests"
WORDS = (
    "--operator", "city-health", "--title", "Hospital", "--title-zh", "医院", "--contact", "office@example.org"
)  # fmt: skip
DEPLOYMENT = Deployment(
    31337, "0x" + "22" * 32, "0x" + "33" * 32,
    {name: ids.checksum_address(bytes([number]) * 20) for number, name in enumerate(CONTRACTS, 1)},
    dict.fromkeys(CONTRACTS, "0x" + "44" * 32), 0, 1,
)  # fmt: skip


class Applicant:
    """A folder with a deployment file, a wallet and a node, and a coordinator that keeps what it is sent."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.sent, self.refusal = folder, list[Application](), None
        self.invitations: list[str | None] = []
        monkeypatch.setattr("workers.keystore.WORK", 2**14)
        monkeypatch.setattr(
            Coordinator, "enrol", lambda _, application, invitation: self._enrol(application, invitation)
        )
        monkeypatch.setattr(Coordinator, "application", lambda _, name: self._application(name))
        self.passphrase = folder / "passphrase"
        keystore.create_passphrase(self.passphrase)
        words = keystore.read_passphrase(self.passphrase, folder / "x")
        self.wallet = wallet.create(folder / "wallet", words, work=2**14)
        DEPLOYMENT.save(folder / "deployment.json")
        (folder / "broker").write_text("redis://nowhere")

    refusal: TallyError | None

    def _enrol(self, application: Application, invitation: str | None) -> None:
        self.invitations.append(invitation)
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(application)

    def _application(self, name: str) -> ApplicationView:
        place = max(at for at, it in enumerate(self.sent) if Enrolment.read(it.enrolment).party == name)
        return ApplicationView(self.sent[place], self.invitations[place] is not None)

    def run(self, *words: str, typed: str = "") -> str:
        done = CliRunner().invoke(app, list(words), input=typed)
        if isinstance(done.exception, TallyError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    def by_node(self, *words: str) -> str:
        if not (self.folder / "node").exists():
            self.run(
                "node", "init", "--state", str(self.folder / "node"), "--party", "hospital", "--deployment",
                str(self.folder / "deployment.json"), "--rpc-url", "http://127.0.0.1:8", "--coordinator",
                "http://127.0.0.1:9", "--broker-url-file", str(self.folder / "broker"), "--passphrase-file",
                str(self.folder / "node-passphrase"), "--wallet-address", self.wallet,
            )  # fmt: skip
        return self.run(
            "node", "enrol", "--state", str(self.folder / "node"), "--wallet", str(self.folder / "wallet"),
            "--wallet-passphrase-file", str(self.passphrase), "--role", "data-provider", *WORDS, *words,
        )  # fmt: skip

    def by_wallet(self, *words: str, role: str = "certifier") -> str:
        return self.run(
            "wallet", "enrol", "--folder", str(self.folder / "wallet"), "--passphrase-file", str(self.passphrase),
            "--party", "certifier", "--deployment", str(self.folder / "deployment.json"), "--coordinator",
            "http://127.0.0.1:9", "--role", role, *WORDS, *words,
        )  # fmt: skip

    def office(self, *words: str, typed: str = "") -> str:
        return self.run(
            "admission", "--coordinator", "http://127.0.0.1:9", "--party", "platform", "--wallet",
            str(self.folder / "wallet"), "--passphrase-file", str(self.passphrase), "--deployment",
            str(self.folder / "deployment.json"), *words, typed=typed,
        )  # fmt: skip

    def lines(self) -> tuple[ApplicationLine, ...]:
        read = [Enrolment.read(it.enrolment) for it in self.sent]
        return tuple(
            ApplicationLine(
                it.party, it.profile_hash, "pending", 1_800_000_000, invitation is not None, it.title, it.operator, it.roles,
                it.has_node,
            )
            for it, invitation in zip(read, self.invitations, strict=True)
        )  # fmt: skip


@pytest.fixture
def applicant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Applicant:
    return Applicant(tmp_path, monkeypatch)


def fingerprint(said: str) -> str:
    found = re.search(r"^fingerprint (0x[0-9a-f]{64})$", said, re.MULTILINE)
    assert found is not None, said
    return found[1]


def test_both_sides_see_one_fingerprint_of_one_file(applicant: Applicant) -> None:
    own, fetched = applicant.folder / "own.json", applicant.folder / "fetched.json"
    for party, said in (("hospital", applicant.by_node("--out", str(own))), ("certifier", applicant.by_wallet())):
        assert "指纹" in said
        shown = applicant.office("show", party, "--out", str(fetched))
        assert fingerprint(shown) == fingerprint(said)
        assert "came without an invitation" in shown
        assert ("tally node application" in said) == (party == "hospital")
        application = Application.read(fetched.read_bytes())
        enrolment = application.verified(DEPLOYMENT.domain("PartyRegistry"), key_signed)
        assert enrolment.fingerprint == fingerprint(said)
        assert enrolment.wallet == applicant.wallet.lower()
        assert enrolment.has_node == (party == "hospital")
    assert Application.read(own.read_bytes()) == applicant.sent[0]


def test_an_invitation_goes_with_the_application_and_the_office_sees_it(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = applicant.folder / "fetched.json"
    applicant.by_node("--invitation", "a-code")
    monkeypatch.setenv("TALLY_INVITATION", "another")
    applicant.by_wallet()
    assert applicant.invitations == ["a-code", "another"]
    for party in ("hospital", "certifier"):
        assert "came with an invitation" in applicant.office("show", party, "--out", str(out))


def test_a_coordinator_that_refuses_cannot_keep_an_application_from_the_office(applicant: Applicant) -> None:
    applicant.refusal = RefusedError("enrolment.name_taken", "Somebody has applied.", "Bring it yourself.")
    out = applicant.folder / "own.json"
    for apply in (applicant.by_node, applicant.by_wallet):
        with pytest.raises(TallyError, match=r"enrolment\.name_taken"):
            apply("--out", str(out))
        Application.read(out.read_bytes()).verified(DEPLOYMENT.domain("PartyRegistry"), key_signed)
        out.unlink()
    assert not applicant.sent


@pytest.mark.parametrize(
    ("role", "code"), [("data-provider", "no_node"), ("compute-provider", "no_node"), ("result-user", "no_seal_key")]
)
def test_a_role_that_needs_a_node_is_refused_before_anything_is_sent(
    applicant: Applicant, role: str, code: str
) -> None:
    with pytest.raises(TallyError, match=rf"enrolment\.{code}"):
        applicant.by_wallet(role=role)
    assert not applicant.sent


def test_attack_a_deployment_file_of_somebody_else(applicant: Applicant) -> None:
    """What is signed for one registry is worth nothing at another, whatever the coordinator says its own is."""
    applicant.by_wallet()
    for other in (
        replace(DEPLOYMENT, chain_id=1),
        replace(DEPLOYMENT, deployment_id="0x" + "99" * 32),
        replace(DEPLOYMENT, contracts={**DEPLOYMENT.contracts, "PartyRegistry": ids.checksum_address(b"\x99" * 20)}),
    ):
        with pytest.raises(TallyError, match=r"signature\.not_wallet|enrolment\.other_deployment"):
            applicant.sent[0].verified(other.domain("PartyRegistry"), key_signed)


def test_what_the_office_is_shown_is_every_word_and_key_of_the_application(applicant: Applicant) -> None:
    said = applicant.by_node()
    shown = applicant.office("show", "hospital")
    enrolment = Enrolment.read(applicant.sent[0].enrolment)
    told = enrolment.to_json()
    del told["format"], told["deployment"]  # which every signature covers, and the deployment file decides
    for name, value in told.items():
        for word in value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]:
            assert str(word) in shown, name
    assert shown.count("signed 已签名") == 3
    assert fingerprint(said) == enrolment.fingerprint


def test_applications_are_listed_with_state_time_and_fingerprint(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fingerprint(applicant.by_node("--invitation", "a-code")), fingerprint(applicant.by_wallet())
    asked: list[object] = []

    def applications(
        _: object, cursor: str | None = None, limit: int = 1, *, standing: object = None
    ) -> ApplicationPage:
        asked.append(standing)
        place = int(cursor or 0)
        rest = str(place + 1) if place + 1 < len(applicant.sent) else None
        return ApplicationPage(applicant.lines()[place : place + limit], rest)

    monkeypatch.setattr(Coordinator, "applications", applications)
    listed = applicant.office("list", "--standing", "pending")
    assert asked == ["pending", "pending"]
    for word in (*said, "waits 待准入", "invited 受邀", "uninvited 未受邀", "no node 无节点", "2027-01-15"):
        assert word in listed, word
    with pytest.raises(TallyError, match=r"admission\.standing"):
        applicant.office("list", "--standing", "wrong")


@pytest.fixture
def admitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Application, str | None]]:
    """What reaches the chain's side of an admission, which has tests of its own."""
    taken: list[tuple[Application, str | None]] = []

    def admit(_gateway: object, application: Application, *, fingerprint: str | None = None) -> bool:
        taken.append((application, fingerprint))
        return True

    monkeypatch.setattr("chain.admission.admit", admit)
    monkeypatch.setattr("chain.wallets.accepts", lambda _endpoint, *signed: key_signed(*signed))
    return taken


RPC = ("--rpc", "http://127.0.0.1:8")


def test_a_fetched_application_is_admitted_with_the_fingerprint_that_was_told(
    applicant: Applicant, admitted: list[tuple[Application, str | None]]
) -> None:
    told = fingerprint(applicant.by_node())
    applicant.office("admit", "hospital", *RPC, "--fingerprint", told)
    applicant.office("admit", "hospital", *RPC, typed=f"{told}\n")
    assert admitted == [(applicant.sent[0], told)] * 2


def test_attack_an_application_of_the_coordinators_is_admitted_on_its_word(
    applicant: Applicant, admitted: list[tuple[Application, str | None]]
) -> None:
    """Whole and well signed as it may be: without the applicant's own word nobody knows whose it is."""
    applicant.by_node()
    with pytest.raises(TallyError, match=r"admission\.no_fingerprint"):
        applicant.office("admit", "hospital", *RPC, "--yes")
    assert not admitted


def test_attack_the_coordinator_gives_another_partys_application(
    applicant: Applicant, admitted: list[tuple[Application, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = fingerprint(applicant.by_node())
    applicant.by_wallet()
    other = ApplicationView(applicant.sent[1], invited=True)
    monkeypatch.setattr(Coordinator, "application", lambda _, name: other)
    for words in (("show", "hospital"), ("admit", "hospital", *RPC, "--fingerprint", told)):
        with pytest.raises(TallyError, match=r"admission\.other_party"):
            applicant.office(*words)
    assert not admitted


def test_attack_an_altered_application_is_not_shown(applicant: Applicant, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown as signed was signed: every field that somebody changes on the way ends in a refusal."""
    applicant.by_node()
    sent = applicant.sent[0]
    it = Enrolment.read(sent.enrolment)
    changed = [
        replace(it, contact="thief@example.org"),
        replace(it, seal_key=b"\x09" * 32),
        replace(it, node_key=b"\x09" * 32),
        replace(it, wallet="0x" + "99" * 20),
        replace(it, node_signer="0x" + "98" * 20),
        replace(it, operator="thief"),
        replace(it, roles=("compute-provider", "data-provider")),
    ]
    for enrolment in changed:
        view = ApplicationView(replace(sent, enrolment=enrolment.data()), invited=True)
        monkeypatch.setattr(Coordinator, "application", lambda _, name, view=view: view)
        with pytest.raises(TallyError, match=r"signature\.|enrolment\.|dsse\."):
            applicant.office("show", "hospital")


def test_an_application_for_a_wallet_elsewhere_is_signed_by_its_node_and_sent_by_nobody(applicant: Applicant) -> None:
    """`tally node prepare`: what a passkey signs in the browser."""
    applicant.by_node()
    applicant.sent.clear()
    out, folder = applicant.folder / "unsigned.json", applicant.folder
    said = applicant.run(
        "node", "prepare", "--state", str(folder / "node"), "--role", "data-provider", *WORDS, "--out", str(out)
    )
    assert "待签署" in said
    assert not applicant.sent
    found, registry = Application.read(out.read_bytes()), DEPLOYMENT.domain("PartyRegistry")
    assert found.wallet_signature == b""
    enrolment = found.verified(
        registry, lambda wallet, _, signature: wallet == applicant.wallet.lower() and not signature
    )
    assert (enrolment.party, enrolment.has_node) == ("hospital", True)
    with pytest.raises(TallyError, match=r"signature\.not_wallet"):
        found.verified(registry, key_signed)
    kept = Application.read((folder / "node" / "application.json").read_bytes())
    assert Enrolment.read(kept.enrolment) == enrolment, "the node knows its own application again"


def test_a_party_without_a_node_has_its_application_written_for_a_passkey(applicant: Applicant) -> None:
    out, account = applicant.folder / "unsigned.json", ids.checksum_address(b"\x5a" * 20)
    words = (
        "passkey", "--deployment", str(applicant.folder / "deployment.json"), "prepare", "regulator", "--role", "regulator",
        *WORDS, "--out", str(out),
    )  # fmt: skip
    applicant.run(*words, "--address", account)
    enrolment = Enrolment.read(Application.read(out.read_bytes()).enrolment)
    assert (enrolment.wallet, enrolment.has_node, enrolment.roles) == (account.lower(), False, ("regulator",))
    with pytest.raises(TallyError, match=r"wallet\.not_checksummed"):
        applicant.run(*words, "--address", account.lower())
    out.unlink()
    with pytest.raises(TallyError, match=r"enrolment\.no_node"):
        applicant.run(*words, "--address", account, "--role", "data-provider")
    assert not out.exists()


def test_an_invitation_is_a_link_for_a_passkey_where_the_page_is_named(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Coordinator, "invite", lambda _, name, until: f"code-for-{name}-{until > 0}")
    assert applicant.office("invite", "clinic") == "code-for-clinic-True\n"
    said = applicant.office("invite", "clinic", "--page", "https://explorer.example/lab/")
    assert said.splitlines() == [
        "code-for-clinic-True",
        *(
            f"https://explorer.example/lab/{language}/desk/join#party=clinic&invitation=code-for-clinic-True"
            for language in ("en", "zh")
        ),
    ]
