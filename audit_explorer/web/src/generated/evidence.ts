/** Generated from `protocol/` by `python -m tools.web_evidence`: do not edit. */

import type { Hex } from "../base/bytes";

/** Format of a trust root (`protocol/trust.py`). */
export const TRUST_FORMAT = "tallystick/trust/v2" as const;

/** Bytes of a trust root at most. */
export const TRUST_LIMIT = 65536 as const;

/** Format of the path from a trusted block to a bundle's head (`protocol/ancestry.py`). */
export const PATH_FORMAT = "tallystick/path/v1" as const;

/** The contracts that a trust root names. */
export const CONTRACTS = ["Anchors", "Budgets", "Consents", "DataSets", "Models", "PartyRegistry", "Programs", "ProposalRules", "Tasks"] as const;

/** Steps from one release to another at most. */
export const MAX_SUCCESSIONS = 16 as const;

/** Who commits, by its number on chain. */
export const COMMITTEES = ["three", "owners", "none"] as const;

/** Kinds of releases on chain. */
export const RELEASE_KINDS = {"program": 0, "engine": 1} as const;

/** Kinds of a signed end. */
export const ABORT_KINDS = {"refusal": 1, "abort": 2, "withdrawal": 3} as const;

/** The party check's questions. */
export const CHECKS = ["authorization", "clock", "contract", "data", "engine", "fields", "finality", "peers", "policy", "programs", "started"] as const;

/** The released protocol stacks (`protocol/backends.py`). */
export const BACKENDS = [{"name": "fast", "securityModel": 1, "leastParties": 3, "mostParties": 3, "field": "20282409603651670423947251285999", "kappa": 40, "highestLevel": 4, "simulated": false}, {"name": "mpyc", "securityModel": 1, "leastParties": 3, "mostParties": 9, "field": "20282409603651670423947251285999", "kappa": 40, "highestLevel": 4, "simulated": false}] as const;

/** The security model of parties that deviate, and the protection level that asks for it. */
export const MALICIOUS = {"model": 2, "fromLevel": 5} as const;

/** Domains of the hashes that verification makes, each before a zero byte (`protocol/commitments.py`). */
export const DOMAINS = {"outputName": "tallystick/output-name/v1", "outputShares": "tallystick/output-shares/v1", "inputs": "tallystick/inputs/v1", "linkSignature": "tallystick/link-signature/v1", "link": {"1": "tallystick/link/v1", "2": "tallystick/link/v2"}} as const;

/** Version of the links' transcripts in run statements, by predicate type. */
export const TRANSCRIPTS = {"https://tallystick.dev/run/v2": 1, "https://tallystick.dev/run/v3": 2} as const;

/** Contract and slot of each mapping that is read (`protocol/registers.py`). */
export const PLACES = {"_keyHistory": ["PartyRegistry", 2], "_versions": ["DataSets", 0], "_releases": ["Programs", 2], "_successorApprovals": ["Programs", 4], "_records": ["Consents", 0], "_logs": ["Anchors", 1], "_tasks": ["Tasks", 3]} as const;

/** Slot, byte offset from the low end and size of each field, by struct. */
export const FIELDS = {"KeyPeriod": {"nodeKey": [1, 0, 32]}, "DataSetVersion": {"owner": [0, 0, 32], "schemaHash": [1, 0, 32], "inputRoot": [2, 0, 32], "rows": [3, 0, 8], "status": [5, 0, 1]}, "Release": {"codeDigest": [1, 0, 32], "kind": [2, 0, 1], "committee": [2, 1, 1], "protectionLevel": [2, 2, 1], "securityModel": [2, 3, 1], "status": [2, 8, 1]}, "AuthorizationRecord": {"owner": [0, 0, 32], "wallet": [1, 0, 20], "status": [2, 0, 1]}, "Log": {"roots": [3, 0, 32]}, "AnchoredRoot": {"root": [0, 0, 32]}, "Task": {"state": [0, 0, 1], "commitments": [0, 4, 1], "startedAt": [0, 21, 8], "reserves": [1, 8, 4]}} as const;

/** Slots of a key period in its array. */
export const PERIOD_SLOTS = 3 as const;

