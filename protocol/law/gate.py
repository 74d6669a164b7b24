"""What the law asks of one task, judged: pure, from the contract and what owners declared to findings.

The coordinator's preflight, every owner's node and the explorer ask this one function. A node judges its own data sets alone, and so each is
judged by its owner. A finding refuses, but for those about what nobody declared at all: there the consortium's policy says whether they do.
Whoever declares a data set is held to all of it: purpose, basis, scope and the rest are then required.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocol.contract import ZERO32, Input, TaskContract
from protocol.errors import FormatError
from protocol.law import codes
from protocol.law.codes import Article, Code
from protocol.law.declared import ConsentScope, Declaration
from protocol.law.policy import Policy
from protocol.law.rules import RULES, Rule
from protocol.law.wording import StatedBasis, begins_with_words_of, last_second, purpose_code, stated_basis
from protocol.programs import Words

_FEW: Final = 10
_MOST: Final = 2000
"""Fewer findings than an answer can hold (:class:`protocol.api.Preflight`), for preflight finds other things besides."""
_RANK: Final = {"neither": 0, "trustee": 1, "processor": 2, "joint-processor": 2}
"""What a standing lets a party do: who may decide may compute, too."""


@dataclass(frozen=True, slots=True)
class LegalFinding:
    """One thing that the law asks and the task lacks; ``where`` points into the contract; ``articles`` where they are fewer than the rule's."""

    code: str
    where: str
    what: Words
    articles: tuple[Article, ...] = ()

    @property
    def rule(self) -> Rule:
        """Its rule: articles, and what to do."""
        return RULES[self.code]

    def refuses(self, policy: Policy) -> bool:
        """Whether the task may not start with it."""
        return self.rule.declared or policy.undeclared == "refuse"

    def said(self) -> Words:
        """What is found, with its articles."""
        cited = codes.cited(self.articles or self.rule.articles)
        return Words(f"{self.what.english} [{cited.english}]", f"{self.what.chinese}〔{cited.chinese}〕")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the contract: ``declared`` by data set (None where its owner declared nothing; a data set that is not there is
    judged by others), each party's present wallet (lower-case hex), and unix time.
    """

    declared: Mapping[str, Declaration | None]
    wallets: Mapping[str, str]
    now: int


def standings(contract: TaskContract, owner: str) -> dict[str, str]:
    """What each party is to the data of ``owner``, by what it decides and reads; everybody who has a part."""
    deciders = {contract.proposer, *contract.result_users, *(user for keep in contract.keeps for user in keep.users)}
    alone = deciders <= {owner}
    found = dict.fromkeys((*contract.participants, contract.scheduler, *deciders, owner), "neither")
    found |= dict.fromkeys((*contract.committee, contract.scheduler), codes.TRUSTEE)
    found |= dict.fromkeys((*deciders, owner), "processor" if alone else "joint-processor")
    return dict(sorted(found.items()))


def parties(contract: TaskContract) -> tuple[str, ...]:
    """Whose present wallets the gate asks for: everybody who may get something of somebody's data."""
    return tuple(standings(contract, contract.proposer))


def examine(contract: TaskContract, known: Known, policy: Policy) -> tuple[LegalFinding, ...]:
    """Everything that is lacking, in the order of the rules of the whole task and then data set by data set; of one kind at most a few for a data
    set, with how many more there are, and so no more than an answer can hold.
    """
    found = (*_task(contract, known, policy), *_borders(contract, known), *_each(contract, known))
    return found[:_MOST]


def _task(contract: TaskContract, known: Known, policy: Policy) -> Iterator[LegalFinding]:
    declared = _declared(contract, known)
    personal = any(_personal(item, declaration) for item, declaration in declared)
    yield from _purpose(contract, required=bool(declared))
    yield from _basis(contract, known, required=personal, personal=personal)
    if declared:
        yield from _demanded(contract, declared, policy)
    if reasons := _assessed(contract, declared):
        said = (
            "; ".join(words.english for words in reasons),
            "；".join(words.chinese for words in reasons),
        )
        yield LegalFinding(
            "law.assessment",
            "impact_assessment",
            Words(f"No impact assessment is named: {said[0]}.", f"未写明个人信息保护影响评估：{said[1]}。"),
        )


