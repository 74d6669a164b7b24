"""Every text of participants' pages in English and 中文, and what can go wrong on them, by code.

Both travel into the bundle (``tools.web_words``). ``{…}`` are filled in by the pages. States, parts, reasons and what outputs are
about are said in ``protocol/``, the same for the explorer and the command line; terms follow the project's glossary.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from audit_explorer.act_words import ACT_PROBLEMS, ACTS
from audit_explorer.cost_words import COST_PROBLEMS, COSTS
from audit_explorer.join_words import JOIN, JOIN_PROBLEMS
from audit_explorer.mine_words import MINE
from audit_explorer.propose_words import DRAFT_PROBLEMS, PROPOSE
from audit_explorer.standing_words import STANDING, STANDING_PROBLEMS
from protocol.programs import Words

DESK: Final[Mapping[str, Words]] = MappingProxyType(
    {
        **PROPOSE,
        **ACTS,
        **COSTS,
        **JOIN,
        **MINE,
        **STANDING,
        "again": Words("Try again", "重试"),
        "answer_personal": Words(
            "This task opens numbers about single people: {outputs}. Let each of them go above, or refuse the task.",
            "该任务会公开涉及单个人的数字：{outputs}。请在上方逐项同意，或拒绝该任务。",
        ),
        "answer_reason": Words("Reason", "理由"),
        "answer_refuse": Words("Refuse with my wallet", "用钱包签署拒绝"),
        "answer_refuse_final": Words(
            "A refusal ends the task for everybody and is final. The reason goes on the chain as a number.",
            "拒绝将使该任务对所有各方终止，且不可撤回。理由以编号形式上链。",
        ),
        "answer_refuse_open": Words("Refuse instead", "改为拒绝"),
        "answer_sign": Words("Sign with my wallet", "用钱包签署"),
        "answer_title": Words("Your answer", "您的答复"),
        "consent_of": Words("Your data set {data_set}", "您的数据集 {data_set}"),
        "consent_stopped": Words(
            "Nothing of this can be signed here. The other parts of the page are no reason to sign elsewhere.",
            "此处不能签署其中任何内容；也请勿依据本页其他部分在别处签署。",
        ),
        "coordinator_says": Words("The coordinator answered:", "协调方答复（英文）："),
        "data_all_rows": Words("all rows", "全部行"),
        "data_columns": Words("Columns", "列"),
        "data_other": Words("Data of {owner}", "{owner} 的数据"),
        "data_own": Words("Your data", "您的数据"),
        "data_rows": Words("Rows", "行"),
        "data_set": Words("Data set", "数据集"),
        "data_version": Words("version {version}", "第 {version} 版"),
        "deployment_follow": Words("Follow the new deployment from now on", "今后采用新的部署"),
        "given_consumed": Words(
            "You authorized this task, and its start has consumed the use:",
            "您已授权该任务，任务启动时已消费该次授权：",
        ),
        "given_on_chain": Words("You authorized this task, and the chain has it:", "您已授权该任务，且已上链："),
        "given_received": Words(
            "You authorized this task. The coordinator has it and is putting it on chain:",
            "您已授权该任务。协调方已收到，正在上链：",
        ),
        "graph_about": Words(
            "The task's workflow from data sets through the steps {steps} to its results; the table below says the same.",
            "任务流程：从数据集经步骤 {steps} 到结果；下方表格内容与此相同。",
        ),
        "graph_caption": Words(
            "Rounded: data sets. Square: steps, computed on shares. Pills: results with who reads them. Yours have a thick edge.",
            "圆角：数据集；方角：在份额上计算的步骤；胶囊形：结果及其读取方。您的以粗边框标出。",
        ),
        "graph_mine_data": Words("your data", "您的数据"),
        "graph_mine_output": Words("read by you", "由您读取"),
        "graph_title": Words("Workflow", "流程"),
        "hash_ask": Words("Digest of what is asked", "请求摘要"),
        "hash_authorization": Words("Digest that the wallet signs", "钱包所签摘要"),
        "hash_chain": Words("Chain", "链"),
        "hash_consents": Words("Contract that checks it", "核验合约地址"),
        "hash_contract": Words("Digest of the task contract", "任务合约摘要"),
        "hash_deployment": Words("Deployment", "部署标识"),
        "hash_programs": Words("Digest of the programs' code", "程序代码摘要"),
        "hash_root": Words("Root of your data set", "您的数据集根"),
        "hash_task": Words("Task", "任务标识"),
        "inbox_consent": Words(
            "{proposer} asks to compute on your data: {data_sets}. Read it, then sign or refuse.",
            "{proposer} 请求使用您的数据进行计算：{data_sets}。请阅读后签署或拒绝。",
        ),
        "inbox_count": Words("Waiting for your answer: {count}", "待您答复：{count} 项"),
        "inbox_done": Words("Done", "已结束"),
        "inbox_done_none": Words("No task of yours has ended yet.", "您尚无已结束的任务。"),
        "inbox_line": Words("A task of {proposer}. {state}", "{proposer} 的任务。{state}"),
        "inbox_more": Words(
            "There are more tasks than are shown here: tally task list tells all of them.",
            "任务多于此处所列：可用 tally task list 查看全部。",
        ),
        "inbox_nothing": Words("Nothing waits for your answer.", "没有待您答复的事项。"),
        "inbox_review": Words(
            "The result of {proposer}'s task waits for your review.",
            "{proposer} 的任务结果待您复核。",
        ),
        "inbox_started": Words("Started by me", "由我发起"),
        "inbox_started_none": Words(
            "You have proposed no task that is still open.",
            "您没有未结束的提议。",
        ),
        "inbox_title": Words("My desk", "我的工作台"),
        "inbox_under_way": Words("Under way", "进行中"),
        "inbox_under_way_none": Words("No task of others is under way with you.", "没有您参与且正在进行的他方任务。"),
        "inbox_unread": Words(
            "{proposer} asks for something that could not be read just now. Open it to try again.",
            "{proposer} 的请求暂时无法读取；请打开重试。",
        ),
        "inbox_until": Words("until {moment}", "截止 {moment}"),
        "inbox_waiting": Words("Waits for me", "待我处理"),
        "inbox_waiting_none": Words(
            "When somebody asks for your data, the request stands here. Until then there is nothing to do.",
            "有人请求使用您的数据时，请求会列在此处。目前无需任何操作。",
        ),
        "json_contract": Words("Task contract", "任务合约"),
        "json_typed": Words("What the wallet is given (EIP-712)", "交给钱包的内容（EIP-712）"),
        "leaks_none": Words(
            "Nothing else becomes known, as the programs' publishers say.", "据程序发布方声明，不另公开任何内容。"
        ),
        "leaks_title": Words("What else becomes known on the way", "过程中还会公开"),
        "leaks_unknown": Words(
            "Nobody has described {programs}: what else becomes known there is not known.",
            "程序 {programs} 无人描述：其过程中另会公开什么尚不可知。",
        ),
        "leaving_grouped": Words("about groups", "群体数字"),
        "leaving_let_go": Words("I let these numbers about single people go.", "我同意公开这些涉及单个人的数字。"),
        "leaving_personal": Words("about single people", "涉及单个人"),
        "leaving_title": Words("What leaves, and who reads it", "释放内容及读取方"),
        "leaving_to": Words("read by {users} alone", "仅由 {users} 读取"),
        "loading": Words("Reading…", "正在读取…"),
        "looks_none": Words("Nobody fetched evidence of this task yet.", "尚无人获取过本任务的证据。"),
        "looks_times": Words("{count} × on that day", "当日 {count} 次"),
        "looks_title": Words("Who looked at the evidence", "谁查看过证据"),
        "looks_whose": Words(
            "What the coordinator gave to whom, by reader and day (UTC), for 400 days: the newest fifty. It is the coordinator's word; "
            "copies that readers hand on are nobody's to see.",
            "协调方向谁提供了什么，按读取方与日期（UTC）计，保留 400 天，此处为最近五十条。此为协调方的说法；读取方再行转交的副本无从得知。",
        ),
        "moment": Words("{time} ({distance})", "{time}（{distance}）"),
        "reason_unanswered": Words("has not answered yet", "尚未答复"),
        "reason_withdrawing": Words(
            "has taken the proposal back; it is on its way to the chain, and nothing is started any more.",
            "已撤回提议，正在上链；不会再启动。",
        ),
        "receipt_digest": Words("Digest that was signed", "所签摘要"),
        "receipt_id": Words("Number", "编号"),
        "receipt_print": Words("Print this receipt", "打印此回执"),
        "receipt_refused": Words("Receipt: you refused the task", "回执：您已拒绝该任务"),
        "receipt_revoked": Words("Receipt: you took the authorization back", "回执：您已撤回授权"),
        "receipt_signature": Words("Signature", "签名"),
        "receipt_signed": Words("Receipt: you authorized the task", "回执：您已授权该任务"),
        "receipt_when": Words("When", "时间"),
        "receipt_who": Words("Who", "签署方"),
        "review_not_asked": Words("Nothing is asked of you in this task.", "该任务没有向您提出请求。"),
        "review_of": Words("What {proposer} asks", "{proposer} 的请求"),
        "review_title": Words("A task", "任务"),
        "review_until": Words("Deadline {moment}", "截止时间 {moment}"),
        "revoke_act": Words("Take it back with my wallet", "用钱包签署撤回"),
        "revoke_open": Words("Take this authorization back", "撤回此授权"),
        "revoke_stops": Words(
            "From then on no task starts with it. It does not stop a task that has started: that one ends as it was agreed.",
            "撤回后，任何任务都不能再凭此启动。已启动的任务不受影响，仍按约定结束。",
        ),
        "sign_enter": Words("Sign in", "登录"),
        "sign_intro": Words(
            "Connect the wallet that your organisation registered. Signing in lets you read; it agrees to nothing.",
            "请连接贵机构登记的钱包。登录只用于查看，不表示任何同意。",
        ),
        "sign_no_consent": Words(
            "Each answer that you give later is a signature of its own, over words that this page shows first.",
            "之后的每项答复都须另行签名，签名前本页会先显示所签内容。",
        ),
        "sign_out": Words("Sign out", "退出"),
        "sign_party": Words("As which party", "以哪个参与方身份"),
        "sign_title": Words("Sign in with your wallet", "用钱包登录"),
        "signed_in": Words("Signed in to read as {party}", "已以 {party} 身份登录（查看）"),
        "tab_data": Words("Data", "数据"),
        "tab_hashes": Words("Hashes", "哈希"),
        "tab_json": Words("JSON", "JSON 原文"),
        "table_title": Words("All of it, point by point", "逐项内容"),
        "tabs": Words("The records behind these words", "以上文字所依据的记录"),
        "wallet_account": Words(
            "The wallet shows {shown}. Choose the account that you signed in with:",
            "钱包当前账户为 {shown}。请切换到登录所用的账户：",
        ),
        "wallet_chain": Words(
            "The wallet is on chain {shown}; this deployment is on chain {needed}.",
            "钱包位于链 {shown}；本部署位于链 {needed}。",
        ),
        "wallet_choose": Words("Choose a wallet:", "请选择钱包："),
        "wallet_compare": Words("Compare with your wallet", "与钱包显示逐项比对"),
        "wallet_compare_about": Words(
            "The wallet shows these fields of {type} in this order; one that has our descriptors calls it “{intent}” and shows the labels."
            " If one differs, reject it there.",
            "钱包会按此顺序显示 {type} 的各字段；已有本系统描述文件的钱包会称之为“{intent}”并显示各标签。如有任何一项不同，请在钱包中拒绝。",
        ),
        "wallet_connect": Words("Connect {wallet}", "连接 {wallet}"),
        "wallet_collecting": Words(
            "Waiting for its holders, who agree in their own wallets. The page goes on when the contract says yes. You may leave it: what"
            " was agreed to is not asked for again.",
            "正在等待持有人在各自的钱包中同意；合约确认后本页会继续。您可以离开本页：已同意的内容不会再次询问。",
        ),
        "wallet_contract": Words(
            "This account is a contract: it signs by a rule of its own, for which several people may be needed.",
            "此账户为合约：按其自身规则签署，可能需要多人同意。",
        ),
        "wallet_holders": Words(
            "This account is a contract: {needed} of its {all} holders must agree.",
            "此账户为合约：{all} 名持有人中须有 {needed} 名同意。",
        ),
        "wallet_locked": Words(
            "{wallet} shows this page no account: it is locked, or you have not allowed it yet.",
            "{wallet} 未向本页提供账户：钱包已锁定，或您尚未允许。",
        ),
        "wallet_looking": Words("Looking for wallets…", "正在查找钱包…"),
        "wallet_none": Words(
            "This browser has no wallet. Install the one that your organisation uses (any with EIP-6963) and load the page again.",
            "此浏览器中没有钱包。请安装贵机构使用的钱包（支持 EIP-6963 即可），然后重新载入本页。",
        ),
        "wallet_other": Words("Use another wallet", "换用其他钱包"),
        "wallet_ready": Words("{wallet} signs as", "{wallet} 的签名账户："),
        "wallet_switch": Words("Switch the wallet's network", "切换钱包网络"),
        "wallet_unlock": Words("Open the wallet", "打开钱包"),
        "working": Words("Working…", "处理中…"),
    }
)

PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        **DRAFT_PROBLEMS,
        **ACT_PROBLEMS,
        **COST_PROBLEMS,
        **JOIN_PROBLEMS,
        **STANDING_PROBLEMS,
        "access.foreign_site": Words(
            "The coordinator took the request for another site's. Its operator must set TALLY_PUBLIC_URL to this page's address.",
            "协调方认为请求来自其他网站。其运营方须将 TALLY_PUBLIC_URL 设为本页地址。",
        ),
        "access.not_yours": Words(
            "This is not for the party that you are signed in as. Sign in as the right one.",
            "您登录的参与方无权查看此内容。请以相应参与方身份登录。",
        ),
        "access.session_over": Words(
            "Nobody is signed in, or the session has ended. Sign in again.", "尚未登录，或登录已过期。请重新登录。"
        ),
        "api.other_origin": Words(
            "The page was opened at another address than its own. Open it at its own.",
            "本页不在其自身地址打开。请用其自身地址打开。",
        ),
        "api.unexpected": Words(
            "The coordinator gave an answer that is none of its form. Try again; if it stays so, tell its operator.",
            "协调方的答复不符合其格式。请重试；若持续如此，请告知其运营方。",
        ),
        "api.unreachable": Words(
            "The coordinator does not answer. Nothing is lost: try again.", "协调方没有答复。未丢失任何内容：请重试。"
        ),
        "deployment.changed": Words(
            "The pages name another deployment than this browser saw before. Ask the operator by another way whether that is right; until"
            " then sign nothing.",
            "本页所指的部署与此浏览器之前所见不同。请通过其他途径向运营方核实；在此之前请勿签署。",
        ),
        "deployment.malformed": Words(
            "The page does not say which deployment it is of. Tell its operator.",
            "本页未说明其所属部署。请告知其运营方。",
        ),
        "desk.answered": Words(
            "This was answered meanwhile, perhaps in another window. The page is brought up to date.",
            "此请求已有答复，可能是在另一窗口中作出的。本页将随即更新。",
        ),
        "desk.busy": Words(
            "Another window of this browser is at the same. Finish there, or close it.",
            "此浏览器的另一窗口正在进行同一操作。请在该窗口完成，或将其关闭。",
        ),
        "desk.changed": Words(
            "What is asked has changed since it was shown. Nothing was signed: read it again.",
            "请求内容在显示之后已有变化。未签署任何内容：请重新阅读。",
        ),
        "desk.failed": Words(
            "Something in this page failed. Nothing was signed: load it again.",
            "本页出错。未签署任何内容：请重新载入。",
        ),
        "desk.other_authorization": Words(
            "The coordinator names another authorization than was signed. Sign nothing more; tell its operator.",
            "协调方所称的授权与所签不同。请勿继续签署，并告知其运营方。",
        ),
        "desk.other_task": Words(
            "The coordinator answered about another task. Sign nothing; tell its operator.",
            "协调方答复的是另一任务。请勿签署，并告知其运营方。",
        ),
        "forwarding.coordinator_away": Words(
            "The coordinator does not answer. Nothing was done: try again.", "协调方没有答复。未执行任何操作：请重试。"
        ),
        "offer.differs": Words(
            "What you are asked to sign is not what the task's contract needs. Do not sign it; tell the coordinator's operator.",
            "请您签署的内容与任务合约所需不符。请勿签署，并告知协调方运营方。",
        ),
        "review.differs": Words(
            "What the coordinator says differs from what follows from the task's contract. Do not sign it; tell its operator.",
            "协调方所述与任务合约推导结果不符。请勿签署，并告知其运营方。",
        ),
        "sign_in.expired": Words(
            "The message to sign has expired: it is good for five minutes. Sign in again.",
            "待签消息已过期（有效期五分钟）。请重新登录。",
        ),
        "sign_in.off": Words(
            "This coordinator lets nobody sign in with a browser: its operator sets TALLY_PUBLIC_URL.",
            "该协调方未开放浏览器登录：须由其运营方设置 TALLY_PUBLIC_URL。",
        ),
        "sign_in.other_text": Words(
            "The message to sign is not for this page, this wallet and this chain. It was not given to the wallet: tell the operator.",
            "待签消息并非针对本页、此钱包与此链。未交给钱包：请告知运营方。",
        ),
        "sign_in.other_wallet": Words(
            "No party has registered this account. Choose the registered one in the wallet.",
            "没有参与方登记过此账户。请在钱包中选择已登记的账户。",
        ),
        "sign_in.which_party": Words(
            "Several parties have registered this account. Say as which one to sign in.",
            "有多个参与方登记了此账户。请注明以哪一方登录。",
        ),
        "signature.not_wallet": Words(
            "The signature is not by the registered wallet. Choose the registered account and sign again.",
            "签名并非出自已登记的钱包。请选择已登记的账户后重新签署。",
        ),
        "task.ended": Words("The task has ended. Nothing is left to do.", "任务已结束，无需再操作。"),
        "task.not_open": Words(
            "The task no longer waits for consent. Nothing was changed.", "任务已不再等待授权。未作任何更改。"
        ),
        "task.unknown": Words(
            "There is no such task for you. Look it up on your desk.", "没有向您开放的此任务。请从工作台查找。"
        ),
        "wallet.busy": Words(
            "The wallet is still busy with an earlier request. Open it and answer that one.",
            "钱包仍在处理先前的请求。请打开钱包并先处理该请求。",
        ),
        "wallet.disconnected": Words(
            "The wallet has lost its connection to the chain. Open it, then try again.",
            "钱包与链的连接已断开。请打开钱包后重试。",
        ),
        "wallet.failed": Words(
            "The wallet failed. Nothing was signed here: open it and try again.",
            "钱包出错。此处未签署任何内容：请打开钱包后重试。",
        ),
        "wallet.locked": Words(
            "The wallet shows no account to this page. Unlock it and allow this page.",
            "钱包未向本页提供账户。请解锁并允许本页访问。",
        ),
        "wallet.not_enough": Words(
            "The contract account does not accept it yet: too few of its holders have signed. Nothing was handed in; press again when they have.",
            "该合约账户尚未接受：签署的持有人不足。未提交任何内容；待其签署后请再次操作。",
        ),
        "wallet.other_chain": Words(
            "The wallet stayed on another chain. Choose the chain of this deployment in it.",
            "钱包仍停留在其他链。请在钱包中选择本部署所在的链。",
        ),
        "wallet.other_signature": Words(
            "What came back is not this account's signature over what was shown. Nothing was handed in: use another wallet.",
            "返回的内容不是该账户对所示内容的签名。未提交任何内容：请换用其他钱包。",
        ),
        "wallet.rejected": Words(
            "You rejected it in the wallet. Nothing was signed and nothing has changed.",
            "您已在钱包中拒绝。未签署任何内容，也未作任何更改。",
        ),
        "wallet.unable": Words(
            "This wallet cannot do what is needed here (EIP-712 signatures). Use another one.",
            "此钱包不支持所需操作（EIP-712 签名）。请换用其他钱包。",
        ),
        "wallet.unknown_chain": Words(
            "The wallet does not know this deployment's chain. Add it by hand, as the operator tells you.",
            "钱包不认识本部署所在的链。请按运营方提供的信息手动添加。",
        ),
    }
)
"""By stable code: what happened and what to do."""