/** Every event of the contracts, decoded (`protocol/events.py`): names as in the ABI. */
export interface Events {
  readonly Anchored: { readonly party: Hex; readonly epoch: bigint; readonly oldSize: bigint; readonly size: bigint; readonly root: Hex; readonly keyPeriod: bigint; };
  readonly EpochOpened: { readonly party: Hex; readonly epoch: bigint; };
  readonly EIP712DomainChanged: object;
  readonly BudgetSet: { readonly dataSet: Hex; readonly owner: Hex; readonly change: bigint; readonly epsilonMicros: bigint; readonly spent: bigint; };
  readonly BudgetSpent: { readonly dataSet: Hex; readonly task: Hex; readonly epsilonMicros: bigint; readonly spent: bigint; readonly budget: bigint; };
  readonly AllRevoked: { readonly owner: Hex; readonly through: bigint; };
  readonly AuthorizationRevoked: { readonly authorization: Hex; readonly owner: Hex; };
  readonly AuthorizationSubmitted: { readonly authorization: Hex; readonly owner: Hex; readonly wallet: Hex; readonly sequence: bigint; readonly signed: { readonly dataSet: Hex; readonly dataVersion: bigint; readonly inputRoot: Hex; readonly programs: readonly Hex[]; readonly programsDigest: Hex; readonly engine: Hex; readonly approvedSuccessors: boolean; readonly proposer: Hex; readonly purpose: Hex; readonly resultUsers: readonly Hex[]; readonly computeParties: readonly Hex[]; readonly policy: Hex; readonly task: Hex; readonly maxUses: bigint; readonly notBefore: bigint; readonly notAfter: bigint; readonly minProtectionLevel: bigint; readonly epsilonMicros: bigint; readonly legalBasis: Hex; readonly impactAssessment: Hex; readonly nonce: bigint }; };
  readonly UseConsumed: { readonly authorization: Hex; readonly task: Hex; readonly uses: bigint; readonly usesLeft: bigint; };
  readonly UseReturned: { readonly authorization: Hex; readonly task: Hex; readonly uses: bigint; readonly usesLeft: bigint; };
  readonly DataSetAttested: { readonly dataSet: Hex; readonly version: bigint; readonly party: Hex; readonly statement: Hex; };
  readonly DataSetRegistered: { readonly dataSet: Hex; readonly version: bigint; readonly owner: Hex; readonly schemaHash: Hex; readonly inputRoot: Hex; readonly rows: bigint; readonly dataLevel: bigint; readonly legalBasis: Hex; };
  readonly DataSetRetired: { readonly dataSet: Hex; readonly version: bigint; };
  readonly LicenceGranted: { readonly model: Hex; readonly licence: Hex; readonly licensee: Hex; readonly kind: bigint; readonly maxUses: bigint; readonly notBefore: bigint; readonly notAfter: bigint; };
  readonly LicenceRetired: { readonly model: Hex; readonly licence: Hex; readonly byLicensee: boolean; };
  readonly ModelRegistered: { readonly model: Hex; readonly task: Hex; readonly modelHash: Hex; readonly owners: readonly Hex[]; readonly shares: readonly bigint[]; };
  readonly ModelRetired: { readonly model: Hex; };
  readonly ModelUsed: { readonly model: Hex; readonly task: Hex; readonly licence: Hex; readonly user: Hex; readonly uses: bigint; readonly usesLeft: bigint; };
  readonly KeysRotated: { readonly party: Hex; readonly period: bigint; readonly nodeSigner: Hex; readonly nodeKey: Hex; readonly sealKey: Hex; };
  readonly PartyAdmitted: { readonly party: Hex; readonly wallet: Hex; readonly nodeSigner: Hex; readonly nodeKey: Hex; readonly sealKey: Hex; readonly operator: Hex; readonly roles: bigint; readonly profileHash: Hex; };
  readonly PartyReinstated: { readonly party: Hex; };
  readonly PartySuspended: { readonly party: Hex; readonly reason: Hex; };
  readonly WalletChangeNamed: { readonly party: Hex; readonly newWallet: Hex; readonly change: bigint; };
  readonly WalletChanged: { readonly party: Hex; readonly oldWallet: Hex; readonly newWallet: Hex; };
  readonly RoleAdminChanged: { readonly role: Hex; readonly previousAdminRole: Hex; readonly newAdminRole: Hex; };
  readonly RoleGranted: { readonly role: Hex; readonly account: Hex; readonly sender: Hex; };
  readonly RoleRevoked: { readonly role: Hex; readonly account: Hex; readonly sender: Hex; };
  readonly EnginePublished: { readonly engine: Hex; readonly publisher: Hex; readonly codeDigest: Hex; readonly serial: bigint; };
  readonly ProgramPublished: { readonly program: Hex; readonly publisher: Hex; readonly codeDigest: Hex; readonly committee: bigint; readonly protectionLevel: bigint; readonly securityModel: bigint; readonly minParties: bigint; readonly maxParties: bigint; readonly outputKind: bigint; readonly serial: bigint; };
  readonly ReleaseApproved: { readonly release: Hex; readonly certifier: Hex; readonly approvals: bigint; };
  readonly ReleaseRetired: { readonly release: Hex; };
  readonly SuccessorApproved: { readonly older: Hex; readonly newer: Hex; readonly certifier: Hex; readonly approvals: bigint; };
  readonly SuccessorDeclared: { readonly older: Hex; readonly newer: Hex; };
  readonly ConditionRemovalScheduled: { readonly condition: Hex; readonly removedFrom: bigint; };
  readonly ConditionScheduled: { readonly condition: Hex; readonly activeFrom: bigint; };
  readonly OutputReviewed: { readonly task: Hex; readonly reviewer: Hex; readonly approved: boolean; readonly statement: Hex; };
  readonly Paused: { readonly account: Hex; };
  readonly ResultAttested: { readonly task: Hex; readonly runId: Hex; readonly resultUser: Hex; readonly resultHash: Hex; readonly keyPeriod: bigint; };
  readonly ReviewExpired: { readonly task: Hex; readonly reviewer: Hex; readonly reviewBy: bigint; };
  readonly RunCommitted: { readonly task: Hex; readonly runId: Hex; readonly party: Hex; readonly inputRoot: Hex; readonly epoch: bigint; readonly logSize: bigint; readonly logRoot: Hex; readonly links: readonly Hex[]; readonly outputShares: Hex; readonly keyPeriod: bigint; };
  readonly TaskAborted: { readonly task: Hex; readonly party: Hex; readonly kind: bigint; readonly reason: bigint; readonly statement: Hex; readonly keyPeriod: bigint; };
  readonly TaskCompleted: { readonly task: Hex; readonly runId: Hex; };
  readonly TaskDisputed: { readonly task: Hex; readonly left: readonly Hex[]; readonly right: readonly Hex[]; };
  readonly TaskExpired: { readonly task: Hex; readonly missing: readonly Hex[]; };
  readonly TaskProposed: { readonly task: Hex; readonly wallet: Hex; readonly proposal: { readonly proposer: Hex; readonly scheduler: Hex; readonly contractDigest: Hex; readonly computeParties: readonly Hex[]; readonly dataSets: readonly Hex[]; readonly dataVersions: readonly bigint[]; readonly epsilonMicros: readonly bigint[]; readonly programs: readonly Hex[]; readonly engine: Hex; readonly models: readonly Hex[]; readonly licences: readonly Hex[]; readonly resultUsers: readonly Hex[]; readonly auditors: readonly Hex[]; readonly reviewer: Hex; readonly purpose: Hex; readonly protectionLevel: bigint; readonly uses: bigint; readonly maxReserves: bigint; readonly deadline: bigint; readonly reviewBy: bigint; readonly nonce: bigint }; };
  readonly TaskStarted: { readonly task: Hex; readonly authorizations: readonly Hex[]; readonly programsDigest: Hex; readonly startedAt: bigint; };
  readonly Unpaused: { readonly account: Hex; };
  readonly UsesReserved: { readonly task: Hex; readonly number: bigint; readonly uses: bigint; readonly authorizations: readonly Hex[]; };
}