def _purpose(contract: TaskContract, *, required: bool) -> Iterator[LegalFinding]:
    try:
        code = purpose_code(contract.purpose)
    except FormatError as error:
        yield _unreadable(error, "purpose")
        return
    if not code:
        said = Words("The purpose names no code.", "处理目的未写明代码。")
        yield LegalFinding("law.purpose_missing" if required else "law.purpose_undeclared", "purpose", said)
    elif code not in codes.PURPOSE:
        yield LegalFinding(
            "law.purpose_unknown", "purpose", Words(f"There is no purpose {code!r}.", f"没有处理目的 {code!r}。")
        )
    elif (begun := begins_with_words_of(contract.purpose)) != code:
        wanted = codes.PURPOSE[code].words
        other = codes.words_of(codes.PURPOSES, begun)
        english = f"the words are those of {begun} (“{other.english}”)" if begun else "they begin otherwise"
        chinese = f"其文字属于 {begun}（“{other.chinese}”）" if begun else "其文字并非如此开头"
        yield LegalFinding(
            "law.purpose_words",
            "purpose",
            Words(
                f"The purpose has the code {code} (“{wanted.english}”), and {english}.",
                f"处理目的的代码为 {code}（“{wanted.chinese}”），而{chinese}。",
            ),
        )


def _basis(contract: TaskContract, known: Known, *, required: bool, personal: bool) -> Iterator[LegalFinding]:
    try:
        stated = stated_basis(contract.legal_basis)
    except FormatError as error:
        yield _unreadable(error, "legal_basis")
        return
    if stated is None:
        said = Words("The task's legal basis names no code.", "任务的合法性基础未写明代码。")
        yield LegalFinding("law.basis_missing" if required else "law.basis_undeclared", "legal_basis", said)
        return
    if stated.code not in codes.BASIS:
        said = Words(f"There is no legal basis {stated.code!r}.", f"没有合法性基础 {stated.code!r}。")
        yield LegalFinding("law.basis_unknown", "legal_basis", said)
        return
    yield from _stated(stated, contract, known, personal=personal)


def _stated(stated: StatedBasis, contract: TaskContract, known: Known, *, personal: bool) -> Iterator[LegalFinding]:
    last = last_second(stated.until)
    if last is None or last < max(known.now, contract.deadline):
        yield LegalFinding(
            "law.basis_expired",
            "legal_basis",
            Words(
                f"The task's basis ends on {stated.until}, before the task's deadline.",
                f"任务的合法性基础于 {stated.until} 到期，早于任务截止时间。",
            ),
        )
    purpose = _purpose_or_none(contract)
    if not _carries(stated.code, purpose):
        name, words = codes.BASIS[stated.code].words, codes.words_of(codes.PURPOSES, purpose)
        yield LegalFinding(
            "law.basis_purpose",
            "legal_basis",
            Words(
                f"“{name.english}” cannot carry the purpose “{words.english}”.",
                f"“{name.chinese}”不能支持处理目的“{words.chinese}”。",
            ),
        )
    if stated.code == codes.NOT_PERSONAL and personal:
        yield LegalFinding(
            "law.basis_not_personal",
            "legal_basis",
            Words(
                "The task says that nothing is personal; its owners declare that something is.",
                "任务声明不含个人信息，而数据方声明含有。",
            ),
        )


def _demanded(
    contract: TaskContract, declared: list[tuple[Input, Declaration]], policy: Policy
) -> Iterator[LegalFinding]:
    """Joined data have the highest level, and all kinds, of what is joined."""
    used = [(declaration.level(_used(item)), declaration.kinds(_used(item))) for item, declaration in declared]
    level, kinds = max(each for each, _ in used), frozenset[str]().union(*(each for _, each in used))
    demand = policy.demand(level, kinds)
    english, chinese = (f"level {level} ({_listed(codes.KINDS, kinds).english})", f"级别 {level}（{_listed(codes.KINDS, kinds).chinese}）")  # fmt: skip
    if contract.protection_level < demand.protection:
        yield LegalFinding(
            "law.protection",
            "protection_level",
            Words(
                f"Data of {english} ask for protection level {demand.protection}; the contract has {contract.protection_level}.",
                f"{chinese}的数据要求保护等级 {demand.protection}；合约为 {contract.protection_level}。",
            ),
        )
    if contract.minimum_group < demand.group:
        yield LegalFinding(
            "law.group",
            "minimum_group",
            Words(
                f"Data of {english} ask for groups of at least {demand.group}; the contract has {contract.minimum_group}.",
                f"{chinese}的数据要求最小分组 {demand.group}；合约为 {contract.minimum_group}。",
            ),
        )
    if demand.review and not contract.reviewer:
        said = Words(f"Data of {english} ask for a review before release.", f"{chinese}的数据要求释放前复核。")
        yield LegalFinding("law.review", "reviewer", said)


