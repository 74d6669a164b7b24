"""Who cosigned the parties' logs, how far behind each witness is, and logs that forked, each with both heads.

A witness's word is worth what its independence is: the page says which were asked by this coordinator, not which a reader should trust.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Table
from audit_explorer.words import Language
from protocol.programs import Words
from protocol.vocabulary import say

_WITNESSES: Final = Words("Witnesses, by log", "各日志的见证方")
_WITNESSES_INTRO: Final = Words(
    "Independent processes that remember one head of each log and cosign what extends it (C2SP tlog-witness). Behind: entries of the "
    "log's largest head that the witness has not cosigned.",
    "见证方为独立进程，记住每个日志的一个检查点，仅对其延续签署（C2SP tlog-witness）。落后：日志最大检查点中该见证方尚未签署的条目数。",
)
_NO_WITNESS: Final = Words(
    "No witness is asked, or no log that you may read has a signed head yet. Without witnesses a chain of one operator proves little.",
    "未配置见证方，或您可查看的日志尚无已签署的检查点。无见证方时，单一运营方的链所能证明的有限。",
)
_FORKS: Final = Words("Forks: two histories of one log, both signed", "分叉：同一日志的两份历史，均有签名")
_FORKS_INTRO: Final = Words(
    "Each head is signed by the party's own key; no honest log gives both. Where the second is larger, it was proven to extend another "
    "root of the first one's size.",
    "两个检查点均由该方自己的密钥签署，诚实的日志不会同时给出二者。若后者规模更大，则已证明其延续的是前者规模处的另一个根。",
)
_NO_FORK: Final = Words("No log that you may read has two histories.", "您可查看的日志均无两份历史。")
_FORKED: Final = Words(
    "{number} contradictions between signed heads of logs.", "已签署的检查点之间存在 {number} 处矛盾。"
)
_ON_CHAIN: Final = Words("anchored on chain", "链上锚定")
_PARTY: Final = Words("Party", "参与方")
_EPOCH: Final = Words("Epoch", "纪元")
_WITNESS: Final = Words("Witness", "见证方")
_SIZE: Final = Words("Size", "规模")
_COSIGNED: Final = Words("Cosigned up to", "已签署至")
_BEHIND: Final = Words("Behind", "落后")
_TIME: Final = Words("Cosigned (UTC, its clock)", "签署时间（UTC，以其时钟为准）")
_WHY: Final = Words("Last answer", "最近答复")
_ROOT: Final = Words("Log root", "日志根")
_OTHER_SIZE: Final = Words("Other size", "另一规模")
_OTHER_ROOT: Final = Words("Other log root", "另一日志根")
_BY: Final = Words("Cosigned by", "签署的见证方")
_OTHER_BY: Final = Words("Other cosigned by", "另一头的见证方")
_FOUND: Final = Words("Found (UTC)", "发现时间（UTC）")
_ANSWERS: Final[Mapping[str, Words]] = {
    "witness.contradiction": Words("it remembers another history", "其所记为另一份历史"),
    "witness.no_way": Words("no proof is here from what it remembers", "此处没有自其所记检查点起的证明"),
    "witness.unknown_log": Words("it does not follow this log", "其未跟踪该日志"),
    "witness.unsigned": Words("it knows another key of this log", "其所知该日志的密钥不同"),
    "witness.slow": Words("no answer in time", "未及时答复"),
    "witness.unreachable": Words("not reachable", "无法连接"),
    "witness.time": Words("its clock or its answer is of another time", "其时钟或答复的时间不符"),
    "signature.invalid": Words("its cosignature does not hold", "其签名不成立"),
    "checkpoint.unsigned": Words("its answer has no cosignature of its key", "其答复中没有其密钥的签名"),
}


@dataclass(frozen=True, slots=True)
class Fork:
    """Two heads of one log; ``other_by`` is who stands behind the second, None for the chain."""

    row: Row
    other_size: int
    other_root: bytes
    other_by: str | None


def forks(records: Records, reader: Reader, anchored: Sequence[Row]) -> list[Fork]:
    """What contradicts itself: signed heads among each other, and with the newest anchors (``anchored``, of ``heads.sql``)."""
    found = [
        Fork(row, int(row["other_size"]), bytes(row["other_root"]), row["other_cosigned_by"] or "")
        for row in records.rows(reader, "log_forks")
    ]
    for row in anchored:
        if row["signed_root"] is not None:
            args = row["args"]
            signed = {"party_id": row["party_id"], "party": row["name"], "epoch": args["epoch"], "log_size": args["size"],
                      "log_root": row["signed_root"], "cosigned_by": None, "found_at": row["block_time"]}  # fmt: skip
            found.append(Fork(signed, int(args["size"]), bytes.fromhex(args["root"][2:]), None))
    return found


def verdict(found: Sequence[Fork], language: Language) -> str:
    """One sentence where logs contradict themselves, else ""."""
    return say(_FORKED, language).format(number=len(found)) if found else ""


def witnessed(rows: Sequence[Row]) -> tuple[int, int]:
    """Of the pairs of log and witness, how many are up to date, and how many there are."""
    return sum(_behind(row) == 0 and row["cosigned_at"] is not None for row in rows), len(rows)


def tables(found: Sequence[Fork], rows: Sequence[Row], now: int, language: Language) -> tuple[Table, Table]:
    """Forks, and what each witness cosigned (``log_witnesses.sql``)."""
    return _forks(found, now, language), _witnesses(rows, now, language)


def _witnesses(rows: Sequence[Row], now: int, language: Language) -> Table:
    heads = frame.heads(language, _PARTY, _EPOCH, _SIZE, _WITNESS, _COSIGNED, _BEHIND, _TIME, _WHY)
    lines = tuple(
        (
            frame.party(row["party_id"], row["party"]),
            frame.number(row["epoch"]),
            frame.number(row["newest"]),
            Cell(row["witness"]),
            frame.number(row["log_size"] if row["cosigned_at"] is not None else None),
            frame.number(_behind(row)),
            frame.when(row["cosigned_at"], now, language),
            Cell(_answer(row["code"], language)),
        )
        for row in rows
    )
    return Table(
        "witnesses",
        say(_WITNESSES, language),
        say(_WITNESSES_INTRO, language),
        heads,
        lines,
        say(_NO_WITNESS, language),
    )


def _forks(found: Sequence[Fork], now: int, language: Language) -> Table:
    heads = frame.heads(language, _PARTY, _EPOCH, _SIZE, _ROOT, _BY, _OTHER_SIZE, _OTHER_ROOT, _OTHER_BY, _FOUND)
    lines = tuple(
        (
            frame.party(item.row["party_id"], item.row["party"]),
            frame.number(item.row["epoch"]),
            frame.number(item.row["log_size"]),
            frame.digest(item.row["log_root"]),
            frame.plain(item.row["cosigned_by"]),
            frame.number(item.other_size),
            frame.digest(item.other_root),
            Cell(say(_ON_CHAIN, language) if item.other_by is None else item.other_by),
            frame.when(item.row["found_at"], now, language),
        )
        for item in found
    )
    return Table("forks", say(_FORKS, language), say(_FORKS_INTRO, language), heads, lines, say(_NO_FORK, language))


def _behind(row: Row) -> int:
    return max(0, int(row["newest"]) - int(row["log_size"]))


def _answer(code: str | None, language: Language) -> str:
    if code is None:
        return ""
    return say(_ANSWERS[code], language) if code in _ANSWERS else code
