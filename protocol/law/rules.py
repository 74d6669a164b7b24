"""What the gate finds, as a table: each rule's code, the articles that ask for it, what it is about, and what to do. The page for lawyers shows it.

A rule of the class *not declared* is about what nobody said at all; whether such a finding refuses is the consortium's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.law.codes import Article
from protocol.programs import Words


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``declared`` is False where it is about what is not declared at all."""

    code: str
    about: Words
    fix: Words
    articles: tuple[Article, ...]
    declared: bool = True


def _pipl(article: int, paragraph: int = 0, item: int = 0) -> Article:
    return Article("pipl", article, paragraph, item)


_FOR_WORDS: Final = Words("Write it as docs/law.md shows, once, at the end and before the reference.", "请按 docs/law.zh-CN.md 所示书写：仅一次，位于文末、引用编号之前。")  # fmt: skip

TABLE: Final = (
    Rule("law.wording", Words("The codes in a purpose or a legal basis can be read, and stand where codes stand.", "处理目的或合法性基础中的代码可读，且位于规定位置。"), _FOR_WORDS, (_pipl(6, 1),)),
    Rule("law.purpose_undeclared", Words("The purpose has a code.", "处理目的写明代码。"), Words("Begin it with the words of a purpose and end it with its code: `tally law codes purposes`.", "以某项目的的文字开头，并以其代码结尾：`tally law codes purposes`。"), (_pipl(6, 1), _pipl(17, 1, 2)), declared=False),
    Rule("law.purpose_missing", Words("Over data whose facts are declared, the purpose has a code.", "数据已作声明的，处理目的写明代码。"), Words("Begin it with the words of a purpose and end it with its code: `tally law codes purposes`.", "以某项目的的文字开头，并以其代码结尾：`tally law codes purposes`。"), (_pipl(6, 1), _pipl(17, 1, 2))),
    Rule("law.purpose_unknown", Words("The purpose's code is one of the table.", "处理目的的代码在表中。"), Words("Name one of `tally law codes purposes`.", "请从 `tally law codes purposes` 中选用。"), (_pipl(6, 1),)),
    Rule("law.purpose_words", Words("The purpose's words are those of its code.", "处理目的的文字与其代码一致。"), Words("Begin it with the words of the code that is meant; a colon and what says more may follow.", "请以所指代码的文字开头；其后可用冒号作进一步说明。"), (_pipl(5), _pipl(6, 1))),
    Rule("law.basis_undeclared", Words("The task's legal basis has a code.", "任务的合法性基础写明代码。"), Words("End it with [basis …] [document 0x…] [until YYYY-MM-DD]: `tally law codes bases`.", "请以 [basis …] [document 0x…] [until YYYY-MM-DD] 结尾：`tally law codes bases`。"), (_pipl(13, 1),), declared=False),
    Rule("law.basis_missing", Words("Over personal data whose facts are declared, the task's legal basis has a code.", "个人信息已作声明的，任务的合法性基础写明代码。"), Words("End it with [basis …] [document 0x…] [until YYYY-MM-DD]: `tally law codes bases`.", "请以 [basis …] [document 0x…] [until YYYY-MM-DD] 结尾：`tally law codes bases`。"), (_pipl(13, 1),)),
    Rule("law.basis_unknown", Words("The basis' code is one of the table.", "合法性基础的代码在表中。"), Words("Name one of `tally law codes bases`.", "请从 `tally law codes bases` 中选用。"), (_pipl(13, 1),)),
    Rule("law.basis_expired", Words("The task's basis holds until the task's deadline.", "任务的合法性基础在截止时间前有效。"), Words("Renew the basis, or set an earlier deadline.", "请更新依据，或提前截止时间。"), (_pipl(13, 1),)),
    Rule("law.basis_purpose", Words("The task's basis can carry its purpose.", "任务的合法性基础可支持其处理目的。"), Words("Name the basis that this purpose rests on; see the page of codes.", "请写明该目的所依据的基础；见代码页。"), (_pipl(13, 1),)),
    Rule("law.basis_not_personal", Words("A task over personal data does not say that nothing is personal.", "涉及个人信息的任务不得声明不含个人信息。"), Words("Name the basis on which these data are processed.", "请写明处理这些数据的依据。"), (_pipl(4, 1), _pipl(13, 1))),
    Rule("law.data_undeclared", Words("Each data set's facts are declared.", "各数据集均已作声明。"), Words("Its owner declares them in the schema's `[law]` and adds the next version.", "由数据方在表结构的 `[law]` 中声明并登记下一版本。"), (_pipl(13, 1), _pipl(51, 0, 2)), declared=False),
    Rule("law.data_basis", Words("Each data set has a basis that holds now and until the deadline, and can carry the purpose.", "各数据集有在当前及截止时间均有效且可支持该目的的依据。"), Words("Its owner renews or adds the basis and registers the next version; or set an earlier deadline.", "由数据方更新或补充依据并登记下一版本；或提前截止时间。"), (_pipl(13, 1), _pipl(14, 2))),
    Rule("law.scope_party", Words("Individuals agreed to every party that gets something of their data.", "个人已同意每一接收其数据的参与方。"), Words("Leave the party out, or have consent renewed, its owner declaring the scope anew.", "去除该参与方，或重新取得同意并由数据方重新声明范围。"), (_pipl(14, 2), _pipl(17, 1), _pipl(23))),
    Rule("law.scope_key", Words("A party that was named by its key still has that key.", "按密钥指明的参与方仍持有该密钥。"), Words("The owner confirms who the party is and declares its present wallet.", "由数据方确认该参与方身份并声明其现有钱包。"), (_pipl(14, 2), _pipl(23))),
    Rule("law.scope_standing", Words("No party decides or reads more than individuals agreed to.", "任何参与方的决定与读取均不超出个人同意的地位。"), Words("Leave its role out of the task, or have consent renewed.", "去除其在任务中的相应角色，或重新取得同意。"), (_pipl(14, 2), _pipl(20, 1), _pipl(23))),
    Rule("law.trustee", Words("A trustee neither proposes nor reads results.", "受托人不得发起任务，也不得读取结果。"), Words("Name another party as trustee, or other result users and proposer.", "请另选受托人，或另选结果使用方与发起方。"), (_pipl(21, 2), _pipl(59))),
    Rule("law.scope_purpose", Words("Individuals agreed to the purpose.", "个人已同意该处理目的。"), Words("Choose a purpose of the scope, or have consent renewed.", "请选用范围内的目的，或重新取得同意。"), (_pipl(6, 1), _pipl(14, 2))),
    Rule("law.scope_operation", Words("Individuals agreed to what every step does.", "个人已同意每一步骤的处理方式。"), Words("Leave the step out, or have consent renewed.", "去除该步骤，或重新取得同意。"), (_pipl(14, 2), _pipl(17, 1, 2))),
    Rule("law.scope_kind", Words("Individuals agreed to every sensitive kind that is used.", "个人已同意所用的每一敏感种类。"), Words("Leave the column out, or have consent renewed.", "去除该列，或重新取得同意。"), (_pipl(14, 2), _pipl(29))),
    Rule("law.separate", Words("Every separate consent that the task needs was given.", "任务所需的每项单独同意均已取得。"), Words("Have it given, its owner declaring the scope anew; or leave out what needs it.", "取得该项单独同意并由数据方重新声明范围；或去除需要它的内容。"), (_pipl(23), _pipl(26), _pipl(29), _pipl(31, 1), _pipl(39))),
    Rule("law.protection", Words("The contract's protection level is what the data's level and kinds ask for.", "合约的保护等级达到数据级别与种类的要求。"), Words("Raise the contract's protection level, or leave columns out.", "提高合约的保护等级，或去除部分列。"), (_pipl(51), Article("dsl", 21))),
    Rule("law.group", Words("The contract's minimum group is what the data's level and kinds ask for.", "合约的最小分组达到数据级别与种类的要求。"), Words("Raise the contract's minimum group, or leave columns out.", "提高合约的最小分组，或去除部分列。"), (_pipl(51), Article("dsl", 21))),
    Rule("law.review", Words("Somebody reviews the output where the data's level and kinds ask for it.", "数据级别与种类要求复核的，须有复核方。"), Words("Name a reviewer and `review_within`.", "请写明复核方与 `review_within`。"), (_pipl(51),)),
    Rule("law.assessment", Words("An impact assessment is named where the law asks for one.", "法律要求的，须写明个人信息保护影响评估。"), Words("Make one before the task and give the SHA-256 of its document.", "请在任务前完成评估，并给出其文件的 SHA-256。"), (_pipl(55), _pipl(56))),
    Rule("law.border", Words("Nothing crosses the border without an approval that holds until the deadline.", "未具备在截止时间前有效的出境依据，数据不得出境。"), Words("Its owner declares the approval and registers the next version; or keep the task inside.", "由数据方声明出境依据并登记下一版本；或使任务限于境内。"), (_pipl(38, 1), _pipl(40), Article("dsl", 31))),
    Rule("law.border_contradicts", Words("Two owners do not say different things of where a party is.", "各数据方对某参与方所在地的声明不相矛盾。"), Words("The owners find out where it is, and declare the same.", "由数据方核实并作相同声明。"), (_pipl(38, 1),)),
    Rule("law.border_undeclared", Words("It is declared where everybody is who gets something of personal or important data.", "接收个人信息或重要数据的各方所在地均已声明。"), Words("Its owner lists the party with its jurisdiction.", "由数据方列明该参与方及其所在法域。"), (_pipl(38, 1),), declared=False),
)  # fmt: skip
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.code: rule for rule in TABLE})
