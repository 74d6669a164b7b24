"""Every text of the explorer's pages in English and 中文.

One frozen type with a field per text: a text that one language lacks does not type-check and does not import. Terms
follow the project's glossary.
"""

from dataclasses import dataclass
from typing import Final

from protocol.programs import Language

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """One language's texts. ``{…}`` are filled in by the pages."""

    html_lang: str
    product: str
    product_line: str
    skip: str
    other_language: str
    navigation: str
    footer_read_only: str
    footer_words: str
    footer_chain: str
    footer_block: str
    footer_no_chain: str

    sign_in: str
    sign_in_intro: str
    sign_in_tally: str
    sign_in_label: str
    sign_in_failed: str
    sign_out: str
    signed_in: str

    check_title: str
    check_intro: str
    check_needs_script: str
    check_evidence_title: str
    check_evidence_intro: str
    check_bundle_label: str
    check_trust_label: str
    check_path_label: str
    check_head_title: str
    check_head_about: str
    check_head_number: str
    check_head_hash: str
    check_head_wrong: str
    check_endpoint_label: str
    check_endpoint_none: str
    check_endpoint_about: str
    check_drop: str
    check_working: str
    check_state: str
    check_bundle_digest: str
    check_trust_digest: str
    check_print: str
    check_other_file: str
    check_contract_title: str
    check_contract_intro: str
    check_contract_label: str
    check_deployment_label: str
    check_paste_label: str
    check_digest: str
    check_task: str
    check_no_deployment: str
    check_programs: str
    check_participants: str
    check_ask: str
    check_spelling: str
    check_receipt_title: str
    check_receipt_intro: str
    check_receipt_label: str
    check_proof_label: str
    check_key_label: str
    check_key_wrong: str
    check_receipt_source: str
    check_receipt_anchor: str
    check_failed: str
    check_unreadable: str

    desk_title: str
    desk_needs_script: str

    tasks_title: str
    rooms: str
    pages: str
    closed: str
    list_caption: str
    list_start: str
    list_next: str
    list_all: str
    list_csv: str
    list_json: str
    filter_all: str
    filter_apply: str
    filter_problem: str
    find_label: str
    find_hint: str
    find_apply: str
    column_state: str
    column_proposer: str
    evidence_yes: str
    evidence_no: str

    task_title: str
    state_title: str
    reason_title: str
    verdict_none: str
    verdict_fails: str
    verdict_cannot: str
    verdict_holds: str
    verdict_unknown: str
    review_approved: str
    review_rejected: str
    review_expired: str
    review_waiting: str
    facts_title: str
    fact_id: str
    fact_contract: str
    fact_level: str
    fact_committee: str
    fact_programs: str
    fact_engine: str
    fact_data_sets: str
    fact_users: str
    fact_auditors: str
    fact_reviewer: str
    fact_run: str
    fact_submitted: str
    fact_started: str
    fact_deadline: str
    unknown: str
    nobody: str
    ago: str
    left: str
    unit_second: str
    unit_minute: str
    unit_hour: str
    unit_day: str

    timeline_title: str
    timeline_summary: str
    timeline_none: str
    timeline_next: str
    timeline_wait_consent: str
    timeline_wait_commit: str
    column_block: str
    column_event: str
    column_party: str
    column_value: str
    column_transaction: str
    column_sender: str
    column_time: str

    progress_title: str
    progress_intro: str
    progress_none: str
    column_phase: str
    column_step: str
    column_note: str
    column_heard: str
    step_of: str
    step_percent: str
    step_left: str
    note_about: str

    consents_title: str
    consents_none: str
    column_owner: str
    column_digest: str
    column_uses: str
    consent_revoked: str
    consent_in_force: str
    consent_spent: str

    attestations_title: str
    attestations_none: str
    attestations_claim: str
    column_user: str
    column_hash: str

    verify_title: str
    verify_intro: str
    verify_trust: str
    verify_no_trust: str
    verify_stored: str
    verify_sign_in: str
    verify_refused: str
    verify_unknown: str
    verify_no_bundle: str
    verify_yourself: str
    task_report: str
    task_report_pdf: str
    task_compare: str
    verify_tally: str
    verify_in_browser: str
    verify_bundle: str
    outcome_holds: str
    outcome_nothing: str
    outcome_fails: str
    outcome_cannot: str

    error_title: str
    error_not_found: str
    error_request: str
    error_unavailable: str
    error_back: str


