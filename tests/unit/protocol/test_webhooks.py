"""Webhooks as the standard has them: its own library verifies what we sign, and we what it signs."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from protocol import webhooks
from protocol.errors import FormatError, VerificationError
from protocol.vocabulary import TASK_STATES
from protocol.webhooks import (
    ASKS,
    KINDS,
    MOVES,
    TOLERANCE,
    HookRequest,
    ReplayRequest,
    WebhookEvent,
    key_of,
    mailbox,
    require,
    require_one,
    secret_of,
    signed,
    target,
    verified_webhook,
)

NOW = int(time.time())
SECRET, OTHER = secret_of(b"\x01" * 32), secret_of(b"\x02" * 32)
BODY = WebhookEvent.of("task.completed", b"\x4f" * 32, NOW).body()
GOOD = HookRequest("https://hooks.example.org/tally?x=1", ("task.completed", "task.failed"), "nightly", SECRET)


def headers(at: int = NOW, *secrets: str) -> dict[str, str]:
    return signed("msg_1", at, BODY, [key_of(secret) for secret in secrets or (SECRET,)])


def test_the_standards_own_example() -> None:
    """As the libraries of the standard test themselves."""
    made = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        [key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_standards_library_verifies_ours() -> None:
    now = int(time.time())  # it reads the clock itself, and this module may have been imported long before
    Webhook(SECRET).verify(BODY, headers(now))
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers(now))
    for secret in (SECRET, OTHER):  # rotated: both sign
        Webhook(secret).verify(BODY, headers(now, OTHER, SECRET))


@given(st.binary(min_size=24, max_size=64), st.text("abcdef0123456789_", min_size=1, max_size=80))
def test_we_verify_what_the_standards_library_signs(random: bytes, message: str) -> None:
    secret = secret_of(random)
    mark = Webhook(secret).sign(message, datetime.fromtimestamp(NOW, UTC), BODY.decode())
    given_ = {"Webhook-Id": message, "Webhook-Timestamp": str(NOW), "Webhook-Signature": f"v1a,{'A' * 44} {mark}"}
    assert verified_webhook(BODY, given_, secret, NOW).kind == "task.completed"


def test_attack_an_old_webhook_is_sent_again() -> None:
    """And one from the future; within the tolerance its id tells that it was there before."""
    for off in (TOLERANCE, -TOLERANCE):
        verified_webhook(BODY, headers(), SECRET, NOW + off)
    for off in (TOLERANCE + 1, -TOLERANCE - 1, 86_400):
        with pytest.raises(VerificationError, match=r"webhook\.time"):
            verified_webhook(BODY, headers(), SECRET, NOW + off)
    moved = {**headers(), "webhook-timestamp": str(NOW + 3600)}
    with pytest.raises(VerificationError, match=r"webhook\.signature"):
        verified_webhook(BODY, moved, SECRET, NOW + 3600)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", ""), ("webhook-id", "msg_2"), ("webhook-timestamp", ""), ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "1e9"), ("webhook-timestamp", str(NOW + 1)), ("webhook-signature", ""), ("webhook-signature", "v1,"),
        ("webhook-signature", "v2," + "A" * 44), ("webhook-signature", "v1,\u00e9"), ("webhook-timestamp", "\u0661" * 10),
    ],
    ids=range(11),
)  # fmt: skip
def test_attack_other_headers(name: str, value: str) -> None:
    with pytest.raises(VerificationError, match=r"webhook\.(headers|signature)"):
        verified_webhook(BODY, {**headers(), name: value}, SECRET, NOW)


def test_attack_another_body_or_secret() -> None:
    with pytest.raises(VerificationError, match=r"webhook\.signature"):
        verified_webhook(BODY.replace(b"completed", b"disputed"), headers(), SECRET, NOW)
    with pytest.raises(VerificationError, match=r"webhook\.signature"):
        verified_webhook(BODY, headers(), OTHER, NOW)


def test_a_body_names_ids_and_states_alone() -> None:
    found = json.loads(BODY)
    assert set(found) == {"type", "timestamp", "data"}
    assert found["data"] == {"task": "task_" + "4f" * 32, "state": "completed"}
    assert datetime.fromisoformat(found["timestamp"]).timestamp() == NOW
    assert tuple(sorted(f"task.{state}" for state in TASK_STATES)) == MOVES
    assert {kind: json.loads(WebhookEvent.of(kind, b"\x4f" * 32, NOW).body())["data"]["state"] for kind in ASKS} == {
        "waits.consent": "proposed", "waits.review": "completed",
    }  # fmt: skip
    assert set(KINDS) == {*MOVES, *ASKS}


@pytest.mark.parametrize(
    "secret",
    [
        "", "whsec_", "whsec_AAAA", secret_of(b"x" * 23), secret_of(b"x" * 65), SECRET + "=", SECRET.removeprefix("whsec_"),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(), SECRET + "\n",
    ],
)  # fmt: skip
def test_attack_weak_and_malformed_secrets(secret: str) -> None:
    with pytest.raises(FormatError, match=r"webhook\.secret") as caught:
        require(replace(GOOD, secret=secret), ())
    assert len(secret) < 10 or secret not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "https://", "https:///path", "hooks.example.org",
        "https://user:secret@hooks.example.org/", "https://hooks.example.org@127.0.0.1/", "https://hooks.example.org/#x",
        "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.7/",
        "https://[fe80::1%25eth0]/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://127.0.0.0x1/", "https://localhost/", "https://db/", "https://node.internal/", "https://a.localhost/",
        "https://hooks.example.org:22/", "https://hooks.example.org:0/", "https://hooks.example.org:99999/",
        "https://hooks.example.org:x/", "https://hooks.example.org/\r\nx: y", "https://hooks.example.org/ x", "https://h\u00f6ks.example/",
        "https://hooks.example.org\\@127.0.0.1/", "https://hooks.example.org/" + "x" * 1000, "https://-x.example.org/",
        "https://hooks.example.org:/", "https://[::1/", "https://hooks.example.org?x@127.0.0.1\t",
    ],
)  # fmt: skip
def test_attack_addresses_that_are_refused_at_once(url: str) -> None:
    with pytest.raises(FormatError, match=r"webhook\.url"):
        require(replace(GOOD, url=url), ("sink.internal",))


def test_addresses_and_named_hosts() -> None:
    found = target(GOOD.url, ())
    assert (found.host, found.port, found.path, found.tls, found.open) == (
        "hooks.example.org",
        443,
        "/tally?x=1",
        True,
        False,
    )
    assert target("https://8.8.8.8:8443", ()).path == "/"
    for named in ("sink.internal", "sink.internal:8080"):
        inner = target("http://sink.internal:8080/x", (named,))
        assert (inner.port, inner.tls, inner.open) == (8080, False, True)
    with pytest.raises(FormatError, match=r"webhook\.url"):
        target("http://sink.internal:9090/x", ("sink.internal:8080",))


def test_mail_goes_to_mailboxes_of_named_domains_alone() -> None:
    named = ("@hospital.example", "sink.internal")
    for address in ("office@hospital.example", "a.b+tally@hospital.example", "x_1-2@hospital.example"):
        url = f"mailto:{address}"
        assert mailbox(url, named) == address
        require(replace(GOOD, url=url), named)
        for others in ((), ("hospital.example",), ("@example",), ("@other.example",)):
            with pytest.raises(FormatError, match=r"webhook\.url"):
                require(replace(GOOD, url=url), others)


@pytest.mark.parametrize(
    "url",
    [
        "mailto:", "mailto:office", "mailto:@hospital.example", "mailto:office@", "mailto:a@b@hospital.example", "MAILTO:a@hospital.example",
        "mailto:a@hospital.example\r\nBcc: x@other.example", "mailto:a@hospital.example\n", "mailto:a@hospital.example,b@other.example",
        "mailto:a@hospital.example?bcc=b@other.example", "mailto:a%0d%0abcc:b@hospital.example", "mailto:<a@hospital.example>",
        'mailto:"a\r\nb"@hospital.example', "mailto:a b@hospital.example", "mailto:a..b@hospital.example", "mailto:.a@hospital.example",
        "mailto:A@hospital.example", "mailto:a@Hospital.example", "mailto:a@hospital.example.", "mailto:\u00e4@hospital.example", "mailto:a@hospital.example\x00",
        "mailto:a@[127.0.0.1]", "mailto:" + "a" * 250 + "@hospital.example", "mailto:-oProxy@hospital.example", "mailto:a\u2028@hospital.example",
    ],
)  # fmt: skip
def test_attack_a_mailbox_that_is_more_than_one(url: str) -> None:
    """Header fields, further mailboxes, quoting, other spellings: none of it is an address that mail is sent to."""
    with pytest.raises(FormatError, match=r"webhook\.url"):
        require(
            replace(GOOD, url=url), ("@hospital.example", "@", "@hospital.example.", "@[127.0.0.1]", "@other.example")
        )


def test_kinds_labels_and_what_is_replayed() -> None:
    require(GOOD, ())
    for kinds in ((), ("task.failed", "task.completed"), ("task.completed", "task.completed")):
        with pytest.raises(FormatError, match=r"webhook\.kinds"):
            require(replace(GOOD, kinds=kinds), ())
    with pytest.raises(FormatError, match=r"webhook\.kinds"):
        HookRequest.parse({**GOOD.to_json(), "kinds": ["task.everything"]})
    with pytest.raises(FormatError, match=r"webhook\.label"):
        require(replace(GOOD, label=""), ())
    for both in (ReplayRequest(None, None), ReplayRequest(b"\x01" * 32, b"\x01" * 32)):
        with pytest.raises(FormatError, match=r"webhook\.replay"):
            require_one(both)
    assert require_one(ReplayRequest(b"\x01" * 32, None)) == (b"\x01" * 32, False)
    assert require_one(ReplayRequest(None, b"\x02" * 32)) == (b"\x02" * 32, True)
    assert sum(webhooks.WAITS) > webhooks.LONGEST_FAILING, "a dead address is off when its first message is given up"
