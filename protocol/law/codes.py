"""Words and codes of the law, in one table: legal bases, purposes, kinds of data, standings, operations, levels, jurisdictions and the rest.

Every code has words in both languages and the articles that it comes from, or says why it has none. A lawyer reads and changes it here; the
page made of it is ``docs/law.md`` (``python -m tools.law_docs``). A code that was ever signed or registered stays: what it meant must remain
readable. Another law is a line of :data:`LAWS` and articles that name it.

Sources: 《中华人民共和国个人信息保护法》 (PIPL, in force since 2021-11-01); 《中华人民共和国数据安全法》 (DSL, 2021-09-01);
《中华人民共和国人类遗传资源管理条例》 (2019-07-01, amended 2024-05-01).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.programs import Language, Words

_DIGITS: Final = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Law:
    """A law: how it is cited, and its name."""

    code: str
    cited: Words
    name: Words


@dataclass(frozen=True, slots=True)
class Article:
    """A place in a law: article (条), paragraph (款) and item (项); 0 where it is not told apart."""

    law: str
    article: int
    paragraph: int = 0
    item: int = 0

    def said(self, language: Language) -> str:
        """As it is cited: ``PIPL art. 13(1)(1)``, 《个人信息保护法》第十三条第一款第一项."""
        cited = LAWS[self.law].cited
        if language == "en":
            parts = "".join(f"({part})" for part in (self.paragraph, self.item) if part)
            return f"{cited.english} art. {self.article}{parts}"
        parts = (f"第{_numeral(self.article)}条", f"第{_numeral(self.paragraph)}款", f"第{_numeral(self.item)}项")
        shown = (part for part, number in zip(parts, (self.article, self.paragraph, self.item), strict=True) if number)
        return cited.chinese + "".join(shown)


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a table: its words, what it means, and where it comes from; ``without`` says why it has no article."""

    code: str
    words: Words
    about: Words
    articles: tuple[Article, ...] = ()
    without: Words | None = None


