"""How tables of several owners come together."""

from typing import Final

from protocol.programs import CostModel, ParameterSpec, Words
from workers.mpc.programs.program import MAX_PARTIES, Disclosure, InputPort, OutputPort, Program

PSI_ALIGN: Final = Program(
    program="psi.align@1.0.0",
    title=Words("Align tables by id", "按标识对齐样本"),
    inputs=(
        InputPort(
            "tables",
            ("table",),
            Words("One data set of each owner", "每个数据方一个数据集"),
            least=2,
            most=MAX_PARTIES - 1,
        ),
    ),
    outputs=(
        OutputPort(
            "aligned",
            "aligned",
            Words(
                "The rows whose id all owners have, in one random order; each owner keeps its own columns",
                "各方共有标识的行，顺序随机且一致；各方保留自己的列",
            ),
        ),
    ),
    parameters=(
        ParameterSpec(
            "normalisation",
            "choice",
            "nfc-strip",
            "",
            "",
            ("nfc-strip",),
            Words(
                "How ids are compared: Unicode NFC without surrounding white space",
                "标识比对方式：Unicode NFC，去除首尾空白",
            ),
        ),
        ParameterSpec(
            "minimum_matches",
            "integer",
            2,
            "2",
            "10000000",
            (),
            Words("Refuse when fewer ids are common", "共有标识少于此数则拒绝"),
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=3,
    disclosures=(
        Disclosure(
            "intersection_size",
            "every compute party",
            Words("Every compute party learns how many ids are common.", "各计算方获知共有标识的数量。"),
        ),
        Disclosure(
            "table_sizes",
            "the helper",
            Words(
                "The compute party without data learns how many ids each owner has.", "无数据的计算方获知各方标识总数。"
            ),
        ),
        Disclosure(
            "matched_rows",
            "the owners",
            Words("Each owner learns which of its own rows matched.", "各数据方获知自己的哪些行匹配成功。"),
        ),
    ),
    seconds=CostModel("0.1 + 0.000004*rows"),
    traffic=CostModel("500 + 20*rows"),
    memory=CostModel("1000000 + 600*rows + 8*rows*columns"),
    headroom=Words("No arithmetic on shares.", "不涉及份额运算。"),
    implementation="workers.mpc.programs.psi_align:run",
    needs_dataless_party=True,
)

PROGRAMS: Final = (PSI_ALIGN,)
