"""Why a contract refused, in words: what happened and what to do, in both languages, for every error that one can revert with.

``tests/unit/protocol/test_refusals.py`` walks the contracts' ABIs. The values that an error carries are said beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.programs import Language, Words

PREFIX: Final = "chain.revert."
"""Before an error's name: the stable code of a refusal."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """``what`` happened and what to do (``fix``)."""

    what: Words
    fix: Words


_CORRECT = Words("Correct the value and sign again.", "更正该值并重新签署。")
_NOTHING = Words("Nothing is left to do: it is so already.", "无需再做：已是如此。")
_WAIT = Words("Wait; it is tried again.", "请等待；系统会重试。")
_RENEW = Words("Ask the data owner for a new authorization.", "请数据提供方重新授权。")
_OPERATOR = Words(
    "Tell the operator: the deployment's contracts do not fit together.", "请告知运营方：部署的合约互不匹配。"
)
_NEW_TASK = Words("Submit a new task.", "请提交新任务。")
_LOOK_UP = Words(
    "Compare the name with the register, and the deployment file with your own.", "请与登记表核对名称，并核对部署文件。"
)
_OTHER_RELEASE = Words("Name an approved release that is not retired.", "请指定已批准且未停用的版本。")
_OWN_WALLET = Words("Act with the registered wallet of that party.", "请使用该参与方登记的钱包操作。")
_ADMIN = Words("Act with the account that holds the office.", "请使用持有该职权的账户操作。")
_LICENSE = Words("Ask the model's owners for a licence.", "请向模型所有者申请许可。")
_PASSKEY = Words(
    "Look at the account's passkeys and its nonce, and sign anew.", "请核对账户的通行密钥与序号后重新签署。"
)


def _of(what: str, chinese: str, fix: Words) -> Refusal:
    return Refusal(Words(what, chinese), fix)