@dataclass(frozen=True, slots=True)
class Basis(Code):
    """A legal basis; ``purposes`` are those it can carry, empty for any."""

    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind(Code):
    """A kind of data; ``personal`` where it is about natural persons, ``sensitive`` as PIPL 28 means it."""

    personal: bool = True
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Operation(Code):
    """What is done with data; ``families`` are the first words of the programs' names that do it."""

    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of codes, as the page for lawyers shows it."""

    name: str
    title: Words
    about: Words
    codes: tuple[Code, ...]


def _pipl(article: int, paragraph: int = 0, item: int = 0) -> Article:
    return Article("pipl", article, paragraph, item)


def _dsl(article: int, paragraph: int = 0) -> Article:
    return Article("dsl", article, paragraph)


LAWS: Final[Mapping[str, Law]] = MappingProxyType({
    law.code: law
    for law in (
        Law("pipl", Words("PIPL", "《个人信息保护法》"), Words("Personal Information Protection Law of the People's Republic of China", "《中华人民共和国个人信息保护法》")),
        Law("dsl", Words("DSL", "《数据安全法》"), Words("Data Security Law of the People's Republic of China", "《中华人民共和国数据安全法》")),
        Law("hgr", Words("HGR Regulations", "《人类遗传资源管理条例》"), Words("Regulations on the Management of Human Genetic Resources", "《中华人民共和国人类遗传资源管理条例》")),
    )
})  # fmt: skip
"""By code. Room for others: nothing but the articles says which law a code is of."""

BASES: Final = (
    Basis("consent", Words("Consent of the individuals", "取得个人同意"),
          Words("Voluntary, explicit and informed; a change of purpose, method or kinds needs it again.", "自愿、明确、充分知情；处理目的、方式或种类变更的，应当重新取得。"),
          (_pipl(13, 1, 1), _pipl(14))),
    Basis("contract", Words("Contract with the individual", "为订立、履行个人作为一方当事人的合同所必需"),
          Words("Necessary to conclude or perform a contract to which the individual is a party.", "订立或履行个人作为一方当事人的合同所必需。"),
          (_pipl(13, 1, 2),)),
    Basis("employment", Words("Human resources under labour rules", "依法实施人力资源管理所必需"),
          Words("Necessary for human resources under lawful labour rules or collective contracts.", "按照依法制定的劳动规章制度和依法签订的集体合同实施人力资源管理所必需。"),
          (_pipl(13, 1, 2),), purposes=("human-resources",)),
    Basis("statutory", Words("Statutory duty or power", "为履行法定职责或者法定义务所必需"),
          Words("Necessary to fulfil a duty or exercise a power that a law gives; the document names it.", "履行法定职责或者法定义务所必需；文件须写明所依据的规定。"),
          (_pipl(13, 1, 3),)),
    Basis("emergency", Words("Public health emergency, or life, health and property in an emergency", "为应对突发公共卫生事件或紧急情况下保护生命健康和财产安全所必需"),
          Words("Necessary while the emergency lasts.", "以紧急情况持续期间所必需为限。"),
          (_pipl(13, 1, 4),), purposes=("diagnosis", "public-health", "public-security")),
    Basis("news", Words("News and supervision by public opinion", "为公共利益实施新闻报道、舆论监督"),
          Words("In the public interest and within a reasonable scope.", "为公共利益，在合理的范围内。"),
          (_pipl(13, 1, 5),), purposes=("news",)),
    Basis("disclosed", Words("Information that is lawfully public", "处理个人自行公开或者其他已经合法公开的个人信息"),
          Words("Within a reasonable scope, unless the individual expressly refuses; with major effect on a person, consent is needed.", "在合理的范围内；个人明确拒绝的除外；对个人权益有重大影响的，应当取得同意。"),
          (_pipl(13, 1, 6), _pipl(27))),
    Basis("other-law", Words("Another circumstance that a law or administrative regulation provides", "法律、行政法规规定的其他情形"),
          Words("The document names the provision.", "文件须写明所依据的规定。"),
          (_pipl(13, 1, 7),)),
    Basis("not-personal", Words("No personal information", "不含个人信息"),
          Words("About no natural person, or anonymised so that nobody can be identified and nothing restored.", "不涉及自然人，或已匿名化，无法识别特定自然人且不能复原。"),
          (_pipl(4, 1), _pipl(73, 0, 4))),
)  # fmt: skip
CONSENT: Final = "consent"
NOT_PERSONAL: Final = "not-personal"

PURPOSES: Final = (
    Code("anti-money-laundering", Words("Fulfil duties against money laundering", "履行反洗钱义务"), Words("Customer due diligence and suspicious transactions, as a law demands.", "依法开展客户尽职调查与可疑交易识别。"), (_pipl(6, 1), _pipl(13, 1, 3))),
    Code("credit-risk", Words("Assess credit risk", "评估信用风险"), Words("Of applicants and borrowers, before and after lending.", "对申请人与借款人在授信前后的信用风险进行评估。"), (_pipl(6, 1),)),
    Code("diagnosis", Words("Diagnose and treat patients", "疾病诊疗"), Words("Models and statistics that serve diagnosis and treatment.", "服务于诊断与治疗的模型和统计。"), (_pipl(6, 1),)),
    Code("fraud", Words("Detect and prevent fraud", "识别与防范欺诈"), Words("Of transactions, claims, applications and accounts.", "针对交易、理赔、申请与账户。"), (_pipl(6, 1),)),
    Code("human-resources", Words("Manage human resources", "人力资源管理"), Words("Of a processor's own staff.", "针对处理者自身的员工。"), (_pipl(6, 1), _pipl(13, 1, 2))),
    Code("insurance", Words("Assess insurance risks and claims", "评估保险风险与理赔"), Words("Underwriting, pricing, reserves and claims.", "承保、定价、准备金与理赔。"), (_pipl(6, 1),)),
    Code("marketing", Words("Recommend and market", "推荐与营销"), Words("By automated decisions it offers a choice that is not based on personal traits, or a way to refuse.", "以自动化决策方式进行的，应同时提供不针对个人特征的选项或便捷的拒绝方式。"), (_pipl(6, 1), _pipl(24, 2))),
    Code("medical-research", Words("Research in medicine", "医学研究"), Words("Studies and trials whose results are about groups.", "结果以群体为对象的研究与试验。"), (_pipl(6, 1),)),
    Code("news", Words("Report news", "新闻报道"), Words("In the public interest and within a reasonable scope.", "为公共利益，在合理的范围内。"), (_pipl(6, 1), _pipl(13, 1, 5))),
    Code("operations", Words("Run and improve services", "运营与改进服务"), Words("Of the party that asks, for those whom it serves.", "由请求方面向其服务对象开展。"), (_pipl(6, 1),)),
    Code("public-health", Words("Protect public health", "维护公共卫生"), Words("Prevention and control of diseases.", "疾病预防与控制。"), (_pipl(6, 1), _pipl(13, 1, 4))),
    Code("public-security", Words("Maintain public security", "维护公共安全"), Words("The only purpose of what is taken in public places, unless individuals consented separately.", "公共场所采集的信息只能用于此目的，取得个人单独同意的除外。"), (_pipl(6, 1), _pipl(26))),
    Code("scientific-research", Words("Scientific research", "科学研究"), Words("Other than medical; results are about groups.", "医学以外的研究；结果以群体为对象。"), (_pipl(6, 1),)),
    Code("statistics", Words("Make statistics", "统计"), Words("Figures about groups, for planning and publication.", "用于规划与发布的群体数字。"), (_pipl(6, 1),)),
    Code("supervision", Words("Supervise and audit", "监管与审计"), Words("By or for an authority, or for the parties' own compliance.", "由主管机关或为其开展，或用于各方自身合规。"), (_pipl(6, 1), _pipl(54))),
    Code("traffic", Words("Plan traffic and public services", "规划交通与公共服务"), Words("Flows and needs of groups.", "群体的流动与需求。"), (_pipl(6, 1),)),
)  # fmt: skip
PUBLIC_SECURITY: Final = "public-security"

KINDS: Final = (
    Kind("anonymous", Words("anonymised", "已匿名化信息"), Words("Cannot identify anybody and cannot be restored: no personal information.", "无法识别特定自然人且不能复原，不属于个人信息。"), (_pipl(4, 1), _pipl(73, 0, 4)), personal=False),
    Kind("biometrics", Words("biometrics", "生物识别信息"), Words("Fingerprints, voices, irises, gaits.", "指纹、声纹、虹膜、步态等。"), (_pipl(28, 1),), sensitive=True),
    Kind("disclosed", Words("lawfully public personal information", "已合法公开的个人信息"), Words("By the individual, or otherwise lawfully.", "个人自行公开或者其他已经合法公开。"), (_pipl(27),)),
    Kind("faces", Words("faces", "人脸信息"), Words("Images and features of faces.", "人脸图像与特征。"), (_pipl(26), _pipl(28, 1)), sensitive=True),
    Kind("finance", Words("financial accounts", "金融账户信息"), Words("Accounts, credit, transactions, property.", "账户、信贷、交易与财产信息。"), (_pipl(28, 1),), sensitive=True),
    Kind("genes", Words("genes", "基因信息"), Words("Genotypes, sequences and what is derived of them.", "基因型、序列及其衍生信息。"), (_pipl(28, 1), Article("hgr", 2)), sensitive=True),
    Kind("health", Words("health", "医疗健康信息"), Words("Diagnoses, treatments, measurements of the body.", "诊断、治疗与身体测量信息。"), (_pipl(28, 1),), sensitive=True),
    Kind("identity", Words("specific identity", "特定身份信息"), Words("Identity that exposes a person to harm or discrimination when it leaks.", "一旦泄露易使个人受到侵害或歧视的身份信息。"), (_pipl(28, 1),), sensitive=True),
    Kind("important", Words("important data", "重要数据"), Words("As a catalogue of a region, an authority or an industry lists it.", "列入地区、部门或行业重要数据目录的数据。"), (_dsl(21), _dsl(31)), personal=False),
    Kind("location", Words("whereabouts", "行踪轨迹信息"), Words("Places and tracks of persons.", "个人的位置与轨迹。"), (_pipl(28, 1),), sensitive=True),
    Kind("minors", Words("minors under 14", "不满十四周岁未成年人的个人信息"), Words("Any personal information of theirs.", "其任何个人信息。"), (_pipl(28, 1), _pipl(31)), sensitive=True),
    Kind("none", Words("about no natural person", "不涉及自然人"), Words("Machines, materials, organisations.", "机器、物料、组织等。"), (), Words("The PIPL is about natural persons only.", "《个人信息保护法》仅适用于自然人的信息。"), personal=False),
    Kind("personal", Words("other personal information", "其他个人信息"), Words("About identified or identifiable natural persons, and none of the sensitive kinds.", "与已识别或者可识别的自然人有关，且不属于敏感种类。"), (_pipl(4, 1),)),
    Kind("religion", Words("religious belief", "宗教信仰信息"), Words("Belief and what shows it.", "信仰及其外在表现。"), (_pipl(28, 1),), sensitive=True),
)  # fmt: skip

STANDINGS: Final = (
    Code("joint-processor", Words("joint processor", "共同处理者"), Words("Decides with others about purpose and means.", "与他人共同决定处理目的和处理方式。"), (_pipl(20, 1),)),
    Code("neither", Words("neither processor nor trustee", "既非处理者亦非受托人"), Words("Gets no personal information: reads proofs, gives approvals.", "不接触个人信息：仅查阅证据或作出批准。"), (), Words("The PIPL asks nothing of who processes nothing.", "《个人信息保护法》对未处理个人信息者无要求。")),
    Code("processor", Words("processor", "处理者"), Words("Decides alone about purpose and means.", "自主决定处理目的和处理方式。"), (_pipl(73, 0, 1),)),
    Code("trustee", Words("trustee", "受托人"), Words("Computes or relays on instruction; may neither read results nor decide what is computed.", "按委托进行计算或中转；不得读取结果，也不得决定计算内容。"), (_pipl(21), _pipl(59))),
)  # fmt: skip
TRUSTEE: Final = "trustee"

OPERATIONS: Final = (
    Operation("align", Words("bring together", "对齐与合并"), Words("Match or stack rows of several owners.", "匹配或合并多方的行。"), (_pipl(4, 2),), families=("psi", "table")),
    Operation("evaluate", Words("evaluate", "评估"), Words("Say how well a model or a score does.", "评估模型或评分的效果。"), (_pipl(4, 2),), families=("eval",)),
    Operation("features", Words("make features", "特征加工"), Words("Scale, cut into classes, choose.", "缩放、分箱与筛选。"), (_pipl(4, 2),), families=("feature",)),
    Operation("genetics", Words("associate genes", "基因关联分析"), Words("Associations between variants and traits.", "变异与性状之间的关联。"), (_pipl(4, 2), Article("hgr", 2)), families=("gwas",)),
    Operation("network", Words("follow relations", "关系网络分析"), Words("A class for persons by their relations to known ones; a decision made by it is an automated one.", "按个人与已知对象的关系划分类别；据此作出的决定属于自动化决策。"), (_pipl(4, 2), _pipl(24), _pipl(73, 0, 2)), families=("graph",)),
    Operation("prepare", Words("prepare", "数据准备"), Words("Clean and divide rows at their owner.", "在数据方处清洗与划分。"), (_pipl(4, 2),), families=("prepare",)),
    Operation("reconcile", Words("reconcile records", "核对记录"), Words("Find the same record at others, and whether it agrees.", "在他方查找同一记录并核对是否一致。"), (_pipl(4, 2),), families=("reconcile",)),
    Operation("score", Words("score persons", "对个人评分"), Words("A figure for each person; a decision made by it is an automated one.", "为每个人给出数值；据此作出的决定属于自动化决策。"), (_pipl(4, 2), _pipl(24), _pipl(73, 0, 2)), families=("score",)),
    Operation("statistics", Words("count and describe", "统计"), Words("Figures about groups.", "关于群体的数字。"), (_pipl(4, 2),), families=("stats",)),
    Operation("train", Words("fit models", "训练模型"), Words("Models that are fitted to many rows.", "由多行数据拟合的模型。"), (_pipl(4, 2),), families=("glm", "kmeans", "linear", "survival", "tree")),
)  # fmt: skip

LEVELS: Final = (
    Code("1", Words("open", "公开"), Words("May be published; its leak harms nobody.", "可以公开；泄露不造成损害。"), (_dsl(21, 1),)),
    Code("2", Words("internal", "内部"), Words("A leak would do slight harm to organisations.", "泄露对组织造成轻微损害。"), (_dsl(21, 1),)),
    Code("3", Words("personal or confidential", "个人或机密"), Words("A leak would harm persons or organisations.", "泄露会损害个人或组织的权益。"), (_dsl(21, 1), _pipl(51, 0, 2))),
    Code("4", Words("sensitive", "敏感"), Words("A leak would seriously harm persons or organisations.", "泄露会严重损害个人或组织的权益。"), (_dsl(21, 1), _pipl(28, 1), _pipl(51, 0, 2))),
    Code("5", Words("important", "重要"), Words("A leak would harm the public interest, or very seriously harm persons.", "泄露会危害公共利益，或特别严重地损害个人权益。"), (_dsl(21), _pipl(51, 0, 2))),
)  # fmt: skip

JURISDICTIONS: Final = (
    Code("cn", Words("Chinese mainland", "中国境内"), Words("Inside the borders, as the PIPL draws them for transfers.", "《个人信息保护法》所称的境内。"), (_pipl(3, 1),)),
    *(
        Code(code, Words(english, chinese), Words("Outside the borders: what goes there crosses them.", "境外：向其提供即为出境。"), (_pipl(38, 1), _pipl(39)))
        for code, english, chinese in (
            ("eu", "European Union", "欧盟"), ("gb", "United Kingdom", "英国"), ("hk", "Hong Kong SAR", "香港特别行政区"), ("jp", "Japan", "日本"),
            ("kr", "Republic of Korea", "韩国"), ("mo", "Macao SAR", "澳门特别行政区"), ("other", "elsewhere", "其他境外地区"), ("sg", "Singapore", "新加坡"),
            ("tw", "Taiwan, China", "中国台湾"), ("us", "United States", "美国"),
        )
    ),
)  # fmt: skip
HOME: Final = "cn"

APPROVALS: Final = (
    Code("certification", Words("certification by a professional institution", "专业机构认证"), Words("Of the protection of personal information.", "个人信息保护认证。"), (_pipl(38, 1, 2),)),
    Code("other-condition", Words("another condition of a law, a regulation or a treaty", "法律、行政法规、条约规定的其他条件"), Words("The document names it.", "文件须写明所依据的规定。"), (_pipl(38, 1, 4), _pipl(38, 2))),
    Code("security-assessment", Words("security assessment", "安全评估"), Words("Passed, by the state's cyberspace authority.", "通过国家网信部门组织的安全评估。"), (_pipl(38, 1, 1), _pipl(40))),
    Code("standard-contract", Words("standard contract", "标准合同"), Words("With the recipient abroad, as the state's cyberspace authority wrote it.", "按照国家网信部门制定的标准合同与境外接收方订立。"), (_pipl(38, 1, 3),)),
)  # fmt: skip

SOURCES: Final = (
    Code("derived", Words("derived or measured by the owner", "数据方自行产生"), Words("About no person, or made of data that the owner had.", "不涉及个人，或由数据方已有数据加工而成。"), (), Words("Nothing was collected from anybody.", "未向任何人收集。")),
    Code("direct", Words("from the individuals themselves", "直接取自个人"), Words("They were told who, why, what and for how long.", "已告知处理者、目的、方式、种类与保存期限。"), (_pipl(17, 1),)),
    Code("public-place", Words("from a public place", "公共场所采集"), Words("Necessary for public security, with signs that people see.", "为维护公共安全所必需，并设置显著的提示标识。"), (_pipl(26),)),
    Code("published", Words("from what is lawfully public", "取自已合法公开的信息"), Words("Within a reasonable scope.", "在合理的范围内。"), (_pipl(27),)),
    Code("supplier", Words("from a supplier", "间接取自供应方"), Words("Who proves its right to pass it on.", "供应方须证明其有权提供。"), (_pipl(23),)),
)  # fmt: skip
SUPPLIER: Final = "supplier"
PUBLIC_PLACE: Final = "public-place"

SEPARATE: Final = (
    Code("cross-border", Words("provision abroad", "向境外提供"), Words("Told: who abroad, why, how, which kinds, and how to claim rights there.", "已告知境外接收方、目的、方式、种类及行使权利的方式。"), (_pipl(39),)),
    Code("guardian", Words("minors' guardians", "未成年人的监护人同意"), Words("Parents or other guardians of persons under 14.", "不满十四周岁未成年人的父母或者其他监护人。"), (_pipl(31, 1),)),
    Code("provision", Words("provision to other processors", "向其他处理者提供"), Words("Told: who they are, why, how and which kinds.", "已告知接收方、目的、方式和种类。"), (_pipl(23),)),
    Code("public-place", Words("other use of what is taken in public places", "公共场所采集信息的其他使用"), Words("For any purpose but public security.", "用于维护公共安全以外的目的。"), (_pipl(26),)),
    Code("sensitive", Words("sensitive personal information", "处理敏感个人信息"), Words("Told also: why it is necessary, and what it means for them.", "并已告知必要性以及对个人权益的影响。"), (_pipl(29), _pipl(30))),
)  # fmt: skip

TABLES: Final = (
    Table("bases", Words("Legal bases", "合法性基础"), Words("Why data may be processed at all. A data set names one or more, a task names its own: `[basis …]` at the end of the contract's legal basis.", "处理的合法依据。数据集写明一项或多项，任务写明其自身的依据：合约“合法性基础”末尾的 `[basis …]`。"), BASES),
    Table("purposes", Words("Purposes", "处理目的"), Words("A contract's purpose begins with the words of its code, in either language, and ends with `[purpose …]`; what follows the words after a colon says more. The law lists no purposes: it asks for a definite and reasonable one.", "合约的处理目的以其代码的文字（任一语言）开头，以 `[purpose …]` 结尾；冒号之后可作进一步说明。法律未列举目的，但要求目的明确、合理。"), PURPOSES),
    Table("kinds", Words("Kinds of data", "数据种类"), Words("What a column is about; a column may have several.", "各列所涉及的内容；一列可有多种。"), KINDS),
    Table("levels", Words("Levels of data", "数据级别"), Words("One for each column; what is computed of several columns has the highest.", "每列一个级别；由多列计算所得的取其最高。"), LEVELS),
    Table("standings", Words("Standings of parties", "各方地位"), Words("What a party is to a data set in a task: it follows from what the party decides and reads, and is not chosen.", "某方在任务中对某数据集的地位：由其决定与读取的内容得出，不得自行选择。"), STANDINGS),
    Table("operations", Words("Operations", "处理方式"), Words("What a program does with data. A program's is found by the first word of its name.", "程序对数据的处理方式，由程序名的首个词确定。"), OPERATIONS),
    Table("sources", Words("Sources", "数据来源"), Words("Where a data set comes from.", "数据集从何而来。"), SOURCES),
    Table("separate", Words("Separate consents", "单独同意"), Words("What consent to processing alone does not cover.", "一般同意不能涵盖的事项。"), SEPARATE),
    Table("jurisdictions", Words("Jurisdictions", "法域"), Words("Where an owner keeps its data, and where those are who get something of it.", "数据方存放数据之处，以及接收方所在之处。"), JURISDICTIONS),
    Table("approvals", Words("Approvals to cross a border", "出境依据"), Words("One of them must exist before personal information goes abroad.", "个人信息出境前须具备其中之一。"), APPROVALS),
)  # fmt: skip
"""All tables, in the order of the page."""

BASIS: Final[Mapping[str, Basis]] = MappingProxyType({item.code: item for item in BASES})
PURPOSE: Final[Mapping[str, Code]] = MappingProxyType({item.code: item for item in PURPOSES})
PURPOSE_WORDS: Final = MappingProxyType({item.code: item.words for item in PURPOSES})
KIND: Final[Mapping[str, Kind]] = MappingProxyType({item.code: item for item in KINDS})
SENSITIVE: Final = tuple(item.code for item in KINDS if item.sensitive)
"""Kinds that PIPL 28 protects more."""
PERSONAL: Final = frozenset(item.code for item in KINDS if item.personal)
_FAMILY: Final = MappingProxyType({family: item.code for item in OPERATIONS for family in item.families})


def operation_of(program: str) -> str:
    """The operation of a program (``name@version``), "" for one of a family that this release does not know."""
    return _FAMILY.get(program.partition("@")[0].partition(".")[0], "")


def words_of(table: tuple[Code, ...], code: str) -> Words:
    """The words of a code; a code that this release does not know is shown as it is."""
    return next((item.words for item in table if item.code == code), Words(code, code))


def cited(articles: tuple[Article, ...]) -> Words:
    """Articles as they are cited, one after the other."""
    return Words("; ".join(it.said("en") for it in articles), "；".join(it.said("zh") for it in articles))


def _numeral(number: int) -> str:
    """A number below 100 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")