def _assessed(contract: TaskContract, declared: list[tuple[Input, Declaration]]) -> list[Words]:
    """Why an impact assessment is due (PIPL 55), where none is named."""
    if contract.impact_assessment != ZERO32:
        return []
    found: list[Words] = []
    kinds = frozenset[str]().union(*(declaration.kinds(_used(item)) for item, declaration in declared))
    sensitive = kinds & frozenset(codes.SENSITIVE)
    if sensitive:
        listed = _listed(codes.KINDS, sensitive)
        found.append(Words(f"the data are sensitive ({listed.english})", f"数据属敏感个人信息（{listed.chinese}）"))
    personal = [item for item, declaration in declared if _personal(item, declaration)]
    if personal and contract.automated_decision:
        found.append(Words("the result serves automated decisions", "结果用于自动化决策"))
    if others := sorted({name for item in personal for name in _receiving(contract, item.owner)}):
        found.append(
            Words(
                f"personal information is entrusted or provided to {_few(others).english}",
                f"个人信息委托处理或提供给{_few(others).chinese}",
            )
        )
    return found


def _borders(contract: TaskContract, known: Known) -> Iterator[LegalFinding]:
    """That owners agree on where parties are: what an owner says of itself counts like what others say of it."""
    said: dict[str, dict[str, str]] = {}
    for item, declaration in _declared(contract, known):
        said.setdefault(item.owner, {})[item.owner] = declaration.jurisdiction
        for recipient in () if declaration.scope is None else declaration.scope.recipients:
            said.setdefault(recipient.party, {})[item.owner] = recipient.jurisdiction
    for party, places in sorted(said.items()):
        if len(set(places.values())) > 1 and party in contract.participants:
            listed = _few([f"{owner}: {place}" for owner, place in sorted(places.items())])
            yield LegalFinding(
                "law.border_contradicts",
                "inputs",
                Words(f"Owners say different things of where {party} is ({listed.english}).", f"各数据方对 {party} 所在地的声明不一致（{listed.chinese}）。"),
            )  # fmt: skip


def _each(contract: TaskContract, known: Known) -> Iterator[LegalFinding]:
    for at, item in enumerate(contract.inputs):
        if item.data_set not in known.declared:
            continue
        declaration = known.declared[item.data_set]
        if declaration is None:
            yield LegalFinding(
                "law.data_undeclared",
                f"inputs[{at}]",
                Words(
                    f"{item.owner} declared nothing of {item.data_set}: neither source nor basis, consent, sensitivity or place.",
                    f"{item.owner} 未对 {item.data_set} 作任何声明：来源、依据、同意范围、敏感程度与所在地均无。",
                ),
            )
        else:
            yield from _shortened(_DataSet(contract, known, f"inputs[{at}]", item, declaration).findings())


