"""All programs of this release, described. Importing this imports no implementation and no mpyc."""

from typing import Final

from protocol.errors import RefusedError
from protocol.programs import CostModel, ParameterSpec, ProgramDescriptor, Words
from workers.mpc.programs.digest import code_digest
from workers.mpc.programs.program import Disclosure, InputPort, OutputPort, Program

_MAX_PARTIES: Final = 9
"""More would leave fewer than 32 bits for numbers: see workers.mpc.arrays.headroom."""

PSI_ALIGN: Final = Program(
    program="psi.align@1.0.0",
    title=Words("Align tables by id", "按标识对齐样本"),
    inputs=(
        InputPort(
            "tables",
            "table",
            Words("One data set of each owner", "每个数据方一个数据集"),
            least=2,
            most=_MAX_PARTIES - 1,
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
    max_parties=_MAX_PARTIES,
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
    seconds=CostModel("0.1", "0.000004", "0", "0"),
    traffic=CostModel("500", "20", "0", "0"),
    memory=CostModel("1000000", "600", "8", "0"),
    headroom=Words("No arithmetic on shares.", "不涉及份额运算。"),
    implementation="workers.mpc.programs.psi_align:run",
    needs_dataless_party=True,
)

FEATURE_STANDARDIZE: Final = Program(
    program="feature.standardize@1.0.0",
    title=Words("Standardise columns", "特征标准化"),
    inputs=(
        InputPort("tables", "aligned", Words("Aligned tables", "已对齐的表")),
        InputPort(
            "label", "label", Words("A column to leave out, usually the label", "不参与标准化的列，通常为标签"), least=0
        ),
    ),
    outputs=(
        OutputPort(
            "features",
            "aligned",
            Words("Columns with mean 0 and deviation 1 over the training rows", "训练行上均值 0、标准差 1 的列"),
        ),
        OutputPort("means", "shares", Words("The columns' means, as shares", "各列均值（份额）")),
        OutputPort("deviations", "shares", Words("The columns' standard deviations, as shares", "各列标准差（份额）")),
    ),
    parameters=(
        ParameterSpec(
            "train_fraction",
            "decimal",
            "0.7",
            "0.01",
            "1",
            (),
            Words(
                "Part of the rows, in the alignment's random order, that trains",
                "用于训练的行比例（按对齐后的随机顺序）",
            ),
        ),
        ParameterSpec(
            "limit",
            "decimal",
            "16",
            "1",
            "64",
            (),
            Words("Largest number of deviations from the mean", "偏离均值的最大标准差倍数"),
        ),
        ParameterSpec(
            "beyond_limit",
            "choice",
            "refuse",
            "",
            "",
            ("refuse", "clip"),
            Words("What happens to values beyond the limit", "超限值的处理：拒绝或截断"),
        ),
        ParameterSpec(
            "constant_columns",
            "choice",
            "refuse",
            "",
            "",
            ("refuse", "zero"),
            Words("What happens to columns that do not vary", "常数列的处理：拒绝或置零"),
        ),
    ),
    min_parties=3,
    max_parties=_MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.01", "0", "0.00000005", "0"),
    traffic=CostModel("1000", "0", "0", "0"),
    memory=CostModel("1000000", "0", "24", "0"),
    headroom=Words(
        "Values are within the limit parameter; means and deviations within 2^25, refused otherwise.",
        "数值不超过 limit 参数；均值与标准差不超过 2^25，否则拒绝。",
    ),
    implementation="workers.mpc.programs.feature_standardize:run",
)

GLM_LOGISTIC: Final = Program(
    program="glm.logistic@1.0.0",
    title=Words("Logistic regression over several owners' columns", "纵向逻辑回归"),
    inputs=(
        InputPort("features", "aligned", Words("Standardised columns", "标准化后的特征列")),
        InputPort("label", "label", Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1")),
    ),
    outputs=(
        OutputPort(
            "coefficients",
            "shares",
            Words("One per feature column, in standardised units", "各特征的系数（标准化单位）"),
        ),
        OutputPort("intercept", "shares", Words("The intercept", "截距")),
        OutputPort("scores", "shares", Words("Logits of the test rows", "测试行的对数几率")),
        OutputPort("labels", "shares", Words("Labels of the test rows", "测试行的标签")),
    ),
    parameters=(
        ParameterSpec(
            "c",
            "decimal",
            "1",
            "0.0001",
            "100",
            (),
            Words("Inverse strength of the L2 penalty, as in scikit-learn", "L2 正则强度的倒数，与 scikit-learn 相同"),
        ),
        ParameterSpec(
            "warm_up",
            "integer",
            4,
            "1",
            "50",
            (),
            Words("Steps with the fixed Hessian bound and momentum", "固定海森上界加动量的步数"),
        ),
        ParameterSpec(
            "refinements",
            "integer",
            4,
            "0",
            "20",
            (),
            Words("Rounds that rebuild the secret Hessian, two steps each", "重建秘密海森矩阵的轮数，每轮两步"),
        ),
        ParameterSpec(
            "coefficient_limit",
            "decimal",
            "16",
            "1",
            "64",
            (),
            Words("Coefficients are clipped to this magnitude", "系数绝对值的上限（截断）"),
        ),
    ),
    min_parties=3,
    max_parties=_MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.8", "0.004", "0.00003", "0.00003"),
    traffic=CostModel("300000", "15000", "100", "100"),
    memory=CostModel("50000000", "40000", "2000", "500"),
    headroom=Words(
        "Proven in logistic_solver: weights clipped to coefficient_limit, means bounded by Cauchy–Schwarz, eigenvalues in "
        "[2^-11, 1]; every product below 2^61 or the run is refused before it starts.",
        "证明见 logistic_solver：系数截断，均值由柯西–施瓦茨不等式界定，特征值位于 [2^-11, 1]；乘积均小于 2^61，否则拒绝运行。",
    ),
    implementation="workers.mpc.programs.glm_logistic:run",
)

EVAL_BINARY: Final = Program(
    program="eval.binary@1.0.0",
    title=Words("Evaluate a binary classifier", "二分类评估"),
    inputs=(
        InputPort("scores", "shares", Words("Secret scores", "秘密分数")),
        InputPort("labels", "shares", Words("Secret labels, 0 or 1", "秘密标签，0 或 1")),
    ),
    outputs=(
        OutputPort("auc", "shares", Words("Area under the ROC curve", "ROC 曲线下面积")),
        OutputPort("ks", "shares", Words("Kolmogorov–Smirnov distance of the classes", "KS 值")),
        OutputPort(
            "roc",
            "shares",
            Words(
                "True and false positive rate from the lowest threshold to the highest", "由低到高各阈值的真、假阳性率"
            ),
        ),
        OutputPort(
            "counts",
            "shares",
            Words("True and false positives from the lowest threshold to the highest", "由低到高各阈值的真、假阳性数"),
        ),
    ),
    parameters=(
        ParameterSpec("thresholds", "integer", 256, "8", "1024", (), Words("Number of thresholds", "阈值个数")),
        ParameterSpec(
            "span",
            "decimal",
            "8",
            "0.5",
            "64",
            (),
            Words("Thresholds lie evenly from minus to plus this logit", "阈值在正负该对数几率之间均匀分布"),
        ),
    ),
    min_parties=3,
    max_parties=_MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.1", "0.0024", "0", "0"),
    traffic=CostModel("100000", "9400", "0", "0"),
    memory=CostModel("20000000", "400000", "0", "0"),
    headroom=Words(
        "Counts are at most the rows, products of counts at most rows²/2, rates at most 1.",
        "计数不超过行数，计数乘积不超过行数平方的一半，比率不超过 1。",
    ),
    implementation="workers.mpc.programs.eval_binary:run",
)

CATALOGUE: Final = {program.program: program for program in (PSI_ALIGN, FEATURE_STANDARDIZE, GLM_LOGISTIC, EVAL_BINARY)}


def find(program: str) -> Program:
    """The program with this id (``name@version``)."""
    found = CATALOGUE.get(program)
    if found is None:
        raise RefusedError(
            "program.unknown", f"This node has no program {program!r}.", f"Installed: {', '.join(sorted(CATALOGUE))}."
        )
    return found


def descriptors() -> tuple[ProgramDescriptor, ...]:
    """All programs in the published form, with the digest of what is installed."""
    return tuple(program.descriptor(code_digest(program.program)) for program in CATALOGUE.values())
