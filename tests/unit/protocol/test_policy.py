"""C2SP tlog-policy: what a quorum needs, and that a policy means one thing or is refused."""

import itertools

import pytest

from protocol import checkpoint
from protocol.errors import FormatError
from protocol.policy import MOST_WITNESSES, Policy
from protocol.vkeys import VerifierKey


def vkey(number: int, kind: int = checkpoint.COSIGNATURE) -> str:
    return VerifierKey(f"w{number}.example", kind, bytes([number]) * 32).text()


NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
EXAMPLE = "\n".join(
    [
        "# as in the specification", f"log {vkey(9, checkpoint.ED25519)}", "",
        *(f"\twitness {name}  {vkey(number)}" for number, name in enumerate(NAMES)),
        "group X-witnesses 2 X1 X2 X3", "group Y-witnesses any Y1 Y2 Y3", "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y",
    ]
)  # fmt: skip


def read(text: str) -> Policy:
    return Policy.read(text.encode())


def test_the_specification_s_example_over_every_subset() -> None:
    policy = read(EXAMPLE)
    assert [item.name for item in policy.witnesses] == list(NAMES)
    assert policy.logs[0].name == "w9.example"
    for size in range(7):
        for cosigned in itertools.combinations(NAMES, size):
            wanted = len(set(cosigned) & set(NAMES[:3])) >= 2 and len(set(cosigned) & set(NAMES[3:])) >= 1
            assert policy.satisfied(cosigned) is wanted, cosigned


def test_one_witness_none_and_urls() -> None:
    assert read(f"witness a {vkey(1)} https://w.example/x/\nquorum a\n").witnesses[0].url == "https://w.example/x/"
    one = read(f"witness a {vkey(1)}\nquorum a")
    assert (one.satisfied(["a"]), one.satisfied([]), one.satisfied(["b"])) == (True, False, False)
    assert read("quorum none").satisfied([])


@pytest.mark.parametrize(
    "text",
    [
        "", "witness", f"witness a {vkey(1)}", "quorum a", "quorum", "quorum none\nquorum none", "quorum none none", "nothing x\nquorum none",
        f"witness a {vkey(1)} u v\nquorum a", f"witness none {vkey(1)}\nquorum none", f"witness a {vkey(1)}\nwitness a {vkey(2)}\nquorum a",
        f"witness a {vkey(1)}\nwitness b {vkey(1)}\nquorum a", f"witness a {vkey(1, checkpoint.ED25519)}\nquorum a",
        f"log {vkey(1)}\nquorum none", f"log {vkey(1, checkpoint.ED25519)}\nlog {vkey(1, checkpoint.ED25519)}\nquorum none", f"quorum a\nwitness a {vkey(1)}", f"witness a {vkey(1)}\ngroup g all\nquorum g",
        f"witness a {vkey(1)}\ngroup g 2 a\nquorum g", f"witness a {vkey(1)}\ngroup g 0 a\nquorum g", f"witness a {vkey(1)}\ngroup g 01 a\nquorum g",
        f"witness a {vkey(1)}\ngroup g 2 a a\nquorum g", f"witness a {vkey(1)}\ngroup g all a\ngroup h all a\nquorum h",
        f"witness a {vkey(1)}\ngroup g all g\nquorum g", f"witness a {vkey(1)}\ngroup a all a\nquorum a", "quorum none\r\n", "quorum none\x00",
    ],
)  # fmt: skip
def test_what_a_policy_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"policy\.malformed"):
        read(text)


def test_attack_one_key_under_two_names_counts_once() -> None:
    """Who holds one witness key makes no quorum of two by naming it twice."""
    public = bytes([7]) * 32
    first, second = (VerifierKey(name, checkpoint.COSIGNATURE, public).text() for name in ("a.example", "b.example"))
    with pytest.raises(FormatError, match="twice"):
        read(f"witness a {first}\nwitness b {second}\ngroup g all a b\nquorum g")


def test_more_than_a_checkpoint_carries_or_a_reader_takes() -> None:
    lines = [f"witness w{number} {vkey(number)}" for number in range(MOST_WITNESSES + 1)]
    assert len(read("\n".join([*lines[:-1], "quorum w0"])).witnesses) == MOST_WITNESSES
    with pytest.raises(FormatError, match=r"policy\.malformed"):
        read("\n".join([*lines, "quorum w0"]))
    with pytest.raises(FormatError, match=r"policy\.too_large"):
        Policy.read(b"#" * (1024 * 1024 + 1))
    with pytest.raises(FormatError, match="UTF-8"):
        Policy.read(b"quorum \xff")


def test_a_node_key_may_sign_two_epochs_of_a_log() -> None:
    """After a lost disk: the same key, another log. Each name stands there once."""
    first, second = (VerifierKey(f"log/{epoch}", checkpoint.ED25519, bytes([1]) * 32) for epoch in range(2))
    assert read(f"log {first.text()}\nlog {second.text()}\nquorum none").logs == (first, second)
