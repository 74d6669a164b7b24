"""What the law asks of a task, and what an owner declared of a data set: the one gate, over what a reader may read."""

from collections.abc import Mapping, Sequence
from typing import Final

from audit_explorer import graph
from audit_explorer.records import Reader, Records
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Site, Table
from audit_explorer.words import Language
from protocol import ids
from protocol.catalogue import DataSetDescriptor, declaration_of
from protocol.consent_table import Line
from protocol.contract import TaskContract
from protocol.law import codes, gate
from protocol.law.declared import NOT_DECLARED, Declaration
from protocol.law.gate import Known
from protocol.law.shown import declaration_lines
from protocol.programs import Words
from protocol.vocabulary import say

_TITLE: Final = Words("What the law asks", "法律要求")
_INTRO: Final = Words(
    "Found by the rules that preflight and the owners' nodes ask, as of the task's start or, before it, of now; over the data sets whose "
    "descriptions you may read. The policy that was applied has the digest {digest}.",
    "依据预检与各数据方节点所用的同一规则得出，以任务启动之时为准，未启动的以当前为准；范围为您可读其描述的数据集。所用策略的摘要为 {digest}。",
)
_NOTHING: Final = Words(
    "Nothing is lacking, as far as it was declared and you may read it.", "就已声明且您可读的范围而言，不缺少任何内容。"
)
_RULE: Final = Words("Rule", "规则")
_CLASS: Final = Words("Class", "类别")
_FOUND: Final = Words("What is found", "结果")
_DO: Final = Words("What to do", "处理办法")
_LACKS: Final = Words("lacking", "缺少")
_STANDINGS: Final = Words("What each party is to the data", "各方对数据的地位")
_STANDINGS_INTRO: Final = Words(
    "By what it decides and reads: who asks, reads results or may use what stays decides; who computes or relays is a trustee (PIPL art. 20, 21).",
    "依其决定与读取的内容得出：发起任务、读取结果或可使用保留内容者为决定者；计算或中转者为受托人（《个人信息保护法》第二十条、第二十一条）。",
)
_PARTY: Final = Words("Party", "参与方")
_TO: Final = Words("to {owner}'s data", "对 {owner} 的数据")
_DECLARED: Final = Words("What owners declare of their data", "各数据方对其数据所作的声明")
_DECLARED_INTRO: Final = Words(
    "From the descriptions whose hashes are on chain, as the coordinator gives them to you. The owners' word: whether it is true is not known here.",
    "取自其哈希在链上的描述，由协调方向您提供。均为各数据方的陈述，本处无从得知是否属实。",
)
_UNREAD_LINE: Final = Line(
    Words("Description", "描述"), Words("you may not read it, or there is none here", "您不能读取，或此处没有")
)
_DATA_SET: Final = Words("Data set", "数据集")
_WHAT: Final = Words("What", "项目")
_SAID: Final = Words("Declared", "声明")


def declared(
    records: Records, reader: Reader, contract: TaskContract, descriptions: Sequence[DataSetDescriptor]
) -> dict[str, Declaration | None]:
    """What owners declare of a task's data sets, None for nothing: of each description that the chain holds the hash of for the task's version."""
    wanted = {item.data_set: item.version for item in contract.inputs}
    found = dict[str, Declaration | None]()
    for it in descriptions:
        rows = records.rows(reader, "data_set", id=ids.on_chain(it.data_set)) if it.data_set in wanted else []
        hashes = [bytes(row["schema_hash"]) for row in rows if int(row["version"]) == wanted[it.data_set]]
        if it.digest() in hashes:
            found[it.data_set] = declaration_of(it)
    return found


def task_table(
    site: Site,
    reader: Reader,
    contract: TaskContract,
    declared: Mapping[str, Declaration | None],
    started: int | None,
    language: Language,
) -> Table:
    """What the gate finds of a task; what nobody declared is said to be so."""
    rows = site.records.rows(reader, "party_wallets", names=list(gate.parties(contract)))
    wallets = {str(row["name"]): "0x" + bytes(row["wallet"]).hex() for row in rows if row["wallet"] is not None}
    known = Known(declared, wallets, site.now() if started is None else started)
    lines = tuple(
        (
            Cell(say(item.said(), language)),
            Cell(say(item.rule.fix, language)),
            Cell(say(_LACKS if item.rule.declared else NOT_DECLARED, language)),
            Cell(item.code),
        )
        for item in gate.examine(contract, known, site.legal)
    )
    intro = say(_INTRO, language).format(digest=frame.digest(site.legal.digest()).text)
    heads = frame.heads(language, _FOUND, _DO, _CLASS, _RULE)
    return Table("law", say(_TITLE, language), intro, heads, lines, say(_NOTHING, language))


def declared_table(contract: TaskContract, declared: Mapping[str, Declaration | None], language: Language) -> Table:
    """All that owners declare of a task's data sets, that they declare nothing, or that the reader may not read it."""
    rows = list[tuple[Cell, ...]]()
    for item in contract.inputs:
        name = Cell(graph.shortened(item.data_set), f"data-sets/0x{ids.on_chain(item.data_set).hex()}", item.data_set)
        about = ""
        for line in declaration_lines(declared[item.data_set]) if item.data_set in declared else (_UNREAD_LINE,):
            about = (
                say(line.about, language) or about
            )  # a row without a head says nothing to who does not see the table
            rows.append((name, Cell(about), Cell(say(line.said, language))))
    heads = frame.heads(language, _DATA_SET, _WHAT, _SAID)
    return Table("declared", say(_DECLARED, language), say(_DECLARED_INTRO, language), heads, tuple(rows), "")


def standings_table(contract: TaskContract, language: Language) -> Table:
    """What each party is to each owner's data: it follows from the contract, and nobody chooses it."""
    owners = contract.owners
    of = {owner: gate.standings(contract, owner) for owner in owners}
    rows = tuple(
        (
            frame.party(ids.on_chain(party), party),
            *(Cell(say(codes.words_of(codes.STANDINGS, of[owner][party]), language)) for owner in owners),
        )
        for party in gate.parties(contract)
    )
    heads = (say(_PARTY, language), *(say(_TO, language).format(owner=owner) for owner in owners))
    return Table("standings", say(_STANDINGS, language), say(_STANDINGS_INTRO, language), heads, rows, "")