@dataclass(frozen=True, slots=True)
class _DataSet:
    """One declared data set of the task."""

    contract: TaskContract
    known: Known
    where: str
    item: Input
    declaration: Declaration

    def findings(self) -> Iterator[LegalFinding]:
        """All about this data set."""
        purpose = _purpose_or_none(self.contract)
        moments = (self.known.now, max(self.known.now, self.contract.deadline))
        holding = {basis.code for basis in self.declaration.bases if all(basis.holds(moment) for moment in moments)}
        carrying = {code for code in holding if _carries(code, purpose)}
        if _personal(self.item, self.declaration):
            carrying -= {codes.NOT_PERSONAL}
        if not carrying:
            yield self._found("law.data_basis", *self._no_basis(holding))
        # where consent is all that carries the task, or the owner says what was agreed to, the scope is what counts
        if self.declaration.scope is not None:
            yield from self._scope(self.declaration.scope, purpose)
        if _personal(self.item, self.declaration) and carrying == {codes.CONSENT}:
            yield from self._separate(purpose)
        elif self._needs_public_place(purpose) and not self._given("public-place"):
            yield self._lacks("public-place")
        yield from self._border()

    def _no_basis(self, holding: set[str]) -> tuple[str, str]:
        name = self.item.data_set
        if not holding:
            listed = ", ".join(f"{it.code} {it.since}…{it.until}" for it in self.declaration.bases)
            return (
                f"No basis of {name} holds now and until the deadline ({listed}).",
                f"{name} 没有在当前及截止时间均有效的依据（{listed}）。",
            )
        listed = _listed(codes.BASES, holding)
        return (
            f"What {name} is held on ({listed.english}) cannot carry the task's purpose.",
            f"{name} 所依据的基础（{listed.chinese}）不能支持任务的处理目的。",
        )

    def _scope(self, scope: ConsentScope, purpose: str) -> Iterator[LegalFinding]:
        yield from self._parties(scope)
        if purpose not in scope.purposes:
            words = codes.words_of(codes.PURPOSES, purpose) if purpose else Words("none named", "未写明")
            yield self._found(
                "law.scope_purpose",
                f"Individuals in {self.item.data_set} did not agree to the purpose ({words.english}).",
                f"{self.item.data_set} 中的个人未同意该处理目的（{words.chinese}）。",
            )
        for step in self.contract.steps:
            operation = codes.operation_of(step.program)
            if operation not in scope.operations:
                words = (
                    codes.words_of(codes.OPERATIONS, operation) if operation else Words("of no known kind", "种类未知")
                )
                yield self._found(
                    "law.scope_operation",
                    f"Individuals in {self.item.data_set} did not agree to step {step.id} ({step.program}: {words.english}).",
                    f"{self.item.data_set} 中的个人未同意步骤 {step.id}（{step.program}：{words.chinese}）。",
                )
        missing = (self.declaration.kinds(_used(self.item)) & frozenset(codes.SENSITIVE)) - frozenset(scope.kinds)
        for kind in sorted(missing):
            words = codes.words_of(codes.KINDS, kind)
            yield self._found(
                "law.scope_kind",
                f"Individuals in {self.item.data_set} did not agree to the use of {words.english}.",
                f"{self.item.data_set} 中的个人未同意使用{words.chinese}。",
            )

    def _parties(self, scope: ConsentScope) -> Iterator[LegalFinding]:
        for party, standing in _receiving(self.contract, self.item.owner).items():
            listed, words = scope.recipient(party), codes.words_of(codes.STANDINGS, standing)
            if listed is None:
                if standing not in scope.others:
                    yield self._not_listed(scope, party, words)
                continue
            wallet = self.known.wallets.get(party, "")
            if listed.wallet and listed.wallet != wallet:
                yield self._found(
                    "law.scope_key",
                    f"{party} was named by the wallet {listed.wallet}; the registry has {wallet or 'none'}.",
                    f"{party} 以钱包 {listed.wallet} 指明；登记处为 {wallet or '无'}。",
                )
            if _RANK[standing] > _RANK[listed.standing]:
                code = "law.trustee" if listed.standing == codes.TRUSTEE else "law.scope_standing"
                agreed = codes.words_of(codes.STANDINGS, listed.standing)
                yield self._found(
                    code,
                    f"{party} is {agreed.english} in what individuals in {self.item.data_set} agreed to; here it is {words.english},"
                    " for it asks for the task or reads results.",
                    f"{self.item.data_set} 中的个人所同意的 {party} 地位为{agreed.chinese}；在此任务中为{words.chinese}，因其发起任务或读取结果。",
                )

    def _not_listed(self, scope: ConsentScope, party: str, words: Words) -> LegalFinding:
        """A party under another name than it was listed by is another party; the wallet tells people what happened."""
        wallet = self.known.wallets.get(party, "")
        older = next((it.party for it in scope.recipients if wallet and it.wallet == wallet), "")
        english = f"; the wallet is listed under the name {older}" if older else ""
        chinese = f"；该钱包以名称 {older} 列入" if older else ""
        return self._found(
            "law.scope_party",
            f"Individuals in {self.item.data_set} did not agree that {party} is {words.english}{english}.",
            f"{self.item.data_set} 中的个人未同意 {party} 作为{words.chinese}{chinese}。",
        )

    def _separate(self, purpose: str) -> Iterator[LegalFinding]:
        kinds, parties = self.declaration.kinds(_used(self.item)), _receiving(self.contract, self.item.owner)
        needed = {
            "sensitive": bool(kinds & frozenset(codes.SENSITIVE)),
            "guardian": "minors" in kinds,
            "provision": any(standing != codes.TRUSTEE for standing in parties.values()),
            "public-place": self._needs_public_place(purpose),
            "cross-border": bool(self._abroad()),
        }
        for code in sorted(needed):
            if needed[code] and not self._given(code):
                yield self._lacks(code)

    def _needs_public_place(self, purpose: str) -> bool:
        return self.declaration.source.kind == codes.PUBLIC_PLACE and purpose != codes.PUBLIC_SECURITY

    def _given(self, code: str) -> bool:
        return self.declaration.scope is not None and code in self.declaration.scope.separate

    def _lacks(self, code: str) -> LegalFinding:
        words = codes.words_of(codes.SEPARATE, code)
        found = self._found(
            "law.separate",
            f"A separate consent is missing for {self.item.data_set}: {words.english}.",
            f"{self.item.data_set} 缺少单独同意：{words.chinese}。",
        )
        return replace(found, articles=next(item.articles for item in codes.SEPARATE if item.code == code))

    def _abroad(self) -> dict[str, str]:
        """Who of those that receive something is declared to be outside the borders, and where."""
        scope = self.declaration.scope
        if scope is None or self.declaration.jurisdiction != codes.HOME:
            return {}
        parties = _receiving(self.contract, self.item.owner)
        return {
            item.party: item.jurisdiction
            for item in scope.recipients
            if item.party in parties and item.jurisdiction != codes.HOME
        }

    def _border(self) -> Iterator[LegalFinding]:
        kinds = self.declaration.kinds(_used(self.item))
        important = "important" in kinds
        if self.declaration.jurisdiction != codes.HOME or not (important or kinds & codes.PERSONAL):
            return
        for party, place in self._abroad().items():
            words = codes.words_of(codes.JURISDICTIONS, place)
            if not self._approved(place, important=important):
                yield self._found(
                    "law.border",
                    f"{self.item.data_set} would go to {party} in {words.english} without an approval that holds.",
                    f"{self.item.data_set} 将出境至{words.chinese}的 {party}，而无有效的出境依据。",
                )
        scope = self.declaration.scope
        listed = set[str]() if scope is None else {item.party for item in scope.recipients}
        if unknown := [name for name in _receiving(self.contract, self.item.owner) if name not in listed]:
            yield self._found(
                "law.border_undeclared",
                f"For {self.item.data_set} it was not declared where these are: {_few(unknown).english}.",
                f"未就 {self.item.data_set} 声明 {_few(unknown).chinese} 的所在地。",
            )

    def _approved(self, place: str, *, important: bool) -> bool:
        """Important data go only where the state's assessment was passed (DSL 31)."""
        moment = max(self.known.now, self.contract.deadline)
        return any(
            item.to == place
            and (last_second(item.until) or 0) >= moment
            and (not important or item.kind == "security-assessment")
            for item in self.declaration.approvals
        )

    def _found(self, code: str, english: str, chinese: str) -> LegalFinding:
        return LegalFinding(code, self.where, Words(english, chinese))


