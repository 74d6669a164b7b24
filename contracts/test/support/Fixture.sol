// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../../src/Anchors.sol";
import {Consents} from "../../src/Consents.sol";
import {DataSets} from "../../src/DataSets.sol";
import {PartyRegistry} from "../../src/PartyRegistry.sol";
import {Programs} from "../../src/Programs.sol";
import {ProposalRules} from "../../src/ProposalRules.sol";
import {Tasks} from "../../src/Tasks.sol";
import {
    ALGORITHM_PROVIDER,
    Abort,
    Admission,
    AnchorUpdate,
    Authorization,
    CERTIFIER,
    COMPUTE_PROVIDER,
    CommitteeKind,
    DATA_PROVIDER,
    DataSetRegistration,
    KeyRotation,
    NOBODY,
    PLATFORM,
    Proposal,
    REGULATOR,
    RESULT_USER,
    ResultAttestation,
    RunCommitment,
    SCHEDULER,
    TaskState
} from "../../src/Types.sol";
import {Hashing} from "./Hashing.sol";
import {RegistrationHashing} from "./RegistrationHashing.sol";
import {Check, vm} from "./Vm.sol";

struct Actor {
    string name;
    bytes32 id;
    uint256 walletKey;
    address wallet;
    uint256 nodeKey;
    address node;
}