REFUSALS: Final[Mapping[str, Refusal]] = MappingProxyType(
    {
        "ZeroValue": _of("A value that is needed is zero.", "必填值为零。", _CORRECT),
        "OutOfRange": _of("A value is outside its range.", "某值超出允许范围。", _CORRECT),
        "BadLength": _of("A list is too short or too long.", "某列表过短或过长。", _CORRECT),
        "Duplicate": _of("A list names something twice.", "某列表中有重复项。", _CORRECT),
        "BadSignature": _of(
            "The signature is not that of the wallet or key which the register names now.",
            "该签名并非登记表当前所载钱包或密钥所签。",
            Words(
                "Sign with the party's present wallet or key, over exactly this message and deployment.",
                "请以该参与方当前的钱包或密钥，对该消息与该部署重新签署。",
            ),
        ),
        "NotAllowed": _of("The caller may not do this for the party.", "调用者无权代该参与方操作。", _OWN_WALLET),
        "UnknownParty": _of("The register has no such party.", "登记表中没有该参与方。", _LOOK_UP),
        "PartyExists": _of("The party is admitted already.", "该参与方已获准入。", _NOTHING),
        "PartyNotActive": _of(
            "The party is suspended or was never admitted.",
            "该参与方已暂停或从未获准入。",
            Words("Ask the admission office.", "请联系准入方。"),
        ),
        "PartyNotSuspended": _of("The party is not suspended.", "该参与方未被暂停。", _NOTHING),
        "WalletTaken": _of(
            "The wallet belongs to another party.",
            "该钱包属于另一参与方。",
            Words("Use a wallet of its own for each party.", "每个参与方须使用各自的钱包。"),
        ),
        "WalletIsNodeSigner": _of(
            "Wallet and node signer are one key.",
            "钱包与节点签名密钥相同。",
            Words("Use two keys.", "请使用两个不同的密钥。"),
        ),
        "WrongOrdinal": _of(
            "Another change came before, so this one has the wrong number.",
            "此前已有其他变更，本次编号不符。",
            Words("Look at the present state and sign the next change.", "请查看当前状态并签署下一次变更。"),
        ),
        "NoWalletChange": _of(
            "No new wallet was named.",
            "未指定新钱包。",
            Words("Name it with the present wallet first.", "请先以现有钱包指定新钱包。"),
        ),
        "NoSuchPeriod": _of("The party has no such period of keys.", "该参与方没有此密钥期。", _LOOK_UP),
        "MissingRole": _of(
            "The party does not hold the role that this needs.",
            "该参与方不具备所需角色。",
            Words("Name a party that holds it.", "请指定具备该角色的参与方。"),
        ),
        "NotOwner": _of(
            "The data set is another party's.",
            "该数据集属于另一参与方。",
            Words("Name its owner.", "请指定其所有者。"),
        ),
        "WrongVersion": _of(
            "Versions of a data set follow each other without a gap.",
            "数据集版本须连续编号。",
            Words("Register the next one.", "请登记下一版本。"),
        ),
        "UnknownVersion": _of(
            "The register has no such version of the data set.", "登记表中没有该数据集版本。", _LOOK_UP
        ),
        "VersionRetired": _of(
            "The version of the data set is retired.",
            "该数据集版本已停用。",
            Words("Name a newer version.", "请指定较新版本。"),
        ),
        "OwnAttestation": _of(
            "An owner does not attest its own data set.",
            "所有者不能为自己的数据集出具声明。",
            Words("Ask a third party.", "请由第三方出具。"),
        ),
        "AlreadyStated": _of("The party has stated exactly this.", "该参与方已作出相同声明。", _NOTHING),
        "UnknownRelease": _of("No such program or engine is published.", "没有发布过该程序或引擎。", _LOOK_UP),
        "ReleaseExists": _of(
            "A release of this name is published.",
            "该名称的版本已发布。",
            Words("Publish under a new version.", "请以新版本号发布。"),
        ),
        "RetiredRelease": _of("The program or engine is retired.", "该程序或引擎已停用。", _OTHER_RELEASE),
        "WrongKind": _of(
            "A program stands where an engine is asked for, or the other way round.",
            "应为引擎处给出了程序，或相反。",
            _OTHER_RELEASE,
        ),
        "AlreadyApproved": _of("The certifier's operator has approved it.", "该认证方的运营者已批准。", _NOTHING),
        "OwnApproval": _of(
            "Who publishes a release does not certify it.",
            "发布者不能自行认证。",
            Words("Ask an independent certifier.", "请由独立认证方批准。"),
        ),
        "NotEnoughApprovals": _of("Too few certifiers have approved it.", "批准的认证方不足。", _OTHER_RELEASE),
        "LevelNotReached": _of(
            "A program does not reach the task's protection level.",
            "程序未达到任务的保护等级。",
            Words(
                "Lower the level, if the owners agree, or name a stronger program.",
                "经数据提供方同意降低等级，或改用更强的程序。",
            ),
        ),
        "CommitteeSize": _of(
            "The program does not run with so many parties.",
            "该程序不支持此参与方数量。",
            Words("Change the committee or the program.", "请更改计算节点组或程序。"),
        ),
        "NoSuccessor": _of(
            "The newer release is not of the same kind as the older one, or promises less.",
            "新版本与旧版本类别不同或承诺更弱。",
            Words("Publish it as a release of its own.", "请作为独立版本发布。"),
        ),
        "AlreadySucceeded": _of(
            "The older release has an approved successor.",
            "旧版本已有获批准的后继版本。",
            Words("Declare a successor of that one.", "请为该后继版本声明后继。"),
        ),
        "SuccessionNotDeclared": _of(
            "The publisher has not declared this succession.",
            "发布者未声明该后继关系。",
            Words("Have it declared first.", "请先由发布者声明。"),
        ),
        "Paused": _of("The deployment is paused.", "部署已暂停。", _WAIT),
        "EnforcedPause": _of("The deployment is paused.", "部署已暂停。", _WAIT),
        "ExpectedPause": _of("The deployment is not paused.", "部署未暂停。", _NOTHING),
        "OnlyTasks": _of("Only the contract of tasks may call this.", "仅任务合约可调用。", _OPERATOR),
        "UnknownAuthorization": _of("No such authorization is on chain.", "链上没有该授权。", _WAIT),
        "RevokedAuthorization": _of("The authorization was revoked.", "该授权已撤销。", _RENEW),
        "NotYetValid": _of("The authorization is not valid yet.", "该授权尚未生效。", _WAIT),
        "NoLongerValid": _of("The authorization has run out.", "该授权已过期。", _RENEW),
        "NotEnoughUses": _of("The authorization is used up.", "该授权次数已用尽。", _RENEW),
        "NotCovered": _of("The authorization does not cover the task.", "该授权未覆盖此任务。", _RENEW),
        "TaskNotEndedWithoutResult": _of(
            "A use comes back only when the task ended without a result.",
            "仅当任务无结果结束时才可退回用量。",
            Words("Wait until the task has ended.", "请等待任务结束。"),
        ),
        "UseNotConsumed": _of("The task took no use of this authorization.", "该任务未占用此授权。", _LOOK_UP),
        "UseAlreadyReturned": _of("The use was given back.", "该用量已退回。", _NOTHING),
        "WrongWiring": _of("A contract belongs to another deployment.", "某合约属于另一部署。", _OPERATOR),
        "TaskExists": _of("The task is on chain.", "该任务已在链上。", _NOTHING),
        "WrongState": _of(
            "The task's state does not allow this.",
            "任务当前状态不允许此操作。",
            Words("Look at the task.", "请查看任务状态。"),
        ),
        "DeadlinePassed": _of("The task's deadline has passed.", "任务已过截止时间。", _NEW_TASK),
        "DeadlineNotPassed": _of("The task's deadline has not passed.", "任务未到截止时间。", _WAIT),
        "MixedCommittees": _of(
            "The programs of the task differ in who commits.",
            "任务中各程序的计算方类别不同。",
            Words("Make two tasks of it.", "请拆分为两个任务。"),
        ),
        "CommitteeNotOwners": _of(
            "The compute parties are not exactly the owners of the data.",
            "计算方与数据所有者不完全一致。",
            Words("Name the owners, and nobody else.", "请仅指定数据所有者。"),
        ),
        "AuditorOnCommittee": _of(
            "A regulator or certifier never computes.",
            "监管方或认证方不得参与计算。",
            Words("Name another compute party.", "请指定其他计算方。"),
        ),
        "SameOperator": _of(
            "One operator runs two parties that must be independent of each other.",
            "须相互独立的两个参与方由同一运营者运营。",
            Words("Name a party of another operator.", "请指定由其他运营者运营的参与方。"),
        ),
        "SameKey": _of(
            "Two members of the committee share a key.",
            "计算节点组中两方使用同一密钥。",
            Words("Have one of them rotate its keys.", "请其中一方轮换密钥。"),
        ),
        "NoReservesLeft": _of("The task may reserve no more uses.", "该任务不能再续取用量。", _NEW_TASK),
        "NotInTask": _of("The party has no such part in the task.", "该参与方在任务中没有此身份。", _LOOK_UP),
        "AlreadyCommitted": _of("The party has committed.", "该参与方已提交承诺。", _NOTHING),
        "AlreadyAttested": _of("The party has attested the result.", "该参与方已确认结果。", _NOTHING),
        "AlreadyReviewed": _of(
            "The output has been reviewed, or its review has expired.", "结果已复核或复核已逾期。", _NOTHING
        ),
        "ReviewOver": _of("The time for the review is over.", "复核时间已过。", _NEW_TASK),
        "ReviewNotOver": _of("The time for the review is not over.", "复核时间未到。", _WAIT),
        "NotReleased": _of("The result is not released.", "结果尚未释放。", _WAIT),
        "WrongRun": _of(
            "The result is of another run than the one that completed.",
            "该结果属于另一次运行。",
            Words("Attest the run that the chain names.", "请确认链上所载的运行。"),
        ),
        "ConditionExists": _of("The start condition is in force or scheduled.", "该启动条件已生效或已排定。", _NOTHING),
        "UnknownCondition": _of("There is no such start condition.", "没有该启动条件。", _LOOK_UP),
        "RemovalScheduled": _of("Its removal is scheduled.", "已排定移除。", _NOTHING),
        "TooManyConditions": _of(
            "There are as many start conditions as are allowed.",
            "启动条件数量已达上限。",
            Words("Remove one first.", "请先移除一个。"),
        ),
        "UnknownModel": _of("The register has no such model.", "登记表中没有该模型。", _LOOK_UP),
        "ModelExists": _of("The model is registered.", "该模型已登记。", _NOTHING),
        "RetiredModel": _of("The model is retired.", "该模型已停用。", Words("Use another model.", "请使用其他模型。")),
        "WrongMaker": _of(
            "The proposal shown is not that of the task which made the model.",
            "所示提案并非产生该模型的任务。",
            Words("Show that task's proposal.", "请出示该任务的提案。"),
        ),
        "NotModelOwner": _of("The party does not own the model.", "该参与方不是模型所有者。", _LICENSE),
        "UnknownLicence": _of("The model has no such licence.", "该模型没有此许可。", _LICENSE),
        "LicenceExists": _of("The licence is on chain.", "该许可已在链上。", _NOTHING),
        "UnknownKind": _of(
            "A licence is exclusive, sole or ordinary.",
            "许可类别只能是独占、排他或普通。",
            _CORRECT,
        ),
        "RetiredLicence": _of("The licence is retired.", "该许可已停用。", _LICENSE),
        "LicenceConflict": _of(
            "Another licence of the same time excludes this one.",
            "同期的另一许可与之冲突。",
            Words("Choose another time, or have the other one retired.", "请改期，或停用另一许可。"),
        ),
        "TooManyLicences": _of(
            "The model has as many licences as are allowed.",
            "该模型的许可数量已达上限。",
            Words("Retire one first.", "请先停用一个。"),
        ),
        "NotLicensee": _of("The licence is another party's.", "该许可属于另一参与方。", _LICENSE),
        "LicenceNotYetValid": _of("The licence is not valid yet.", "该许可尚未生效。", _WAIT),
        "LicenceNoLongerValid": _of("The licence has run out.", "该许可已过期。", _LICENSE),
        "NotEnoughLicensedUses": _of("The licence is used up.", "该许可次数已用尽。", _LICENSE),
        "ExclusivelyLicensed": _of(
            "While an exclusive licence lasts, nobody else may use the model.",
            "独占许可有效期间，其他任何方不得使用该模型。",
            Words("Wait until it ends, or ask the licensee.", "请等待其到期，或联系被许可方。"),
        ),
        "BudgetExceeded": _of(
            "The privacy budget of the data set does not suffice.",
            "数据集的隐私预算不足。",
            Words("Ask for less, or have its owner set another budget.", "请减少用量，或由所有者调整预算。"),
        ),
        "WrongEpoch": _of(
            "The log's epoch is not the party's present one.",
            "日志纪元与当前不符。",
            Words("Look at the node's log.", "请检查节点日志。"),
        ),
        "ForkedLog": _of(
            "The log does not continue what was anchored before.",
            "日志与此前锚定的内容不连续。",
            Words(
                "Find out who changed the log; open a new epoch only then.",
                "请查明日志被何人更改，之后方可开启新纪元。",
            ),
        ),
        "TooManyNoted": _of(
            "Too many commitments were made since the log was last anchored.",
            "自上次锚定以来的承诺过多。",
            Words("Have the node anchor its log.", "请由节点锚定其日志。"),
        ),
        "OnlySelf": _of("Only the account itself may do this.", "仅账户自身可操作。", _PASSKEY),
        "WrongNonce": _of("The account did something else meanwhile.", "账户期间已执行其他操作。", _PASSKEY),
        "NotContract": _of("No contract stands at that address.", "该地址没有合约。", _LOOK_UP),
        "NotOnCurve": _of("That is no public key of a passkey.", "这不是通行密钥的公钥。", _PASSKEY),
        "PasskeyExists": _of("The account has this passkey.", "账户已有该通行密钥。", _NOTHING),
        "UnknownPasskey": _of("The account has no such passkey.", "账户没有该通行密钥。", _PASSKEY),
        "AccessControlUnauthorizedAccount": _of(
            "The account does not hold the office.", "该账户不持有该职权。", _ADMIN
        ),
        "AccessControlBadConfirmation": _of(
            "Only the account itself gives an office up.", "仅账户自身可放弃职权。", _ADMIN
        ),
        "AddressEmptyCode": _of("No contract stands at that address.", "该地址没有合约。", _LOOK_UP),
        "FailedCall": _of("A call to another contract failed.", "对另一合约的调用失败。", _LOOK_UP),
        "FailedDeployment": _of("A contract could not be made.", "无法创建合约。", _LOOK_UP),
        "Create2EmptyBytecode": _of("A contract without code cannot be made.", "不能创建没有代码的合约。", _OPERATOR),
        "InsufficientBalance": _of(
            "The account has too little to pay with.",
            "账户余额不足。",
            Words("Fund it, or use a chain without fees.", "请充值，或使用免手续费的链。"),
        ),
    }
)
"""By the error's name."""
_UNEXPLAINED: Final = _of(
    "The contract gave no reason that this version knows.",
    "合约未给出本版本已知的原因。",
    Words("Look at the values, and update the software.", "请查看所示数值并更新软件。"),
)


def of(name: str) -> Refusal:
    """The words for an error; for one that is not known they say so."""
    return REFUSALS.get(name, _UNEXPLAINED)


def said(code: str, what: str, fix: str, language: Language) -> str:
    """A reason as it is shown: where it is a contract's refusal, in the reader's language."""
    if language == "en" or not code.startswith(PREFIX):
        return f"{what} {fix}"
    words = of(code.removeprefix(PREFIX))
    return f"{words.what.chinese}{words.fix.chinese}"
