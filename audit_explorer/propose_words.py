"""Texts of the page that proposes a task, in English and 中文, and what can be wrong with a draft, by code.

They travel into the bundle with the others of participants' pages (:mod:`audit_explorer.desk_words`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Words

PROPOSE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "propose_about": Words(
            "Say what is to be computed on whose data and who reads the result. Nothing is proposed before your wallet signs.",
            "说明要在谁的数据上计算什么、由谁读取结果。在您的钱包签名之前不会提交任何提议。",
        ),
        "propose_anew": Words("Begin anew", "重新开始"),
        "propose_assessment": Words("Impact assessment", "个人信息保护影响评估"),
        "propose_assessment_about": Words(
            "A file, needed for sensitive data. It stays here: only its SHA-256 goes into the contract.",
            "文件，涉及敏感个人信息时必需。文件不会离开本机，合约仅记录其 SHA-256。",
        ),
        "propose_auditors": Words("Auditors", "审计方"),
        "propose_auditors_about": Words("They may read the evidence, never the data.", "可查看证据，不可查看数据。"),
        "propose_automated": Words(
            "Decisions about people are made automatically with the result", "将依据结果对个人作出自动化决策"
        ),
        "propose_basis": Words("Legal basis", "合法性基础"),
        "propose_basis_about": Words(
            "On what the processing rests: consent, contract, statute. Over declared personal data it ends with [basis …] [document 0x…] [until "
            "YYYY-MM-DD] (tally law codes bases).",
            "处理所依据的基础：同意、合同、法律规定等。个人信息已作声明的，须以 [basis …] [document 0x…] [until YYYY-MM-DD] 结尾（tally law codes bases）。",
        ),
        "propose_begin": Words("How to begin", "如何开始"),
        "propose_begin_empty": Words("Begin without steps", "从空白开始"),
        "propose_begin_so": Words("Begin with: {name}", "以此开始：{name}"),
        "propose_check": Words("Check and propose", "检查并提议"),
        "propose_check_about": Words(
            "The coordinator looks for everything that would stop the task, and predicts what it takes.",
            "协调方会查找所有会使任务无法进行的问题，并预测所需开销。",
        ),
        "propose_check_act": Words("Check the contract", "检查合约"),
        "propose_choose": Words("choose…", "请选择…"),
        "propose_code": Words("What for, as a code", "目的代码"),
        "propose_code_about": Words(
            "Owners who declared what individuals agreed to compare it with that. It writes the words that the law's table has for it.",
            "数据方据以比对个人同意的范围；选择后将写入法律用语表中的相应文字。",
        ),
        "propose_columns": Words("Columns that are read", "读取的列"),
        "propose_committee": Words("Compute parties", "计算方"),
        "propose_committee_about": Words(
            "At least three with distinct operators. They compute on shares and see no data.",
            "至少三方，且运营者各不相同。它们在份额上计算，看不到数据。",
        ),
        "propose_data": Words("Data", "数据"),
        "propose_data_about": Words(
            "What is read of each data set that a step uses. Each owner is asked for exactly this.",
            "各步骤所用数据集中读取的内容。将据此逐一征求各所有方授权。",
        ),
        "propose_data_find": Words("Look it up", "查找"),
        "propose_data_named": Words("A data set that you were told of", "他人告知的数据集"),
        "propose_data_named_about": Words(
            "Its whole number, such as visits-3f…: where its owner lets you read its columns, the steps can use it.",
            "完整编号，如 visits-3f…：若所有方允许您查看其列，即可供各步骤使用。",
        ),
        "propose_data_none": Words("No step reads a data set yet.", "尚无步骤读取数据集。"),
        "propose_deadline": Words("Deadline (UTC)", "截止时间（UTC）"),
        "propose_deadline_about": Words(
            "Consent and computation must be done by then.", "授权与计算均须在此之前完成。"
        ),
        "propose_done": Words("Your task is proposed", "任务已提议"),
        "propose_engine": Words("Engine", "引擎"),
        "propose_engine_about": Words("What runs the programs at all nodes.", "在各节点上运行程序的软件。"),
        "propose_export": Words("Save the contract as a file", "将合约存为文件"),
        "propose_faults": Words("To be mended: {count}", "待修正：{count} 项"),
        "propose_filter_add": Words("Add a condition", "添加条件"),
        "propose_filter_column": Words("Column", "列"),
        "propose_filter_sign": Words("is", "关系"),
        "propose_filter_value": Words("Value", "值"),
        "propose_filters": Words("Rows that take part", "参与的行"),
        "propose_follow": Words("Follow the task", "查看任务进展"),
        "propose_foreign": Words(
            "The contract names {proposer} as its proposer: only that party's wallet can propose it.",
            "合约所列提议方为 {proposer}：只有该方的钱包可以提议。",
        ),
        "propose_group": Words("Minimum group", "最小分组"),
        "propose_group_about": Words(
            "No number about fewer people than this leaves.", "涉及人数少于此数的结果不会释放。"
        ),
        "propose_horizontal": Words(
            "A model over the same columns of several owners", "多方同列数据的联合模型（横向）"
        ),
        "propose_horizontal_about": Words(
            "Rows of several owners are put below each other; one model is fitted and judged.",
            "将多方的行上下合并，训练并评估一个模型。",
        ),
        "propose_import": Words("or take a contract's file (JSON):", "或载入合约文件（JSON）："),
        "propose_joint": Words("A model over columns of several owners", "多方不同列数据的联合模型（纵向）"),
        "propose_joint_about": Words(
            "Rows of the same people are joined without telling anybody who matched; one model is fitted.",
            "在不泄露匹配对象的前提下连接同一人群的行，训练一个模型。",
        ),
        "propose_keeps": Words("What stays at the nodes, and for whom", "留存于节点的内容及使用方"),
        "propose_keeps_about": Words(
            "A model or table may stay after the task: each compute party keeps its own share of it, encrypted, and erases it at the moment"
            " named. Only tasks of the parties that are ticked can use it.",
            "任务结束后可留存模型或表：各计算方加密保存自己的份额，并在所定时刻删除。仅勾选各方的任务可以使用。",
        ),
        "propose_keeps_none": Words("No output of these steps can stay.", "这些步骤没有可留存的输出。"),
        "propose_keeps_not": Words("does not stay", "不留存"),
        "propose_keeps_until": Words("Until (UTC)", "留存至（UTC）"),
        "propose_keeps_until_about": Words(
            "After that every compute party erases its share. It must be after the task's deadline.",
            "届时各计算方删除其份额。须晚于任务截止时间。",
        ),
        "propose_keeps_users": Words("Whose tasks may use {output}", "谁的任务可使用 {output}"),
        "propose_lacking": Words("The catalogue has no approved {programs}.", "目录中没有已批准的 {programs}。"),
        "propose_level": Words("Protection level asked for", "要求的保护等级"),
        "propose_level_about": Words(
            "1 is the lowest, 5 the highest. The weakest program is the limit.", "1 最低，5 最高；以最弱的程序为上限。"
        ),
        "propose_no": Words("no", "否"),
        "propose_nobody": Words("nobody", "无"),
        "propose_none": Words("The catalogue has none.", "目录中没有可选项。"),
        "propose_nothing": Words("nothing", "无"),
        "propose_output_stays": Words("does not leave", "不释放"),
        "propose_output_users": Words("Who reads {output}", "谁读取 {output}"),
        "propose_outputs": Words("What leaves, and to whom", "释放内容及读取方"),
        "propose_outputs_about": Words(
            "Only what is ticked leaves, sealed for the parties that are ticked.",
            "仅释放勾选的内容，并仅为勾选的各方密封。",
        ),
        "propose_outputs_none": Words("There is no step yet.", "尚无步骤。"),
        "propose_parameters": Words("Parameters: {count}", "参数：{count} 个"),
        "propose_parties": Words("Who computes, looks and reviews", "计算、审计与复核各方"),
        "propose_port": Words("Input {port}", "输入 {port}"),
        "propose_port_about": Words("{about} · sources: {count}", "{about} · 来源数：{count}"),
        "propose_purpose": Words("Purpose", "处理目的"),
        "propose_purpose_about": Words(
            "One sentence that owners read before they sign; a random reference is added, so that nobody guesses it. Over declared data it begins "
            "with the words of a purpose and ends with its code, as “Assess credit risk: … [purpose credit-risk]” (tally law codes purposes).",
            "所有方签署前会读到的一句话；系统会附加随机编号，以防被猜出。数据已作声明的，须以某项目的的文字开头并以其代码结尾，如“评估信用风险：…… "
            "[purpose credit-risk]”（tally law codes purposes）。",
        ),
        "propose_range": Words("From {low} to {high}.", "取值 {low} 至 {high}。"),
        "propose_review_days": Words("Days to decide after the deadline", "截止后的复核期（天）"),
        "propose_reviewer": Words("Reviewer", "复核方"),
        "propose_reviewer_about": Words(
            "Without its approval no result is released. It may be nobody.", "未经其批准不释放结果。可不设。"
        ),
        "propose_scheduler": Words("Scheduler", "调度方"),
        "propose_scheduler_about": Words("Starts the task when all owners have signed.", "在所有方签署后启动任务。"),
        "propose_scorecard": Words("A scorecard over raw columns of several owners", "多方原始列的联合评分卡"),
        "propose_scorecard_about": Words(
            "Each owner's raw columns are prepared by a recipe, rows of the same people are matched, and a card gives points to bins; the card"
            " stays at the nodes for later scores.",
            "各所有方的原始列按配方处理，匹配同一人群的行，由评分卡为各分箱赋分；评分卡留存于节点供以后评分。",
        ),
        "propose_sign": Words("Propose with my wallet", "用钱包签署提议"),
        "propose_sign_about": Words(
            "You sign the proposal of {task}. Every owner is then asked; the task starts when all have signed.",
            "您将签署 {task} 的提议。随后会逐一征求所有方授权，全部签署后任务启动。",
        ),
        "propose_sign_title": Words("Your proposal", "您的提议"),
        "propose_source_add": Words("Add a source of {port}:", "为 {port} 添加来源："),
        "propose_statistics": Words("Statistics of groups over several owners", "多方分组统计"),
        "propose_statistics_about": Words(
            "Rows of several owners are put below each other; counts and means of groups leave.",
            "将多方的行上下合并，释放各组的计数与均值。",
        ),
        "propose_step_add": Words("Add a step that runs", "添加步骤，运行程序"),
        "propose_step_name": Words("Name of the step", "步骤名称"),
        "propose_step_program": Words("Program", "程序"),
        "propose_step_remove": Words("Remove step {step}", "删除步骤 {step}"),
        "propose_steps": Words("Steps", "步骤"),
        "propose_steps_about": Words(
            "Each step runs a program of the catalogue on data sets or on what earlier steps gave.",
            "每个步骤运行目录中的一个程序，输入为数据集或先前步骤的输出。",
        ),
        "propose_take_out": Words("Take out", "移除"),
        "propose_take_out_of": Words("Take out {source}", "移除 {source}"),
        "propose_terms": Words("Terms", "条款"),
        "propose_title": Words("Propose a task", "提议任务"),
        "propose_undeclared": Words(
            "Not declared, and passed by this consortium's policy: {count}", "未声明而依本联合体策略放行：{count} 项"
        ),
        "propose_yes": Words("yes", "是"),
        "receipt_proposed": Words("Receipt: you proposed the task", "回执：您已提议该任务"),
        "rooms": Words("Pages of my desk", "工作台页面"),
    }
)

DRAFT_PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "data_set.unknown": Words(
            "There is no such data set, or its owner does not let you know of it. Check the number, or ask the owner.",
            "没有此数据集，或所有方未允许您知悉。请核对编号，或询问所有方。",
        ),
        "draft.committee": Words(
            "Fewer than three compute parties keep no secret. Choose at least three.",
            "计算方少于三方则无法保密。请至少选择三方。",
        ),
        "draft.deadline": Words("The deadline has passed. Choose a later one.", "截止时间已过。请选择更晚的时间。"),
        "draft.file_size": Words(
            "The file is larger than a contract can be. Choose a contract's file.",
            "文件超过合约的大小上限。请选择合约文件。",
        ),
        "draft.filter": Words(
            "The condition has no value, or one with invisible characters. Write one, or take the condition out.",
            "该条件没有值，或值中含不可见字符。请填写，或移除该条件。",
        ),
        "draft.keep_until": Words(
            "Something would be kept no longer than to the deadline. Choose a later moment, or let it not stay.",
            "留存期限不晚于任务截止时间。请选择更晚的时刻，或不留存。",
        ),
        "draft.no_columns": Words("No column is read. Tick at least one.", "未读取任何列。请至少勾选一列。"),
        "draft.no_engine": Words(
            "No engine is chosen. If there is none to choose, have one certified.",
            "未选择引擎。如无可选，请先完成引擎认证。",
        ),
        "draft.no_outputs": Words("Nothing leaves. Tick who reads what.", "没有任何释放内容。请勾选由谁读取什么。"),
        "draft.no_program": Words(
            "The catalogue has no approved program of this name. Choose another.",
            "目录中没有此名称的已批准程序。请另选。",
        ),
        "draft.no_steps": Words("There is nothing to compute. Add a step.", "没有计算内容。请添加步骤。"),
        "draft.no_text": Words(
            "This is empty. Owners read it before they sign: write it.", "此项为空。所有方签署前会阅读：请填写。"
        ),
        "draft.parameter": Words(
            "The value is not in the program's range. Correct it.", "取值不在程序允许的范围内。请更正。"
        ),
        "draft.review_within": Words(
            "The reviewer has no time to decide. Choose the days.", "复核方没有复核期。请选择天数。"
        ),
        "draft.scheduler": Words("Nobody starts the task. Choose the scheduler.", "无人启动任务。请选择调度方。"),
        "draft.sources": Words(
            "The input has too few or too many sources. Choose as many as it takes.",
            "该输入的来源过少或过多。请按要求选择。",
        ),
        "draft.step_name": Words(
            "A step's name has 1 to 31 lower-case letters, digits and _. Correct it.",
            "步骤名称须为 1 至 31 个小写字母、数字或下划线。请更正。",
        ),
        "draft.too_long": Words("The text is too long: write at most 961 characters.", "文本过长：最多 961 个字符。"),
        "draft.unprintable": Words(
            "The text has a line break or an invisible character, which could make it look like another. Take it out.",
            "文本含换行或不可见字符，可能使其看起来像另一段文字。请删除。",
        ),
        "propose.differs": Words(
            "What the coordinator says of the contract differs from what follows from it. Do not sign it; tell its operator.",
            "协调方对合约的说法与合约推导结果不符。请勿签署，并告知其运营方。",
        ),
        "propose.problems": Words(
            "The task cannot start as it is. Nothing was signed: check the contract again.",
            "该任务目前无法启动。未签署任何内容：请重新检查合约。",
        ),
        "propose.there": Words(
            "This very task is proposed already, perhaps in another window. Find it on your desk.",
            "该任务已提议，可能是在另一窗口中提交的。请在工作台中查看。",
        ),
        "propose.unfinished": Words(
            "The contract is not finished. What is missing stands beside its field.",
            "合约尚未完成。缺少的内容标注在相应项旁。",
        ),
    }
)