/// @dev A whole deployment with named actors, and the steps of a task's life as one call each.
abstract contract Fixture is Check {
    using Hashing for Abort;
    using Hashing for AnchorUpdate;
    using Hashing for Authorization;
    using Hashing for Proposal;
    using Hashing for ResultAttestation;
    using Hashing for RunCommitment;
    using RegistrationHashing for Admission;
    using RegistrationHashing for KeyRotation;

    uint64 internal constant NOW = 1_900_000_000;
    uint64 internal constant DEADLINE = NOW + 1 hours;
    uint64 internal constant MAX_LIFETIME = 30 days;
    uint64 internal constant CONDITION_DELAY = 7 days;
    bytes32 internal constant DEPLOYMENT = keccak256("a deployment");
    bytes32 internal constant CODE = keccak256("code of glm.logistic");
    bytes32 internal constant GLM = keccak256("glm.logistic@1.0.0");
    bytes32 internal constant PSI = keccak256("psi.two_party@1.0.0");
    bytes32 internal constant LOOKUP = keccak256("lookup.named@1.0.0");
    bytes32 internal constant ENGINE = keccak256("engine@1.0.0");
    bytes32 internal constant RUN = keccak256("a run");

    address internal admin = address(0xAD);

    PartyRegistry internal registry;
    DataSets internal dataSets;
    Programs internal programs;
    ProposalRules internal rules;
    Anchors internal anchors;
    Consents internal consents;
    Tasks internal tasks;

    // Data owners that compute.
    Actor internal bank;
    Actor internal hospital;
    // Computes, owns nothing.
    Actor internal exchange;
    // Owns data, never on the committee.
    Actor internal clinic;
    Actor internal laboratory;
    Actor internal platform;
    Actor internal regulator;
    Actor internal certifier;
    Actor internal developer;
    Actor internal stranger;

    bytes32 internal cards = keccak256("cards-00000000000000000000000000000001");
    bytes32 internal diagnoses = keccak256("diagnoses-00000000000000000000000000000002");
    bytes32 internal visits = keccak256("visits-00000000000000000000000000000003");

    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(1000);
        vm.chainId(731_337);
        _deploy(DEPLOYMENT);
        _admitEverybody();
        _register(bank, cards);
        _register(hospital, diagnoses);
        _register(clinic, visits);
        _publishEverything();
    }

    function _publishEverything() internal {
        _publish(GLM, CODE, 4, 1, 3, 5);
        _publish(PSI, CODE, CommitteeKind.Owners, 4, 1, 2, 5);
        _publish(LOOKUP, CODE, CommitteeKind.None, 4, 1, 1, 32);
        _publishEngine(ENGINE, keccak256("code of the engine"));
    }

    function _deploy(bytes32 deployment) internal {
        address tasksAddress = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + _offset());
        registry = new PartyRegistry(deployment, admin);
        dataSets = new DataSets(deployment, registry);
        programs = new Programs(registry, admin, 1);
        rules = new ProposalRules(registry, dataSets, programs);
        anchors = new Anchors(deployment, registry, tasksAddress);
        consents = new Consents(deployment, registry, dataSets, programs, tasksAddress);
        tasks = new Tasks(deployment, _wiring(), admin, _firstConditions(), _conditionDelay(), MAX_LIFETIME);
    }

    function _wiring() internal view returns (Tasks.Wiring memory) {
        return Tasks.Wiring(registry, dataSets, programs, rules, consents, anchors);
    }

    function _conditionDelay() internal pure virtual returns (uint64) {
        return CONDITION_DELAY;
    }

    /// @dev Contracts created before Tasks.
    function _offset() internal pure virtual returns (uint64) {
        return 6;
    }

    /// @dev In force from the beginning; none unless a test says so.
    function _firstConditions() internal virtual returns (address[] memory) {
        return new address[](0);
    }

    function _admitEverybody() internal {
        bank = _admit("bank", DATA_PROVIDER | COMPUTE_PROVIDER | RESULT_USER);
        hospital = _admit("hospital", DATA_PROVIDER | COMPUTE_PROVIDER | RESULT_USER);
        exchange = _admit("exchange", COMPUTE_PROVIDER);
        clinic = _admit("clinic", DATA_PROVIDER);
        laboratory = _admit("laboratory", RESULT_USER);
        platform = _admit("platform", SCHEDULER | PLATFORM);
        regulator = _admit("regulator", REGULATOR);
        certifier = _admit("certifier", CERTIFIER);
        developer = _admit("developer", ALGORITHM_PROVIDER);
        stranger = _actor("stranger");
    }

    // --- actors ---

    function _actor(string memory name) internal pure returns (Actor memory a) {
        a.name = name;
        a.id = keccak256(bytes(name));
        a.walletKey = uint256(keccak256(abi.encode(name, "wallet")));
        a.wallet = vm.addr(a.walletKey);
        a.nodeKey = uint256(keccak256(abi.encode(name, "node")));
        a.node = vm.addr(a.nodeKey);
    }

    function _admit(string memory name, uint32 roles) internal returns (Actor memory a) {
        a = _actor(name);
        _admit(a, roles, keccak256(abi.encode(name, "operator")));
    }

    function _admit(Actor memory a, uint32 roles, bytes32 operator) internal {
        _admit(a, _application(a, roles, operator));
    }

    /// @dev Signed by the actor's wallet and node.
    function _admit(Actor memory a, Admission memory application) internal {
        bytes32 digest = _digest(address(registry), application.hash());
        bytes memory walletSignature = _sign(a.walletKey, digest);
        bytes memory nodeSignature = _sign(a.nodeKey, digest);
        vm.prank(admin);
        registry.admit(application, walletSignature, nodeSignature);
    }

    function _application(Actor memory a, uint32 roles, bytes32 operator) internal pure returns (Admission memory) {
        return Admission({
            party: a.id,
            wallet: a.wallet,
            nodeSigner: a.node,
            nodeKey: _tls(a),
            sealKey: _seal(a),
            operator: operator,
            roles: roles,
            profileHash: keccak256("profile")
        });
    }

    /// @dev The party takes another actor's node keys as its own.
    function _rotateKeys(Actor memory party, Actor memory renewed) internal {
        uint64 period = registry.keyPeriod(party.id) + 1;
        KeyRotation memory r = KeyRotation(party.id, renewed.node, _tls(renewed), _seal(renewed), period);
        bytes memory possession = _sign(renewed.nodeKey, _digest(address(registry), r.hash()));
        vm.prank(party.wallet);
        registry.rotateKeys(r, possession, "");
    }

    /// @dev The old wallet names the new one, which accepts.
    function _changeWallet(Actor memory party, address newWallet) internal {
        (, uint64 change) = registry.pendingWallet(party.id);
        vm.prank(registry.get(party.id).wallet);
        registry.changeWallet(party.id, newWallet, change + 1, "");
        vm.prank(newWallet);
        registry.acceptWallet(party.id, "");
    }

    function _tls(Actor memory a) internal pure returns (bytes32) {
        return keccak256(abi.encode(a.name, "tls"));
    }

    function _seal(Actor memory a) internal pure returns (bytes32) {
        return keccak256(abi.encode(a.name, "seal"));
    }

    function _suspend(Actor memory a) internal {
        vm.prank(admin);
        registry.suspend(a.id, keccak256("why"));
    }

    function _reinstate(Actor memory a) internal {
        vm.prank(admin);
        registry.reinstate(a.id);
    }

    function _register(Actor memory owner, bytes32 dataSet) internal {
        DataSetRegistration memory r = _registration(owner, dataSet);
        vm.prank(owner.wallet);
        dataSets.register(r, "");
    }

    function _registration(Actor memory owner, bytes32 dataSet) internal view returns (DataSetRegistration memory) {
        return DataSetRegistration({
            dataSet: dataSet,
            owner: owner.id,
            version: dataSets.latest(dataSet) + 1,
            schemaHash: keccak256("schema"),
            inputRoot: _root(dataSet),
            rows: 1000,
            dataLevel: 3,
            legalBasis: keccak256("basis")
        });
    }

    function _root(bytes32 dataSet) internal pure returns (bytes32) {
        return keccak256(abi.encode(dataSet, "root"));
    }

    function _publish(bytes32 program, bytes32 code, uint8 level, uint8 model, uint8 min, uint8 max) internal {
        _publish(program, code, CommitteeKind.Three, level, model, min, max);
    }

    function _publish(
        bytes32 program,
        bytes32 code,
        CommitteeKind committee,
        uint8 level,
        uint8 model,
        uint8 min,
        uint8 max
    ) internal {
        vm.prank(developer.wallet);
        programs.publish(program, code, committee, level, model, min, max, 1);
        _approve(program);
    }

    function _publishEngine(bytes32 engine, bytes32 code) internal {
        vm.prank(developer.wallet);
        programs.publishEngine(engine, code);
        _approve(engine);
    }

    function _approve(bytes32 release) internal {
        vm.prank(certifier.wallet);
        programs.approve(release, certifier.id);
    }

    /// @dev Declared by the developer and approved by the certifier.
    function _succeed(bytes32 older, bytes32 newer) internal {
        vm.prank(developer.wallet);
        programs.declareSuccessor(older, newer);
        vm.prank(certifier.wallet);
        programs.approveSuccessor(older, newer, certifier.id);
    }

    // --- signing ---

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _digest(address home, bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", Hashing.separator(block.chainid, home, DEPLOYMENT), structHash));
    }

    function _idOf(Proposal memory p) internal view returns (bytes32) {
        return _digest(address(tasks), p.hash());
    }

    function _digestOf(Authorization memory a) internal view returns (bytes32) {
        return _digest(address(consents), a.hash());
    }

    // --- lists ---

    function _list(bytes32 a) internal pure returns (bytes32[] memory items) {
        items = new bytes32[](1);
        items[0] = a;
    }

    function _list(bytes32 a, bytes32 b) internal pure returns (bytes32[] memory items) {
        items = new bytes32[](2);
        (items[0], items[1]) = (a, b);
    }

    function _list(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32[] memory items) {
        items = new bytes32[](3);
        (items[0], items[1], items[2]) = (a, b, c);
    }

    function _words(uint256 count, uint256 seed) internal pure returns (bytes32[] memory items) {
        items = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            items[i] = keccak256(abi.encode(seed, i));
        }
    }

    /// @dev Digest of so many programs that all have the same code.
    function _codes(uint256 count) internal pure returns (bytes32) {
        bytes memory digests;
        for (uint256 i = 0; i < count; i++) {
            digests = bytes.concat(digests, CODE);
        }
        return keccak256(digests);
    }

    // --- a task's life ---

    /// @dev The bank proposes; bank, exchange and hospital compute; cards and diagnoses go in; the laboratory gets it.
    function _proposal() internal view returns (Proposal memory p) {
        p.proposer = bank.id;
        p.scheduler = platform.id;
        p.contractDigest = keccak256("contract");
        p.computeParties = _list(bank.id, exchange.id, hospital.id);
        _over(p, _list(cards, diagnoses));
        p.programs = _list(GLM);
        p.engine = ENGINE;
        p.resultUsers = _list(laboratory.id);
        p.auditors = _list(regulator.id);
        p.reviewer = NOBODY;
        p.purpose = keccak256("credit risk [ref 00000000000000000000000000000004]");
        p.protectionLevel = 4;
        p.uses = 1;
        p.deadline = DEADLINE;
        p.nonce = 1;
    }

    /// @dev Puts the first versions of these data sets in, without spending any budget.
    function _over(Proposal memory p, bytes32[] memory sets) internal pure {
        p.dataSets = sets;
        p.dataVersions = new uint32[](sets.length);
        p.epsilonMicros = new uint64[](sets.length);
        for (uint256 i = 0; i < sets.length; i++) {
            p.dataVersions[i] = 1;
        }
    }

    /// @dev The usual one, and the regulator reviews the output within a day of the deadline.
    function _reviewed() internal view returns (Proposal memory p) {
        p = _proposal();
        p.reviewer = regulator.id;
        p.reviewBy = DEADLINE + 1 days;
    }

    /// @dev Bank and hospital compute with each other.
    function _betweenOwners() internal view returns (Proposal memory p) {
        p = _proposal();
        p.programs = _list(PSI);
        p.computeParties = _list(hospital.id, bank.id);
    }

    /// @dev Bank and hospital each answer for itself, 100 questions a block, three blocks more.
    function _session() internal view returns (Proposal memory p) {
        p = _proposal();
        p.programs = _list(LOOKUP);
        p.computeParties = new bytes32[](0);
        p.uses = 100;
        p.maxReserves = 3;
    }

    /// @dev An authorization by the owner of the proposal's data set number `which`, for this task once.
    function _authorization(Proposal memory p, uint256 which) internal view returns (Authorization memory a) {
        a.dataSet = p.dataSets[which];
        a.dataVersion = p.dataVersions[which];
        a.inputRoot = _root(a.dataSet);
        a.programs = p.programs;
        a.programsDigest = _codes(p.programs.length);
        a.engine = p.engine;
        a.proposer = p.proposer;
        a.purpose = p.purpose;
        a.resultUsers = p.resultUsers;
        a.computeParties = p.computeParties;
        a.policy = keccak256("policy");
        a.task = _idOf(p);
        a.maxUses = p.uses;
        a.notBefore = NOW;
        a.notAfter = NOW + 3650 days;
        a.minProtectionLevel = 4;
        a.epsilonMicros = p.epsilonMicros[which];
        a.legalBasis = keccak256("consent [ref 00000000000000000000000000000005]");
        a.impactAssessment = keccak256("assessment");
        a.nonce = 7;
    }

    function _standing(Proposal memory p, uint256 which, uint32 uses) internal view returns (Authorization memory a) {
        a = _authorization(p, which);
        a.task = 0;
        a.maxUses = uses;
    }

    function _propose(Proposal memory p) internal returns (bytes32 id) {
        id = _idOf(p);
        tasks.propose(p, _sign(bank.walletKey, id));
    }

    function _submit(Authorization memory a, Actor memory owner) internal returns (bytes32 digest) {
        digest = _digestOf(a);
        consents.submit(a, owner.id, _sign(owner.walletKey, digest));
    }

    /// @dev Both owners' authorizations, submitted.
    function _consent(Proposal memory p) internal returns (bytes32[] memory) {
        return _list(_submit(_authorization(p, 0), bank), _submit(_authorization(p, 1), hospital));
    }

    function _reserve(Proposal memory p, bytes32[] memory authorizations) internal {
        vm.prank(platform.node);
        tasks.reserve(p, authorizations);
    }

    function _start(Proposal memory p, bytes32[] memory authorizations) internal {
        vm.prank(platform.node);
        tasks.start(p, authorizations);
    }

    function _started(Proposal memory p) internal returns (bytes32 id) {
        id = _propose(p);
        _start(p, _consent(p));
    }

    /// @dev The hash that both ends of an honest link have.
    function _link(bytes32 one, bytes32 other) internal pure returns (bytes32) {
        return one < other ? keccak256(abi.encode(one, other)) : keccak256(abi.encode(other, one));
    }

    /// @dev What an honest member of the committee commits to.
    function _commitment(bytes32 task, bytes32[] memory committee, bytes32 party)
        internal
        pure
        returns (RunCommitment memory c)
    {
        c.task = task;
        c.runId = RUN;
        c.party = party;
        c.inputRoot = keccak256("input");
        c.logSize = 4;
        c.logRoot = keccak256(abi.encode(task, party, "log"));
        c.outputShares = keccak256(abi.encode(party, "share"));
        if (committee.length == 0) return c;
        c.links = new bytes32[](committee.length - 1);
        uint256 place = 0;
        for (uint256 i = 0; i < committee.length; i++) {
            if (committee[i] != party) c.links[place++] = _link(party, committee[i]);
        }
    }

    function _commitment(bytes32 task, Actor memory member) internal view returns (RunCommitment memory) {
        return _commitment(task, _proposal().computeParties, member.id);
    }

    function _commit(RunCommitment memory c, Actor memory member) internal {
        tasks.commit(c, _sign(member.nodeKey, _digest(address(tasks), c.hash())));
    }

    function _commit(bytes32 task, Actor memory member) internal {
        _commit(_commitment(task, member), member);
    }

    function _completed(Proposal memory p) internal returns (bytes32 id) {
        id = _started(p);
        _commit(id, bank);
        _commit(id, exchange);
        _commit(id, hospital);
    }

    function _abortOf(bytes32 task, Actor memory by, uint8 kind) internal pure returns (Abort memory) {
        return Abort({task: task, party: by.id, kind: kind, reason: 9, statement: keccak256("statement")});
    }

    function _abort(Abort memory a, uint256 key) internal {
        tasks.abort(a, _sign(key, _digest(address(tasks), a.hash())));
    }

    function _attestation(bytes32 task, Actor memory user) internal pure returns (ResultAttestation memory) {
        return ResultAttestation({task: task, runId: RUN, resultUser: user.id, resultHash: keccak256("result")});
    }

    function _attest(ResultAttestation memory r, uint256 key) internal {
        tasks.attest(r, _sign(key, _digest(address(tasks), r.hash())));
    }

    function _anchor(AnchorUpdate memory u, uint256 key, bytes32[] memory fromLast, bytes32[][] memory fromNoted)
        internal
    {
        anchors.anchor(u, _sign(key, _digest(address(anchors), u.hash())), fromLast, fromNoted);
    }

    function _state(bytes32 task) internal view returns (TaskState) {
        return tasks.stateOf(task);
    }

    function _stateIs(bytes32 task, TaskState wanted) internal view {
        eq("state", uint8(tasks.stateOf(task)), uint8(wanted));
    }
}
