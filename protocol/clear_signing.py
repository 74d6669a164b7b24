"""How wallets show what they sign: descriptors of ERC-7730 "Structured Data Clear Signing Format", schema 2.

Types, members and their order are the records' own (:mod:`protocol.typed`): nothing here can leave a member out or name one that is
not there. What is said once here are the words: an intent for each type, a label for each member, short enough for the displays of
hardware wallets (30 and 20 signs). The standard has no languages, so there is one descriptor for each.

A descriptor binds to one deployment: chain, contract and the domain's salt. What all deployments share is committed in
``docs/clear-signing/`` (``python -m tools.clear_signing``); ``tally clear-signing`` writes a deployment's own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from protocol import reasons, registrations, typed
from protocol.contract import Proposal
from protocol.fields import Field, fields_of
from protocol.openings import OpeningRequest
from protocol.programs import Language, Words
from protocol.typed import KIND_ABORT, KIND_REFUSAL, KIND_WITHDRAWAL, NAME, VERSION, Abort, Domain, Typed
from protocol.vocabulary import say

SCHEMA: Final = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"
INTENT_SIGNS, LABEL_SIGNS = 30, 20
KINDS: Final[tuple[type[Typed], ...]] = (
    typed.Abort, typed.Access, typed.AccessKey, registrations.Admission, typed.AnchorUpdate, typed.Authorization,
    registrations.DataSetAttestation, registrations.DataSetRegistration, registrations.DataSetRetirement,
    registrations.KeyRotation, typed.NoInputSent, OpeningRequest, Proposal, typed.ResultAttestation, typed.Revocation,
    typed.RevocationOfAll, typed.RunCommitment, registrations.WalletChange,
)  # fmt: skip
"""Every type that is signed, by name; a test walks ``protocol/`` for one that is not here."""
HOMES: Final = tuple(sorted({kind.HOME for kind in KINDS}))
"""The contracts in whose domains they are signed."""
INTENTS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "Abort": Words("Refuse, abort or withdraw", "拒绝、中止或撤回任务"),
        "Access": Words("Read (agrees to nothing)", "查看（不表示同意）"),
        "AccessKey": Words("Make a key for reading", "创建查看用的访问密钥"),
        "Admission": Words("Apply to take part", "申请加入"),
        "AnchorUpdate": Words("Anchor the node's log", "锚定节点日志"),
        "Authorization": Words("Let your data be used", "授权使用您的数据"),
        "DataSetAttestation": Words("State something about data", "对数据作出声明"),
        "DataSetRegistration": Words("Register your data set", "登记您的数据集"),
        "DataSetRetirement": Words("Retire your data set", "停用您的数据集"),
        "KeyRotation": Words("Replace your node's keys", "更换节点密钥"),
        "NoInputSent": Words("State: no input was sent", "声明未发送任何输入"),
        "OpeningRequest": Words("Ask to see single rows", "请求公开单行数据"),
        "Proposal": Words("Propose a computation", "提议一项计算"),
        "ResultAttestation": Words("Attest a result", "证明结果"),
        "Revocation": Words("Take an authorization back", "撤回一项授权"),
        "RevocationOfAll": Words("Take authorizations back", "撤回多项授权"),
        "RunCommitment": Words("Commit to a run", "承诺一次运行"),
        "WalletChange": Words("Change your party's wallet", "更换参与方钱包"),
    }
)
"""What signing a type means."""
LABELS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "approvedSuccessors": Words("Successors allowed", "允许后继版本"),
        "asker": Words("Asked by", "请求方"),
        "auditors": Words("Auditor", "审计方"),
        "authorization": Words("Authorization", "授权"),
        "change": Words("Change number", "变更序号"),
        "columns": Words("Column", "列"),
        "computeParties": Words("Computed by", "计算方"),
        "contractDigest": Words("Contract's digest", "合约摘要"),
        "dataLevel": Words("Data level", "数据级别"),
        "dataSet": Words("Data set", "数据集"),
        "dataSets": Words("Data set", "数据集"),
        "dataVersion": Words("Version of the data", "数据版本"),
        "dataVersions": Words("Version of the data", "数据版本"),
        "deadline": Words("Deadline", "截止时间"),
        "engine": Words("Engine", "引擎"),
        "epoch": Words("Log's epoch", "日志纪元"),
        "epsilonMicros": Words("Privacy budget", "隐私预算"),
        "impactAssessment": Words("Impact assessment", "影响评估"),
        "inputRoot": Words("Root of the data", "数据根"),
        "keyHash": Words("Key's hash", "密钥哈希"),
        "keys": Words("Row", "行"),
        "kind": Words("What", "类型"),
        "label": Words("Key's name", "密钥名称"),
        "legalBasis": Words("Legal basis", "合法性基础"),
        "licences": Words("Licence", "许可"),
        "links": Words("Link's hash", "连接哈希"),
        "logRoot": Words("Log's root", "日志根"),
        "logSize": Words("Log's size", "日志大小"),
        "maxReserves": Words("Most reserved uses", "最多预留次数"),
        "maxUses": Words("Most uses", "最多使用次数"),
        "minProtectionLevel": Words("Protection at least", "最低保护级别"),
        "models": Words("Model", "模型"),
        "newWallet": Words("New wallet", "新钱包"),
        "nodeKey": Words("Node key", "节点密钥"),
        "nodeSigner": Words("Node signer", "节点签名地址"),
        "nonce": Words("Nonce", "随机数"),
        "notAfter": Words("Until", "有效期至"),
        "notBefore": Words("From", "生效时间"),
        "operator": Words("Operator", "运营主体"),
        "outputShares": Words("Hash of the outputs", "输出哈希"),
        "owner": Words("Data owner", "数据提供方"),
        "party": Words("Party", "参与方"),
        "period": Words("Key period", "密钥期"),
        "policy": Words("Digest of the ask", "请求摘要"),
        "positions": Words("Row at", "行位置"),
        "profileHash": Words("Fingerprint", "指纹"),
        "programs": Words("Program", "程序"),
        "programsDigest": Words("Programs' digest", "程序摘要"),
        "proposer": Words("Proposed by", "提议方"),
        "protectionLevel": Words("Protection level", "保护级别"),
        "purpose": Words("Purpose", "目的"),
        "reason": Words("Reason", "理由"),
        "resource": Words("May read", "可查看"),
        "resultHash": Words("Result's hash", "结果哈希"),
        "resultUser": Words("Result user", "结果使用方"),
        "resultUsers": Words("Read by", "结果使用方"),
        "reviewBy": Words("Review until", "复核截止"),
        "reviewer": Words("Reviewer", "复核方"),
        "roles": Words("Roles (bits)", "角色（位）"),
        "root": Words("Root", "根"),
        "rows": Words("Rows", "行数"),
        "runId": Words("Run", "运行"),
        "scheduler": Words("Started by", "调度方"),
        "schemaHash": Words("Description's hash", "描述哈希"),
        "scopes": Words("Key opens", "密钥权限"),
        "sealKey": Words("Seal key", "封装密钥"),
        "size": Words("Size", "大小"),
        "statement": Words("Document's hash", "文件哈希"),
        "task": Words("Task", "任务"),
        "through": Words("Up to number", "截至序号"),
        "uses": Words("Uses", "使用次数"),
        "version": Words("Version", "版本"),
        "wallet": Words("Wallet", "钱包"),
    }
)
"""What the members are called, whichever type holds them."""
MOMENTS: Final = frozenset({"deadline", "notAfter", "notBefore", "reviewBy"})
"""Members that are unix seconds, and shown as dates."""
_KINDS: Final[Mapping[int, Words]] = MappingProxyType(
    {
        KIND_REFUSAL: Words("refusal", "拒绝"),
        KIND_ABORT: Words("abort", "中止"),
        KIND_WITHDRAWAL: Words("withdrawal", "撤回"),
    }
)


def shared(home: str, language: Language) -> dict[str, Any]:
    """What the descriptors of a contract's types share in every deployment: names of values, and how each type is shown."""
    kinds = tuple(kind for kind in KINDS if home == kind.HOME)
    metadata: dict[str, Any] = {"owner": NAME, "contractName": home}
    if Abort in kinds:
        metadata["enums"] = {
            "kind": {str(number): say(words, language) for number, words in _KINDS.items()},
            "reason": {str(number): reason.code for number, reason in sorted(reasons.BY_NUMBER.items())},
        }
    return {
        "$schema": SCHEMA,
        "metadata": metadata,
        "display": {"formats": {kind.type_string(): _format(kind, language) for kind in kinds}},
    }