def _shortened(findings: Iterator[LegalFinding]) -> Iterator[LegalFinding]:
    """The first few of each rule; the last that is shown says how many more there are."""
    by_rule: dict[str, list[LegalFinding]] = {}
    for item in findings:
        by_rule.setdefault(item.code, []).append(item)
    for found in by_rule.values():
        more = len(found) - _FEW
        yield from found[: _FEW - 1] if more > 0 else found
        if more > 0:
            last = found[_FEW - 1]
            yield replace(
                last, what=Words(f"{last.what.english} And {more} more.", f"{last.what.chinese}另有 {more} 项。")
            )


def _declared(contract: TaskContract, known: Known) -> list[tuple[Input, Declaration]]:
    return [
        (item, declaration)
        for item in contract.inputs
        if (declaration := known.declared.get(item.data_set)) is not None
    ]


def _receiving(contract: TaskContract, owner: str) -> dict[str, str]:
    """Who gets something of the owner's data, and as what."""
    return {
        party: standing
        for party, standing in standings(contract, owner).items()
        if party != owner and standing != "neither"
    }


def _used(item: Input) -> frozenset[str]:
    """The columns that a task touches: those that it reads, and those that choose its rows."""
    return frozenset((*item.columns, *(each.column for each in item.filters)))


def _personal(item: Input, declaration: Declaration) -> bool:
    return bool(declaration.kinds(_used(item)) & codes.PERSONAL)


def _carries(basis: str, purpose: str) -> bool:
    """A purpose that is not named is another rule's finding."""
    allowed = codes.BASIS[basis].purposes
    return not allowed or not purpose or purpose in allowed


def _purpose_or_none(contract: TaskContract) -> str:
    """The purpose's code where the words are its own; "" where it has none that counts."""
    try:
        code = purpose_code(contract.purpose)
    except FormatError:
        return ""
    return code if begins_with_words_of(contract.purpose) == code else ""


def _unreadable(error: FormatError, where: str) -> LegalFinding:
    return LegalFinding("law.wording", where, Words(error.what, f"文中的代码无法读取（{error.details['chinese']}）。"))


def _few(names: list[str]) -> Words:
    """The first few names, and how many more."""
    shown, more = names[:_FEW], len(names) - _FEW
    english, chinese = ", ".join(shown), "、".join(shown)
    return Words(f"{english} and {more} more", f"{chinese}等 {len(names)} 项") if more > 0 else Words(english, chinese)


def _listed(table: tuple[Code, ...], found: frozenset[str] | set[str]) -> Words:
    words = [codes.words_of(table, code) for code in sorted(found)]
    return Words(", ".join(it.english for it in words), "、".join(it.chinese for it in words))
