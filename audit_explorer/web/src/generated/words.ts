/** Generated from the words of `protocol/` by `python -m tools.web_words`: do not edit. */

export type Language = "en" | "zh";

/** A text in the two languages people read. */
export type Said = Readonly<Record<Language, string>>;

/** The text in one language. */
export function say(words: Said, language: Language): string {
  return words[language];
}

/** A task's states, by their names in the API. */
export const TASK_STATES = {
  "submitted": {
    "word": {
      "en": "submitted",
      "zh": "已提交"
    },
    "about": {
      "en": "The coordinator has it and is putting it on chain.",
      "zh": "协调方已收到，正在上链。"
    }
  },
  "failed": {
    "word": {
      "en": "not accepted",
      "zh": "未受理"
    },
    "about": {
      "en": "It could not be put on chain.",
      "zh": "未能上链。"
    }
  },
  "proposed": {
    "word": {
      "en": "proposed",
      "zh": "已提议"
    },
    "about": {
      "en": "It is on chain and waits for every data owner's authorization.",
      "zh": "已上链，等待每个数据提供方授权。"
    }
  },
  "started": {
    "word": {
      "en": "running",
      "zh": "运行中"
    },
    "about": {
      "en": "All authorizations were consumed; the committee computes.",
      "zh": "全部授权已消费；计算节点组正在计算。"
    }
  },
  "completed": {
    "word": {
      "en": "completed",
      "zh": "已完成"
    },
    "about": {
      "en": "All commitments agree. Results were releasable only from here on.",
      "zh": "全部承诺一致。自此才可释放结果。"
    }
  },
  "disputed": {
    "word": {
      "en": "disputed",
      "zh": "有争议"
    },
    "about": {
      "en": "Commitments contradict each other; nothing was released.",
      "zh": "承诺相互矛盾；未释放任何内容。"
    }
  },
  "aborted": {
    "word": {
      "en": "aborted",
      "zh": "已中止"
    },
    "about": {
      "en": "A party ended it before its commitment, or its proposer took it back before it started; nothing was released.",
      "zh": "某参与方在提交承诺前结束任务，或提议方在启动前将其撤回；未释放任何内容。"
    }
  },
  "refused": {
    "word": {
      "en": "refused",
      "zh": "已拒绝"
    },
    "about": {
      "en": "A party said no before it sent any input.",
      "zh": "某参与方在发出任何输入之前拒绝。"
    }
  },
  "expired": {
    "word": {
      "en": "expired",
      "zh": "已逾期"
    },
    "about": {
      "en": "The deadline passed before every party had committed; nothing was released.",
      "zh": "截止时间已过而并非各方均已提交承诺；未释放任何内容。"
    }
  },
  "unknown": {
    "word": {
      "en": "not known",
      "zh": "未知"
    },
    "about": {
      "en": "An event about it could not be read here; the chain itself says where it stands.",
      "zh": "本处无法读取与其相关的某个事件；其状态以链上为准。"
    }
  }
} as const;

/** A review's states, by their names in the API. */
export const REVIEWS = {
  "none": {
    "en": "not reviewed",
    "zh": "未复核"
  },
  "approved": {
    "en": "approved",
    "zh": "已批准"
  },
  "rejected": {
    "en": "rejected",
    "zh": "已否决"
  },
  "expired": {
    "en": "review expired",
    "zh": "复核逾期"
  }
} as const;

/** How far a node says it is. */
export const NODE_STATES = {
  "waiting": {
    "en": "waiting",
    "zh": "等待中"
  },
  "computing": {
    "en": "computing",
    "zh": "计算中"
  },
  "committed": {
    "en": "committed",
    "zh": "已提交承诺"
  },
  "released": {
    "en": "released",
    "zh": "已释放"
  },
  "ended": {
    "en": "ended",
    "zh": "已结束"
  }
} as const;

/** Roles of a party. */
export const ROLES = {
  "data-provider": {
    "en": "data provider",
    "zh": "数据提供方"
  },
  "compute-provider": {
    "en": "compute provider",
    "zh": "计算提供方"
  },
  "algorithm-provider": {
    "en": "algorithm provider",
    "zh": "算法提供方"
  },
  "scheduler": {
    "en": "scheduler",
    "zh": "调度方"
  },
  "result-user": {
    "en": "result user",
    "zh": "结果使用方"
  },
  "regulator": {
    "en": "regulator",
    "zh": "监管方"
  },
  "certifier": {
    "en": "certifier",
    "zh": "认证方"
  },
  "platform": {
    "en": "platform",
    "zh": "平台方"
  }
} as const;

/** What an access key can be made for. */
export const KEY_SCOPES = {
  "authorizations:read": {
    "en": "Read your party's own authorizations.",
    "zh": "读取本方的授权。"
  },
  "catalogue:read": {
    "en": "Read parties, data sets, programs and engines.",
    "zh": "读取参与方、数据集、程序与引擎。"
  },
  "evidence:read": {
    "en": "Fetch the evidence of your tasks.",
    "zh": "获取本方任务的证据。"
  },
  "results:read": {
    "en": "Fetch shares sealed for your party; opening them takes its seal key.",
    "zh": "获取为本方密封的份额；打开仍需本方的密封密钥。"
  },
  "system:read": {
    "en": "Read how the coordinator and its parts are.",
    "zh": "读取协调方及其各部分的状态。"
  },
  "tasks:read": {
    "en": "Read your tasks, their state, and what their owners are asked.",
    "zh": "读取本方任务、其状态以及向数据提供方的请求。"
  },
  "tasks:submit": {
    "en": "Have contracts checked, and hand in those that your wallet has signed.",
    "zh": "检查合约，并提交本方钱包已签署的合约。"
  },
  "webhooks:manage": {
    "en": "Say which addresses are told of your tasks' ids and states.",
    "zh": "决定将本方任务的编号与状态通知到哪些地址。"
  }
} as const;

/** What a party is to a task. */
export const PARTS = {
  "proposer": {
    "en": "proposer",
    "zh": "提议方"
  },
  "committee": {
    "en": "committee",
    "zh": "计算方"
  },
  "owner": {
    "en": "data owner",
    "zh": "数据提供方"
  },
  "result-user": {
    "en": "result user",
    "zh": "结果使用方"
  },
  "auditor": {
    "en": "auditor",
    "zh": "审计方"
  },
  "reviewer": {
    "en": "reviewer",
    "zh": "复核方"
  },
  "scheduler": {
    "en": "scheduler",
    "zh": "调度方"
  }
} as const;

/** What of a task's evidence somebody was given. */
export const LOOKS = {
  "bundle": {
    "en": "evidence bundle",
    "zh": "证据包"
  },
  "contract": {
    "en": "words of the contract",
    "zh": "合约原文"
  },
  "path": {
    "en": "path to a trusted block",
    "zh": "至可信区块的路径"
  },
  "shares": {
    "en": "its own sealed shares",
    "zh": "其自身的密封份额"
  }
} as const;

/** What a node's note about a link means. */
export const LINK_NOTES = {
  "link.timeout": {
    "en": "no answer on the link",
    "zh": "链路无应答"
  },
  "link.unreachable": {
    "en": "the peer is not there yet",
    "zh": "对方尚未就绪"
  },
  "link.busy": {
    "en": "the peer runs other tasks and has no slot free",
    "zh": "对方正在运行其他任务，没有空闲槽位"
  }
} as const;

/** What an output's numbers are about, by the descriptor's word. */
export const SUPPORTS = {
  "aggregate": {
    "en": "about many rows together: never fewer people than the minimum group",
    "zh": "多行汇总：涉及人数不少于最小分组"
  },
  "cells": {
    "en": "by group or class: hidden where one would be about fewer people than the minimum group",
    "zh": "按组或类别：若有一格涉及人数少于最小分组则不予显示"
  },
  "model": {
    "en": "fitted to many rows: no fewer people than the minimum group, and three for each number of the model",
    "zh": "由多行拟合：人数不少于最小分组，且不少于模型参数个数的三倍"
  },
  "order-statistic": {
    "en": "VALUES OF SINGLE PEOPLE (smallest, largest, in between)",
    "zh": "单个人的取值（最小、最大或分位）"
  },
  "per-person": {
    "en": "ABOUT SINGLE PEOPLE, row by row",
    "zh": "逐行涉及单个人"
  },
  "structure": {
    "en": "sizes and marks, no figures of people",
    "zh": "规模与标记，不含个人数据"
  },
  "held": {
    "en": "stays as shares or with its owners; nobody reads it",
    "zh": "以份额形式或由数据方保留，无人可读"
  }
} as const;

/** Why a task ended; numbers are the chain's. */
export const REASONS = {
  "check.not_started": {
    "number": 1,
    "words": {
      "en": "The chain does not show this task as started.",
      "zh": "链上未显示该任务已启动。"
    }
  },
  "check.contract_mismatch": {
    "number": 2,
    "words": {
      "en": "The task contract differs from the one on chain; submit the task again.",
      "zh": "任务合约与链上不一致；请重新提交任务。"
    }
  },
  "check.authorization_mismatch": {
    "number": 3,
    "words": {
      "en": "The authorization consumed is not this party's own or does not cover this task.",
      "zh": "被消费的授权不属于本方，或未覆盖该任务。"
    }
  },
  "check.data_changed": {
    "number": 4,
    "words": {
      "en": "Local data no longer match the registered commitment; register a new version.",
      "zh": "本地数据与已登记的承诺值不符；请登记新版本。"
    }
  },
  "check.program_changed": {
    "number": 5,
    "words": {
      "en": "Installed code differs from the registered program; install the approved version.",
      "zh": "已安装代码与登记的程序不一致；请安装获批版本。"
    }
  },
  "check.peer_keys": {
    "number": 6,
    "words": {
      "en": "A peer's keys are not the registry's; have the registry corrected.",
      "zh": "对方密钥与登记不符；请更正登记。"
    }
  },
  "check.policy": {
    "number": 7,
    "words": {
      "en": "The task asks for more than the owner's policy allows; narrow the task.",
      "zh": "任务超出数据方策略；请缩小任务范围。"
    }
  },
  "check.clock": {
    "number": 8,
    "words": {
      "en": "Clocks differ by more than 300 s; synchronise them.",
      "zh": "时钟相差超过300秒；请校时。"
    }
  },
  "owner.declined": {
    "number": 9,
    "words": {
      "en": "The data owner declined; ask the owner.",
      "zh": "数据提供方拒绝；请与其沟通。"
    }
  },
  "check.does_not_fit": {
    "number": 10,
    "words": {
      "en": "The task needs more memory or time than there is, a program has no room for tables of this size, or it cannot take one of the columns; see the node's log, and use fewer rows, smaller limits or other columns.",
      "zh": "任务所需内存或时间超过上限，或程序无法容纳此规模的表，或无法接受其中某列；请查看节点日志，并减少行数、缩小范围参数或改用其他列。"
    }
  },
  "check.engine": {
    "number": 11,
    "words": {
      "en": "A node has another engine than the task names; upgrade that node, or ask for a task with the engine it has.",
      "zh": "某节点安装的引擎与任务指定的不同；请升级该节点，或以其已装引擎重新提议任务。"
    }
  },
  "proposer.withdrew": {
    "number": 12,
    "words": {
      "en": "The proposer took the proposal back before it started; nothing was computed and no use was taken.",
      "zh": "提议方已在启动前撤回提议；未进行任何计算，未消费任何授权次数。"
    }
  },
  "proposer.corrected": {
    "number": 13,
    "words": {
      "en": "The proposer took the proposal back before it started, to propose it anew with corrections; wait for that one.",
      "zh": "提议方已在启动前撤回提议，更正后将重新提议；请等待新的提议。"
    }
  },
  "check.law": {
    "number": 14,
    "words": {
      "en": "The task lacks something that the law asks of an owner's data; see `tally task check` and that owner's node.",
      "zh": "任务缺少法律对某数据方数据所要求的内容；请查看 `tally task check` 与该数据方的节点。"
    }
  },
  "run.interrupted": {
    "number": 20,
    "words": {
      "en": "A node stopped after input was sent; a retry needs a new task.",
      "zh": "节点在输入发出后中断；重试需新建任务。"
    }
  },
  "run.peer_lost": {
    "number": 21,
    "words": {
      "en": "The link to a peer failed during the run; see the abort statement for the peer.",
      "zh": "运行中与对方连接中断；详见中止声明。"
    }
  },
  "run.input_range": {
    "number": 22,
    "words": {
      "en": "A value was outside its declared range and was not shared; correct the data.",
      "zh": "数值超出声明范围，未共享；请更正数据。"
    }
  },
  "run.program_failed": {
    "number": 23,
    "words": {
      "en": "The program stopped with an error; see the node's log.",
      "zh": "程序出错停止；请查看节点日志。"
    }
  },
  "run.protocol_violation": {
    "number": 24,
    "words": {
      "en": "A peer's message broke the protocol; the run was stopped.",
      "zh": "对方消息违反协议；运行已停止。"
    }
  },
  "run.deadline": {
    "number": 25,
    "words": {
      "en": "The deadline passed before the run ended.",
      "zh": "运行结束前已到截止时间。"
    }
  },
  "run.evidence_disagrees": {
    "number": 26,
    "words": {
      "en": "The two ends of a link did not countersign the same bytes.",
      "zh": "链路两端未对相同字节会签。"
    }
  }
} as const;