/** A parameter: its name, its Solidity type, whether it is a topic, and of a struct its members' names. */
export type Parameter = readonly [name: string, kind: string, indexed: boolean, members?: readonly string[]];

/** Who emits each event, and its parameters in order. */
export const EVENTS: Readonly<
  Record<keyof Events, { readonly contracts: readonly string[]; readonly parameters: readonly Parameter[] }>
> = {
  Anchored: { contracts: ["Anchors"], parameters: [["party", "bytes32", true], ["epoch", "uint64", true], ["oldSize", "uint64", false], ["size", "uint64", false], ["root", "bytes32", false], ["keyPeriod", "uint64", false]] },
  EpochOpened: { contracts: ["Anchors"], parameters: [["party", "bytes32", true], ["epoch", "uint64", true]] },
  EIP712DomainChanged: { contracts: ["Anchors", "Budgets", "Consents", "DataSets", "Models", "PartyRegistry", "Tasks"], parameters: [] },
  BudgetSet: { contracts: ["Budgets"], parameters: [["dataSet", "bytes32", true], ["owner", "bytes32", true], ["change", "uint64", false], ["epsilonMicros", "uint64", false], ["spent", "uint64", false]] },
  BudgetSpent: { contracts: ["Budgets"], parameters: [["dataSet", "bytes32", true], ["task", "bytes32", true], ["epsilonMicros", "uint64", false], ["spent", "uint64", false], ["budget", "uint64", false]] },
  AllRevoked: { contracts: ["Consents"], parameters: [["owner", "bytes32", true], ["through", "uint32", false]] },
  AuthorizationRevoked: { contracts: ["Consents"], parameters: [["authorization", "bytes32", true], ["owner", "bytes32", true]] },
  AuthorizationSubmitted: { contracts: ["Consents"], parameters: [["authorization", "bytes32", true], ["owner", "bytes32", true], ["wallet", "address", true], ["sequence", "uint32", false], ["signed", "(bytes32,uint32,bytes32,bytes32[],bytes32,bytes32,bool,bytes32,bytes32,bytes32[],bytes32[],bytes32,bytes32,uint32,uint64,uint64,uint8,uint64,bytes32,bytes32,uint256)", false, ["dataSet", "dataVersion", "inputRoot", "programs", "programsDigest", "engine", "approvedSuccessors", "proposer", "purpose", "resultUsers", "computeParties", "policy", "task", "maxUses", "notBefore", "notAfter", "minProtectionLevel", "epsilonMicros", "legalBasis", "impactAssessment", "nonce"]]] },
  UseConsumed: { contracts: ["Consents"], parameters: [["authorization", "bytes32", true], ["task", "bytes32", true], ["uses", "uint32", false], ["usesLeft", "uint32", false]] },
  UseReturned: { contracts: ["Consents"], parameters: [["authorization", "bytes32", true], ["task", "bytes32", true], ["uses", "uint32", false], ["usesLeft", "uint32", false]] },
  DataSetAttested: { contracts: ["DataSets"], parameters: [["dataSet", "bytes32", true], ["version", "uint32", true], ["party", "bytes32", true], ["statement", "bytes32", false]] },
  DataSetRegistered: { contracts: ["DataSets"], parameters: [["dataSet", "bytes32", true], ["version", "uint32", true], ["owner", "bytes32", true], ["schemaHash", "bytes32", false], ["inputRoot", "bytes32", false], ["rows", "uint64", false], ["dataLevel", "uint8", false], ["legalBasis", "bytes32", false]] },
  DataSetRetired: { contracts: ["DataSets"], parameters: [["dataSet", "bytes32", true], ["version", "uint32", true]] },
  LicenceGranted: { contracts: ["Models"], parameters: [["model", "bytes32", true], ["licence", "bytes32", true], ["licensee", "bytes32", true], ["kind", "uint8", false], ["maxUses", "uint32", false], ["notBefore", "uint64", false], ["notAfter", "uint64", false]] },
  LicenceRetired: { contracts: ["Models"], parameters: [["model", "bytes32", true], ["licence", "bytes32", true], ["byLicensee", "bool", false]] },
  ModelRegistered: { contracts: ["Models"], parameters: [["model", "bytes32", true], ["task", "bytes32", true], ["modelHash", "bytes32", false], ["owners", "bytes32[]", false], ["shares", "uint16[]", false]] },
  ModelRetired: { contracts: ["Models"], parameters: [["model", "bytes32", true]] },
  ModelUsed: { contracts: ["Models"], parameters: [["model", "bytes32", true], ["task", "bytes32", true], ["licence", "bytes32", true], ["user", "bytes32", false], ["uses", "uint32", false], ["usesLeft", "uint32", false]] },
  KeysRotated: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true], ["period", "uint64", true], ["nodeSigner", "address", false], ["nodeKey", "bytes32", false], ["sealKey", "bytes32", false]] },
  PartyAdmitted: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true], ["wallet", "address", false], ["nodeSigner", "address", false], ["nodeKey", "bytes32", false], ["sealKey", "bytes32", false], ["operator", "bytes32", false], ["roles", "uint32", false], ["profileHash", "bytes32", false]] },
  PartyReinstated: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true]] },
  PartySuspended: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true], ["reason", "bytes32", false]] },
  WalletChangeNamed: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true], ["newWallet", "address", false], ["change", "uint64", false]] },
  WalletChanged: { contracts: ["PartyRegistry"], parameters: [["party", "bytes32", true], ["oldWallet", "address", false], ["newWallet", "address", false]] },
  RoleAdminChanged: { contracts: ["PartyRegistry", "Programs", "Tasks"], parameters: [["role", "bytes32", true], ["previousAdminRole", "bytes32", true], ["newAdminRole", "bytes32", true]] },
  RoleGranted: { contracts: ["PartyRegistry", "Programs", "Tasks"], parameters: [["role", "bytes32", true], ["account", "address", true], ["sender", "address", true]] },
  RoleRevoked: { contracts: ["PartyRegistry", "Programs", "Tasks"], parameters: [["role", "bytes32", true], ["account", "address", true], ["sender", "address", true]] },
  EnginePublished: { contracts: ["Programs"], parameters: [["engine", "bytes32", true], ["publisher", "bytes32", true], ["codeDigest", "bytes32", false], ["serial", "uint64", false]] },
  ProgramPublished: { contracts: ["Programs"], parameters: [["program", "bytes32", true], ["publisher", "bytes32", true], ["codeDigest", "bytes32", false], ["committee", "uint8", false], ["protectionLevel", "uint8", false], ["securityModel", "uint8", false], ["minParties", "uint8", false], ["maxParties", "uint8", false], ["outputKind", "uint8", false], ["serial", "uint64", false]] },
  ReleaseApproved: { contracts: ["Programs"], parameters: [["release", "bytes32", true], ["certifier", "bytes32", true], ["approvals", "uint8", false]] },
  ReleaseRetired: { contracts: ["Programs"], parameters: [["release", "bytes32", true]] },
  SuccessorApproved: { contracts: ["Programs"], parameters: [["older", "bytes32", true], ["newer", "bytes32", true], ["certifier", "bytes32", true], ["approvals", "uint8", false]] },
  SuccessorDeclared: { contracts: ["Programs"], parameters: [["older", "bytes32", true], ["newer", "bytes32", true]] },
  ConditionRemovalScheduled: { contracts: ["Tasks"], parameters: [["condition", "address", true], ["removedFrom", "uint64", false]] },
  ConditionScheduled: { contracts: ["Tasks"], parameters: [["condition", "address", true], ["activeFrom", "uint64", false]] },
  OutputReviewed: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["reviewer", "bytes32", true], ["approved", "bool", false], ["statement", "bytes32", false]] },
  Paused: { contracts: ["Tasks"], parameters: [["account", "address", false]] },
  ResultAttested: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["runId", "bytes32", false], ["resultUser", "bytes32", true], ["resultHash", "bytes32", false], ["keyPeriod", "uint64", false]] },
  ReviewExpired: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["reviewer", "bytes32", true], ["reviewBy", "uint64", false]] },
  RunCommitted: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["runId", "bytes32", false], ["party", "bytes32", true], ["inputRoot", "bytes32", false], ["epoch", "uint64", false], ["logSize", "uint64", false], ["logRoot", "bytes32", false], ["links", "bytes32[]", false], ["outputShares", "bytes32", false], ["keyPeriod", "uint64", false]] },
  TaskAborted: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["party", "bytes32", true], ["kind", "uint8", false], ["reason", "uint8", false], ["statement", "bytes32", false], ["keyPeriod", "uint64", false]] },
  TaskCompleted: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["runId", "bytes32", false]] },
  TaskDisputed: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["left", "bytes32[]", false], ["right", "bytes32[]", false]] },
  TaskExpired: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["missing", "bytes32[]", false]] },
  TaskProposed: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["wallet", "address", true], ["proposal", "(bytes32,bytes32,bytes32,bytes32[],bytes32[],uint32[],uint64[],bytes32[],bytes32,bytes32[],bytes32[],bytes32[],bytes32[],bytes32,bytes32,uint8,uint32,uint32,uint64,uint64,uint256)", false, ["proposer", "scheduler", "contractDigest", "computeParties", "dataSets", "dataVersions", "epsilonMicros", "programs", "engine", "models", "licences", "resultUsers", "auditors", "reviewer", "purpose", "protectionLevel", "uses", "maxReserves", "deadline", "reviewBy", "nonce"]]] },
  TaskStarted: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["authorizations", "bytes32[]", false], ["programsDigest", "bytes32", false], ["startedAt", "uint64", false]] },
  Unpaused: { contracts: ["Tasks"], parameters: [["account", "address", false]] },
  UsesReserved: { contracts: ["Tasks"], parameters: [["task", "bytes32", true], ["number", "uint32", false], ["uses", "uint32", false], ["authorizations", "bytes32[]", false]] },
};
