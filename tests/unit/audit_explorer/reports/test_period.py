"""The report over a period against counts that were made beside it; the same inputs give the same bytes; forged inputs are found."""

import html.parser
import re
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_explorer.records import EVERYTHING
from audit_explorer.reports import again, inputs, paper
from audit_explorer.reports.again import Wanted
from audit_explorer.reports.inputs import Happened, Inputs
from audit_explorer.reports.period import Report
from chain.events import Logged
from protocol.errors import FormatError, VerificationError
from protocol.vocabulary import TASK_STATES
from tests.unit.audit_explorer.reports import made_up
from tests.unit.audit_explorer.reports.made_up import SINCE, UNTIL, Chain

NAMES = [
    *(("party", name) for name in (*made_up.OWNERS, *made_up.ASKERS, *made_up.COMMITTEE)),
    *(("program", name) for name in made_up.PROGRAMS),
]
DEPLOYMENT: Any = SimpleNamespace(deployment_id="0x" + "22" * 32, chain_id=31337)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return made_up.fifty()


def whole(chain: Chain, **changes: Any) -> Inputs:
    last = chain.happened[-1].block
    given: dict[str, Any] = {
        "deployment": b"\x22" * 32, "chain_id": 31337, "reader": EVERYTHING, "since": SINCE, "until": UNTIL, "block": last,
        "happened": inputs.select(chain.happened, SINCE, UNTIL, last), "names": NAMES, "contracts": chain.contracts,
    }  # fmt: skip
    return inputs.inputs(**{**given, **changes})


def table(made: Inputs, name: str) -> list[list[str]]:
    found = next(item for item in Report(made, "en").tables() if item.id == name)
    return [[cell.full or cell.text if "…" in cell.text else cell.text for cell in row] for row in found.rows]


def test_fifty_tasks_are_counted_as_whoever_made_them_counted(chain: Chain) -> None:
    made, tally = whole(chain), chain.tally
    assert sum(tally.states.values()) == 50
    words = {TASK_STATES[state].word.english: number for state, number in tally.states.items()}
    assert {line[0]: int(line[1]) for line in table(made, "states")} == words
    assert {int(line[0][0]): int(line[1]) for line in table(made, "levels")} == tally.levels
    assert {line[0].strip("“”"): int(line[2]) for line in table(made, "purposes")} == tally.purposes
    assert {line[0]: int(line[1]) for line in table(made, "programs")} == tally.programs
    used = {
        (who, data, owner, purpose.strip("“”")): int(number) for who, data, owner, purpose, number in table(made, "use")
    }
    assert used == {key: number for key, number in tally.uses.items() if number or key in used}
    assert len(used) == len(tally.uses)
    consents = {line[0]: [int(value) for value in line[1:]] for line in table(made, "consents")}
    owners = {*tally.given, *tally.revoked, *tally.used, *tally.returned}
    assert consents == {
        owner: [tally.given[owner], tally.revoked[owner], 0, tally.used[owner], tally.returned[owner]]
        for owner in owners
    }
    assert Counter(line[2] for line in table(made, "refusals")) == tally.authors
    assert len(table(made, "every")) == 50
    ended = sum(tally.states[state] for state in ("disputed", "refused", "aborted", "expired"))
    assert Report(made, "en").lead == (
        f"50 tasks were proposed: {tally.states['completed']} completed, {ended} ended without success, "
        f"{tally.states['proposed'] + tally.states['started']} have not ended."
    )
    for name in ("levels", "purposes"):
        lines = table(made, name)
        assert sum(int(line[-2]) for line in lines) == tally.states["completed"]
        assert sum(int(line[-1]) for line in lines) == ended


def test_a_later_block_tells_more_of_the_same_tasks_and_an_earlier_one_less(chain: Chain) -> None:
    middle = next(item.block for item in chain.happened if item.name == "TaskCompleted" and item.time > SINCE) - 1
    early = whole(chain, block=middle, happened=inputs.select(chain.happened, SINCE, UNTIL, middle))
    assert Report(early, "en").counted.number("completed") == 0
    assert 0 < len(Report(early, "en").counted.lines) < 50


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_inputs_are_the_same_bytes_in_whatever_order_they_came(chain: Chain, language: Any) -> None:
    made = whole(chain)
    other = whole(chain, happened=made.happened[::-1], names=NAMES[::-1], contracts=chain.contracts[::-1])
    assert other.data() == made.data()
    again_read = Inputs.read(made.data())
    assert paper.html(paper.period(again_read, language), language) == paper.html(
        paper.period(made, language), language
    )
    assert again_read == made