ENGLISH: Final = Text(
    html_lang="en",
    product="Tallystick",
    product_line="Audit explorer",
    skip="Skip to the content",
    other_language="中文",
    navigation="Main",
    footer_read_only="Read-only. Whatever is shown here can be checked without us: tally verify.",
    footer_words="Purposes, columns and other words of a contract are shown to who signs in and may open its evidence bundle.",
    footer_chain="Chain {chain}, deployment",
    footer_block="read up to block {block}",
    footer_no_chain="No chain has been read yet.",
    sign_in="Sign in",
    sign_in_intro="Parties and auditors of a task see what its verification compared. Paste an access token, signed by your wallet:",
    sign_in_tally="tally task token",
    sign_in_label="Access token",
    sign_in_failed="The coordinator does not take this token: it has expired, is for something else than evidence, or no registered key signed it.",
    sign_out="Sign out",
    signed_in="Signed in as {party}",
    check_title="Check evidence and contracts",
    check_intro="Everything here is worked out in your browser. Nothing is uploaded, and nobody is asked unless you choose so: once it is open, the page works without a network.",
    check_needs_script="This page computes in your browser and needs JavaScript. Without it: tally verify.",
    check_evidence_title="Verify an evidence bundle",
    check_evidence_intro="The ten steps are those of tally verify, with the same answers. Trust begins with what you bring: a trust root that you did not get from this explorer or the coordinator.",
    check_bundle_label="Evidence bundle (.zip)",
    check_trust_label="Trust root (trust.json)",
    check_path_label="Path (path.json), where the trusted block is later than the bundle's",
    check_head_title="Trusted block, as your own chain endpoint tells it",
    check_head_about="Only needed where the trust root names no block and the chain's blocks carry no validators' seals. What you type replaces the trust root's block.",
    check_head_number="Number",
    check_head_hash="Hash",
    check_head_wrong="Give both: the number in digits, the hash as 0x and 64 digits of 0-9 and a-f.",
    check_endpoint_label="Ask a chain endpoint for what is missing",
    check_endpoint_none="nobody: files alone",
    check_endpoint_about="It learns numbers of blocks and addresses of contracts, nothing of the bundle. Where the trust root names no block, its word is taken for the bundle's last one: choose one that you trust for that.",
    check_drop="All three can be dropped anywhere in this box.",
    check_working="Checking …",
    check_state="The task in this bundle",
    check_bundle_digest="SHA-256 of the bundle",
    check_trust_digest="SHA-256 of the trust root",
    check_print="Print, or save as PDF",
    check_other_file="{name} is no bundle, no trust root and no path.",
    check_contract_title="Check a task contract",
    check_contract_intro="What follows from a contract alone: its digest, the task's id, and what is asked of each data set.",
    check_contract_label="Task contract (JSON file)",
    check_deployment_label="Deployment file (JSON, for the task's id)",
    check_paste_label="Or paste the contract",
    check_digest="Contract digest (SHA-256)",
    check_task="Task id",
    check_no_deployment="Add the deployment file: the task's id depends on chain and contracts.",
    check_programs="Programs",
    check_participants="Takes part or may look",
    check_ask="Digest of the ask for {data_set}",
    check_spelling="The file is not in canonical form (RFC 8785); the digest is that of the canonical form.",
    check_receipt_title="Check the receipt of an answer",
    check_receipt_intro="For whoever asked in a session (tally lookup): the steps are those of tally session check. The node key is the holder's, as the registry has it; take it from a source of your own.",
    check_receipt_label="Receipt (.json)",
    check_proof_label="Proof (.json), which tally session prove fetched",
    check_key_label="The holder's node key",
    check_key_wrong="The key is 0x and 64 digits of 0-9 and a-f.",
    check_receipt_source="the key that you gave",
    check_receipt_anchor="Anchors are on the chain: give tally session check your own endpoint (--rpc).",
    check_failed="This is refused:",
    check_unreadable="The file could not be read.",
    desk_title="My desk",
    desk_needs_script="This page works in your browser and needs JavaScript; `tally authorization` does the same on the command line.",
    tasks_title="Tasks",
    rooms="Records",
    pages="Pages and exports",
    closed="The consortium publishes nothing here: sign in to read what concerns you.",
    list_caption="Times are UTC; heads with a link sort",
    list_start="From the start",
    list_next="Next",
    list_all="All of them",
    list_csv="All of this as CSV",
    list_json="All of this as JSON",
    filter_all="all",
    filter_apply="Show",
    filter_problem="This filter is not understood:",
    find_label="Search",
    find_hint="id, name, hash, block, date, link",
    find_apply="Find",
    column_state="State",
    column_proposer="Proposer",
    evidence_yes="bundle",
    evidence_no="not yet",
    task_title="Task",
    state_title="State",
    reason_title="Reason",
    verdict_none="There is no evidence of it to verify yet.",
    verdict_fails="Its evidence fails in step {steps} of ten.",
    verdict_cannot="Its evidence cannot be checked in step {steps} of ten.",
    verdict_holds="Its evidence holds in every step that there is something to check in.",
    verdict_unknown="What its evidence is worth is not kept here.",
    review_approved="The output review was approved.",
    review_rejected="The output review was rejected: nothing is released.",
    review_expired="Nobody reviewed the output in time: nothing is released, as after a rejection.",
    review_waiting="The output review is not decided: nothing is released before it.",
    facts_title="What was agreed",
    fact_id="Task id",
    fact_contract="Contract digest (SHA-256)",
    fact_level="Protection level",
    fact_committee="Committee",
    fact_programs="Programs",
    fact_engine="Engine",
    fact_data_sets="Data sets (id on chain)",
    fact_users="Result users",
    fact_auditors="Auditors",
    fact_reviewer="Output reviewer",
    fact_run="Run id",
    fact_submitted="Submitted",
    fact_started="Started",
    fact_deadline="Deadline",
    unknown="not on chain yet",
    nobody="none",
    ago="{time} ago",
    left="in {time}",
    unit_second="s",
    unit_minute="min",
    unit_hour="h",
    unit_day="d",
    timeline_title="What happened, in the chain's order",
    timeline_summary="{count} events on chain, from block {first} to block {last}; the task is {state}.",
    timeline_none="The chain shows nothing of this task yet.",
    timeline_next="Waiting",
    timeline_wait_consent="for authorizations, until {deadline}",
    timeline_wait_commit="for commitments, until {deadline}",
    column_block="Block",
    column_event="Event",
    column_party="Party",
    column_value="Value",
    column_transaction="Transaction",
    column_sender="Sent by (wallet)",
    column_time="Block time (UTC)",
    progress_title="How far each party is",
    progress_intro="As the nodes say themselves; signed, but not evidence.",
    progress_none="No node has reported.",
    column_phase="Phase",
    column_step="Progress",
    column_note="Note",
    column_heard="Last heard",
    step_of="step {step} of {total}",
    step_percent="{steps}, {percent} % of the run",
    step_left="{steps}, about {seconds} s left",
    note_about="{note} ({peer})",
    consents_title="Authorizations",
    consents_none="No authorization of this task is on chain.",
    column_owner="Data owner",
    column_digest="Authorization",
    column_uses="Uses left",
    consent_revoked="revoked",
    consent_in_force="in force",
    consent_spent="used up",
    attestations_title="Result attestations",
    attestations_none="No result user has attested.",
    attestations_claim="A lone attestation is a claim; step 9 compares it with the release statements.",
    column_user="Result user",
    column_hash="Salted result hash",
    verify_title="Verification in ten steps",
    verify_intro="Computed here, now, from the evidence bundle that you may read.",
    verify_trust="Checked against the trust root this explorer was given.",
    verify_no_trust="This explorer has no trust root, so only the bundle's form is checked.",
    verify_stored="As the coordinator itself found when it built the bundle; what was compared is not shown here.",
    verify_sign_in="Sign in as a party or auditor of the task to have it verified here.",
    verify_refused="The coordinator does not give this task's bundle to you.",
    verify_unknown="No verification of this bundle is kept.",
    verify_no_bundle="There is no evidence bundle yet: it is built when the task has ended and the logs are anchored.",
    verify_yourself="A page can be wrong or lie. Fetch the bundle as a party or auditor and check it on your machine:",
    task_report="This audit report as HTML, to keep and print",
    task_report_pdf="as PDF",
    task_compare="Compare it with another task",
    verify_tally="tally verify bundle.zip --trust trust.json",
    verify_in_browser="Or in your browser, without asking anybody",
    verify_bundle="Bundle: {size} bytes, SHA-256",
    outcome_holds="holds",
    outcome_nothing="nothing to check",
    outcome_fails="fails",
    outcome_cannot="cannot be checked here",
    error_title="This did not work",
    error_not_found="There is no such page or task.",
    error_request="The request is not well formed; start again from the list.",
    error_unavailable="The records cannot be read at the moment; try again shortly.",
    error_back="Back to the list of tasks",
)

