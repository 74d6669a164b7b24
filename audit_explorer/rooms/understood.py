"""What a task was about: in one sentence for everybody, and, for who may read its words, who asked what of whom, for what purpose, how it
flowed and what becomes known; commitments side by side, and who claims that what went wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from audit_explorer import graph, pages
from audit_explorer.records import Commitment, Party, Reader, Records, Task
from audit_explorer.rooms import frame, legal
from audit_explorer.rooms.frame import Cell, Site, Table
from audit_explorer.verification import Claim, Told, Verified
from audit_explorer.words import Language
from protocol import ask, disclosed, event_words, ids, sentences
from protocol.catalogue import DataSetDescriptor
from protocol.contract import ZERO32, Step, TaskContract
from protocol.errors import FormatError
from protocol.programs import ProgramDescriptor, Words
from protocol.reasons import BY_CODE, BY_NUMBER
from protocol.vocabulary import say

_VERDICT: Final = Words(
    "{proposer} asked {committee} to run {programs} over {count} for {users}: {state}.",
    "{proposer} 请 {committee} 以 {programs} 对 {count} 进行计算，结果归 {users}：{state}。",
)
_DATA: Final = Words("data sets: {number}", "{number} 个数据集")
_UNPROPOSED: Final = Words("{proposer} asked for it: {state}.", "由 {proposer} 发起：{state}。")

_ABOUT: Final = Words("Who, why, and what becomes known", "何人、为何、公开什么")
_ABOUT_INTRO: Final = Words(
    "The words of the contract whose digest is on chain, as the coordinator gives them to you: from the evidence bundle once there is one.",
    "合约原文，其摘要在链上；由协调方向您提供，证据包生成后即取自证据包。",
)
_QUESTION: Final = Words("Question", "问题")
_ANSWER: Final = Words("Answer", "回答")
_WHO: Final = Words("Who asks", "发起方")
_FOR: Final = Words("Who reads results", "结果使用方")
_PURPOSE: Final = Words("Purpose", "处理目的")
_BASIS: Final = Words("Legal basis", "合法性基础")
_ASSESSMENT: Final = Words("Impact assessment (hash)", "个人信息保护影响评估（哈希）")
_NO_ASSESSMENT: Final = Words("none named", "未写明")
_COLLUSION: Final = Words("Who would have to collude", "合谋门限")
_COLLUDE: Final = Words("{number} of {committee}, to see the data", "{committee} 中的 {number} 方合谋才能看到数据")
_GROUP: Final = Words("Minimum group", "最小分组")
_AUTOMATED: Final = Words("Used for automated decisions", "用于自动化决策")
_YES: Final = Words("yes", "是")
_NO: Final = Words("no", "否")
_KNOWN: Final = Words("Becomes known on the way", "过程中公开")
_NOTHING_KNOWN: Final = Words("nothing else, as the programs' publishers say", "据程序发布方声明，无其他内容")
_UNDESCRIBED: Final = Words("not known: nobody described {programs}", "未知：无人说明 {programs}")

_INPUTS: Final = Words("What was asked of each data set", "对各数据集的请求")
_DATA_SET: Final = Words("Data set", "数据集")
_OWNER: Final = Words("Data owner", "数据提供方")
_VERSION: Final = Words("Version", "版本")
_COLUMNS: Final = Words("Columns", "列")
_ROWS: Final = Words("Rows", "行")
_ALL_ROWS: Final = Words("all", "全部")

_FLOW: Final = Words("Workflow: who reads what", "流程：各步读取什么")
_FLOW_INTRO: Final = Words(
    "Data above, results below. Between steps values stay shares; only what stands in the last column leaves.",
    "数据在上，结果在下。步骤之间的值均为秘密份额；只有最后一列所列内容离开计算。",
)
_FLOW_LARGE: Final = Words(
    "It is too large for a picture; the table has all of it.", "流程过大，不便绘图；表中列出全部内容。"
)
_FLOW_DRAWN: Final = Words(
    "{steps} steps from {data} data sets to {outputs} outputs; the table has the same.",
    "{steps} 个步骤，{data} 个数据集，{outputs} 项结果；表中内容相同。",
)
_STEP: Final = Words("Step", "步骤")
_PROGRAM: Final = Words("Program", "程序")
_READS: Final = Words("Reads", "读取")
_PARAMETERS: Final = Words("Parameters", "参数")
_LEAVES: Final = Words("Leaves: for whom, about what", "输出：归谁、何种数值")

_COMMITMENTS: Final = Words("Commitments", "承诺值")
_COMMITMENTS_INTRO: Final = Words(
    "What each compute party signed before anything was released, side by side. What must agree is compared; log and output shares are "
    "each party's own.",
    "各计算方在释放任何内容之前签署的承诺，并列比对。须一致者予以比较；日志与输出份额为各方自有。",
)
_NO_COMMITMENTS: Final = Words("No party has committed.", "尚无参与方提交承诺。")
_WHAT: Final = Words("What", "项目")
_ALIKE: Final = Words("Alike", "是否一致")
_SAME: Final = Words("alike", "一致")
_DIFFERENT: Final = Words("DIFFERENT", "不一致")
_AWAITED: Final = Words("others not yet", "其他方尚未提交")
_OWN: Final = Words("each its own", "各方自有")
_RUN: Final = Words("Run id", "运行标识")
_INPUT: Final = Words("Input root", "输入根")
_SHARES: Final = Words("Output shares", "输出份额")
_SIZE: Final = Words("Log size", "日志大小")
_ROOT: Final = Words("Log root", "日志根")
_BLOCK: Final = Words("Block", "区块")
_LINK: Final = Words("Link {left} – {right}", "链路 {left} – {right}")

_CLAIMS: Final = Words("Who says what went wrong", "各方对未成功原因的说法")
_CLAIMS_INTRO: Final = Words(
    "Each line is its author's claim. Who is at fault is not decided here.", "每行均为其作者的说法；此处不判定责任。"
)
_NO_CLAIMS: Final = Words("Nobody claims anything.", "没有任何说法。")
_AUTHOR: Final = Words("Author", "作者")
_SAYS: Final = Words("Says", "说法")
_NAMES: Final = Words("About whom", "所指对象")
_WHERE: Final = Words("Where it says so", "出处")
_CHAIN: Final = Words("the chain", "链")
_COORDINATOR: Final = Words("the coordinator", "协调方")
_OWN_LOG: Final = Words("its own signed log", "其自有的签名日志")
_UNSIGNED: Final = Words("a log whose signatures do not hold", "签名不成立的日志")
_ON_CHAIN: Final = Words("on chain", "链上")
_ITSELF: Final = Words("nobody else", "未指其他方")


def verdict(record: Task, language: Language) -> str:
    """What the task was and what became of it, in one sentence of what everybody may read who reads the task."""
    state = pages.state(record.row.state, language).word
    if record.level is None:
        return say(_UNPROPOSED, language).format(proposer=record.row.proposer, state=state)
    return say(_VERDICT, language).format(
        proposer=record.row.proposer,
        committee=_named(record.committee, language),
        programs=_named(record.programs, language),
        count=say(_DATA, language).format(number=len(record.data_sets)),
        users=_named(record.result_users, language),
        state=state,
    )


def read(
    site: Site,
    reader: Reader,
    record: Task,
    contract: TaskContract | None,
    language: Language,
    descriptions: Sequence[DataSetDescriptor] = (),
) -> tuple[Table, ...]:
    """The tables that need the contract's words: none unless ``contract`` is the one whose digest is on chain. ``descriptions`` are what owners say
    of its data sets.
    """
    if contract is None or record.level is None or contract.digest() != record.contract_digest:
        return ()
    programs = described(site.records, reader, contract)
    declared = legal.declared(site.records, reader, contract, descriptions)
    return (
        about(contract, programs, language),
        inputs(contract, language),
        legal.declared_table(contract, declared, language),
        legal.standings_table(contract, language),
        legal.task_table(site, reader, contract, declared, record.started_at, language),
        workflow(contract, programs, language),
    )


def described(records: Records, reader: Reader, contract: TaskContract) -> Mapping[str, ProgramDescriptor]:
    """What publishers say of a contract's programs, where somebody described the registered code."""
    wanted = [ids.on_chain(name) for name in contract.programs]
    found = dict[str, ProgramDescriptor]()
    for row in records.rows(reader, "descriptors", ids=wanted):
        try:
            found[str(row["program"])] = ProgramDescriptor.read(bytes(row["payload"]))
        except FormatError:
            continue  # of another version: it counts as not described
    return found