def descriptor(home: str, domain: Domain, language: Language) -> dict[str, Any]:
    """A contract's descriptor for one deployment: wallets apply it to messages of exactly this domain."""
    found = shared(home, language)
    context = {
        "eip712": {
            "domain": {
                "name": NAME,
                "version": VERSION,
                "chainId": domain.chain_id,
                "verifyingContract": domain.verifying_contract,
                "salt": f"0x{domain.salt.hex()}",
            },
            "deployments": [{"chainId": domain.chain_id, "address": domain.verifying_contract}],
        }
    }
    return {"$schema": found.pop("$schema"), "context": context, **found}


def _format(kind: type[Typed], language: Language) -> dict[str, Any]:
    return {
        "$id": kind.__name__,
        "intent": say(INTENTS[kind.__name__], language),
        "fields": [_shown(kind, field, language) for field in fields_of(kind)],
    }


def _shown(kind: type[Typed], field: Field, language: Language) -> dict[str, Any]:
    """Every member is shown, always; nothing that is signed is hidden for being long."""
    solidity = field.codec.solidity
    path = f"{field.name}.[]" if solidity.endswith("[]") else field.name
    return {
        "path": path,
        "label": say(LABELS[field.name], language),
        **_form(kind, field.name, solidity),
        "visible": "always",
    }


def _form(kind: type[Typed], name: str, solidity: str) -> dict[str, Any]:
    if name in MOMENTS:
        return {"format": "date", "params": {"encoding": "timestamp"}}
    if kind is Abort and name in ("kind", "reason"):
        return {"format": "enum", "params": {"$ref": f"$.metadata.enums.{name}"}}
    if name == "epsilonMicros":
        return {"format": "unit", "params": {"base": "ε", "decimals": 6}}
    if solidity == "address":
        return {"format": "addressName", "params": {"types": ["eoa", "wallet", "contract"]}}
    return {"format": "raw"}