CHINESE: Final = Text(
    html_lang="zh-Hans",
    product="符契 Tallystick",
    product_line="审计浏览器",
    skip="跳到正文",
    other_language="English",
    navigation="主导航",
    footer_read_only="只读。此处所示均可不依赖我们自行核验：tally verify。",
    footer_words="合约中的处理目的、列名等文字，仅向登录且有权打开其证据包者显示。",
    footer_chain="链 {chain}，部署标识",
    footer_block="已读至区块 {block}",
    footer_no_chain="尚未读取任何链上数据。",
    sign_in="登录",
    sign_in_intro="任务的参与方与审计方可查看核验所比对的内容。请粘贴由您的钱包签名的访问令牌：",
    sign_in_tally="tally task token",
    sign_in_label="访问令牌",
    sign_in_failed="协调方不接受该令牌：已过期、并非（仅）用于证据，或并非由登记的密钥签名。",
    sign_out="退出",
    signed_in="已登录：{party}",
    check_title="核验证据与合约",
    check_intro="本页的全部计算均在您的浏览器中完成。不上传任何内容；除非您自行选择，也不询问任何一方：打开之后，断网亦可使用。",
    check_needs_script="本页在您的浏览器中计算，需要 JavaScript。若无，请使用 tally verify。",
    check_evidence_title="验证证据包",
    check_evidence_intro="十个步骤与 tally verify 相同，结论一致。信任始于您自带的信任根：请勿取自本审计浏览器或协调方。",
    check_bundle_label="证据包（.zip）",
    check_trust_label="信任根（trust.json）",
    check_path_label="路径文件（path.json），仅当可信区块晚于证据包时需要",
    check_head_title="可信区块，以您自有的链节点为准",
    check_head_about="仅当信任根未载区块且该链区块没有验证者签章时需要。此处填写的内容取代信任根所载的区块。",
    check_head_number="区块号",
    check_head_hash="区块哈希",
    check_head_wrong="两项均须填写：区块号为数字，哈希为 0x 加 64 位 0-9、a-f。",
    check_endpoint_label="向链节点询问所缺内容",
    check_endpoint_none="不询问：仅用文件",
    check_endpoint_about="节点只得知区块号与合约地址，不涉及证据包内容。信任根未载区块时，证据包的末尾区块以其回答为准：请选择您对此信任的节点。",
    check_drop="三种文件均可拖放到此框内任意位置。",
    check_working="正在核查……",
    check_state="证据包所载任务",
    check_bundle_digest="证据包的 SHA-256",
    check_trust_digest="信任根的 SHA-256",
    check_print="打印或存为 PDF",
    check_other_file="{name} 既非证据包，也非信任根或路径文件。",
    check_contract_title="核验任务合约",
    check_contract_intro="仅凭合约即可推导的内容：合约摘要、任务标识，以及对每个数据集的请求。",
    check_contract_label="任务合约（JSON 文件）",
    check_deployment_label="部署文件（JSON，用于推导任务标识）",
    check_paste_label="或粘贴合约内容",
    check_digest="合约摘要（SHA-256）",
    check_task="任务标识",
    check_no_deployment="请加入部署文件：任务标识取决于链与合约。",
    check_programs="程序",
    check_participants="参与或可查看的各方",
    check_ask="对 {data_set} 的请求摘要",
    check_spelling="该文件不是规范形式（RFC 8785）；摘要按规范形式计算。",
    check_receipt_title="核验答复的回执",
    check_receipt_intro="供在会话中查询的一方使用（tally lookup）：步骤与 tally session check 相同。节点密钥为名单持有方的登记密钥，请自行取得。",
    check_receipt_label="回执（.json）",
    check_proof_label="证明（.json），由 tally session prove 取得",
    check_key_label="名单持有方的节点密钥",
    check_key_wrong="密钥为 0x 加 64 位 0-9、a-f。",
    check_receipt_source="您提供的密钥",
    check_receipt_anchor="存证在链上：请用 tally session check 并提供自己的链端点（--rpc）。",
    check_failed="以下内容被拒绝：",
    check_unreadable="无法读取该文件。",
    desk_title="我的工作台",
    desk_needs_script="本页在您的浏览器中运行，需要 JavaScript；也可在命令行使用 `tally authorization` 完成同样的操作。",
    tasks_title="任务",
    rooms="记录",
    pages="翻页与导出",
    closed="本联盟不在此公开任何内容：请登录后查看与您有关的记录。",
    list_caption="时间为协调世界时；带链接的表头可排序",
    list_start="回到开头",
    list_next="下一页",
    list_all="查看全部",
    list_csv="全部导出为 CSV",
    list_json="全部导出为 JSON",
    filter_all="全部",
    filter_apply="显示",
    filter_problem="无法理解该筛选条件：",
    find_label="查找",
    find_hint="标识、名称、哈希、区块、日期或链接",
    find_apply="查找",
    column_state="状态",
    column_proposer="发起方",
    evidence_yes="证据包",
    evidence_no="尚无",
    task_title="任务",
    state_title="状态",
    reason_title="原因",
    verdict_none="尚无可核验的证据。",
    verdict_fails="其证据在十步中的第 {steps} 步不成立。",
    verdict_cannot="其证据在十步中的第 {steps} 步无法核验。",
    verdict_holds="其证据在所有需核验的步骤中均成立。",
    verdict_unknown="此处未保存对其证据的核验结论。",
    review_approved="结果复核已通过。",
    review_rejected="结果复核未通过：不释放任何结果。",
    review_expired="无人按期复核结果：与未通过相同，不释放任何结果。",
    review_waiting="结果复核尚未决定：此前不释放任何结果。",
    facts_title="约定内容",
    fact_id="任务标识",
    fact_contract="任务合约摘要（SHA-256）",
    fact_level="保护等级",
    fact_committee="计算节点组",
    fact_programs="程序",
    fact_engine="计算引擎",
    fact_data_sets="数据集（链上标识）",
    fact_users="结果使用方",
    fact_auditors="审计方",
    fact_reviewer="结果复核方",
    fact_run="运行标识",
    fact_submitted="提交时间",
    fact_started="启动时间",
    fact_deadline="截止时间",
    unknown="尚未上链",
    nobody="无",
    ago="{time}前",
    left="{time}后",
    unit_second="秒",
    unit_minute="分",
    unit_hour="小时",
    unit_day="天",
    timeline_title="经过（按链上顺序）",
    timeline_summary="链上共 {count} 个事件，自区块 {first} 至区块 {last}；任务状态：{state}。",
    timeline_none="链上尚无该任务的记录。",
    timeline_next="等待",
    timeline_wait_consent="等待授权，至 {deadline}",
    timeline_wait_commit="等待提交承诺，至 {deadline}",
    column_block="区块",
    column_event="事件",
    column_party="参与方",
    column_value="值",
    column_transaction="交易",
    column_sender="发送方（钱包）",
    column_time="区块时间（UTC）",
    progress_title="各方进度",
    progress_intro="由节点自行报告；有签名，但不属于证据。",
    progress_none="尚无节点报告。",
    column_phase="阶段",
    column_step="进度",
    column_note="备注",
    column_heard="最近消息",
    step_of="第 {step} 步，共 {total} 步",
    step_percent="{steps}，全程 {percent}%",
    step_left="{steps}，约剩 {seconds} 秒",
    note_about="{note}（{peer}）",
    consents_title="授权",
    consents_none="链上没有该任务的授权。",
    column_owner="数据提供方",
    column_digest="授权标识",
    column_uses="剩余次数",
    consent_revoked="已撤回",
    consent_in_force="有效",
    consent_spent="已用尽",
    attestations_title="结果确认",
    attestations_none="尚无结果使用方确认。",
    attestations_claim="单独的确认只是一项声称；第 9 步将其与释放声明比对。",
    column_user="结果使用方",
    column_hash="加盐结果哈希",
    verify_title="十步核验",
    verify_intro="此刻在此由您有权读取的证据包计算得出。",
    verify_trust="依据本浏览器所配置的信任根核验。",
    verify_no_trust="本浏览器未配置信任根，因此只核验证据包的形式。",
    verify_stored="此为协调方生成证据包时自行核验的结论；此处不显示所比对的内容。",
    verify_sign_in="以该任务参与方或审计方身份登录后，即在此处核验。",
    verify_refused="协调方不向您提供该任务的证据包。",
    verify_unknown="未存有该证据包的核验结论。",
    verify_no_bundle="尚无证据包：任务结束且日志上链存证后生成。",
    verify_yourself="网页可能有误或作假。请以参与方或审计方身份取得证据包，在自己的机器上核验：",
    task_report="本审计报告（HTML），可保存与打印",
    task_report_pdf="PDF 版本",
    task_compare="与另一任务比较",
    verify_tally="tally verify bundle.zip --trust trust.json",
    verify_in_browser="或在您的浏览器中核验，不询问任何一方",
    verify_bundle="证据包：{size} 字节，SHA-256",
    outcome_holds="成立",
    outcome_nothing="无可核验",
    outcome_fails="不成立",
    outcome_cannot="此处无法核验",
    error_title="未能完成",
    error_not_found="没有这个页面或任务。",
    error_request="请求格式不正确；请从列表重新开始。",
    error_unavailable="暂时无法读取记录；请稍后再试。",
    error_back="返回任务列表",
)

TEXTS: Final[dict[Language, Text]] = {"en": ENGLISH, "zh": CHINESE}


def language(value: str) -> Language | None:
    """The language a URL names, or None."""
    return "en" if value == "en" else "zh" if value == "zh" else None


def negotiate(accept: str) -> Language:
    """The better of the two for an ``Accept-Language`` header (RFC 9110, 12.5.4); English when it names neither."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept[:500].split(","):
        tag, _, rest = part.strip().partition(";")
        found = language(tag.strip().lower().split("-", 1)[0])
        if found is not None and (weight := _weight(rest)) > best[0]:
            best = (weight, found)
    return best[1]


def _weight(parameters: str) -> float:
    text = parameters.strip().removeprefix("q=")
    if not text:
        return 1.0
    try:
        return float(text)
    except ValueError:
        return 0.0