def about(contract: TaskContract, programs: Mapping[str, ProgramDescriptor], language: Language) -> Table:
    """Who, for whom, why, on which basis, and what becomes known."""
    assessed = contract.impact_assessment != ZERO32
    committee = sentences.collusion_threshold(len(contract.committee))
    lines: list[tuple[Words, tuple[Cell, ...]]] = [
        (_WHO, (_party(contract.proposer),)),
        (_FOR, tuple(_party(name) for name in contract.result_users)),
        (_PURPOSE, (Cell(contract.purpose),)),
        (_BASIS, (Cell(contract.legal_basis),)),
        (_ASSESSMENT, (frame.digest(contract.impact_assessment) if assessed else Cell(say(_NO_ASSESSMENT, language)),)),
        (
            _COLLUSION,
            (Cell(say(_COLLUDE, language).format(number=committee, committee=", ".join(contract.committee))),),
        ),
        (_GROUP, (Cell(str(contract.minimum_group)),)),
        (_AUTOMATED, (Cell(say(_YES if contract.automated_decision else _NO, language)),)),
        *((_KNOWN, (Cell(sentence),)) for sentence in known(contract, programs, language)),
    ]
    # one value a line, so that a table's cells stay single
    rows = tuple((Cell(say(what, language)), cell) for what, cells in lines for cell in cells)
    return Table(
        "about", say(_ABOUT, language), say(_ABOUT_INTRO, language), frame.heads(language, _QUESTION, _ANSWER), rows, ""
    )