def test_purposes_whose_words_nobody_gave_are_the_hashes_on_chain(chain: Chain) -> None:
    made = whole(chain, contracts=[])
    assert all(re.fullmatch("0x[0-9a-f]{64}", line[0]) for line in table(made, "purposes"))
    assert sorted(int(line[2]) for line in table(made, "purposes")) == sorted(chain.tally.purposes.values())
    assert "0 / 50" in [cell.text for fact in Report(made, "en").facts() for cell in fact.cells]


def test_attack_a_contract_that_is_not_on_chain_gives_no_words(chain: Chain) -> None:
    """Its digest decides: who hands in another contract cannot have a purpose printed that nobody signed."""
    forged = [replace(item, legal_basis="other") for item in chain.contracts]
    assert whole(chain, contracts=forged).contracts == ()


class Tags(html.parser.HTMLParser):
    """Every tag and attribute of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_attack_scripts_and_turning_characters_in_what_users_write_stay_text(language: Any) -> None:
    chain = Chain(1)
    chain.time = SINCE
    for _ in range(8):
        chain.task(purpose=made_up.HOSTILE)
    text = paper.html(paper.period(whole(chain), language), language)
    tags = Tags(text)
    assert not {"script", "img", "iframe", "link", "a", "base", "form"} & set(tags.tags)
    assert not {name for name in tags.names if name.startswith("on") or name in ("src", "href", "style")}
    assert "&lt;script&gt;" in text
    assert "\\u202e" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("change", ["altered", "left out", "added", "moved"])
def test_attack_an_export_that_says_otherwise_than_the_chain_is_refused(chain: Chain, change: str) -> None:
    honest = whole(chain)
    logged = [
        Logged(item.event, "Tasks", item.block, bytes(32), bytes(32), 0, item.index, item.time)
        for item in chain.happened
    ]
    wanted, last = Wanted("", "", None), chain.happened[-1].block
    assert again.of_events(DEPLOYMENT, logged, last, wanted, (), honest) == honest
    place = next(number for number, item in enumerate(honest.happened) if item.name == "UseConsumed")
    item = honest.happened[place]
    other = {
        "altered": (replace(item, args={**item.args, "uses": "7"}),),
        "left out": (),
        "added": (item, Happened(item.block, item.index + 50, item.time, item.name, item.args)),
        "moved": (replace(item, time=item.time + 1),),
    }[change]
    forged = replace(honest, happened=(*honest.happened[:place], *other, *honest.happened[place + 1 :]))
    with pytest.raises(VerificationError, match="differ"):
        again.of_events(DEPLOYMENT, logged, last, wanted, (), forged)
    if change == "left out":  # whoever does not read all is shown less, and the report says for whom it was gathered
        partial = replace(forged, reader="hospital")
        assert again.of_events(DEPLOYMENT, logged, last, wanted, (), partial).happened == honest.happened


def test_a_block_that_is_not_final_yet_is_not_reported(chain: Chain) -> None:
    with pytest.raises(FormatError, match="not final"):
        again.of_events(DEPLOYMENT, [], 5, Wanted("2026-01-01", "2026-01-31", 6), (), None)
    with pytest.raises(FormatError):
        again.of_events(DEPLOYMENT, [], 5, Wanted("31.1.2026", "2026-01-31", None), (), None)
    assert chain.happened


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 12))
def test_counts_add_up_whatever_happened(seed: int, tasks: int) -> None:
    chain = Chain(seed)
    chain.time = SINCE
    for _ in range(tasks):
        chain.task()
    if not chain.happened:
        return
    made = whole(chain)
    assert {state: Report(made, "zh").counted.number(state) for state in chain.tally.states} == chain.tally.states
    assert sum(Report(made, "en").counted.uses().values()) == sum(chain.tally.uses.values())
    assert Inputs.read(made.data()) == made


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda made: replace(made, happened=made.happened[::-1]), "report.order"),
        (lambda made: replace(made, happened=(*made.happened, made.happened[-1])), "report.order"),
        (lambda made: replace(made, names=made.names[::-1]), "report.order"),
        (lambda made: replace(made, until=made.since), "report.period"),
        (lambda made: replace(made, block=made.happened[0].block), "report.period"),
    ],
)
def test_inputs_that_are_not_in_their_one_form_are_refused(chain: Chain, wrong: Any, code: str) -> None:
    with pytest.raises(FormatError, match=code):
        Inputs.read(wrong(whole(chain)).data())