/** What a task's events are called. */
export const EVENTS = {
  "TaskProposed": {
    "words": {
      "en": "Proposed",
      "zh": "提议"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "TaskStarted": {
    "words": {
      "en": "Started",
      "zh": "启动"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "UsesReserved": {
    "words": {
      "en": "More uses taken",
      "zh": "续取用量"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "RunCommitted": {
    "words": {
      "en": "Committed",
      "zh": "提交承诺"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "TaskCompleted": {
    "words": {
      "en": "Completed",
      "zh": "完成"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "TaskDisputed": {
    "words": {
      "en": "Disputed",
      "zh": "争议"
    },
    "about": {
      "en": "What {party} committed to does not agree with another's commitment; which is right the chain cannot tell.",
      "zh": "{party} 的承诺与另一方的承诺不一致；链上无法判定哪一方正确。"
    }
  },
  "TaskAborted": {
    "words": {
      "en": "Ended by a party",
      "zh": "被参与方结束"
    },
    "about": {
      "en": "Ended by {party}: the reason, and whom its statement names, are {party}'s claim.",
      "zh": "由 {party} 终止：原因及其声明所指对象均为 {party} 的说法。"
    }
  },
  "TaskExpired": {
    "words": {
      "en": "Expired",
      "zh": "逾期"
    },
    "about": {
      "en": "Nothing of {party} was on chain by the deadline; why, the chain does not know.",
      "zh": "截止时链上没有 {party} 的承诺；原因链上不得而知。"
    }
  },
  "OutputReviewed": {
    "words": {
      "en": "Output reviewed",
      "zh": "结果复核"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "ReviewExpired": {
    "words": {
      "en": "Review expired",
      "zh": "复核逾期"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  },
  "ResultAttested": {
    "words": {
      "en": "Result attested",
      "zh": "结果确认"
    },
    "about": {
      "en": "",
      "zh": ""
    }
  }
} as const;

/** Why a contract refused, by the error's name. */
export const REFUSALS = {
  "ZeroValue": {
    "what": {
      "en": "A value that is needed is zero.",
      "zh": "必填值为零。"
    },
    "fix": {
      "en": "Correct the value and sign again.",
      "zh": "更正该值并重新签署。"
    }
  },
  "OutOfRange": {
    "what": {
      "en": "A value is outside its range.",
      "zh": "某值超出允许范围。"
    },
    "fix": {
      "en": "Correct the value and sign again.",
      "zh": "更正该值并重新签署。"
    }
  },
  "BadLength": {
    "what": {
      "en": "A list is too short or too long.",
      "zh": "某列表过短或过长。"
    },
    "fix": {
      "en": "Correct the value and sign again.",
      "zh": "更正该值并重新签署。"
    }
  },
  "Duplicate": {
    "what": {
      "en": "A list names something twice.",
      "zh": "某列表中有重复项。"
    },
    "fix": {
      "en": "Correct the value and sign again.",
      "zh": "更正该值并重新签署。"
    }
  },
  "BadSignature": {
    "what": {
      "en": "The signature is not that of the wallet or key which the register names now.",
      "zh": "该签名并非登记表当前所载钱包或密钥所签。"
    },
    "fix": {
      "en": "Sign with the party's present wallet or key, over exactly this message and deployment.",
      "zh": "请以该参与方当前的钱包或密钥，对该消息与该部署重新签署。"
    }
  },
  "NotAllowed": {
    "what": {
      "en": "The caller may not do this for the party.",
      "zh": "调用者无权代该参与方操作。"
    },
    "fix": {
      "en": "Act with the registered wallet of that party.",
      "zh": "请使用该参与方登记的钱包操作。"
    }
  },
  "UnknownParty": {
    "what": {
      "en": "The register has no such party.",
      "zh": "登记表中没有该参与方。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "PartyExists": {
    "what": {
      "en": "The party is admitted already.",
      "zh": "该参与方已获准入。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "PartyNotActive": {
    "what": {
      "en": "The party is suspended or was never admitted.",
      "zh": "该参与方已暂停或从未获准入。"
    },
    "fix": {
      "en": "Ask the admission office.",
      "zh": "请联系准入方。"
    }
  },
  "PartyNotSuspended": {
    "what": {
      "en": "The party is not suspended.",
      "zh": "该参与方未被暂停。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "WalletTaken": {
    "what": {
      "en": "The wallet belongs to another party.",
      "zh": "该钱包属于另一参与方。"
    },
    "fix": {
      "en": "Use a wallet of its own for each party.",
      "zh": "每个参与方须使用各自的钱包。"
    }
  },
  "WalletIsNodeSigner": {
    "what": {
      "en": "Wallet and node signer are one key.",
      "zh": "钱包与节点签名密钥相同。"
    },
    "fix": {
      "en": "Use two keys.",
      "zh": "请使用两个不同的密钥。"
    }
  },
  "WrongOrdinal": {
    "what": {
      "en": "Another change came before, so this one has the wrong number.",
      "zh": "此前已有其他变更，本次编号不符。"
    },
    "fix": {
      "en": "Look at the present state and sign the next change.",
      "zh": "请查看当前状态并签署下一次变更。"
    }
  },
  "NoWalletChange": {
    "what": {
      "en": "No new wallet was named.",
      "zh": "未指定新钱包。"
    },
    "fix": {
      "en": "Name it with the present wallet first.",
      "zh": "请先以现有钱包指定新钱包。"
    }
  },
  "NoSuchPeriod": {
    "what": {
      "en": "The party has no such period of keys.",
      "zh": "该参与方没有此密钥期。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "MissingRole": {
    "what": {
      "en": "The party does not hold the role that this needs.",
      "zh": "该参与方不具备所需角色。"
    },
    "fix": {
      "en": "Name a party that holds it.",
      "zh": "请指定具备该角色的参与方。"
    }
  },
  "NotOwner": {
    "what": {
      "en": "The data set is another party's.",
      "zh": "该数据集属于另一参与方。"
    },
    "fix": {
      "en": "Name its owner.",
      "zh": "请指定其所有者。"
    }
  },
  "WrongVersion": {
    "what": {
      "en": "Versions of a data set follow each other without a gap.",
      "zh": "数据集版本须连续编号。"
    },
    "fix": {
      "en": "Register the next one.",
      "zh": "请登记下一版本。"
    }
  },
  "UnknownVersion": {
    "what": {
      "en": "The register has no such version of the data set.",
      "zh": "登记表中没有该数据集版本。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "VersionRetired": {
    "what": {
      "en": "The version of the data set is retired.",
      "zh": "该数据集版本已停用。"
    },
    "fix": {
      "en": "Name a newer version.",
      "zh": "请指定较新版本。"
    }
  },
  "OwnAttestation": {
    "what": {
      "en": "An owner does not attest its own data set.",
      "zh": "所有者不能为自己的数据集出具声明。"
    },
    "fix": {
      "en": "Ask a third party.",
      "zh": "请由第三方出具。"
    }
  },
  "AlreadyStated": {
    "what": {
      "en": "The party has stated exactly this.",
      "zh": "该参与方已作出相同声明。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "UnknownRelease": {
    "what": {
      "en": "No such program or engine is published.",
      "zh": "没有发布过该程序或引擎。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "ReleaseExists": {
    "what": {
      "en": "A release of this name is published.",
      "zh": "该名称的版本已发布。"
    },
    "fix": {
      "en": "Publish under a new version.",
      "zh": "请以新版本号发布。"
    }
  },
  "RetiredRelease": {
    "what": {
      "en": "The program or engine is retired.",
      "zh": "该程序或引擎已停用。"
    },
    "fix": {
      "en": "Name an approved release that is not retired.",
      "zh": "请指定已批准且未停用的版本。"
    }
  },
  "WrongKind": {
    "what": {
      "en": "A program stands where an engine is asked for, or the other way round.",
      "zh": "应为引擎处给出了程序，或相反。"
    },
    "fix": {
      "en": "Name an approved release that is not retired.",
      "zh": "请指定已批准且未停用的版本。"
    }
  },
  "AlreadyApproved": {
    "what": {
      "en": "The certifier's operator has approved it.",
      "zh": "该认证方的运营者已批准。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "OwnApproval": {
    "what": {
      "en": "Who publishes a release does not certify it.",
      "zh": "发布者不能自行认证。"
    },
    "fix": {
      "en": "Ask an independent certifier.",
      "zh": "请由独立认证方批准。"
    }
  },
  "NotEnoughApprovals": {
    "what": {
      "en": "Too few certifiers have approved it.",
      "zh": "批准的认证方不足。"
    },
    "fix": {
      "en": "Name an approved release that is not retired.",
      "zh": "请指定已批准且未停用的版本。"
    }
  },
  "LevelNotReached": {
    "what": {
      "en": "A program does not reach the task's protection level.",
      "zh": "程序未达到任务的保护等级。"
    },
    "fix": {
      "en": "Lower the level, if the owners agree, or name a stronger program.",
      "zh": "经数据提供方同意降低等级，或改用更强的程序。"
    }
  },
  "CommitteeSize": {
    "what": {
      "en": "The program does not run with so many parties.",
      "zh": "该程序不支持此参与方数量。"
    },
    "fix": {
      "en": "Change the committee or the program.",
      "zh": "请更改计算节点组或程序。"
    }
  },
  "NoSuccessor": {
    "what": {
      "en": "The newer release is not of the same kind as the older one, or promises less.",
      "zh": "新版本与旧版本类别不同或承诺更弱。"
    },
    "fix": {
      "en": "Publish it as a release of its own.",
      "zh": "请作为独立版本发布。"
    }
  },
  "AlreadySucceeded": {
    "what": {
      "en": "The older release has an approved successor.",
      "zh": "旧版本已有获批准的后继版本。"
    },
    "fix": {
      "en": "Declare a successor of that one.",
      "zh": "请为该后继版本声明后继。"
    }
  },
  "SuccessionNotDeclared": {
    "what": {
      "en": "The publisher has not declared this succession.",
      "zh": "发布者未声明该后继关系。"
    },
    "fix": {
      "en": "Have it declared first.",
      "zh": "请先由发布者声明。"
    }
  },
  "Paused": {
    "what": {
      "en": "The deployment is paused.",
      "zh": "部署已暂停。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "EnforcedPause": {
    "what": {
      "en": "The deployment is paused.",
      "zh": "部署已暂停。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "ExpectedPause": {
    "what": {
      "en": "The deployment is not paused.",
      "zh": "部署未暂停。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "OnlyTasks": {
    "what": {
      "en": "Only the contract of tasks may call this.",
      "zh": "仅任务合约可调用。"
    },
    "fix": {
      "en": "Tell the operator: the deployment's contracts do not fit together.",
      "zh": "请告知运营方：部署的合约互不匹配。"
    }
  },
  "UnknownAuthorization": {
    "what": {
      "en": "No such authorization is on chain.",
      "zh": "链上没有该授权。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "RevokedAuthorization": {
    "what": {
      "en": "The authorization was revoked.",
      "zh": "该授权已撤销。"
    },
    "fix": {
      "en": "Ask the data owner for a new authorization.",
      "zh": "请数据提供方重新授权。"
    }
  },
  "NotYetValid": {
    "what": {
      "en": "The authorization is not valid yet.",
      "zh": "该授权尚未生效。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "NoLongerValid": {
    "what": {
      "en": "The authorization has run out.",
      "zh": "该授权已过期。"
    },
    "fix": {
      "en": "Ask the data owner for a new authorization.",
      "zh": "请数据提供方重新授权。"
    }
  },
  "NotEnoughUses": {
    "what": {
      "en": "The authorization is used up.",
      "zh": "该授权次数已用尽。"
    },
    "fix": {
      "en": "Ask the data owner for a new authorization.",
      "zh": "请数据提供方重新授权。"
    }
  },
  "NotCovered": {
    "what": {
      "en": "The authorization does not cover the task.",
      "zh": "该授权未覆盖此任务。"
    },
    "fix": {
      "en": "Ask the data owner for a new authorization.",
      "zh": "请数据提供方重新授权。"
    }
  },
  "TaskNotEndedWithoutResult": {
    "what": {
      "en": "A use comes back only when the task ended without a result.",
      "zh": "仅当任务无结果结束时才可退回用量。"
    },
    "fix": {
      "en": "Wait until the task has ended.",
      "zh": "请等待任务结束。"
    }
  },
  "UseNotConsumed": {
    "what": {
      "en": "The task took no use of this authorization.",
      "zh": "该任务未占用此授权。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "UseAlreadyReturned": {
    "what": {
      "en": "The use was given back.",
      "zh": "该用量已退回。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "WrongWiring": {
    "what": {
      "en": "A contract belongs to another deployment.",
      "zh": "某合约属于另一部署。"
    },
    "fix": {
      "en": "Tell the operator: the deployment's contracts do not fit together.",
      "zh": "请告知运营方：部署的合约互不匹配。"
    }
  },
  "TaskExists": {
    "what": {
      "en": "The task is on chain.",
      "zh": "该任务已在链上。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "WrongState": {
    "what": {
      "en": "The task's state does not allow this.",
      "zh": "任务当前状态不允许此操作。"
    },
    "fix": {
      "en": "Look at the task.",
      "zh": "请查看任务状态。"
    }
  },
  "DeadlinePassed": {
    "what": {
      "en": "The task's deadline has passed.",
      "zh": "任务已过截止时间。"
    },
    "fix": {
      "en": "Submit a new task.",
      "zh": "请提交新任务。"
    }
  },
  "DeadlineNotPassed": {
    "what": {
      "en": "The task's deadline has not passed.",
      "zh": "任务未到截止时间。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "MixedCommittees": {
    "what": {
      "en": "The programs of the task differ in who commits.",
      "zh": "任务中各程序的计算方类别不同。"
    },
    "fix": {
      "en": "Make two tasks of it.",
      "zh": "请拆分为两个任务。"
    }
  },
  "CommitteeNotOwners": {
    "what": {
      "en": "The compute parties are not exactly the owners of the data.",
      "zh": "计算方与数据所有者不完全一致。"
    },
    "fix": {
      "en": "Name the owners, and nobody else.",
      "zh": "请仅指定数据所有者。"
    }
  },
  "AuditorOnCommittee": {
    "what": {
      "en": "A regulator or certifier never computes.",
      "zh": "监管方或认证方不得参与计算。"
    },
    "fix": {
      "en": "Name another compute party.",
      "zh": "请指定其他计算方。"
    }
  },
  "SameOperator": {
    "what": {
      "en": "One operator runs two parties that must be independent of each other.",
      "zh": "须相互独立的两个参与方由同一运营者运营。"
    },
    "fix": {
      "en": "Name a party of another operator.",
      "zh": "请指定由其他运营者运营的参与方。"
    }
  },
  "SameKey": {
    "what": {
      "en": "Two members of the committee share a key.",
      "zh": "计算节点组中两方使用同一密钥。"
    },
    "fix": {
      "en": "Have one of them rotate its keys.",
      "zh": "请其中一方轮换密钥。"
    }
  },
  "NoReservesLeft": {
    "what": {
      "en": "The task may reserve no more uses.",
      "zh": "该任务不能再续取用量。"
    },
    "fix": {
      "en": "Submit a new task.",
      "zh": "请提交新任务。"
    }
  },
  "NotInTask": {
    "what": {
      "en": "The party has no such part in the task.",
      "zh": "该参与方在任务中没有此身份。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "AlreadyCommitted": {
    "what": {
      "en": "The party has committed.",
      "zh": "该参与方已提交承诺。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "AlreadyAttested": {
    "what": {
      "en": "The party has attested the result.",
      "zh": "该参与方已确认结果。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "AlreadyReviewed": {
    "what": {
      "en": "The output has been reviewed, or its review has expired.",
      "zh": "结果已复核或复核已逾期。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "ReviewOver": {
    "what": {
      "en": "The time for the review is over.",
      "zh": "复核时间已过。"
    },
    "fix": {
      "en": "Submit a new task.",
      "zh": "请提交新任务。"
    }
  },
  "ReviewNotOver": {
    "what": {
      "en": "The time for the review is not over.",
      "zh": "复核时间未到。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "NotReleased": {
    "what": {
      "en": "The result is not released.",
      "zh": "结果尚未释放。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "WrongRun": {
    "what": {
      "en": "The result is of another run than the one that completed.",
      "zh": "该结果属于另一次运行。"
    },
    "fix": {
      "en": "Attest the run that the chain names.",
      "zh": "请确认链上所载的运行。"
    }
  },
  "ConditionExists": {
    "what": {
      "en": "The start condition is in force or scheduled.",
      "zh": "该启动条件已生效或已排定。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "UnknownCondition": {
    "what": {
      "en": "There is no such start condition.",
      "zh": "没有该启动条件。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "RemovalScheduled": {
    "what": {
      "en": "Its removal is scheduled.",
      "zh": "已排定移除。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "TooManyConditions": {
    "what": {
      "en": "There are as many start conditions as are allowed.",
      "zh": "启动条件数量已达上限。"
    },
    "fix": {
      "en": "Remove one first.",
      "zh": "请先移除一个。"
    }
  },
  "UnknownModel": {
    "what": {
      "en": "The register has no such model.",
      "zh": "登记表中没有该模型。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "ModelExists": {
    "what": {
      "en": "The model is registered.",
      "zh": "该模型已登记。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "RetiredModel": {
    "what": {
      "en": "The model is retired.",
      "zh": "该模型已停用。"
    },
    "fix": {
      "en": "Use another model.",
      "zh": "请使用其他模型。"
    }
  },
  "WrongMaker": {
    "what": {
      "en": "The proposal shown is not that of the task which made the model.",
      "zh": "所示提案并非产生该模型的任务。"
    },
    "fix": {
      "en": "Show that task's proposal.",
      "zh": "请出示该任务的提案。"
    }
  },
  "NotModelOwner": {
    "what": {
      "en": "The party does not own the model.",
      "zh": "该参与方不是模型所有者。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "UnknownLicence": {
    "what": {
      "en": "The model has no such licence.",
      "zh": "该模型没有此许可。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "LicenceExists": {
    "what": {
      "en": "The licence is on chain.",
      "zh": "该许可已在链上。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "UnknownKind": {
    "what": {
      "en": "A licence is exclusive, sole or ordinary.",
      "zh": "许可类别只能是独占、排他或普通。"
    },
    "fix": {
      "en": "Correct the value and sign again.",
      "zh": "更正该值并重新签署。"
    }
  },
  "RetiredLicence": {
    "what": {
      "en": "The licence is retired.",
      "zh": "该许可已停用。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "LicenceConflict": {
    "what": {
      "en": "Another licence of the same time excludes this one.",
      "zh": "同期的另一许可与之冲突。"
    },
    "fix": {
      "en": "Choose another time, or have the other one retired.",
      "zh": "请改期，或停用另一许可。"
    }
  },
  "TooManyLicences": {
    "what": {
      "en": "The model has as many licences as are allowed.",
      "zh": "该模型的许可数量已达上限。"
    },
    "fix": {
      "en": "Retire one first.",
      "zh": "请先停用一个。"
    }
  },
  "NotLicensee": {
    "what": {
      "en": "The licence is another party's.",
      "zh": "该许可属于另一参与方。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "LicenceNotYetValid": {
    "what": {
      "en": "The licence is not valid yet.",
      "zh": "该许可尚未生效。"
    },
    "fix": {
      "en": "Wait; it is tried again.",
      "zh": "请等待；系统会重试。"
    }
  },
  "LicenceNoLongerValid": {
    "what": {
      "en": "The licence has run out.",
      "zh": "该许可已过期。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "NotEnoughLicensedUses": {
    "what": {
      "en": "The licence is used up.",
      "zh": "该许可次数已用尽。"
    },
    "fix": {
      "en": "Ask the model's owners for a licence.",
      "zh": "请向模型所有者申请许可。"
    }
  },
  "ExclusivelyLicensed": {
    "what": {
      "en": "While an exclusive licence lasts, nobody else may use the model.",
      "zh": "独占许可有效期间，其他任何方不得使用该模型。"
    },
    "fix": {
      "en": "Wait until it ends, or ask the licensee.",
      "zh": "请等待其到期，或联系被许可方。"
    }
  },
  "BudgetExceeded": {
    "what": {
      "en": "The privacy budget of the data set does not suffice.",
      "zh": "数据集的隐私预算不足。"
    },
    "fix": {
      "en": "Ask for less, or have its owner set another budget.",
      "zh": "请减少用量，或由所有者调整预算。"
    }
  },
  "WrongEpoch": {
    "what": {
      "en": "The log's epoch is not the party's present one.",
      "zh": "日志纪元与当前不符。"
    },
    "fix": {
      "en": "Look at the node's log.",
      "zh": "请检查节点日志。"
    }
  },
  "ForkedLog": {
    "what": {
      "en": "The log does not continue what was anchored before.",
      "zh": "日志与此前锚定的内容不连续。"
    },
    "fix": {
      "en": "Find out who changed the log; open a new epoch only then.",
      "zh": "请查明日志被何人更改，之后方可开启新纪元。"
    }
  },
  "TooManyNoted": {
    "what": {
      "en": "Too many commitments were made since the log was last anchored.",
      "zh": "自上次锚定以来的承诺过多。"
    },
    "fix": {
      "en": "Have the node anchor its log.",
      "zh": "请由节点锚定其日志。"
    }
  },
  "OnlySelf": {
    "what": {
      "en": "Only the account itself may do this.",
      "zh": "仅账户自身可操作。"
    },
    "fix": {
      "en": "Look at the account's passkeys and its nonce, and sign anew.",
      "zh": "请核对账户的通行密钥与序号后重新签署。"
    }
  },
  "WrongNonce": {
    "what": {
      "en": "The account did something else meanwhile.",
      "zh": "账户期间已执行其他操作。"
    },
    "fix": {
      "en": "Look at the account's passkeys and its nonce, and sign anew.",
      "zh": "请核对账户的通行密钥与序号后重新签署。"
    }
  },
  "NotContract": {
    "what": {
      "en": "No contract stands at that address.",
      "zh": "该地址没有合约。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "NotOnCurve": {
    "what": {
      "en": "That is no public key of a passkey.",
      "zh": "这不是通行密钥的公钥。"
    },
    "fix": {
      "en": "Look at the account's passkeys and its nonce, and sign anew.",
      "zh": "请核对账户的通行密钥与序号后重新签署。"
    }
  },
  "PasskeyExists": {
    "what": {
      "en": "The account has this passkey.",
      "zh": "账户已有该通行密钥。"
    },
    "fix": {
      "en": "Nothing is left to do: it is so already.",
      "zh": "无需再做：已是如此。"
    }
  },
  "UnknownPasskey": {
    "what": {
      "en": "The account has no such passkey.",
      "zh": "账户没有该通行密钥。"
    },
    "fix": {
      "en": "Look at the account's passkeys and its nonce, and sign anew.",
      "zh": "请核对账户的通行密钥与序号后重新签署。"
    }
  },
  "AccessControlUnauthorizedAccount": {
    "what": {
      "en": "The account does not hold the office.",
      "zh": "该账户不持有该职权。"
    },
    "fix": {
      "en": "Act with the account that holds the office.",
      "zh": "请使用持有该职权的账户操作。"
    }
  },
  "AccessControlBadConfirmation": {
    "what": {
      "en": "Only the account itself gives an office up.",
      "zh": "仅账户自身可放弃职权。"
    },
    "fix": {
      "en": "Act with the account that holds the office.",
      "zh": "请使用持有该职权的账户操作。"
    }
  },
  "AddressEmptyCode": {
    "what": {
      "en": "No contract stands at that address.",
      "zh": "该地址没有合约。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "FailedCall": {
    "what": {
      "en": "A call to another contract failed.",
      "zh": "对另一合约的调用失败。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "FailedDeployment": {
    "what": {
      "en": "A contract could not be made.",
      "zh": "无法创建合约。"
    },
    "fix": {
      "en": "Compare the name with the register, and the deployment file with your own.",
      "zh": "请与登记表核对名称，并核对部署文件。"
    }
  },
  "Create2EmptyBytecode": {
    "what": {
      "en": "A contract without code cannot be made.",
      "zh": "不能创建没有代码的合约。"
    },
    "fix": {
      "en": "Tell the operator: the deployment's contracts do not fit together.",
      "zh": "请告知运营方：部署的合约互不匹配。"
    }
  },
  "InsufficientBalance": {
    "what": {
      "en": "The account has too little to pay with.",
      "zh": "账户余额不足。"
    },
    "fix": {
      "en": "Fund it, or use a chain without fees.",
      "zh": "请充值，或使用免手续费的链。"
    }
  }
} as const;

/** What an owner's rows are refused for. */
export const DATA_FAULTS = {
  "table.no_column": {
    "what": {
      "en": "The data set has no column {columns}.",
      "zh": "数据集没有列 {columns}。"
    },
    "fix": {
      "en": "Compare the task's columns with the registered ones.",
      "zh": "请核对任务所列的列与登记的列。"
    }
  },
  "input.kind": {
    "what": {
      "en": "Column {columns} does not hold numbers.",
      "zh": "列 {columns} 的内容不是数字。"
    },
    "fix": {
      "en": "Encode it as numbers in a new version, or leave it out of the task.",
      "zh": "请在新版本中编码为数字，或在任务中去掉该列。"
    }
  },
  "input.null": {
    "what": {
      "en": "Column {columns} is empty in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行为空值。"
    },
    "fix": {
      "en": "Fill or remove these rows in a new version, or filter them out.",
      "zh": "请在新版本中补全或删除这些行，或用筛选条件排除。"
    }
  },
  "input.no_rows": {
    "what": {
      "en": "The task's filter leaves none of your rows.",
      "zh": "任务的筛选条件没有留下任何一行。"
    },
    "fix": {
      "en": "Ask for another filter.",
      "zh": "请要求更改筛选条件。"
    }
  },
  "prepare.level": {
    "what": {
      "en": "Column {columns} has a level in {rows} row(s) that the recipe does not list.",
      "zh": "列 {columns} 有 {rows} 行的类别未在处理配方中列出。"
    },
    "fix": {
      "en": "Ask for a recipe that lists it, or with `other column` (`other level` where levels are numbered).",
      "zh": "请要求在配方中列出该类别，或加上 `other column`（按序编码时为 `other level`）。"
    }
  },
  "prepare.date": {
    "what": {
      "en": "Column {columns} holds no day YYYY-MM-DD in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是 YYYY-MM-DD 格式的日期。"
    },
    "fix": {
      "en": "Correct the data and register a new version.",
      "zh": "请更正数据并登记新版本。"
    }
  },
  "prepare.log": {
    "what": {
      "en": "Column {columns} is -1 or less in {rows} row(s): the recipe's `log` is ln(1 + x).",
      "zh": "列 {columns} 有 {rows} 行不大于 -1：处理配方的 `log` 为 ln(1 + x)。"
    },
    "fix": {
      "en": "Ask for `signed log`, or for `clip` before it.",
      "zh": "请要求改用 `signed log`，或先用 `clip` 截断。"
    }
  },
  "prepare.all_empty": {
    "what": {
      "en": "Column {columns} is empty in all rows: it has no mean, median or quantile.",
      "zh": "列 {columns} 在所有行中均为空：没有均值、中位数或分位数。"
    },
    "fix": {
      "en": "Ask for a constant instead, or leave the column out.",
      "zh": "请要求改用常数，或去掉该列。"
    }
  },
  "prepare.filled": {
    "what": {
      "en": "Empty in {rows} row(s) and filled by the recipe: {columns}.",
      "zh": "有 {rows} 行为空并由处理配方填补：{columns}。"
    },
    "fix": {
      "en": "Nothing, if that is meant.",
      "zh": "若符合预期则无需处理。"
    }
  },
  "prepare.clipped": {
    "what": {
      "en": "Values in {rows} row(s) of {columns} are cut off by the recipe.",
      "zh": "{columns} 有 {rows} 行的数值由处理配方截断。"
    },
    "fix": {
      "en": "Nothing, if that is meant.",
      "zh": "若符合预期则无需处理。"
    }
  },
  "prepare.other": {
    "what": {
      "en": "{rows} row(s) of {columns} have a level that the recipe does not list: they count as others.",
      "zh": "{columns} 有 {rows} 行的类别未在处理配方中列出，计为其他类别。"
    },
    "fix": {
      "en": "Nothing, if that is meant.",
      "zh": "若符合预期则无需处理。"
    }
  },
  "psi.empty_id": {
    "what": {
      "en": "{rows} rows have an empty id, the first in row {row}.",
      "zh": "有 {rows} 行标识为空，首见于第 {row} 行。"
    },
    "fix": {
      "en": "Give every row an id.",
      "zh": "请为每一行填写标识。"
    }
  },
  "psi.duplicate_id": {
    "what": {
      "en": "{rows} rows have an id that an earlier row has after normalisation, the first in row {row}.",
      "zh": "规范化后有 {rows} 行的标识与此前的行重复，首见于第 {row} 行。"
    },
    "fix": {
      "en": "Keep one row per id.",
      "zh": "每个标识只保留一行。"
    }
  },
  "psi.duplicate_key": {
    "what": {
      "en": "{rows} row(s) have the same {columns} as an earlier row: they cannot be told apart.",
      "zh": "有 {rows} 行的 {columns} 与此前的行相同，无法区分。"
    },
    "fix": {
      "en": "Keep one row for each, or propose a task with more key columns.",
      "zh": "每组键只保留一行，或提议键列更多的任务。"
    }
  },
  "reconcile.several": {
    "what": {
      "en": "{rows} row(s) have the same {columns} as an earlier row: amounts of such rows are added up, and the result says that there are several.",
      "zh": "有 {rows} 行的 {columns} 与此前的行相同：这些行的金额将合计，结果会标明有多行。"
    },
    "fix": {
      "en": "Nothing, if that is meant; else correct the data.",
      "zh": "若符合预期则无需处理；否则请更正数据。"
    }
  },
  "reconcile.sum": {
    "what": {
      "en": "In {rows} row(s) of {columns} the amounts of rows with the same keys add up to more than {limit}, signs left aside.",
      "zh": "{columns} 中键相同的行（共 {rows} 行）金额绝对值之和超过 {limit}。"
    },
    "fix": {
      "en": "Propose a task with a higher limit, or with more key columns that tell these rows apart.",
      "zh": "请提议上限更高的任务，或增加能区分这些行的键列。"
    }
  },
  "reconcile.places": {
    "what": {
      "en": "Column {columns} has more than {places} decimal places in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行的小数位数超过 {places}。"
    },
    "fix": {
      "en": "Propose a task with more places, or round the amounts.",
      "zh": "请提议小数位数更多的任务，或对金额取整。"
    }
  },
  "graph.few_seeds": {
    "what": {
      "en": "{rows} different seeds are fewer than the agreed {least}.",
      "zh": "不同的已知节点有 {rows} 个，少于约定的 {least} 个。"
    },
    "fix": {
      "en": "Add seeds, or agree on a smaller minimum_seeds or minimum group.",
      "zh": "请增加已知节点，或约定较小的 minimum_seeds 或最小分组。"
    }
  },
  "graph.weight": {
    "what": {
      "en": "Column {columns} holds no whole number from 1 to {limit} in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是 1 至 {limit} 的整数。"
    },
    "fix": {
      "en": "Propose a task with a higher weight_limit, or round the weights, from 1 up, in a new version.",
      "zh": "请提议 weight_limit 更高的任务，或在新版本中将权重取整（自 1 起）。"
    }
  },
  "graph.loops": {
    "what": {
      "en": "{rows} row(s) have the same node in {columns}: they count as no edge.",
      "zh": "有 {rows} 行的 {columns} 为同一节点：不计为边。"
    },
    "fix": {
      "en": "Nothing, if that is meant.",
      "zh": "若符合预期则无需处理。"
    }
  },
  "graph.doubled": {
    "what": {
      "en": "{rows} row(s) have the edge of an earlier row in {columns}, in either direction: it counts once.",
      "zh": "有 {rows} 行的 {columns} 与此前的行为同一条边（不论方向）：只计一次。"
    },
    "fix": {
      "en": "Nothing, if that is meant.",
      "zh": "若符合预期则无需处理。"
    }
  },
  "graph.unknown": {
    "what": {
      "en": "{rows} row(s) of {columns} name a node that none of your edges has: they count as nodes without edges of yours.",
      "zh": "{columns} 有 {rows} 行的节点不在贵方的任何边上：计为没有贵方边的节点。"
    },
    "fix": {
      "en": "Check the spelling, if you have edges of them.",
      "zh": "若贵方有其边，请核对写法。"
    }
  },
  "frame.label": {
    "what": {
      "en": "Column {columns} holds other values than 0 and 1 in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是0或1。"
    },
    "fix": {
      "en": "Encode it as 0 and 1.",
      "zh": "请编码为0和1。"
    }
  },
  "gwas.genotypes": {
    "what": {
      "en": "None of the columns {columns} holds genotypes, or more than one does.",
      "zh": "列 {columns} 中没有基因型列，或不止一列。"
    },
    "fix": {
      "en": "Register PLINK files (.bed, .bim, .fam), and name the genotypes and the column that says who is a case.",
      "zh": "请登记 PLINK 文件（.bed、.bim、.fam），并指明基因型列与病例列。"
    }
  },
  "gwas.variants": {
    "what": {
      "en": "Column {columns} is about {found} variants, the task about {variants}.",
      "zh": "列 {columns} 含 {found} 个位点，任务为 {variants} 个。"
    },
    "fix": {
      "en": "Propose the task with the number that the data set's description says.",
      "zh": "请按数据集描述中的位点数提议任务。"
    }
  },
  "frame.one_class": {
    "what": {
      "en": "Column {columns} has one class only.",
      "zh": "列 {columns} 只有一个类别。"
    },
    "fix": {
      "en": "Use rows of both classes.",
      "zh": "请使用包含两个类别的行。"
    }
  },
  "label.missing_class": {
    "what": {
      "en": "Column {columns} lacks a class in the training rows that the task counts.",
      "zh": "列 {columns} 的训练行缺少任务所列的某个类别。"
    },
    "fix": {
      "en": "Use more rows, or propose a task with fewer classes.",
      "zh": "请使用更多行，或提议类别更少的任务。"
    }
  },
  "label.all_zero": {
    "what": {
      "en": "Column {columns} is 0 in all training rows.",
      "zh": "列 {columns} 在所有训练行中均为0。"
    },
    "fix": {
      "en": "Use rows with larger counts.",
      "zh": "请使用含有非零计数的行。"
    }
  },
  "survival.time": {
    "what": {
      "en": "Column {columns} holds no time of 0 or more in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是大于等于 0 的时长。"
    },
    "fix": {
      "en": "Correct the data and register a new version.",
      "zh": "请更正数据并登记新版本。"
    }
  },
  "survival.no_event": {
    "what": {
      "en": "Column {columns} has no event in the training rows while another row was still observed: nothing can be compared.",
      "zh": "列 {columns} 的训练行中，没有任何事件发生时另有其他行仍在观察：无从比较。"
    },
    "fix": {
      "en": "Use more rows, or a longer observation.",
      "zh": "请使用更多行或更长的观察期。"
    }
  },
  "label.constant": {
    "what": {
      "en": "Column {columns} has the same value in all rows: nothing can be compared with it.",
      "zh": "列 {columns} 在所有行中取值相同，无法与之比较。"
    },
    "fix": {
      "en": "Use rows in which it differs.",
      "zh": "请使用该列取值不同的行。"
    }
  },
  "frame.not_whole": {
    "what": {
      "en": "Column {columns} holds values that are not whole numbers from 0 up in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是从0开始的整数。"
    },
    "fix": {
      "en": "Encode classes as 0, 1, 2, …; counts are whole and not negative.",
      "zh": "类别请编码为0、1、2……；计数须为非负整数。"
    }
  },
  "frame.too_large": {
    "what": {
      "en": "Column {columns} holds values above {limit} in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行的数值超过 {limit}。"
    },
    "fix": {
      "en": "Propose a task with a larger bound (classes, mean_limit), or encode the column anew.",
      "zh": "请提议上限（classes、mean_limit）更大的任务，或重新编码该列。"
    }
  },
  "stats.category": {
    "what": {
      "en": "Column {columns} holds values that are not whole numbers below {levels} in {rows} row(s).",
      "zh": "列 {columns} 有 {rows} 行不是小于 {levels} 的非负整数。"
    },
    "fix": {
      "en": "Encode the categories as 0, 1, 2, … and have the task say how many there are.",
      "zh": "类别请编码为0、1、2……，并在任务中写明类别数。"
    }
  },
  "arrays.out_of_range": {
    "what": {
      "en": "Values beyond the task's limit {limit} in {rows} row(s) of {columns}.",
      "zh": "{columns} 有 {rows} 行的数值超出任务上限 {limit}。"
    },
    "fix": {
      "en": "Rescale these columns, or propose a task with a larger limit.",
      "zh": "请缩放这些列，或提议上限更大的任务。"
    }
  },
  "stats.beyond_limit": {
    "what": {
      "en": "Values beyond the declared limit {limit} in {rows} row(s) of {columns}.",
      "zh": "{columns} 有 {rows} 行的数值超出声明的上限 {limit}。"
    },
    "fix": {
      "en": "Raise the limit, or rescale these columns.",
      "zh": "请提高上限，或缩放这些列。"
    }
  },
  "standardize.constant_column": {
    "what": {
      "en": "Constant in the training rows: {columns}.",
      "zh": "在训练行中为常数：{columns}。"
    },
    "fix": {
      "en": "Leave these columns out, or set constant_columns to zero.",
      "zh": "请去掉这些列，或将 constant_columns 设为 zero。"
    }
  },
  "standardize.beyond_limit": {
    "what": {
      "en": "Values more than {limit} deviations from the mean in {rows} row(s) of {columns}.",
      "zh": "{columns} 有 {rows} 行偏离均值超过 {limit} 个标准差。"
    },
    "fix": {
      "en": "Transform these columns (logarithm), or propose a task with a higher limit or with beyond_limit = clip.",
      "zh": "请变换这些列（如取对数），或提议上限更高或 beyond_limit = clip 的任务。"
    }
  },
  "logistic.beyond_limit": {
    "what": {
      "en": "Values more than {limit} deviations from the mean in {rows} row(s) of {columns}.",
      "zh": "{columns} 有 {rows} 行偏离均值超过 {limit} 个标准差。"
    },
    "fix": {
      "en": "Transform these columns (logarithm), or propose a task with a higher limit or with beyond_limit = clip.",
      "zh": "请变换这些列（如取对数），或提议上限更高或 beyond_limit = clip 的任务。"
    }
  },
  "logistic.large_column": {
    "what": {
      "en": "Means or deviations beyond {limit} in {columns}.",
      "zh": "{columns} 的均值或标准差超过 {limit}。"
    },
    "fix": {
      "en": "Use a larger unit for these columns.",
      "zh": "请为这些列使用更大的单位。"
    }
  },
  "logistic.small_column": {
    "what": {
      "en": "Deviations below {limit} in {columns}.",
      "zh": "{columns} 的标准差低于 {limit}。"
    },
    "fix": {
      "en": "Use a smaller unit for these columns.",
      "zh": "请为这些列使用更小的单位。"
    }
  },
  "score.beyond_limit": {
    "what": {
      "en": "Values beyond the model's limit {limit} in {rows} row(s) of {columns}.",
      "zh": "{columns} 有 {rows} 行的数值超出模型的上限 {limit}。"
    },
    "fix": {
      "en": "Correct these records, or set beyond_limit to clip.",
      "zh": "请更正这些记录，或将 beyond_limit 设为 clip。"
    }
  },
  "group.too_small": {
    "what": {
      "en": "{rows} rows are fewer than the agreed minimum group of {least}.",
      "zh": "{rows} 行少于约定的最小分组 {least}。"
    },
    "fix": {
      "en": "Use more rows or a wider filter, or agree on a smaller minimum group.",
      "zh": "请使用更多行或放宽筛选条件，或约定较小的最小分组。"
    }
  },
  "group.model": {
    "what": {
      "en": "{rows} rows train, beside those of who reads: a model of this size needs {least} under the agreed minimum group.",
      "zh": "除读取方自有的行外，仅有 {rows} 行用于训练：按约定的最小分组，该规模的模型需要 {least} 行。"
    },
    "fix": {
      "en": "Use more rows or fewer columns (feature.select), or agree on no minimum group.",
      "zh": "请使用更多行或更少列（feature.select），或约定不设最小分组。"
    }
  },
  "group.rare": {
    "what": {
      "en": "In {columns} fewer than {least} rows differ from the others: a figure over it would be about these alone.",
      "zh": "{columns} 中与其余行不同的行少于 {least}：涉及该列的数字将只关乎这些行。"
    },
    "fix": {
      "en": "Leave the column out, or merge its rare values with others in a new version.",
      "zh": "请去掉该列，或在新版本中将罕见取值与其他取值合并。"
    }
  },
  "group.rare_hidden": {
    "what": {
      "en": "In {columns} fewer than {least} rows have one of a few values: sum, mean and variance would count them and stay hidden.",
      "zh": "{columns} 取值很少且某一取值少于 {least} 行：总和、均值与方差等同于对其计数，将不予显示。"
    },
    "fix": {
      "en": "Nothing, if that is meant; else merge values.",
      "zh": "若符合预期则无需处理；否则请合并取值。"
    }
  },
  "psi.too_few_matches": {
    "what": {
      "en": "Fewer than the agreed {least} ids are common.",
      "zh": "共有标识少于约定的 {least} 个。"
    },
    "fix": {
      "en": "Check that both sides use the same kind of id, or agree on a smaller minimum group.",
      "zh": "请确认双方使用同一种标识，或约定较小的最小分组。"
    }
  },
  "node.disk": {
    "what": {
      "en": "{free} MiB are free on this node's disk; a run needs {least}.",
      "zh": "本节点磁盘剩余 {free} MiB；运行需要 {least} MiB。"
    },
    "fix": {
      "en": "Free some.",
      "zh": "请清理磁盘。"
    }
  },
  "node.slots": {
    "what": {
      "en": "{used} of {most} run slots of this node are in use: the task would wait.",
      "zh": "本节点 {most} 个运行槽位中 {used} 个正在使用：任务将等待。"
    },
    "fix": {
      "en": "Nothing; or give the node more slots.",
      "zh": "无需处理；或为节点增加槽位。"
    }
  },
  "data_set.read_before": {
    "what": {
      "en": "Tasks before this one over your rows that {reader} reads: {tasks}, of which {aggregates} give aggregates only. Two results over almost the same rows tell about the rows that differ.",
      "zh": "您的数据行已在 {tasks} 个任务中使用，读取方为 {reader}，其中 {aggregates} 个仅输出汇总结果：行几乎相同的两个结果相减，会透露相差的那几行。"
    },
    "fix": {
      "en": "Nothing, if these tasks use the same rows; else ask why they differ.",
      "zh": "若各任务使用相同的行则无需处理；否则请询问差异的原因。"
    }
  },
  "step.untried": {
    "what": {
      "en": "The step could not be tried here ({error}).",
      "zh": "该步骤无法在此试运行（{error}）。"
    },
    "fix": {
      "en": "Report this; it says nothing about your rows.",
      "zh": "请报告此问题；它与您的数据无关。"
    }
  },
  "values.narrow": {
    "what": {
      "en": "The values of {columns} differ by less than a 500,000th of their size: too little to be told here.",
      "zh": "{columns} 的数值差异不足其大小的五十万分之一，无法在此分辨。"
    },
    "fix": {
      "en": "Subtract an agreed constant from the column at every owner (a year's first day from dates).",
      "zh": "请各方从该列减去约定的常数（如日期减去当年首日）。"
    }
  },
  "values.too_fine": {
    "what": {
      "en": "The values of {columns} are too fine for the task's limit {limit}.",
      "zh": "{columns} 的数值相对任务上限 {limit} 过于细小。"
    },
    "fix": {
      "en": "Propose a task whose limit is near the largest value, or use a smaller unit.",
      "zh": "请提议上限接近最大值的任务，或使用更小的单位。"
    }
  },
  "values.clipped": {
    "what": {
      "en": "Values in {rows} row(s) of {columns} are cut off at the limit {limit}.",
      "zh": "{columns} 有 {rows} 行的数值将按上限 {limit} 截断。"
    },
    "fix": {
      "en": "Nothing, if that is meant; else transform these columns.",
      "zh": "若符合预期则无需处理；否则请变换这些列。"
    }
  },
  "values.constant": {
    "what": {
      "en": "Constant in your rows, so that the task learns nothing from it: {columns}.",
      "zh": "在您的行中为常数，任务无法从中得到信息：{columns}。"
    },
    "fix": {
      "en": "Leave the column out, if that is not meant.",
      "zh": "若非预期，请去掉该列。"
    }
  },
  "values.one_class": {
    "what": {
      "en": "Your rows of {columns} are of one class only.",
      "zh": "您的 {columns} 列只有一个类别。"
    },
    "fix": {
      "en": "Nothing, if other owners bring the other class.",
      "zh": "若其他数据提供方有另一类别则无需处理。"
    }
  },
  "group.hidden": {
    "what": {
      "en": "{groups} groups of your rows by {columns} are below the minimum group of {least}: alone they stay hidden.",
      "zh": "按 {columns} 分组，您有 {groups} 组的行数少于最小分组 {least}；仅凭这些行将不予显示。"
    },
    "fix": {
      "en": "Nothing, if that is meant; else merge categories.",
      "zh": "若符合预期则无需处理；否则请合并类别。"
    }
  }
} as const;

/** Purposes of the law's table, by code: a purpose begins with these words. */
export const PURPOSES = {
  "anti-money-laundering": {
    "en": "Fulfil duties against money laundering",
    "zh": "履行反洗钱义务"
  },
  "credit-risk": {
    "en": "Assess credit risk",
    "zh": "评估信用风险"
  },
  "diagnosis": {
    "en": "Diagnose and treat patients",
    "zh": "疾病诊疗"
  },
  "fraud": {
    "en": "Detect and prevent fraud",
    "zh": "识别与防范欺诈"
  },
  "human-resources": {
    "en": "Manage human resources",
    "zh": "人力资源管理"
  },
  "insurance": {
    "en": "Assess insurance risks and claims",
    "zh": "评估保险风险与理赔"
  },
  "marketing": {
    "en": "Recommend and market",
    "zh": "推荐与营销"
  },
  "medical-research": {
    "en": "Research in medicine",
    "zh": "医学研究"
  },
  "news": {
    "en": "Report news",
    "zh": "新闻报道"
  },
  "operations": {
    "en": "Run and improve services",
    "zh": "运营与改进服务"
  },
  "public-health": {
    "en": "Protect public health",
    "zh": "维护公共卫生"
  },
  "public-security": {
    "en": "Maintain public security",
    "zh": "维护公共安全"
  },
  "scientific-research": {
    "en": "Scientific research",
    "zh": "科学研究"
  },
  "statistics": {
    "en": "Make statistics",
    "zh": "统计"
  },
  "supervision": {
    "en": "Supervise and audit",
    "zh": "监管与审计"
  },
  "traffic": {
    "en": "Plan traffic and public services",
    "zh": "规划交通与公共服务"
  }
} as const;

/** The verification's ten steps, from 1. */
export const STEPS = [
  {
    "en": "The manifest lists exactly the files that are there, with their hashes",
    "zh": "清单与文件及其哈希完全一致"
  },
  {
    "en": "The task id follows from the contract and every field on chain",
    "zh": "任务标识由任务合约与链上全部字段导出"
  },
  {
    "en": "Every party's consent was its wallet's, in force and unspent",
    "zh": "各方授权由其钱包签署，启动时有效且未用尽"
  },
  {
    "en": "Every envelope is signed by its party's registered node key",
    "zh": "每份声明由该方登记的节点密钥签名"
  },
  {
    "en": "Every statement is in its log, and each log only grew",
    "zh": "每份声明均在日志中，且日志只增不改"
  },
  {
    "en": "Every commitment on chain equals its statement",
    "zh": "链上承诺值与声明一致"
  },
  {
    "en": "Both ends of every link countersigned the same bytes",
    "zh": "链路两端对相同字节会签"
  },
  {
    "en": "Input commitments equal the registered data sets' roots",
    "zh": "输入承诺与登记的数据集根一致"
  },
  {
    "en": "Release came after completion, and the result is attested",
    "zh": "结果在任务完成之后释放，并经确认"
  },
  {
    "en": "Aborts, disputes and refusals name a party and a reason",
    "zh": "中止、争议与拒绝均载明参与方与原因"
  }
] as const;

/** The steps of a receipt's verification, from 1. */
export const RECEIPT_STEPS = [
  {
    "en": "The holder's registered node key signed the receipt",
    "zh": "名单持有方登记的节点密钥签署了该回执"
  },
  {
    "en": "The session's terms name this asker, at this time",
    "zh": "会话条款在该时刻列有该查询方"
  },
  {
    "en": "The receipt stands at its place in its batch",
    "zh": "回执位于其批次中的应有位置"
  },
  {
    "en": "The batch is in the holder's log",
    "zh": "该批次在名单持有方的日志中"
  },
  {
    "en": "The log was anchored within the stated delay",
    "zh": "该日志在约定时限内上链存证"
  }
] as const;

/** What signing a type means, as wallets with our descriptors say. */
export const WALLET_INTENTS = {
  "Abort": {
    "en": "Refuse, abort or withdraw",
    "zh": "拒绝、中止或撤回任务"
  },
  "Access": {
    "en": "Read (agrees to nothing)",
    "zh": "查看（不表示同意）"
  },
  "AccessKey": {
    "en": "Make a key for reading",
    "zh": "创建查看用的访问密钥"
  },
  "Admission": {
    "en": "Apply to take part",
    "zh": "申请加入"
  },
  "AnchorUpdate": {
    "en": "Anchor the node's log",
    "zh": "锚定节点日志"
  },
  "Authorization": {
    "en": "Let your data be used",
    "zh": "授权使用您的数据"
  },
  "DataSetAttestation": {
    "en": "State something about data",
    "zh": "对数据作出声明"
  },
  "DataSetRegistration": {
    "en": "Register your data set",
    "zh": "登记您的数据集"
  },
  "DataSetRetirement": {
    "en": "Retire your data set",
    "zh": "停用您的数据集"
  },
  "KeyRotation": {
    "en": "Replace your node's keys",
    "zh": "更换节点密钥"
  },
  "NoInputSent": {
    "en": "State: no input was sent",
    "zh": "声明未发送任何输入"
  },
  "OpeningRequest": {
    "en": "Ask to see single rows",
    "zh": "请求公开单行数据"
  },
  "Proposal": {
    "en": "Propose a computation",
    "zh": "提议一项计算"
  },
  "ResultAttestation": {
    "en": "Attest a result",
    "zh": "证明结果"
  },
  "Revocation": {
    "en": "Take an authorization back",
    "zh": "撤回一项授权"
  },
  "RevocationOfAll": {
    "en": "Take authorizations back",
    "zh": "撤回多项授权"
  },
  "RunCommitment": {
    "en": "Commit to a run",
    "zh": "承诺一次运行"
  },
  "WalletChange": {
    "en": "Change your party's wallet",
    "zh": "更换参与方钱包"
  }
} as const;

/** What wallets with our descriptors call a member of what is signed. */
export const WALLET_LABELS = {
  "approvedSuccessors": {
    "en": "Successors allowed",
    "zh": "允许后继版本"
  },
  "asker": {
    "en": "Asked by",
    "zh": "请求方"
  },
  "auditors": {
    "en": "Auditor",
    "zh": "审计方"
  },
  "authorization": {
    "en": "Authorization",
    "zh": "授权"
  },
  "change": {
    "en": "Change number",
    "zh": "变更序号"
  },
  "columns": {
    "en": "Column",
    "zh": "列"
  },
  "computeParties": {
    "en": "Computed by",
    "zh": "计算方"
  },
  "contractDigest": {
    "en": "Contract's digest",
    "zh": "合约摘要"
  },
  "dataLevel": {
    "en": "Data level",
    "zh": "数据级别"
  },
  "dataSet": {
    "en": "Data set",
    "zh": "数据集"
  },
  "dataSets": {
    "en": "Data set",
    "zh": "数据集"
  },
  "dataVersion": {
    "en": "Version of the data",
    "zh": "数据版本"
  },
  "dataVersions": {
    "en": "Version of the data",
    "zh": "数据版本"
  },
  "deadline": {
    "en": "Deadline",
    "zh": "截止时间"
  },
  "engine": {
    "en": "Engine",
    "zh": "引擎"
  },
  "epoch": {
    "en": "Log's epoch",
    "zh": "日志纪元"
  },
  "epsilonMicros": {
    "en": "Privacy budget",
    "zh": "隐私预算"
  },
  "impactAssessment": {
    "en": "Impact assessment",
    "zh": "影响评估"
  },
  "inputRoot": {
    "en": "Root of the data",
    "zh": "数据根"
  },
  "keyHash": {
    "en": "Key's hash",
    "zh": "密钥哈希"
  },
  "keys": {
    "en": "Row",
    "zh": "行"
  },
  "kind": {
    "en": "What",
    "zh": "类型"
  },
  "label": {
    "en": "Key's name",
    "zh": "密钥名称"
  },
  "legalBasis": {
    "en": "Legal basis",
    "zh": "合法性基础"
  },
  "licences": {
    "en": "Licence",
    "zh": "许可"
  },
  "links": {
    "en": "Link's hash",
    "zh": "连接哈希"
  },
  "logRoot": {
    "en": "Log's root",
    "zh": "日志根"
  },
  "logSize": {
    "en": "Log's size",
    "zh": "日志大小"
  },
  "maxReserves": {
    "en": "Most reserved uses",
    "zh": "最多预留次数"
  },
  "maxUses": {
    "en": "Most uses",
    "zh": "最多使用次数"
  },
  "minProtectionLevel": {
    "en": "Protection at least",
    "zh": "最低保护级别"
  },
  "models": {
    "en": "Model",
    "zh": "模型"
  },
  "newWallet": {
    "en": "New wallet",
    "zh": "新钱包"
  },
  "nodeKey": {
    "en": "Node key",
    "zh": "节点密钥"
  },
  "nodeSigner": {
    "en": "Node signer",
    "zh": "节点签名地址"
  },
  "nonce": {
    "en": "Nonce",
    "zh": "随机数"
  },
  "notAfter": {
    "en": "Until",
    "zh": "有效期至"
  },
  "notBefore": {
    "en": "From",
    "zh": "生效时间"
  },
  "operator": {
    "en": "Operator",
    "zh": "运营主体"
  },
  "outputShares": {
    "en": "Hash of the outputs",
    "zh": "输出哈希"
  },
  "owner": {
    "en": "Data owner",
    "zh": "数据提供方"
  },
  "party": {
    "en": "Party",
    "zh": "参与方"
  },
  "period": {
    "en": "Key period",
    "zh": "密钥期"
  },
  "policy": {
    "en": "Digest of the ask",
    "zh": "请求摘要"
  },
  "positions": {
    "en": "Row at",
    "zh": "行位置"
  },
  "profileHash": {
    "en": "Fingerprint",
    "zh": "指纹"
  },
  "programs": {
    "en": "Program",
    "zh": "程序"
  },
  "programsDigest": {
    "en": "Programs' digest",
    "zh": "程序摘要"
  },
  "proposer": {
    "en": "Proposed by",
    "zh": "提议方"
  },
  "protectionLevel": {
    "en": "Protection level",
    "zh": "保护级别"
  },
  "purpose": {
    "en": "Purpose",
    "zh": "目的"
  },
  "reason": {
    "en": "Reason",
    "zh": "理由"
  },
  "resource": {
    "en": "May read",
    "zh": "可查看"
  },
  "resultHash": {
    "en": "Result's hash",
    "zh": "结果哈希"
  },
  "resultUser": {
    "en": "Result user",
    "zh": "结果使用方"
  },
  "resultUsers": {
    "en": "Read by",
    "zh": "结果使用方"
  },
  "reviewBy": {
    "en": "Review until",
    "zh": "复核截止"
  },
  "reviewer": {
    "en": "Reviewer",
    "zh": "复核方"
  },
  "roles": {
    "en": "Roles (bits)",
    "zh": "角色（位）"
  },
  "root": {
    "en": "Root",
    "zh": "根"
  },
  "rows": {
    "en": "Rows",
    "zh": "行数"
  },
  "runId": {
    "en": "Run",
    "zh": "运行"
  },
  "scheduler": {
    "en": "Started by",
    "zh": "调度方"
  },
  "schemaHash": {
    "en": "Description's hash",
    "zh": "描述哈希"
  },
  "scopes": {
    "en": "Key opens",
    "zh": "密钥权限"
  },
  "sealKey": {
    "en": "Seal key",
    "zh": "封装密钥"
  },
  "size": {
    "en": "Size",
    "zh": "大小"
  },
  "statement": {
    "en": "Document's hash",
    "zh": "文件哈希"
  },
  "task": {
    "en": "Task",
    "zh": "任务"
  },
  "through": {
    "en": "Up to number",
    "zh": "截至序号"
  },
  "uses": {
    "en": "Uses",
    "zh": "使用次数"
  },
  "version": {
    "en": "Version",
    "zh": "版本"
  },
  "wallet": {
    "en": "Wallet",
    "zh": "钱包"
  }
} as const;

/** How a step of the verification can end. */
export const OUTCOMES = {
  "holds": {
    "en": "holds",
    "zh": "成立"
  },
  "nothing": {
    "en": "nothing to check",
    "zh": "无可核验"
  },
  "fails": {
    "en": "fails",
    "zh": "不成立"
  },
  "cannot": {
    "en": "cannot be checked here",
    "zh": "此处无法核验"
  }
} as const;

/** Texts of the page that checks evidence and contracts. */
export const CHECK_PAGE = {
  "title": {
    "en": "Check evidence and contracts",
    "zh": "核验证据与合约"
  },
  "intro": {
    "en": "Everything here is worked out in your browser. Nothing is uploaded, and nobody is asked unless you choose so: once it is open, the page works without a network.",
    "zh": "本页的全部计算均在您的浏览器中完成。不上传任何内容；除非您自行选择，也不询问任何一方：打开之后，断网亦可使用。"
  },
  "needsScript": {
    "en": "This page computes in your browser and needs JavaScript. Without it: tally verify.",
    "zh": "本页在您的浏览器中计算，需要 JavaScript。若无，请使用 tally verify。"
  },
  "evidenceTitle": {
    "en": "Verify an evidence bundle",
    "zh": "验证证据包"
  },
  "evidenceIntro": {
    "en": "The ten steps are those of tally verify, with the same answers. Trust begins with what you bring: a trust root that you did not get from this explorer or the coordinator.",
    "zh": "十个步骤与 tally verify 相同，结论一致。信任始于您自带的信任根：请勿取自本审计浏览器或协调方。"
  },
  "bundleLabel": {
    "en": "Evidence bundle (.zip)",
    "zh": "证据包（.zip）"
  },
  "trustLabel": {
    "en": "Trust root (trust.json)",
    "zh": "信任根（trust.json）"
  },
  "pathLabel": {
    "en": "Path (path.json), where the trusted block is later than the bundle's",
    "zh": "路径文件（path.json），仅当可信区块晚于证据包时需要"
  },
  "headTitle": {
    "en": "Trusted block, as your own chain endpoint tells it",
    "zh": "可信区块，以您自有的链节点为准"
  },
  "headAbout": {
    "en": "Only needed where the trust root names no block and the chain's blocks carry no validators' seals. What you type replaces the trust root's block.",
    "zh": "仅当信任根未载区块且该链区块没有验证者签章时需要。此处填写的内容取代信任根所载的区块。"
  },
  "headNumber": {
    "en": "Number",
    "zh": "区块号"
  },
  "headHash": {
    "en": "Hash",
    "zh": "区块哈希"
  },
  "headWrong": {
    "en": "Give both: the number in digits, the hash as 0x and 64 digits of 0-9 and a-f.",
    "zh": "两项均须填写：区块号为数字，哈希为 0x 加 64 位 0-9、a-f。"
  },
  "endpointLabel": {
    "en": "Ask a chain endpoint for what is missing",
    "zh": "向链节点询问所缺内容"
  },
  "endpointNone": {
    "en": "nobody: files alone",
    "zh": "不询问：仅用文件"
  },
  "endpointAbout": {
    "en": "It learns numbers of blocks and addresses of contracts, nothing of the bundle. Where the trust root names no block, its word is taken for the bundle's last one: choose one that you trust for that.",
    "zh": "节点只得知区块号与合约地址，不涉及证据包内容。信任根未载区块时，证据包的末尾区块以其回答为准：请选择您对此信任的节点。"
  },
  "drop": {
    "en": "All three can be dropped anywhere in this box.",
    "zh": "三种文件均可拖放到此框内任意位置。"
  },
  "working": {
    "en": "Checking …",
    "zh": "正在核查……"
  },
  "state": {
    "en": "The task in this bundle",
    "zh": "证据包所载任务"
  },
  "bundleDigest": {
    "en": "SHA-256 of the bundle",
    "zh": "证据包的 SHA-256"
  },
  "trustDigest": {
    "en": "SHA-256 of the trust root",
    "zh": "信任根的 SHA-256"
  },
  "print": {
    "en": "Print, or save as PDF",
    "zh": "打印或存为 PDF"
  },
  "otherFile": {
    "en": "{name} is no bundle, no trust root and no path.",
    "zh": "{name} 既非证据包，也非信任根或路径文件。"
  },
  "contractTitle": {
    "en": "Check a task contract",
    "zh": "核验任务合约"
  },
  "contractIntro": {
    "en": "What follows from a contract alone: its digest, the task's id, and what is asked of each data set.",
    "zh": "仅凭合约即可推导的内容：合约摘要、任务标识，以及对每个数据集的请求。"
  },
  "contractLabel": {
    "en": "Task contract (JSON file)",
    "zh": "任务合约（JSON 文件）"
  },
  "deploymentLabel": {
    "en": "Deployment file (JSON, for the task's id)",
    "zh": "部署文件（JSON，用于推导任务标识）"
  },
  "pasteLabel": {
    "en": "Or paste the contract",
    "zh": "或粘贴合约内容"
  },
  "digest": {
    "en": "Contract digest (SHA-256)",
    "zh": "合约摘要（SHA-256）"
  },
  "task": {
    "en": "Task id",
    "zh": "任务标识"
  },
  "noDeployment": {
    "en": "Add the deployment file: the task's id depends on chain and contracts.",
    "zh": "请加入部署文件：任务标识取决于链与合约。"
  },
  "programs": {
    "en": "Programs",
    "zh": "程序"
  },
  "participants": {
    "en": "Takes part or may look",
    "zh": "参与或可查看的各方"
  },
  "ask": {
    "en": "Digest of the ask for {data_set}",
    "zh": "对 {data_set} 的请求摘要"
  },
  "spelling": {
    "en": "The file is not in canonical form (RFC 8785); the digest is that of the canonical form.",
    "zh": "该文件不是规范形式（RFC 8785）；摘要按规范形式计算。"
  },
  "receiptTitle": {
    "en": "Check the receipt of an answer",
    "zh": "核验答复的回执"
  },
  "receiptIntro": {
    "en": "For whoever asked in a session (tally lookup): the steps are those of tally session check. The node key is the holder's, as the registry has it; take it from a source of your own.",
    "zh": "供在会话中查询的一方使用（tally lookup）：步骤与 tally session check 相同。节点密钥为名单持有方的登记密钥，请自行取得。"
  },
  "receiptLabel": {
    "en": "Receipt (.json)",
    "zh": "回执（.json）"
  },
  "proofLabel": {
    "en": "Proof (.json), which tally session prove fetched",
    "zh": "证明（.json），由 tally session prove 取得"
  },
  "keyLabel": {
    "en": "The holder's node key",
    "zh": "名单持有方的节点密钥"
  },
  "keyWrong": {
    "en": "The key is 0x and 64 digits of 0-9 and a-f.",
    "zh": "密钥为 0x 加 64 位 0-9、a-f。"
  },
  "receiptSource": {
    "en": "the key that you gave",
    "zh": "您提供的密钥"
  },
  "receiptAnchor": {
    "en": "Anchors are on the chain: give tally session check your own endpoint (--rpc).",
    "zh": "存证在链上：请用 tally session check 并提供自己的链端点（--rpc）。"
  },
  "failed": {
    "en": "This is refused:",
    "zh": "以下内容被拒绝："
  },
  "unreadable": {
    "en": "The file could not be read.",
    "zh": "无法读取该文件。"
  }
} as const;

/** Texts of participants' pages. */
export const DESK = {
  "propose_about": {
    "en": "Say what is to be computed on whose data and who reads the result. Nothing is proposed before your wallet signs.",
    "zh": "说明要在谁的数据上计算什么、由谁读取结果。在您的钱包签名之前不会提交任何提议。"
  },
  "propose_anew": {
    "en": "Begin anew",
    "zh": "重新开始"
  },
  "propose_assessment": {
    "en": "Impact assessment",
    "zh": "个人信息保护影响评估"
  },
  "propose_assessment_about": {
    "en": "A file, needed for sensitive data. It stays here: only its SHA-256 goes into the contract.",
    "zh": "文件，涉及敏感个人信息时必需。文件不会离开本机，合约仅记录其 SHA-256。"
  },
  "propose_auditors": {
    "en": "Auditors",
    "zh": "审计方"
  },
  "propose_auditors_about": {
    "en": "They may read the evidence, never the data.",
    "zh": "可查看证据，不可查看数据。"
  },
  "propose_automated": {
    "en": "Decisions about people are made automatically with the result",
    "zh": "将依据结果对个人作出自动化决策"
  },
  "propose_basis": {
    "en": "Legal basis",
    "zh": "合法性基础"
  },
  "propose_basis_about": {
    "en": "On what the processing rests: consent, contract, statute. Over declared personal data it ends with [basis …] [document 0x…] [until YYYY-MM-DD] (tally law codes bases).",
    "zh": "处理所依据的基础：同意、合同、法律规定等。个人信息已作声明的，须以 [basis …] [document 0x…] [until YYYY-MM-DD] 结尾（tally law codes bases）。"
  },
  "propose_begin": {
    "en": "How to begin",
    "zh": "如何开始"
  },
  "propose_begin_empty": {
    "en": "Begin without steps",
    "zh": "从空白开始"
  },
  "propose_begin_so": {
    "en": "Begin with: {name}",
    "zh": "以此开始：{name}"
  },
  "propose_check": {
    "en": "Check and propose",
    "zh": "检查并提议"
  },
  "propose_check_about": {
    "en": "The coordinator looks for everything that would stop the task, and predicts what it takes.",
    "zh": "协调方会查找所有会使任务无法进行的问题，并预测所需开销。"
  },
  "propose_check_act": {
    "en": "Check the contract",
    "zh": "检查合约"
  },
  "propose_choose": {
    "en": "choose…",
    "zh": "请选择…"
  },
  "propose_code": {
    "en": "What for, as a code",
    "zh": "目的代码"
  },
  "propose_code_about": {
    "en": "Owners who declared what individuals agreed to compare it with that. It writes the words that the law's table has for it.",
    "zh": "数据方据以比对个人同意的范围；选择后将写入法律用语表中的相应文字。"
  },
  "propose_columns": {
    "en": "Columns that are read",
    "zh": "读取的列"
  },
  "propose_committee": {
    "en": "Compute parties",
    "zh": "计算方"
  },
  "propose_committee_about": {
    "en": "At least three with distinct operators. They compute on shares and see no data.",
    "zh": "至少三方，且运营者各不相同。它们在份额上计算，看不到数据。"
  },
  "propose_data": {
    "en": "Data",
    "zh": "数据"
  },
  "propose_data_about": {
    "en": "What is read of each data set that a step uses. Each owner is asked for exactly this.",
    "zh": "各步骤所用数据集中读取的内容。将据此逐一征求各所有方授权。"
  },
  "propose_data_find": {
    "en": "Look it up",
    "zh": "查找"
  },
  "propose_data_named": {
    "en": "A data set that you were told of",
    "zh": "他人告知的数据集"
  },
  "propose_data_named_about": {
    "en": "Its whole number, such as visits-3f…: where its owner lets you read its columns, the steps can use it.",
    "zh": "完整编号，如 visits-3f…：若所有方允许您查看其列，即可供各步骤使用。"
  },
  "propose_data_none": {
    "en": "No step reads a data set yet.",
    "zh": "尚无步骤读取数据集。"
  },
  "propose_deadline": {
    "en": "Deadline (UTC)",
    "zh": "截止时间（UTC）"
  },
  "propose_deadline_about": {
    "en": "Consent and computation must be done by then.",
    "zh": "授权与计算均须在此之前完成。"
  },
  "propose_done": {
    "en": "Your task is proposed",
    "zh": "任务已提议"
  },
  "propose_engine": {
    "en": "Engine",
    "zh": "引擎"
  },
  "propose_engine_about": {
    "en": "What runs the programs at all nodes.",
    "zh": "在各节点上运行程序的软件。"
  },
  "propose_export": {
    "en": "Save the contract as a file",
    "zh": "将合约存为文件"
  },
  "propose_faults": {
    "en": "To be mended: {count}",
    "zh": "待修正：{count} 项"
  },
  "propose_filter_add": {
    "en": "Add a condition",
    "zh": "添加条件"
  },
  "propose_filter_column": {
    "en": "Column",
    "zh": "列"
  },
  "propose_filter_sign": {
    "en": "is",
    "zh": "关系"
  },
  "propose_filter_value": {
    "en": "Value",
    "zh": "值"
  },
  "propose_filters": {
    "en": "Rows that take part",
    "zh": "参与的行"
  },
  "propose_follow": {
    "en": "Follow the task",
    "zh": "查看任务进展"
  },
  "propose_foreign": {
    "en": "The contract names {proposer} as its proposer: only that party's wallet can propose it.",
    "zh": "合约所列提议方为 {proposer}：只有该方的钱包可以提议。"
  },
  "propose_group": {
    "en": "Minimum group",
    "zh": "最小分组"
  },
  "propose_group_about": {
    "en": "No number about fewer people than this leaves.",
    "zh": "涉及人数少于此数的结果不会释放。"
  },
  "propose_horizontal": {
    "en": "A model over the same columns of several owners",
    "zh": "多方同列数据的联合模型（横向）"
  },
  "propose_horizontal_about": {
    "en": "Rows of several owners are put below each other; one model is fitted and judged.",
    "zh": "将多方的行上下合并，训练并评估一个模型。"
  },
  "propose_import": {
    "en": "or take a contract's file (JSON):",
    "zh": "或载入合约文件（JSON）："
  },
  "propose_joint": {
    "en": "A model over columns of several owners",
    "zh": "多方不同列数据的联合模型（纵向）"
  },
  "propose_joint_about": {
    "en": "Rows of the same people are joined without telling anybody who matched; one model is fitted.",
    "zh": "在不泄露匹配对象的前提下连接同一人群的行，训练一个模型。"
  },
  "propose_keeps": {
    "en": "What stays at the nodes, and for whom",
    "zh": "留存于节点的内容及使用方"
  },
  "propose_keeps_about": {
    "en": "A model or table may stay after the task: each compute party keeps its own share of it, encrypted, and erases it at the moment named. Only tasks of the parties that are ticked can use it.",
    "zh": "任务结束后可留存模型或表：各计算方加密保存自己的份额，并在所定时刻删除。仅勾选各方的任务可以使用。"
  },
  "propose_keeps_none": {
    "en": "No output of these steps can stay.",
    "zh": "这些步骤没有可留存的输出。"
  },
  "propose_keeps_not": {
    "en": "does not stay",
    "zh": "不留存"
  },
  "propose_keeps_until": {
    "en": "Until (UTC)",
    "zh": "留存至（UTC）"
  },
  "propose_keeps_until_about": {
    "en": "After that every compute party erases its share. It must be after the task's deadline.",
    "zh": "届时各计算方删除其份额。须晚于任务截止时间。"
  },
  "propose_keeps_users": {
    "en": "Whose tasks may use {output}",
    "zh": "谁的任务可使用 {output}"
  },
  "propose_lacking": {
    "en": "The catalogue has no approved {programs}.",
    "zh": "目录中没有已批准的 {programs}。"
  },
  "propose_level": {
    "en": "Protection level asked for",
    "zh": "要求的保护等级"
  },
  "propose_level_about": {
    "en": "1 is the lowest, 5 the highest. The weakest program is the limit.",
    "zh": "1 最低，5 最高；以最弱的程序为上限。"
  },
  "propose_no": {
    "en": "no",
    "zh": "否"
  },
  "propose_nobody": {
    "en": "nobody",
    "zh": "无"
  },
  "propose_none": {
    "en": "The catalogue has none.",
    "zh": "目录中没有可选项。"
  },
  "propose_nothing": {
    "en": "nothing",
    "zh": "无"
  },
  "propose_output_stays": {
    "en": "does not leave",
    "zh": "不释放"
  },
  "propose_output_users": {
    "en": "Who reads {output}",
    "zh": "谁读取 {output}"
  },
  "propose_outputs": {
    "en": "What leaves, and to whom",
    "zh": "释放内容及读取方"
  },
  "propose_outputs_about": {
    "en": "Only what is ticked leaves, sealed for the parties that are ticked.",
    "zh": "仅释放勾选的内容，并仅为勾选的各方密封。"
  },
  "propose_outputs_none": {
    "en": "There is no step yet.",
    "zh": "尚无步骤。"
  },
  "propose_parameters": {
    "en": "Parameters: {count}",
    "zh": "参数：{count} 个"
  },
  "propose_parties": {
    "en": "Who computes, looks and reviews",
    "zh": "计算、审计与复核各方"
  },
  "propose_port": {
    "en": "Input {port}",
    "zh": "输入 {port}"
  },
  "propose_port_about": {
    "en": "{about} · sources: {count}",
    "zh": "{about} · 来源数：{count}"
  },
  "propose_purpose": {
    "en": "Purpose",
    "zh": "处理目的"
  },
  "propose_purpose_about": {
    "en": "One sentence that owners read before they sign; a random reference is added, so that nobody guesses it. Over declared data it begins with the words of a purpose and ends with its code, as “Assess credit risk: … [purpose credit-risk]” (tally law codes purposes).",
    "zh": "所有方签署前会读到的一句话；系统会附加随机编号，以防被猜出。数据已作声明的，须以某项目的的文字开头并以其代码结尾，如“评估信用风险：…… [purpose credit-risk]”（tally law codes purposes）。"
  },
  "propose_range": {
    "en": "From {low} to {high}.",
    "zh": "取值 {low} 至 {high}。"
  },
  "propose_review_days": {
    "en": "Days to decide after the deadline",
    "zh": "截止后的复核期（天）"
  },
  "propose_reviewer": {
    "en": "Reviewer",
    "zh": "复核方"
  },
  "propose_reviewer_about": {
    "en": "Without its approval no result is released. It may be nobody.",
    "zh": "未经其批准不释放结果。可不设。"
  },
  "propose_scheduler": {
    "en": "Scheduler",
    "zh": "调度方"
  },
  "propose_scheduler_about": {
    "en": "Starts the task when all owners have signed.",
    "zh": "在所有方签署后启动任务。"
  },
  "propose_scorecard": {
    "en": "A scorecard over raw columns of several owners",
    "zh": "多方原始列的联合评分卡"
  },
  "propose_scorecard_about": {
    "en": "Each owner's raw columns are prepared by a recipe, rows of the same people are matched, and a card gives points to bins; the card stays at the nodes for later scores.",
    "zh": "各所有方的原始列按配方处理，匹配同一人群的行，由评分卡为各分箱赋分；评分卡留存于节点供以后评分。"
  },
  "propose_sign": {
    "en": "Propose with my wallet",
    "zh": "用钱包签署提议"
  },
  "propose_sign_about": {
    "en": "You sign the proposal of {task}. Every owner is then asked; the task starts when all have signed.",
    "zh": "您将签署 {task} 的提议。随后会逐一征求所有方授权，全部签署后任务启动。"
  },
  "propose_sign_title": {
    "en": "Your proposal",
    "zh": "您的提议"
  },
  "propose_source_add": {
    "en": "Add a source of {port}:",
    "zh": "为 {port} 添加来源："
  },
  "propose_statistics": {
    "en": "Statistics of groups over several owners",
    "zh": "多方分组统计"
  },
  "propose_statistics_about": {
    "en": "Rows of several owners are put below each other; counts and means of groups leave.",
    "zh": "将多方的行上下合并，释放各组的计数与均值。"
  },
  "propose_step_add": {
    "en": "Add a step that runs",
    "zh": "添加步骤，运行程序"
  },
  "propose_step_name": {
    "en": "Name of the step",
    "zh": "步骤名称"
  },
  "propose_step_program": {
    "en": "Program",
    "zh": "程序"
  },
  "propose_step_remove": {
    "en": "Remove step {step}",
    "zh": "删除步骤 {step}"
  },
  "propose_steps": {
    "en": "Steps",
    "zh": "步骤"
  },
  "propose_steps_about": {
    "en": "Each step runs a program of the catalogue on data sets or on what earlier steps gave.",
    "zh": "每个步骤运行目录中的一个程序，输入为数据集或先前步骤的输出。"
  },
  "propose_take_out": {
    "en": "Take out",
    "zh": "移除"
  },
  "propose_take_out_of": {
    "en": "Take out {source}",
    "zh": "移除 {source}"
  },
  "propose_terms": {
    "en": "Terms",
    "zh": "条款"
  },
  "propose_title": {
    "en": "Propose a task",
    "zh": "提议任务"
  },
  "propose_undeclared": {
    "en": "Not declared, and passed by this consortium's policy: {count}",
    "zh": "未声明而依本联合体策略放行：{count} 项"
  },
  "propose_yes": {
    "en": "yes",
    "zh": "是"
  },
  "receipt_proposed": {
    "en": "Receipt: you proposed the task",
    "zh": "回执：您已提议该任务"
  },
  "rooms": {
    "en": "Pages of my desk",
    "zh": "工作台页面"
  },
  "demo_about": {
    "en": "Demo wallets: their keys are in this page, for whoever opens it. They are for trying out; what they sign binds nobody.",
    "zh": "演示钱包：其密钥就在本页中，任何打开本页的人都可取得。仅供试用；其签署对任何人均无约束力。"
  },
  "demo_name": {
    "en": "Demo wallet of {party}",
    "zh": "{party} 的演示钱包"
  },
  "demo_reject": {
    "en": "Reject",
    "zh": "拒绝"
  },
  "demo_sign": {
    "en": "Sign",
    "zh": "签署"
  },
  "demo_title": {
    "en": "Demo wallet of {party} is asked to sign",
    "zh": "{party} 的演示钱包请求签署"
  },
  "hash_tasks": {
    "en": "Contract that is called",
    "zh": "所调用的合约"
  },
  "judge_about": {
    "en": "If you approve, these results are released to those who read them, and to nobody else. You see no result here.",
    "zh": "如您批准，下列结果将释放给所列读取方，且仅限于此。您在此看不到任何结果。"
  },
  "judge_approve": {
    "en": "Approve the release",
    "zh": "批准释放"
  },
  "judge_call": {
    "en": "The wallet sends one of these calls to this contract. If it shows another contract or other data, reject it there.",
    "zh": "钱包会向该合约发送以下调用之一。如显示的合约或数据不同，请在钱包中拒绝。"
  },
  "judge_final": {
    "en": "Your word goes on the chain from your own wallet, past the coordinator, and is final.",
    "zh": "您的决定由您自己的钱包直接上链，不经协调方，且不可更改。"
  },
  "judge_later": {
    "en": "You can decide when the task has completed.",
    "zh": "任务完成后方可作出决定。"
  },
  "judge_reject": {
    "en": "Forbid the release",
    "zh": "禁止释放"
  },
  "judge_statement": {
    "en": "Your reasons as a document, if you like",
    "zh": "理由文件（可选）"
  },
  "judge_statement_about": {
    "en": "It stays here: only its SHA-256 goes on the chain.",
    "zh": "文件不会离开本机，仅其 SHA-256 上链。"
  },
  "judge_title": {
    "en": "Review of the result",
    "zh": "结果复核"
  },
  "receipt_approved": {
    "en": "Receipt: you approved the release",
    "zh": "回执：您已批准释放"
  },
  "receipt_rejected": {
    "en": "Receipt: you forbade the release",
    "zh": "回执：您已禁止释放"
  },
  "receipt_returned": {
    "en": "Receipt: you were given the use back",
    "zh": "回执：使用次数已退回"
  },
  "receipt_transaction": {
    "en": "Transaction",
    "zh": "交易"
  },
  "receipt_withdrawn": {
    "en": "Receipt: you took your proposal back",
    "zh": "回执：您已撤回提议"
  },
  "return_about": {
    "en": "The task ended without a result. If your node had not begun to send input, the use can be given back. You state that with your signature; your node's log and the other parties' would contradict a false statement.",
    "zh": "任务未产生结果即告结束。如您的节点尚未开始发送输入，可退回该次使用。您将以签名作此声明；如声明不实，您的节点与其他各方的日志会与之矛盾。"
  },
  "return_act": {
    "en": "Give the use back with my wallet",
    "zh": "用钱包签署退回"
  },
  "return_open": {
    "en": "Give the use of this task back",
    "zh": "退回该任务的使用次数"
  },
  "return_stated": {
    "en": "I have looked at my node: it sent no input for this task. (tally authorization return looks by itself.)",
    "zh": "我已查看本方节点：未为该任务发送输入。（tally authorization return 会自动查验。）"
  },
  "return_twice": {
    "en": "The wallet asks twice: for the signature, then for the transaction that carries it to the chain.",
    "zh": "钱包会询问两次：先签名，再发送将其上链的交易。"
  },
  "withdraw_about": {
    "en": "Until the task starts you can take it back. It then ends for everybody, for good; no use of anybody's consent is taken, and standing authorizations stay as they are. The reason goes on the chain as a number. A start that comes first wins.",
    "zh": "任务启动前可撤回提议。撤回后任务对所有各方终止，不可恢复；不消费任何人的授权次数，长期授权不受影响。理由以编号形式上链。若启动先上链，则以启动为准。"
  },
  "withdraw_act": {
    "en": "Take the proposal back with my wallet",
    "zh": "用钱包签署撤回"
  },
  "withdraw_open": {
    "en": "Take this proposal back",
    "zh": "撤回该提议"
  },
  "withdraw_title": {
    "en": "Your proposal",
    "zh": "您的提议"
  },
  "cost_about_seconds": {
    "en": "about {count} s",
    "zh": "约 {count} 秒"
  },
  "cost_beyond": {
    "en": "Beyond what the programs were measured at: {names}. The time is extrapolated.",
    "zh": "超出程序实测范围：{names}。所列时间为外推值。"
  },
  "cost_bytes": {
    "en": "Sent by the compute party that sends most",
    "zh": "发送最多的计算方的通信量"
  },
  "cost_failure": {
    "en": "Chance that rounding makes the result wrong, at most",
    "zh": "舍入导致结果出错的概率上限"
  },
  "cost_memory": {
    "en": "Memory of a compute party",
    "zh": "每个计算方所需内存"
  },
  "cost_rounds": {
    "en": "Rounds of messages",
    "zh": "通信轮数"
  },
  "cost_seconds": {
    "en": "Running time",
    "zh": "运行时间"
  },
  "cost_title": {
    "en": "Predicted cost and protection",
    "zh": "预计开销与保护等级"
  },
  "cost_unknown": {
    "en": "not planned",
    "zh": "未规划"
  },
  "cost_unplanned": {
    "en": "The coordinator made no plan of traffic, memory and rounds for this contract:",
    "zh": "协调方未对此合约的通信量、内存与轮数作出规划："
  },
  "cost_whose": {
    "en": "Time, traffic, memory and reached level are the coordinator's prediction: this page cannot check them.",
    "zh": "时间、通信量、内存与可达等级为协调方的预测，本页无法核验。"
  },
  "cost_yours": {
    "en": "What it costs your node, and how far it protects",
    "zh": "本方节点的开销与保护程度"
  },
  "cost_yours_computes": {
    "en": "Your node is one of the compute parties: it takes about this much, beside reading your rows.",
    "zh": "您的节点是计算方之一：除读取您的行之外，开销约如下。"
  },
  "cost_yours_sends": {
    "en": "Your node is no compute party: it reads your rows, sends shares of them and stays connected for as long as the run takes. Traffic and memory are those of a compute party.",
    "zh": "您的节点不是计算方：它读取您的行、发送其份额，并在运行期间保持连接。所列通信量与内存为计算方的开销。"
  },
  "level_1": {
    "en": "1 of 5: one party that follows the protocol sees de-identified or hashed records",
    "zh": "1（共 5 级）：遵守协议的单个计算方可见去标识化或哈希后的记录"
  },
  "level_2": {
    "en": "2 of 5: one party that follows the protocol sees each round's sums over at least three owners",
    "zh": "2（共 5 级）：遵守协议的单个计算方可见每轮中至少三个所有方的合计"
  },
  "level_3": {
    "en": "3 of 5: one party that follows the protocol learns the declared side facts and, where it reads it, the result",
    "zh": "3（共 5 级）：遵守协议的单个计算方仅获知所声明的附带事实，以及（如为读取方）结果"
  },
  "level_4": {
    "en": "4 of 5: one party that follows the protocol learns declared sizes alone and, where it reads it, the result",
    "zh": "4（共 5 级）：遵守协议的单个计算方仅获知所声明的规模，以及（如为读取方）结果"
  },
  "level_5": {
    "en": "5 of 5: as 4, and a party that cheats is caught before anything is released",
    "zh": "5（共 5 级）：同 4 级，且作弊方在释放任何内容之前即被发现"
  },
  "level_asked": {
    "en": "Protection level that the contract asks for",
    "zh": "合约要求的保护等级"
  },
  "level_collusion": {
    "en": "Collusion threshold",
    "zh": "合谋门限"
  },
  "level_collusion_said": {
    "en": "{count} of the {of} compute parties together could see the data; fewer learn nothing",
    "zh": "{of} 个计算方中须有 {count} 方合谋才能看到数据，少于此数则一无所知"
  },
  "level_reached": {
    "en": "Protection level that the programs reach",
    "zh": "程序可达的保护等级"
  },
  "level_unknown": {
    "en": "not known: nobody has described one of the programs",
    "zh": "未知：有程序无人描述"
  },
  "join_account": {
    "en": "Account that these passkeys own",
    "zh": "这些通行密钥所有的账户"
  },
  "join_account_about": {
    "en": "This page derived the address from the passkeys; it is the same on every device. Give it to the engineer who sets up your node (tally node init --wallet-address), or who writes your application (tally passkey prepare --address).",
    "zh": "该地址由本页根据通行密钥推导得出，在任何设备上都相同。请将其交给为贵机构设置节点的工程师（tally node init --wallet-address），或代为填写申请的人员（tally passkey prepare --address）。"
  },
  "join_another": {
    "en": "Make a second passkey on another device",
    "zh": "在另一设备上再创建一个通行密钥"
  },
  "join_another_about": {
    "en": "Each of them signs alone. One that is lost cannot be replaced by anybody: have two, kept apart. Passkeys can be added here only until the account is made.",
    "zh": "其中任何一个均可单独签署。遗失的通行密钥无人能代为恢复：请准备两个并分开保管。仅可在账户创建之前于此添加。"
  },
  "join_apply": {
    "en": "Sign the application with my passkey",
    "zh": "用通行密钥签署申请"
  },
  "join_applied": {
    "en": "{party} has applied. Tell the admission office this fingerprint by a way of your own: only the application that bears it is yours. Once you are admitted, sign in with the passkey.",
    "zh": "{party} 已提交申请。请通过您自己的途径把此指纹告知准入方：只有与之相符的申请才是您的。获准后即可用通行密钥登录。"
  },
  "join_contact": {
    "en": "Contact",
    "zh": "联系方式"
  },
  "join_file": {
    "en": "The application's file, from tally node prepare or tally passkey prepare",
    "zh": "申请文件（由 tally node prepare 或 tally passkey prepare 生成）"
  },
  "join_fingerprint": {
    "en": "Fingerprint",
    "zh": "指纹"
  },
  "join_intro": {
    "en": "For people who have no wallet: a passkey of your telephone, computer or security key speaks for your organisation. You need an invitation of the admission office.",
    "zh": "适用于没有钱包的人员：由手机、电脑或安全密钥中的通行密钥代表贵机构。您需要准入方的邀请。"
  },
  "join_invitation": {
    "en": "Invitation",
    "zh": "邀请码"
  },
  "join_link": {
    "en": "I was invited and have no wallet",
    "zh": "我受到邀请且没有钱包"
  },
  "join_load": {
    "en": "Passkeys of another browser of mine (their file)",
    "zh": "我在另一浏览器中的通行密钥（文件）"
  },
  "join_made": {
    "en": "The chain has the account.",
    "zh": "账户已上链。"
  },
  "join_make": {
    "en": "Make a passkey",
    "zh": "创建通行密钥"
  },
  "join_make_account": {
    "en": "Have the account made",
    "zh": "请求创建账户"
  },
  "join_make_account_about": {
    "en": "The coordinator sends this to the chain and pays for it. It can make no other account of your passkeys than this one.",
    "zh": "由协调方发送上链并承担费用。它只能为您的通行密钥创建此账户，不能创建其他账户。"
  },
  "join_making": {
    "en": "Waiting until the chain has the account…",
    "zh": "正在等待账户上链…"
  },
  "join_node": {
    "en": "Node signer",
    "zh": "节点签名地址"
  },
  "join_no_node": {
    "en": "none",
    "zh": "无"
  },
  "join_operator": {
    "en": "Operator",
    "zh": "运营主体"
  },
  "join_party": {
    "en": "Name under which you were invited",
    "zh": "受邀时使用的名称"
  },
  "join_passkey": {
    "en": "Passkey {number}",
    "zh": "通行密钥 {number}"
  },
  "join_passkeys": {
    "en": "1. Your passkeys",
    "zh": "1. 您的通行密钥"
  },
  "join_roles": {
    "en": "Roles",
    "zh": "角色"
  },
  "join_save": {
    "en": "Save a copy for my other browsers",
    "zh": "保存副本供其他浏览器使用"
  },
  "join_save_about": {
    "en": "The copy holds no secret: public keys, and by which numbers the browser finds the passkeys.",
    "zh": "副本不含秘密：仅含公钥及浏览器查找通行密钥所用的编号。"
  },
  "join_step_account": {
    "en": "2. The account on chain",
    "zh": "2. 链上账户"
  },
  "join_step_apply": {
    "en": "3. Your application",
    "zh": "3. 您的申请"
  },
  "join_title": {
    "en": "I was invited",
    "zh": "我受到邀请"
  },
  "join_title_of": {
    "en": "Title",
    "zh": "名称"
  },
  "paper_about": {
    "en": "Your node writes what it has to have signed into a file (tally node dataset register --unsigned). Open it here, read it, sign it, and take the signed file back to the node (--signed).",
    "zh": "您的节点会将待签内容写入文件（tally node dataset register --unsigned）。请在此打开、阅读并签署，再将签好的文件带回节点（--signed）。"
  },
  "paper_done": {
    "en": "Signed. Take the saved file back to the node.",
    "zh": "已签署。请将保存的文件带回节点。"
  },
  "paper_file": {
    "en": "The node's file",
    "zh": "节点生成的文件"
  },
  "paper_registers": {
    "en": "You register version {version} of the data set {data_set}: {rows} rows, data level {level}, legal basis “{basis}”. The chain keeps it for ever; names and legal basis as hashes.",
    "zh": "您登记数据集 {data_set} 第 {version} 版：{rows} 行，数据级别 {level}，合法性基础“{basis}”。链上将永久保存，其中名称与合法性基础只保存哈希值。"
  },
  "paper_sign": {
    "en": "Sign it and save the file",
    "zh": "签署并保存文件"
  },
  "paper_title": {
    "en": "Something to sign for my node",
    "zh": "为我的节点签署"
  },
  "passkey_name": {
    "en": "Passkey of {party}",
    "zh": "{party} 的通行密钥"
  },
  "passkey_shows": {
    "en": "Your device will ask for your fingerprint, face or PIN and show the name {host}. It shows none of the words: what you sign is what this page shows, for this account and this deployment alone. Where the device shows another name, do not go on.",
    "zh": "您的设备将要求指纹、面容或 PIN，并显示名称 {host}。设备不显示任何文字内容：您所签的即本页所示，且仅对该账户与该部署有效。如设备显示其他名称，请勿继续。"
  },
  "hash_name": {
    "en": "Number",
    "zh": "编号"
  },
  "mine_auth_on_chain": {
    "en": "on chain",
    "zh": "已上链"
  },
  "mine_auth_received": {
    "en": "on its way to the chain",
    "zh": "正在上链"
  },
  "mine_auth_refused": {
    "en": "refused by the chain",
    "zh": "被链拒绝"
  },
  "mine_auth_revoked": {
    "en": "taken back",
    "zh": "已撤回"
  },
  "mine_auth_revoking": {
    "en": "being taken back",
    "zh": "正在撤回"
  },
  "mine_auth_standing": {
    "en": "standing, for many tasks",
    "zh": "长期授权，适用于多个任务"
  },
  "mine_auth_task": {
    "en": "for one task",
    "zh": "单个任务"
  },
  "mine_auth_uses": {
    "en": "uses left: {count}",
    "zh": "剩余次数：{count}"
  },
  "mine_auth_wallet": {
    "en": "Signed by an earlier wallet:",
    "zh": "由先前的钱包签署："
  },
  "mine_auths": {
    "en": "What I authorized",
    "zh": "我的授权"
  },
  "mine_auths_none": {
    "en": "You have authorized nothing yet. Requests for your data stand on your desk.",
    "zh": "您尚未作出任何授权。针对您数据的请求会列在工作台中。"
  },
  "mine_data": {
    "en": "My data sets",
    "zh": "我的数据集"
  },
  "mine_data_law": {
    "en": "What the law asks",
    "zh": "法律要求的声明"
  },
  "mine_data_law_said": {
    "en": "declared; in the explorer, the page of a task that uses it shows all of it",
    "zh": "已声明；全部内容见审计浏览器中使用它的任务页面"
  },
  "mine_data_level": {
    "en": "Data level",
    "zh": "数据分级"
  },
  "mine_data_none": {
    "en": "You have registered no data set. Your node does: tally node dataset add.",
    "zh": "您尚未登记数据集。由您的节点登记：tally node dataset add。"
  },
  "mine_data_unused": {
    "en": "No task has asked for it.",
    "zh": "尚无任务请求使用。"
  },
  "mine_data_uses": {
    "en": "Who asked for it, and when",
    "zh": "谁在何时请求使用"
  },
  "mine_data_version": {
    "en": "Newest version",
    "zh": "最新版本"
  },
  "mine_kept": {
    "en": "What was kept at the nodes",
    "zh": "留存于节点的结果"
  },
  "mine_kept_about": {
    "en": "Models and tables that your completed tasks left as shares, by their contracts.",
    "zh": "依据合约，您参与并已完成的任务以份额形式留存的模型与表。"
  },
  "mine_kept_for": {
    "en": "for tasks of {users}",
    "zh": "供 {users} 的任务使用"
  },
  "mine_kept_look": {
    "en": "Look through my completed tasks",
    "zh": "查找已完成的任务"
  },
  "mine_kept_none": {
    "en": "None of your newest completed tasks kept anything.",
    "zh": "您最近完成的任务均未留存任何结果。"
  },
  "mine_key_active": {
    "en": "in force",
    "zh": "有效"
  },
  "mine_key_expired": {
    "en": "expired",
    "zh": "已过期"
  },
  "mine_key_other": {
    "en": "void: made with an earlier wallet",
    "zh": "无效：由先前的钱包生成"
  },
  "mine_key_revoked": {
    "en": "revoked",
    "zh": "已吊销"
  },
  "mine_keys": {
    "en": "Access keys of my programs",
    "zh": "本方程序的访问密钥"
  },
  "mine_keys_none": {
    "en": "There is none. tally token makes one.",
    "zh": "没有访问密钥。可用 tally token 生成。"
  },
  "mine_name": {
    "en": "Party",
    "zh": "参与方"
  },
  "mine_node": {
    "en": "My node",
    "zh": "我的节点"
  },
  "mine_node_address": {
    "en": "Listens at",
    "zh": "监听地址"
  },
  "mine_node_false": {
    "en": "The coordinator shows an announcement that your registered node key did not sign. Look at your node; tell the operator.",
    "zh": "协调方所示公告并非由您登记的节点密钥签署。请检查您的节点，并告知运营方。"
  },
  "mine_node_key": {
    "en": "Node key",
    "zh": "节点密钥"
  },
  "mine_node_said": {
    "en": "Said by your node when it last started, signed with the registered key. Whether it runs now your node tells: tally node status.",
    "zh": "由您的节点在最近一次启动时声明，并以登记的密钥签名。当前是否运行请在节点上查看：tally node status。"
  },
  "mine_node_sequence": {
    "en": "Start number",
    "zh": "启动序号"
  },
  "mine_node_silent": {
    "en": "No node of yours has announced itself.",
    "zh": "您的节点尚未发布公告。"
  },
  "mine_profile": {
    "en": "My record in the registry",
    "zh": "我的登记信息"
  },
  "mine_roles": {
    "en": "Roles",
    "zh": "角色"
  },
  "mine_seal_key": {
    "en": "Key to which results are sealed",
    "zh": "结果密封密钥"
  },
  "mine_signer": {
    "en": "Node signer",
    "zh": "节点签名地址"
  },
  "mine_title": {
    "en": "My things",
    "zh": "我的"
  },
  "mine_wallet": {
    "en": "Wallet",
    "zh": "钱包"
  },
  "not_declared": {
    "en": "not declared",
    "zh": "未声明"
  },
  "given_standing": {
    "en": "It is a standing authorization: later tasks that ask the same start with it too, without asking you, until its uses or its time are over or you take it back.",
    "zh": "这是长期授权：此后请求内容相同的任务也可凭此启动而不再询问您，直至次数用尽、期限届满或您撤回。"
  },
  "receipt_standing": {
    "en": "Receipt: you gave a standing authorization",
    "zh": "回执：您已授予长期授权"
  },
  "standing_about": {
    "en": "A standing authorization answers later tasks as well, without asking you again: every task that asks the same as this one, but for what you let vary. It ends at its date, when its uses are used up, or when you take it back.",
    "zh": "长期授权也适用于以后的任务，不再逐次询问：凡请求内容与本任务相同（您允许变动的除外）者皆可启动。到期、次数用尽或您撤回时终止。"
  },
  "standing_absent": {
    "en": "{data_set} of {owner} may be left out",
    "zh": "可以不含 {owner} 的 {data_set}"
  },
  "standing_among": {
    "en": "{name} may be",
    "zh": "{name} 可取"
  },
  "standing_counterparts": {
    "en": "How many data sets of other owners must take part",
    "zh": "至少须有多少个其他所有方的数据集参与"
  },
  "standing_days": {
    "en": "For how many days from now",
    "zh": "自现在起的天数"
  },
  "standing_filter": {
    "en": "Rows with {filter} in {data_set}",
    "zh": "{data_set} 中满足 {filter} 的行"
  },
  "standing_from": {
    "en": "from",
    "zh": "从"
  },
  "standing_open": {
    "en": "Or allow it for later tasks too (standing authorization)",
    "zh": "或同时授予以后的任务（长期授权）"
  },
  "standing_parameter": {
    "en": "{name}, now {value}",
    "zh": "{name}，当前为 {value}"
  },
  "standing_per_day": {
    "en": "How many tasks a day at most",
    "zh": "每日至多几个任务"
  },
  "standing_said": {
    "en": "What you would allow",
    "zh": "您将授予的内容"
  },
  "standing_sign": {
    "en": "Sign as standing with my wallet",
    "zh": "用钱包签署长期授权"
  },
  "standing_successors": {
    "en": "Newer releases of the programs and the engine may run",
    "zh": "可运行程序与引擎的后续版本"
  },
  "standing_successors_about": {
    "en": "These are releases that certifiers approve as successors of those named here, among them ones that do not exist yet. Unticked, a new release has to ask you anew.",
    "zh": "即经认证方批准、作为此处所列版本后继的版本，包括目前尚不存在的版本。如不勾选，新版本须重新征求您的授权。"
  },
  "standing_to": {
    "en": "to",
    "zh": "至"
  },
  "standing_unsaid": {
    "en": "Say above for how many tasks and for how many days. What that allows is then written here, before you sign.",
    "zh": "请在上方填写任务次数与天数。所授予的内容将显示于此，供您签署前阅读。"
  },
  "standing_until": {
    "en": "How long {source} may be kept, now until {moment}",
    "zh": "{source} 的留存期限，当前至 {moment}"
  },
  "standing_uses": {
    "en": "For how many tasks in all",
    "zh": "总任务次数"
  },
  "standing_vary": {
    "en": "What may vary",
    "zh": "可变动的内容"
  },
  "standing_vary_about": {
    "en": "What is not ticked must be in every later task as it is in this one.",
    "zh": "未勾选的内容在以后每个任务中都必须与本任务一致。"
  },
  "standing_version": {
    "en": "{data_set} of {owner} may have any version",
    "zh": "{owner} 的 {data_set} 可为任何版本"
  },
  "again": {
    "en": "Try again",
    "zh": "重试"
  },
  "answer_personal": {
    "en": "This task opens numbers about single people: {outputs}. Let each of them go above, or refuse the task.",
    "zh": "该任务会公开涉及单个人的数字：{outputs}。请在上方逐项同意，或拒绝该任务。"
  },
  "answer_reason": {
    "en": "Reason",
    "zh": "理由"
  },
  "answer_refuse": {
    "en": "Refuse with my wallet",
    "zh": "用钱包签署拒绝"
  },
  "answer_refuse_final": {
    "en": "A refusal ends the task for everybody and is final. The reason goes on the chain as a number.",
    "zh": "拒绝将使该任务对所有各方终止，且不可撤回。理由以编号形式上链。"
  },
  "answer_refuse_open": {
    "en": "Refuse instead",
    "zh": "改为拒绝"
  },
  "answer_sign": {
    "en": "Sign with my wallet",
    "zh": "用钱包签署"
  },
  "answer_title": {
    "en": "Your answer",
    "zh": "您的答复"
  },
  "consent_of": {
    "en": "Your data set {data_set}",
    "zh": "您的数据集 {data_set}"
  },
  "consent_stopped": {
    "en": "Nothing of this can be signed here. The other parts of the page are no reason to sign elsewhere.",
    "zh": "此处不能签署其中任何内容；也请勿依据本页其他部分在别处签署。"
  },
  "coordinator_says": {
    "en": "The coordinator answered:",
    "zh": "协调方答复（英文）："
  },
  "data_all_rows": {
    "en": "all rows",
    "zh": "全部行"
  },
  "data_columns": {
    "en": "Columns",
    "zh": "列"
  },
  "data_other": {
    "en": "Data of {owner}",
    "zh": "{owner} 的数据"
  },
  "data_own": {
    "en": "Your data",
    "zh": "您的数据"
  },
  "data_rows": {
    "en": "Rows",
    "zh": "行"
  },
  "data_set": {
    "en": "Data set",
    "zh": "数据集"
  },
  "data_version": {
    "en": "version {version}",
    "zh": "第 {version} 版"
  },
  "deployment_follow": {
    "en": "Follow the new deployment from now on",
    "zh": "今后采用新的部署"
  },
  "given_consumed": {
    "en": "You authorized this task, and its start has consumed the use:",
    "zh": "您已授权该任务，任务启动时已消费该次授权："
  },
  "given_on_chain": {
    "en": "You authorized this task, and the chain has it:",
    "zh": "您已授权该任务，且已上链："
  },
  "given_received": {
    "en": "You authorized this task. The coordinator has it and is putting it on chain:",
    "zh": "您已授权该任务。协调方已收到，正在上链："
  },
  "graph_about": {
    "en": "The task's workflow from data sets through the steps {steps} to its results; the table below says the same.",
    "zh": "任务流程：从数据集经步骤 {steps} 到结果；下方表格内容与此相同。"
  },
  "graph_caption": {
    "en": "Rounded: data sets. Square: steps, computed on shares. Pills: results with who reads them. Yours have a thick edge.",
    "zh": "圆角：数据集；方角：在份额上计算的步骤；胶囊形：结果及其读取方。您的以粗边框标出。"
  },
  "graph_mine_data": {
    "en": "your data",
    "zh": "您的数据"
  },
  "graph_mine_output": {
    "en": "read by you",
    "zh": "由您读取"
  },
  "graph_title": {
    "en": "Workflow",
    "zh": "流程"
  },
  "hash_ask": {
    "en": "Digest of what is asked",
    "zh": "请求摘要"
  },
  "hash_authorization": {
    "en": "Digest that the wallet signs",
    "zh": "钱包所签摘要"
  },
  "hash_chain": {
    "en": "Chain",
    "zh": "链"
  },
  "hash_consents": {
    "en": "Contract that checks it",
    "zh": "核验合约地址"
  },
  "hash_contract": {
    "en": "Digest of the task contract",
    "zh": "任务合约摘要"
  },
  "hash_deployment": {
    "en": "Deployment",
    "zh": "部署标识"
  },
  "hash_programs": {
    "en": "Digest of the programs' code",
    "zh": "程序代码摘要"
  },
  "hash_root": {
    "en": "Root of your data set",
    "zh": "您的数据集根"
  },
  "hash_task": {
    "en": "Task",
    "zh": "任务标识"
  },
  "inbox_consent": {
    "en": "{proposer} asks to compute on your data: {data_sets}. Read it, then sign or refuse.",
    "zh": "{proposer} 请求使用您的数据进行计算：{data_sets}。请阅读后签署或拒绝。"
  },
  "inbox_count": {
    "en": "Waiting for your answer: {count}",
    "zh": "待您答复：{count} 项"
  },
  "inbox_done": {
    "en": "Done",
    "zh": "已结束"
  },
  "inbox_done_none": {
    "en": "No task of yours has ended yet.",
    "zh": "您尚无已结束的任务。"
  },
  "inbox_line": {
    "en": "A task of {proposer}. {state}",
    "zh": "{proposer} 的任务。{state}"
  },
  "inbox_more": {
    "en": "There are more tasks than are shown here: tally task list tells all of them.",
    "zh": "任务多于此处所列：可用 tally task list 查看全部。"
  },
  "inbox_nothing": {
    "en": "Nothing waits for your answer.",
    "zh": "没有待您答复的事项。"
  },
  "inbox_review": {
    "en": "The result of {proposer}'s task waits for your review.",
    "zh": "{proposer} 的任务结果待您复核。"
  },
  "inbox_started": {
    "en": "Started by me",
    "zh": "由我发起"
  },
  "inbox_started_none": {
    "en": "You have proposed no task that is still open.",
    "zh": "您没有未结束的提议。"
  },
  "inbox_title": {
    "en": "My desk",
    "zh": "我的工作台"
  },
  "inbox_under_way": {
    "en": "Under way",
    "zh": "进行中"
  },
  "inbox_under_way_none": {
    "en": "No task of others is under way with you.",
    "zh": "没有您参与且正在进行的他方任务。"
  },
  "inbox_unread": {
    "en": "{proposer} asks for something that could not be read just now. Open it to try again.",
    "zh": "{proposer} 的请求暂时无法读取；请打开重试。"
  },
  "inbox_until": {
    "en": "until {moment}",
    "zh": "截止 {moment}"
  },
  "inbox_waiting": {
    "en": "Waits for me",
    "zh": "待我处理"
  },
  "inbox_waiting_none": {
    "en": "When somebody asks for your data, the request stands here. Until then there is nothing to do.",
    "zh": "有人请求使用您的数据时，请求会列在此处。目前无需任何操作。"
  },
  "json_contract": {
    "en": "Task contract",
    "zh": "任务合约"
  },
  "json_typed": {
    "en": "What the wallet is given (EIP-712)",
    "zh": "交给钱包的内容（EIP-712）"
  },
  "leaks_none": {
    "en": "Nothing else becomes known, as the programs' publishers say.",
    "zh": "据程序发布方声明，不另公开任何内容。"
  },
  "leaks_title": {
    "en": "What else becomes known on the way",
    "zh": "过程中还会公开"
  },
  "leaks_unknown": {
    "en": "Nobody has described {programs}: what else becomes known there is not known.",
    "zh": "程序 {programs} 无人描述：其过程中另会公开什么尚不可知。"
  },
  "leaving_grouped": {
    "en": "about groups",
    "zh": "群体数字"
  },
  "leaving_let_go": {
    "en": "I let these numbers about single people go.",
    "zh": "我同意公开这些涉及单个人的数字。"
  },
  "leaving_personal": {
    "en": "about single people",
    "zh": "涉及单个人"
  },
  "leaving_title": {
    "en": "What leaves, and who reads it",
    "zh": "释放内容及读取方"
  },
  "leaving_to": {
    "en": "read by {users} alone",
    "zh": "仅由 {users} 读取"
  },
  "loading": {
    "en": "Reading…",
    "zh": "正在读取…"
  },
  "looks_none": {
    "en": "Nobody fetched evidence of this task yet.",
    "zh": "尚无人获取过本任务的证据。"
  },
  "looks_times": {
    "en": "{count} × on that day",
    "zh": "当日 {count} 次"
  },
  "looks_title": {
    "en": "Who looked at the evidence",
    "zh": "谁查看过证据"
  },
  "looks_whose": {
    "en": "What the coordinator gave to whom, by reader and day (UTC), for 400 days: the newest fifty. It is the coordinator's word; copies that readers hand on are nobody's to see.",
    "zh": "协调方向谁提供了什么，按读取方与日期（UTC）计，保留 400 天，此处为最近五十条。此为协调方的说法；读取方再行转交的副本无从得知。"
  },
  "moment": {
    "en": "{time} ({distance})",
    "zh": "{time}（{distance}）"
  },
  "reason_unanswered": {
    "en": "has not answered yet",
    "zh": "尚未答复"
  },
  "reason_withdrawing": {
    "en": "has taken the proposal back; it is on its way to the chain, and nothing is started any more.",
    "zh": "已撤回提议，正在上链；不会再启动。"
  },
  "receipt_digest": {
    "en": "Digest that was signed",
    "zh": "所签摘要"
  },
  "receipt_id": {
    "en": "Number",
    "zh": "编号"
  },
  "receipt_print": {
    "en": "Print this receipt",
    "zh": "打印此回执"
  },
  "receipt_refused": {
    "en": "Receipt: you refused the task",
    "zh": "回执：您已拒绝该任务"
  },
  "receipt_revoked": {
    "en": "Receipt: you took the authorization back",
    "zh": "回执：您已撤回授权"
  },
  "receipt_signature": {
    "en": "Signature",
    "zh": "签名"
  },
  "receipt_signed": {
    "en": "Receipt: you authorized the task",
    "zh": "回执：您已授权该任务"
  },
  "receipt_when": {
    "en": "When",
    "zh": "时间"
  },
  "receipt_who": {
    "en": "Who",
    "zh": "签署方"
  },
  "review_not_asked": {
    "en": "Nothing is asked of you in this task.",
    "zh": "该任务没有向您提出请求。"
  },
  "review_of": {
    "en": "What {proposer} asks",
    "zh": "{proposer} 的请求"
  },
  "review_title": {
    "en": "A task",
    "zh": "任务"
  },
  "review_until": {
    "en": "Deadline {moment}",
    "zh": "截止时间 {moment}"
  },
  "revoke_act": {
    "en": "Take it back with my wallet",
    "zh": "用钱包签署撤回"
  },
  "revoke_open": {
    "en": "Take this authorization back",
    "zh": "撤回此授权"
  },
  "revoke_stops": {
    "en": "From then on no task starts with it. It does not stop a task that has started: that one ends as it was agreed.",
    "zh": "撤回后，任何任务都不能再凭此启动。已启动的任务不受影响，仍按约定结束。"
  },
  "sign_enter": {
    "en": "Sign in",
    "zh": "登录"
  },
  "sign_intro": {
    "en": "Connect the wallet that your organisation registered. Signing in lets you read; it agrees to nothing.",
    "zh": "请连接贵机构登记的钱包。登录只用于查看，不表示任何同意。"
  },
  "sign_no_consent": {
    "en": "Each answer that you give later is a signature of its own, over words that this page shows first.",
    "zh": "之后的每项答复都须另行签名，签名前本页会先显示所签内容。"
  },
  "sign_out": {
    "en": "Sign out",
    "zh": "退出"
  },
  "sign_party": {
    "en": "As which party",
    "zh": "以哪个参与方身份"
  },
  "sign_title": {
    "en": "Sign in with your wallet",
    "zh": "用钱包登录"
  },
  "signed_in": {
    "en": "Signed in to read as {party}",
    "zh": "已以 {party} 身份登录（查看）"
  },
  "tab_data": {
    "en": "Data",
    "zh": "数据"
  },
  "tab_hashes": {
    "en": "Hashes",
    "zh": "哈希"
  },
  "tab_json": {
    "en": "JSON",
    "zh": "JSON 原文"
  },
  "table_title": {
    "en": "All of it, point by point",
    "zh": "逐项内容"
  },
  "tabs": {
    "en": "The records behind these words",
    "zh": "以上文字所依据的记录"
  },
  "wallet_account": {
    "en": "The wallet shows {shown}. Choose the account that you signed in with:",
    "zh": "钱包当前账户为 {shown}。请切换到登录所用的账户："
  },
  "wallet_chain": {
    "en": "The wallet is on chain {shown}; this deployment is on chain {needed}.",
    "zh": "钱包位于链 {shown}；本部署位于链 {needed}。"
  },
  "wallet_choose": {
    "en": "Choose a wallet:",
    "zh": "请选择钱包："
  },
  "wallet_compare": {
    "en": "Compare with your wallet",
    "zh": "与钱包显示逐项比对"
  },
  "wallet_compare_about": {
    "en": "The wallet shows these fields of {type} in this order; one that has our descriptors calls it “{intent}” and shows the labels. If one differs, reject it there.",
    "zh": "钱包会按此顺序显示 {type} 的各字段；已有本系统描述文件的钱包会称之为“{intent}”并显示各标签。如有任何一项不同，请在钱包中拒绝。"
  },
  "wallet_connect": {
    "en": "Connect {wallet}",
    "zh": "连接 {wallet}"
  },
  "wallet_collecting": {
    "en": "Waiting for its holders, who agree in their own wallets. The page goes on when the contract says yes. You may leave it: what was agreed to is not asked for again.",
    "zh": "正在等待持有人在各自的钱包中同意；合约确认后本页会继续。您可以离开本页：已同意的内容不会再次询问。"
  },
  "wallet_contract": {
    "en": "This account is a contract: it signs by a rule of its own, for which several people may be needed.",
    "zh": "此账户为合约：按其自身规则签署，可能需要多人同意。"
  },
  "wallet_holders": {
    "en": "This account is a contract: {needed} of its {all} holders must agree.",
    "zh": "此账户为合约：{all} 名持有人中须有 {needed} 名同意。"
  },
  "wallet_locked": {
    "en": "{wallet} shows this page no account: it is locked, or you have not allowed it yet.",
    "zh": "{wallet} 未向本页提供账户：钱包已锁定，或您尚未允许。"
  },
  "wallet_looking": {
    "en": "Looking for wallets…",
    "zh": "正在查找钱包…"
  },
  "wallet_none": {
    "en": "This browser has no wallet. Install the one that your organisation uses (any with EIP-6963) and load the page again.",
    "zh": "此浏览器中没有钱包。请安装贵机构使用的钱包（支持 EIP-6963 即可），然后重新载入本页。"
  },
  "wallet_other": {
    "en": "Use another wallet",
    "zh": "换用其他钱包"
  },
  "wallet_ready": {
    "en": "{wallet} signs as",
    "zh": "{wallet} 的签名账户："
  },
  "wallet_switch": {
    "en": "Switch the wallet's network",
    "zh": "切换钱包网络"
  },
  "wallet_unlock": {
    "en": "Open the wallet",
    "zh": "打开钱包"
  },
  "working": {
    "en": "Working…",
    "zh": "处理中…"
  }
} as const;

/** What goes wrong on participants' pages, by code. */
export const PROBLEMS = {
  "data_set.unknown": {
    "en": "There is no such data set, or its owner does not let you know of it. Check the number, or ask the owner.",
    "zh": "没有此数据集，或所有方未允许您知悉。请核对编号，或询问所有方。"
  },
  "draft.committee": {
    "en": "Fewer than three compute parties keep no secret. Choose at least three.",
    "zh": "计算方少于三方则无法保密。请至少选择三方。"
  },
  "draft.deadline": {
    "en": "The deadline has passed. Choose a later one.",
    "zh": "截止时间已过。请选择更晚的时间。"
  },
  "draft.file_size": {
    "en": "The file is larger than a contract can be. Choose a contract's file.",
    "zh": "文件超过合约的大小上限。请选择合约文件。"
  },
  "draft.filter": {
    "en": "The condition has no value, or one with invisible characters. Write one, or take the condition out.",
    "zh": "该条件没有值，或值中含不可见字符。请填写，或移除该条件。"
  },
  "draft.keep_until": {
    "en": "Something would be kept no longer than to the deadline. Choose a later moment, or let it not stay.",
    "zh": "留存期限不晚于任务截止时间。请选择更晚的时刻，或不留存。"
  },
  "draft.no_columns": {
    "en": "No column is read. Tick at least one.",
    "zh": "未读取任何列。请至少勾选一列。"
  },
  "draft.no_engine": {
    "en": "No engine is chosen. If there is none to choose, have one certified.",
    "zh": "未选择引擎。如无可选，请先完成引擎认证。"
  },
  "draft.no_outputs": {
    "en": "Nothing leaves. Tick who reads what.",
    "zh": "没有任何释放内容。请勾选由谁读取什么。"
  },
  "draft.no_program": {
    "en": "The catalogue has no approved program of this name. Choose another.",
    "zh": "目录中没有此名称的已批准程序。请另选。"
  },
  "draft.no_steps": {
    "en": "There is nothing to compute. Add a step.",
    "zh": "没有计算内容。请添加步骤。"
  },
  "draft.no_text": {
    "en": "This is empty. Owners read it before they sign: write it.",
    "zh": "此项为空。所有方签署前会阅读：请填写。"
  },
  "draft.parameter": {
    "en": "The value is not in the program's range. Correct it.",
    "zh": "取值不在程序允许的范围内。请更正。"
  },
  "draft.review_within": {
    "en": "The reviewer has no time to decide. Choose the days.",
    "zh": "复核方没有复核期。请选择天数。"
  },
  "draft.scheduler": {
    "en": "Nobody starts the task. Choose the scheduler.",
    "zh": "无人启动任务。请选择调度方。"
  },
  "draft.sources": {
    "en": "The input has too few or too many sources. Choose as many as it takes.",
    "zh": "该输入的来源过少或过多。请按要求选择。"
  },
  "draft.step_name": {
    "en": "A step's name has 1 to 31 lower-case letters, digits and _. Correct it.",
    "zh": "步骤名称须为 1 至 31 个小写字母、数字或下划线。请更正。"
  },
  "draft.too_long": {
    "en": "The text is too long: write at most 961 characters.",
    "zh": "文本过长：最多 961 个字符。"
  },
  "draft.unprintable": {
    "en": "The text has a line break or an invisible character, which could make it look like another. Take it out.",
    "zh": "文本含换行或不可见字符，可能使其看起来像另一段文字。请删除。"
  },
  "propose.differs": {
    "en": "What the coordinator says of the contract differs from what follows from it. Do not sign it; tell its operator.",
    "zh": "协调方对合约的说法与合约推导结果不符。请勿签署，并告知其运营方。"
  },
  "propose.problems": {
    "en": "The task cannot start as it is. Nothing was signed: check the contract again.",
    "zh": "该任务目前无法启动。未签署任何内容：请重新检查合约。"
  },
  "propose.there": {
    "en": "This very task is proposed already, perhaps in another window. Find it on your desk.",
    "zh": "该任务已提议，可能是在另一窗口中提交的。请在工作台中查看。"
  },
  "propose.unfinished": {
    "en": "The contract is not finished. What is missing stands beside its field.",
    "zh": "合约尚未完成。缺少的内容标注在相应项旁。"
  },
  "use.returned": {
    "en": "The chain has no use of this authorization for this task that could be given back: it is returned already.",
    "zh": "链上没有可就此任务退回的该授权使用次数：已退回。"
  },
  "wallet.pending": {
    "en": "The wallet sent it, and no block has it yet. Do not send it again: look at the wallet, then load the page again.",
    "zh": "钱包已发送，但尚未进入区块。请勿重复发送：请查看钱包，然后重新载入本页。"
  },
  "wallet.reverted": {
    "en": "The chain refused the transaction, and nothing has changed. Load the page again to see how things stand.",
    "zh": "链拒绝了该交易，没有任何变化。请重新载入本页查看当前状况。"
  },
  "cost.malformed": {
    "en": "The coordinator's prediction is of another task, or no prediction. Rely on nothing of it; tell its operator.",
    "zh": "协调方的预测针对另一任务，或不成其为预测。请勿采信，并告知其运营方。"
  },
  "passkey.authenticator": {
    "en": "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "zh": "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。"
  },
  "passkey.challenge": {
    "en": "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "zh": "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。"
  },
  "passkey.kind": {
    "en": "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "zh": "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。"
  },
  "passkey.malformed": {
    "en": "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "zh": "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。"
  },
  "passkey.malleable": {
    "en": "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "zh": "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。"
  },
  "enrolment.other_deployment": {
    "en": "The application is for another deployment. Have it written anew with this deployment's file.",
    "zh": "该申请属于另一部署。请使用本部署的文件重新生成。"
  },
  "invitation.not_good": {
    "en": "This invitation cannot be used now: another name, used before, or too old. Ask the admission office for a new one.",
    "zh": "该邀请现不可用：名称不符、已使用或已过期。请向准入方索取新的邀请。"
  },
  "join.not_application": {
    "en": "This is no application's file, or it was changed. Take the one that tally node prepare or tally passkey prepare wrote.",
    "zh": "这不是申请文件，或已被改动。请使用 tally node prepare 或 tally passkey prepare 生成的文件。"
  },
  "join.other_party": {
    "en": "The application is for another party than the one you were invited as. Do not sign it.",
    "zh": "该申请的参与方与您受邀的名称不同。请勿签署。"
  },
  "join.other_wallet": {
    "en": "The application names another account than that of your passkeys. Do not sign it: give your engineer the address above.",
    "zh": "该申请所载账户并非您的通行密钥的账户。请勿签署：请将上方地址交给工程师。"
  },
  "join.party": {
    "en": "Write the name under which you were invited: small letters, digits and hyphens.",
    "zh": "请填写受邀时使用的名称：小写字母、数字与连字符。"
  },
  "join.signed": {
    "en": "A wallet has signed this application already. Take the file that tally node prepare wrote.",
    "zh": "该申请已由某钱包签署。请使用 tally node prepare 生成的文件。"
  },
  "paper.none": {
    "en": "This is no file of a node that waits for a signature. Take the one that it wrote with --unsigned.",
    "zh": "这不是节点的待签文件。请使用其以 --unsigned 生成的文件。"
  },
  "paper.other_party": {
    "en": "The file registers another party's data. Do not sign it.",
    "zh": "该文件登记的是另一参与方的数据。请勿签署。"
  },
  "paper.signed": {
    "en": "A wallet has signed this file already: take it back to the node.",
    "zh": "该文件已由钱包签署：请带回节点。"
  },
  "passkey.count": {
    "en": "An account has one to five passkeys at its beginning.",
    "zh": "账户创建时可有一至五个通行密钥。"
  },
  "passkey.file": {
    "en": "This is no copy of passkeys. Take the file that this page saved in your other browser.",
    "zh": "这不是通行密钥副本。请使用本页在另一浏览器中保存的文件。"
  },
  "passkey.no_transactions": {
    "en": "This act is a transaction of the wallet's own, which a passkey cannot send from this page. Use a wallet, or the command line.",
    "zh": "该操作须由钱包自行发送交易，通行密钥无法在本页发送。请使用钱包或命令行。"
  },
  "passkey.nobody_there": {
    "en": "The device does not say that anybody was there. Nothing was handed in: try again.",
    "zh": "设备未确认有人在场。未提交任何内容：请重试。"
  },
  "passkey.not_made": {
    "en": "The chain does not have the account yet. Nothing is lost: ask again, or have the operator look.",
    "zh": "链上尚无该账户。未丢失任何内容：请重试，或请运营方查看。"
  },
  "passkey.not_recognised": {
    "en": "The device recognised nobody. Set up a PIN, fingerprint or face on it, and try again.",
    "zh": "设备未识别到使用者。请先在设备上设置 PIN、指纹或面容后重试。"
  },
  "passkey.off": {
    "en": "This deployment makes no accounts for passkeys. Ask its operator, or use a wallet.",
    "zh": "该部署不支持通行密钥账户。请联系运营方，或使用钱包。"
  },
  "passkey.origin": {
    "en": "The passkey's signature was made for another site's pages. Nothing was handed in.",
    "zh": "该通行密钥签名并非为本站页面所作。未提交任何内容。"
  },
  "passkey.other_account": {
    "en": "The coordinator named another account than the one that follows from your passkeys. Do not go on; tell its operator.",
    "zh": "协调方给出的账户与由您的通行密钥推导所得的不同。请勿继续，并告知其运营方。"
  },
  "passkey.other_key": {
    "en": "Another passkey answered than one of this account. Nothing was handed in.",
    "zh": "作出响应的并非该账户的通行密钥。未提交任何内容。"
  },
  "passkey.rejected": {
    "en": "You rejected it on the device, or time ran out. Nothing was signed.",
    "zh": "您已在设备上拒绝，或已超时。未签署任何内容。"
  },
  "passkey.same_device": {
    "en": "This device holds one of these passkeys already. Make the other one on another device.",
    "zh": "该设备已持有其中一个通行密钥。请在另一设备上创建。"
  },
  "passkey.site": {
    "en": "The passkey belongs to another site than this page's. Nothing was handed in.",
    "zh": "该通行密钥属于另一站点。未提交任何内容。"
  },
  "passkey.too_many": {
    "en": "Too many accounts were made for this invitation. Use one of them, or ask the operator.",
    "zh": "该邀请已创建过多账户。请使用其中之一，或联系运营方。"
  },
  "passkey.unable": {
    "en": "This browser makes no passkeys on this page. They need https (or localhost), a name instead of a number as the address, and a device with PIN, fingerprint or face.",
    "zh": "该浏览器无法在本页创建通行密钥：需要 https（或 localhost）、以域名而非 IP 数字访问，并需设备设有 PIN、指纹或面容。"
  },
  "signature.not_node": {
    "en": "The node that the application names did not sign it. Have it written anew on that node.",
    "zh": "申请所载节点未签署该申请。请在该节点上重新生成。"
  },
  "ask.any_of": {
    "en": "Nothing is chosen that it may be. Choose at least one, or let it stay as it is.",
    "zh": "未选择任何可取值。请至少选择一项，或保持不变。"
  },
  "ask.range": {
    "en": "What may vary does not fit what is asked. Where data sets may be left out, say how many others must take part.",
    "zh": "可变动的内容与请求不符。如允许缺少数据集，请填写至少须有多少个其他数据集参与。"
  },
  "ask.span": {
    "en": "A range goes from one number to another, or from one date (YYYY-MM-DD) to another, the smaller one first. Correct it.",
    "zh": "范围须为两个数字或两个日期（YYYY-MM-DD），小者在前。请更正。"
  },
  "standing.bounds": {
    "en": "It may be for 1 to 4,294,967,295 tasks, 1 to 3,650 days and 1 to 10,000 tasks a day. Correct the number.",
    "zh": "总任务数为 1 至 4,294,967,295，天数为 1 至 3,650，每日任务数为 1 至 10,000。请更正。"
  },
  "access.foreign_site": {
    "en": "The coordinator took the request for another site's. Its operator must set TALLY_PUBLIC_URL to this page's address.",
    "zh": "协调方认为请求来自其他网站。其运营方须将 TALLY_PUBLIC_URL 设为本页地址。"
  },
  "access.not_yours": {
    "en": "This is not for the party that you are signed in as. Sign in as the right one.",
    "zh": "您登录的参与方无权查看此内容。请以相应参与方身份登录。"
  },
  "access.session_over": {
    "en": "Nobody is signed in, or the session has ended. Sign in again.",
    "zh": "尚未登录，或登录已过期。请重新登录。"
  },
  "api.other_origin": {
    "en": "The page was opened at another address than its own. Open it at its own.",
    "zh": "本页不在其自身地址打开。请用其自身地址打开。"
  },
  "api.unexpected": {
    "en": "The coordinator gave an answer that is none of its form. Try again; if it stays so, tell its operator.",
    "zh": "协调方的答复不符合其格式。请重试；若持续如此，请告知其运营方。"
  },
  "api.unreachable": {
    "en": "The coordinator does not answer. Nothing is lost: try again.",
    "zh": "协调方没有答复。未丢失任何内容：请重试。"
  },
  "deployment.changed": {
    "en": "The pages name another deployment than this browser saw before. Ask the operator by another way whether that is right; until then sign nothing.",
    "zh": "本页所指的部署与此浏览器之前所见不同。请通过其他途径向运营方核实；在此之前请勿签署。"
  },
  "deployment.malformed": {
    "en": "The page does not say which deployment it is of. Tell its operator.",
    "zh": "本页未说明其所属部署。请告知其运营方。"
  },
  "desk.answered": {
    "en": "This was answered meanwhile, perhaps in another window. The page is brought up to date.",
    "zh": "此请求已有答复，可能是在另一窗口中作出的。本页将随即更新。"
  },
  "desk.busy": {
    "en": "Another window of this browser is at the same. Finish there, or close it.",
    "zh": "此浏览器的另一窗口正在进行同一操作。请在该窗口完成，或将其关闭。"
  },
  "desk.changed": {
    "en": "What is asked has changed since it was shown. Nothing was signed: read it again.",
    "zh": "请求内容在显示之后已有变化。未签署任何内容：请重新阅读。"
  },
  "desk.failed": {
    "en": "Something in this page failed. Nothing was signed: load it again.",
    "zh": "本页出错。未签署任何内容：请重新载入。"
  },
  "desk.other_authorization": {
    "en": "The coordinator names another authorization than was signed. Sign nothing more; tell its operator.",
    "zh": "协调方所称的授权与所签不同。请勿继续签署，并告知其运营方。"
  },
  "desk.other_task": {
    "en": "The coordinator answered about another task. Sign nothing; tell its operator.",
    "zh": "协调方答复的是另一任务。请勿签署，并告知其运营方。"
  },
  "forwarding.coordinator_away": {
    "en": "The coordinator does not answer. Nothing was done: try again.",
    "zh": "协调方没有答复。未执行任何操作：请重试。"
  },
  "offer.differs": {
    "en": "What you are asked to sign is not what the task's contract needs. Do not sign it; tell the coordinator's operator.",
    "zh": "请您签署的内容与任务合约所需不符。请勿签署，并告知协调方运营方。"
  },
  "review.differs": {
    "en": "What the coordinator says differs from what follows from the task's contract. Do not sign it; tell its operator.",
    "zh": "协调方所述与任务合约推导结果不符。请勿签署，并告知其运营方。"
  },
  "sign_in.expired": {
    "en": "The message to sign has expired: it is good for five minutes. Sign in again.",
    "zh": "待签消息已过期（有效期五分钟）。请重新登录。"
  },
  "sign_in.off": {
    "en": "This coordinator lets nobody sign in with a browser: its operator sets TALLY_PUBLIC_URL.",
    "zh": "该协调方未开放浏览器登录：须由其运营方设置 TALLY_PUBLIC_URL。"
  },
  "sign_in.other_text": {
    "en": "The message to sign is not for this page, this wallet and this chain. It was not given to the wallet: tell the operator.",
    "zh": "待签消息并非针对本页、此钱包与此链。未交给钱包：请告知运营方。"
  },
  "sign_in.other_wallet": {
    "en": "No party has registered this account. Choose the registered one in the wallet.",
    "zh": "没有参与方登记过此账户。请在钱包中选择已登记的账户。"
  },
  "sign_in.which_party": {
    "en": "Several parties have registered this account. Say as which one to sign in.",
    "zh": "有多个参与方登记了此账户。请注明以哪一方登录。"
  },
  "signature.not_wallet": {
    "en": "The signature is not by the registered wallet. Choose the registered account and sign again.",
    "zh": "签名并非出自已登记的钱包。请选择已登记的账户后重新签署。"
  },
  "task.ended": {
    "en": "The task has ended. Nothing is left to do.",
    "zh": "任务已结束，无需再操作。"
  },
  "task.not_open": {
    "en": "The task no longer waits for consent. Nothing was changed.",
    "zh": "任务已不再等待授权。未作任何更改。"
  },
  "task.unknown": {
    "en": "There is no such task for you. Look it up on your desk.",
    "zh": "没有向您开放的此任务。请从工作台查找。"
  },
  "wallet.busy": {
    "en": "The wallet is still busy with an earlier request. Open it and answer that one.",
    "zh": "钱包仍在处理先前的请求。请打开钱包并先处理该请求。"
  },
  "wallet.disconnected": {
    "en": "The wallet has lost its connection to the chain. Open it, then try again.",
    "zh": "钱包与链的连接已断开。请打开钱包后重试。"
  },
  "wallet.failed": {
    "en": "The wallet failed. Nothing was signed here: open it and try again.",
    "zh": "钱包出错。此处未签署任何内容：请打开钱包后重试。"
  },
  "wallet.locked": {
    "en": "The wallet shows no account to this page. Unlock it and allow this page.",
    "zh": "钱包未向本页提供账户。请解锁并允许本页访问。"
  },
  "wallet.not_enough": {
    "en": "The contract account does not accept it yet: too few of its holders have signed. Nothing was handed in; press again when they have.",
    "zh": "该合约账户尚未接受：签署的持有人不足。未提交任何内容；待其签署后请再次操作。"
  },
  "wallet.other_chain": {
    "en": "The wallet stayed on another chain. Choose the chain of this deployment in it.",
    "zh": "钱包仍停留在其他链。请在钱包中选择本部署所在的链。"
  },
  "wallet.other_signature": {
    "en": "What came back is not this account's signature over what was shown. Nothing was handed in: use another wallet.",
    "zh": "返回的内容不是该账户对所示内容的签名。未提交任何内容：请换用其他钱包。"
  },
  "wallet.rejected": {
    "en": "You rejected it in the wallet. Nothing was signed and nothing has changed.",
    "zh": "您已在钱包中拒绝。未签署任何内容，也未作任何更改。"
  },
  "wallet.unable": {
    "en": "This wallet cannot do what is needed here (EIP-712 signatures). Use another one.",
    "zh": "此钱包不支持所需操作（EIP-712 签名）。请换用其他钱包。"
  },
  "wallet.unknown_chain": {
    "en": "The wallet does not know this deployment's chain. Add it by hand, as the operator tells you.",
    "zh": "钱包不认识本部署所在的链。请按运营方提供的信息手动添加。"
  }
} as const;

/** States of a task on chain. */
export const TASK_STATE_NUMBERS = {
  "none": 0,
  "proposed": 1,
  "started": 2,
  "completed": 3,
  "disputed": 4,
  "aborted": 5,
  "refused": 6,
  "expired": 7
} as const;

/** A review's states on chain. */
export const REVIEW_NUMBERS = {
  "none": 0,
  "approved": 1,
  "rejected": 2,
  "expired": 3
} as const;

/** Role bits of a party on chain. */
export const ROLE_BITS = {
  "data-provider": 1,
  "compute-provider": 2,
  "algorithm-provider": 4,
  "scheduler": 8,
  "result-user": 16,
  "regulator": 32,
  "certifier": 64,
  "platform": 128
} as const;

/** Reasons that a proposer gives for a withdrawal, and nobody else. */
export const WITHDRAWALS = [
  "proposer.withdrew",
  "proposer.corrected"
] as const;

/** States from which nothing follows. */
export const ENDED: readonly string[] = [
  "aborted",
  "completed",
  "disputed",
  "expired",
  "failed",
  "refused"
];