def known(contract: TaskContract, programs: Mapping[str, ProgramDescriptor], language: Language) -> tuple[str, ...]:
    """What becomes known beside the results, and which programs nobody described."""
    found = [say(words, language) for words in disclosed.becoming_known(contract, programs)]
    if missing := [name for name in contract.programs if name not in programs]:
        found.append(say(_UNDESCRIBED, language).format(programs=", ".join(missing)))
    return tuple(found) or (say(_NOTHING_KNOWN, language),)


def inputs(contract: TaskContract, language: Language) -> Table:
    """What was asked of each data set."""
    rows = tuple(
        (
            Cell(graph.shortened(item.data_set), f"data-sets/0x{ids.on_chain(item.data_set).hex()}", item.data_set),
            _party(item.owner),
            frame.number(item.version),
            Cell(", ".join(item.columns)),
            Cell((sentences.english_rows if language == "en" else sentences.chinese_rows)(item).lstrip(",， ") or say(_ALL_ROWS, language)),
        )
        for item in contract.inputs
    )  # fmt: skip
    heads = frame.heads(language, _DATA_SET, _OWNER, _VERSION, _COLUMNS, _ROWS)
    return Table("inputs", say(_INPUTS, language), "", heads, rows, "")


def workflow(contract: TaskContract, programs: Mapping[str, ProgramDescriptor], language: Language) -> Table:
    """The graph, with the table that says the same."""
    title = say(_FLOW, language)
    described_as = say(_FLOW_DRAWN, language).format(
        steps=len(contract.steps), data=len(contract.inputs), outputs=len(contract.outputs)
    )
    drawing = graph.draw(contract, title, described_as)
    supports = ask.supports(contract, programs)
    rows = tuple(
        (
            Cell(step.id),
            frame.program(ids.on_chain(step.program), step.program),
            Cell(sources(step)),
            Cell(sentences.step_said(step).partition(step.program)[2][1:-1]),
            Cell("; ".join(
                f"{output.source} → {', '.join(output.users)}: {say(supports[output.source], language)}"
                for output in contract.outputs if graph.source_of(contract, output.source) == ("step", step.id)
            )),
        )
        for step in contract.steps
    )  # fmt: skip
    intro = say(_FLOW_INTRO if drawing else _FLOW_LARGE, language)
    heads = frame.heads(language, _STEP, _PROGRAM, _READS, _PARAMETERS, _LEAVES)
    return Table("workflow", title, intro, heads, rows, "", drawing=drawing)


def sources(step: Step) -> str:
    """Where a step takes its inputs from, data sets without most of their digits."""
    return "; ".join(f"{port}: {' + '.join(map(graph.shortened, named))}" for port, named in step.inputs)


def commitments(record: Task, language: Language) -> Table:
    """A column for each party, a line for each thing that it signed, and whether what must agree does."""
    found = record.commitments

    def line(what: str, cells: list[Cell], verdict: Words) -> tuple[Cell, ...]:
        return (Cell(what), *cells, Cell(say(verdict, language)))

    rows: list[tuple[Cell, ...]] = []
    if found:
        rows = [
            line(say(_RUN, language), [frame.digest(item.run) for item in found], _compared([item.run for item in found])),
            *_links(record, language),
            line(say(_INPUT, language), [frame.digest(item.input_root) for item in found], _OWN),
            line(say(_SHARES, language), [frame.digest(item.output_shares) for item in found], _OWN),
            line(say(_SIZE, language), [Cell(str(item.log_size)) for item in found], _OWN),
            line(say(_ROOT, language), [frame.digest(item.log_root) for item in found], _OWN),
            line(say(_BLOCK, language), [Cell(str(item.block), f"blocks/{item.block}") for item in found], _OWN),
        ]  # fmt: skip
    return Table(
        "commitments",
        say(_COMMITMENTS, language),
        say(_COMMITMENTS_INTRO, language),
        (say(_WHAT, language), *(pages.party(item.party) for item in found), say(_ALIKE, language)),
        tuple(rows),
        say(_NO_COMMITMENTS, language),
    )


