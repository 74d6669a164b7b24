"""What the law asks, in the explorer: the same gate, as of the task's start, over what the reader may read."""

from dataclasses import dataclass, fields
from typing import Any

from audit_explorer.records import Row
from audit_explorer.rooms import legal
from audit_explorer.rooms.frame import Site, Table
from audit_explorer.words import Language
from protocol import ids
from protocol.catalogue import Column, DataSetDescriptor, DataSetDescriptorV3
from protocol.contract import TaskContract
from protocol.law.declared import Declaration
from protocol.law.policy import DEFAULT
from protocol.programs import Words
from tests.unit.audit_explorer import fakes
from tests.unit.protocol import samples
from tests.unit.protocol.law import declarations
from tests.unit.protocol.law.declarations import NOW, WALLETS
from tests.unit.protocol.samples import DIAGNOSES, MEASUREMENTS

WORDS = Words("D", "病")


def described(data_set: str, owner: str, version: int, law: Declaration) -> DataSetDescriptorV3:
    columns = tuple(Column(it.name, "text", WORDS, nullable=False) for it in law.columns)
    kinds = tuple(sorted(law.kinds() & {"genes", "health", "minors"}))
    return DataSetDescriptorV3(data_set, version, owner, WORDS, columns, 5, law.level(), kinds, law)


TOLD = (
    described(DIAGNOSES, "hospital", 1, declarations.diagnoses()),
    described(MEASUREMENTS, "laboratory", 2, declarations.measurements()),
)
PLAIN = DataSetDescriptor(*(getattr(TOLD[0], field.name) for field in fields(DataSetDescriptor)))


@dataclass
class Registered(fakes.FakeRecords):
    """Registered versions of the sample's data sets, and parties' wallets."""

    held: tuple[DataSetDescriptor, ...] = TOLD

    def rows(self, reader: str, statement: str, **values: Any) -> list[Row]:
        if statement == "data_set":
            return [
                {"version": it.version, "schema_hash": it.digest()}
                for it in self.held
                if ids.on_chain(it.data_set) == values["id"]
            ]
        if statement == "party_wallets":
            return [
                {"name": name, "wallet": bytes.fromhex(WALLETS[name][2:])}
                for name in values["names"]
                if name in WALLETS
            ]
        return super().rows(reader, statement, **values)


def site(*held: DataSetDescriptor, now: int = NOW) -> Site:
    return Site(Registered(held=held or TOLD), lambda: now, None, None, None, "")  # type: ignore[arg-type]


def found(
    made: TaskContract,
    *,
    told: Any = TOLD,
    where: Site | None = None,
    started: int | None = None,
    language: Language = "en",
) -> Table:
    at = where or site()
    return legal.task_table(at, "*", made, legal.declared(at.records, "*", made, told), started, language)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_task_that_lacks_nothing_says_so_with_the_policys_digest() -> None:
    table = found(declarations.contract())
    assert texts(table) == []
    assert table.none == "Nothing is lacking, as far as it was declared and you may read it."
    assert f"0x{DEFAULT.digest().hex()[:8]}…" in table.intro


def test_what_is_lacking_is_said_with_articles_and_what_to_do_in_both_languages() -> None:
    made = declarations.contract(minimum_group=9)
    (english,), (chinese,) = texts(found(made)), texts(found(made, language="zh"))
    assert english[2:] == ["lacking", "law.group"]
    assert "PIPL art. 51" in english[0]
    assert chinese[2] == "缺少"
    assert "《个人信息保护法》" in chinese[0]


def test_it_is_judged_as_of_the_start_and_not_as_of_today() -> None:
    """A basis that ended long after the task is no finding about it."""
    later = site(now=NOW + 3 * 366 * 86_400)
    assert texts(found(declarations.contract(), where=later, started=NOW)) == []
    assert "law.data_basis" in {row[3] for row in texts(found(declarations.contract(), where=later))}


def test_what_is_not_declared_is_said_to_be_so_and_what_may_not_be_read_is_not() -> None:
    undeclared = found(samples.contract(), told=(PLAIN,), where=site(PLAIN))
    assert [(row[3], row[2]) for row in texts(undeclared)] == [
        (f"law.{name}_undeclared", "not declared") for name in ("purpose", "basis", "data")
    ]
    unread = found(samples.contract(), told=())
    assert [row[3] for row in texts(unread)] == ["law.purpose_undeclared", "law.basis_undeclared"]


def test_attack_a_coordinator_that_gives_another_description_than_the_chains() -> None:
    """Another version, another data set, or a softened one: without the hash that is on chain it is not the owner's word."""
    softened = described(DIAGNOSES, "hospital", 1, declarations.diagnoses(purposes=("diagnosis", "marketing")))
    older = described(DIAGNOSES, "hospital", 2, declarations.diagnoses())
    foreign = described("others-" + "c" * 32, "hospital", 1, declarations.diagnoses())
    for lie in (softened, older, foreign):
        at = site(*TOLD, older, foreign)
        assert legal.declared(at.records, "*", declarations.contract(), (lie,)) == {}
    assert set(legal.declared(site().records, "*", declarations.contract(), TOLD)) == {DIAGNOSES, MEASUREMENTS}


def test_every_party_has_a_standing_to_each_owners_data() -> None:
    table = legal.standings_table(declarations.contract(), "en")
    assert table.headers == ("Party", "to hospital's data", "to laboratory's data")
    assert texts(table)[1] == ["hospital", "processor", "joint processor"]
    assert [row[2] for row in texts(table) if row[0] == "regulator"] == ["neither processor nor trustee"]


def test_all_that_is_declared_is_shown_or_that_nothing_is_or_that_it_may_not_be_read() -> None:
    made = declarations.contract()
    whole = texts(legal.declared_table(made, {DIAGNOSES: declarations.diagnoses()}, "en"))
    said = " ".join(row[2] for row in whole)
    assert "from a public place" in said
    assert "Consent of the individuals, PIPL art. 13(1)(1)" in said
    assert all(row[1] for row in whole), "every row says what it is about"
    assert whole[-1][1:] == ["Description", "you may not read it, or there is none here"]
    nothing = texts(legal.declared_table(made, {DIAGNOSES: None}, "zh"))
    assert nothing[0][1:] == ["法律要求的声明", "未声明"]