def _links(record: Task, language: Language) -> Iterator[tuple[Cell, ...]]:
    """Both ends' hashes of each link of the committee; ``links`` of a commitment stand in the committee's order without its own party."""
    committee = [item.id for item in record.committee]
    ends = {item.party.id: _peers(item, committee) for item in record.commitments}
    names = {item.id: pages.party(item) for item in record.committee}
    for place, left in enumerate(committee):
        for right in committee[place + 1 :]:
            said = [hash_ for one, other in ((left, right), (right, left)) if (hash_ := ends.get(one, {}).get(other))]
            if said:
                cells = [
                    frame.digest(ends[item.party.id].get(right if item.party.id == left else left))
                    if item.party.id in (left, right)
                    else Cell()
                    for item in record.commitments
                ]
                what = say(_LINK, language).format(left=names[left], right=names[right])
                yield (Cell(what), *cells, Cell(say(_compared(said), language)))


def _peers(item: Commitment, committee: list[bytes]) -> dict[bytes, bytes]:
    others = [party for party in committee if party != item.party.id]
    return dict(zip(others, item.links, strict=True)) if len(others) == len(item.links) else {}


def _compared(values: list[bytes]) -> Words:
    if len(values) < 2:
        return _AWAITED
    return _SAME if len(set(values)) == 1 else _DIFFERENT


def claims(record: Task, verified: Verified | None, language: Language) -> Table | None:
    """Why it ended without success, by whom that is said; None where nobody says anything."""
    rows = [*_on_chain(record, language), *_in_logs(record, verified, language)]
    if not rows:
        return None
    heads = frame.heads(language, _AUTHOR, _SAYS, _NAMES, _WHERE)
    return Table(
        "claims", say(_CLAIMS, language), say(_CLAIMS_INTRO, language), heads, tuple(rows), say(_NO_CLAIMS, language)
    )


def _on_chain(record: Task, language: Language) -> Iterator[tuple[Cell, ...]]:
    if record.reason is None:
        return
    end = next((event for event in record.events if event_words.shown(event.name).bad), None)
    if end is None:
        yield Cell(say(_COORDINATOR, language)), Cell(f"[{record.reason.code}]"), Cell(), Cell()
        return
    where = Cell(f"{say(_ON_CHAIN, language)}, {say(_BLOCK, language)} {end.block}", f"blocks/{end.block}")
    known = BY_NUMBER.get(record.reason.number or 0)
    if end.party is not None:
        said = say(Words(known.english, known.chinese), language) + f" [{known.code}]" if known else ""
        yield frame.party(end.party.id, end.party.name), Cell(said), Cell(), where
        return
    for item in record.reason.parties:
        said = say(record.reason.about, language).replace("{party}", pages.party(item))
        yield Cell(say(_CHAIN, language)), Cell(said), frame.party(item.id, item.name), where


def _in_logs(record: Task, verified: Verified | None, language: Language) -> Iterator[tuple[Cell, ...]]:
    told: Told | None = None if verified is None else verified.told
    if verified is None or told is None or told.contract.digest() != record.contract_digest:
        return
    where = Cell(say(_OWN_LOG if verified.signed else _UNSIGNED, language))
    for claim in told.claims:
        yield (
            _party(claim.author),
            Cell(_said(claim, language)),
            _party(claim.peer) if claim.peer else Cell(say(_ITSELF, language)),
            where,
        )


def _said(claim: Claim, language: Language) -> str:
    known = BY_CODE.get(claim.reason)
    sentence = "" if known is None else say(Words(known.english, known.chinese), language)
    step = f" ({say(_STEP, language)} {claim.step})" if claim.step else ""
    return f"{sentence} [{claim.reason}]{step}"


def _party(name: str) -> Cell:
    return frame.party(ids.on_chain(name), name)


def _named(parties: tuple[Party, ...], language: Language) -> str:
    names = tuple(pages.party(item) for item in parties) or ("–",)
    return sentences.listed(names) if language == "en" else "、".join(names)
