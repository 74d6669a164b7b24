// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyCommitted,
    BadLength,
    BadSignature,
    DeadlinePassed,
    ForkedLog,
    NotInTask,
    PartyNotActive,
    WrongEpoch,
    WrongState,
    ZeroValue
} from "../../src/Errors.sol";
import {ABORT, CommitmentRecord, Proposal, RunCommitment, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {Vm, vm} from "../support/Vm.sol";

contract CommitTest is Fixture {
    using Hashing for RunCommitment;

    Proposal private p;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        p = _proposal();
        id = _started(p);
    }

    function test_aCommitmentIsRecordedAndEmitted() public {
        RunCommitment memory c = _commitment(id, bank);
        vm.expectEmit(address(tasks));
        emit ITasks.RunCommitted(
            id, c.runId, c.party, c.inputRoot, c.epoch, c.logSize, c.logRoot, c.links, c.outputShares, 1
        );
        _commit(c, bank);
        CommitmentRecord memory r = tasks.commitmentOf(id, bank.id);
        eq("run", r.runId, c.runId);
        eq("shares", r.outputShares, c.outputShares);
        eq("links", keccak256(abi.encode(r.links)), keccak256(abi.encode(c.links)));
        eq("commitments", tasks.get(id).commitments, 1);
        eq("noted", anchors.noted(bank.id)[0].root, c.logRoot);
    }

    function test_agreementCompletesInAnyOrder() public {
        _commit(id, hospital);
        _commit(id, bank);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskCompleted(id, RUN);
        _commit(id, exchange);
        _stateIs(id, TaskState.Completed);
    }

    function test_aContradictedLinkDisputesAndNamesThePair() public {
        RunCommitment memory c = _commitment(id, hospital);
        c.links[1] = "what the exchange did not see";
        _commit(id, bank);
        _commit(id, exchange);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskDisputed(id, _list(exchange.id), _list(hospital.id));
        _commit(c, hospital);
        _stateIs(id, TaskState.Disputed);
        eq("no run", tasks.get(id).runId, 0);
    }

    function test_anotherRunDisputesWithEverybody() public {
        RunCommitment memory c = _commitment(id, exchange);
        c.runId = "another run";
        _commit(id, bank);
        _commit(c, exchange);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskDisputed(id, _list(bank.id, exchange.id), _list(exchange.id, hospital.id));
        _commit(id, hospital);
        _stateIs(id, TaskState.Disputed);
    }

    /// @dev Which links lie is drawn; the event must name exactly those pairs.
    function testFuzz_blameNamesExactlyTheContradictions(bool bankExchange, bool bankHospital, bool exchangeHospital)
        public
    {
        RunCommitment memory ofBank = _commitment(id, bank);
        RunCommitment memory ofExchange = _commitment(id, exchange);
        if (bankExchange) ofBank.links[0] = "lie";
        if (bankHospital) ofBank.links[1] = "lie";
        if (exchangeHospital) ofExchange.links[1] = "lie";
        _commit(ofBank, bank);
        _commit(ofExchange, exchange);
        vm.recordLogs();
        _commit(id, hospital);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!bankExchange && !bankHospital && !exchangeHospital) {
            _stateIs(id, TaskState.Completed);
            return;
        }
        _stateIs(id, TaskState.Disputed);
        (bytes32[] memory left, bytes32[] memory right) = abi.decode(logs[1].data, (bytes32[], bytes32[]));
        uint256 place = 0;
        if (bankExchange) _pairIs(left, right, place++, bank.id, exchange.id);
        if (bankHospital) _pairIs(left, right, place++, bank.id, hospital.id);
        if (exchangeHospital) _pairIs(left, right, place++, exchange.id, hospital.id);
        eq("pairs", left.length, place);
        eq("pairs", right.length, place);
    }

    function test_anyoneRelays() public {
        RunCommitment memory c = _commitment(id, bank);
        bytes memory signature = _sign(bank.nodeKey, _digest(address(tasks), c.hash()));
        vm.prank(stranger.wallet);
        tasks.commit(c, signature);
        eq("commitments", tasks.get(id).commitments, 1);
    }

    function test_attack_commitForAnother() public {
        RunCommitment memory c = _commitment(id, hospital);
        bytes32 digest = _digest(address(tasks), c.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.node, digest));
        _commit(c, bank);
        // Not even its own wallet speaks for a node.
        bytes memory byWallet = _sign(hospital.walletKey, digest);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.node, digest));
        tasks.commit(c, byWallet);
    }

    function test_attack_secondCommit() public {
        _commit(id, bank);
        RunCommitment memory c = _commitment(id, bank);
        c.outputShares = "better shares";
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, id, bank.id));
        _commit(c, bank);
    }

    function test_onlyTheCommitteeCommits() public {
        RunCommitment memory c = _commitment(id, bank);
        c.party = laboratory.id;
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, laboratory.id));
        _commit(c, laboratory);
    }

    function test_attack_commitAfterTheEnd() public {
        _abort(_abortOf(id, exchange, ABORT), exchange.nodeKey);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Aborted));
        _commit(id, bank);
    }

    function test_notBeforeStart() public {
        p.nonce = 2;
        bytes32 fresh = _propose(p);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, fresh, TaskState.Proposed));
        _commit(fresh, bank);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, bytes32("none"), TaskState.None));
        _commit("none", bank);
    }

    function test_deadlineEdges() public {
        vm.warp(DEADLINE);
        _commit(id, bank);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, id, DEADLINE, DEADLINE + 1));
        _commit(id, exchange);
    }

    /// @dev Suspension counts at once: the task cannot complete without the member, and ends by its deadline.
    function test_attack_suspendedPartyMidTask() public {
        _commit(id, bank);
        _commit(id, exchange);
        _suspend(hospital);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, hospital.id));
        _commit(id, hospital);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, hospital.id));
        _abort(_abortOf(id, hospital, ABORT), hospital.nodeKey);
        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskExpired(id, _list(hospital.id));
        tasks.expire(id);
    }

    /// @dev The old key was stolen and rotated away: it signs nothing any more, the new one does.
    function test_attack_revokedKey() public {
        Actor memory renewed = _actor("hospital's new node");
        _rotateKeys(hospital, renewed);
        RunCommitment memory c = _commitment(id, hospital);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, renewed.node, _digest(address(tasks), c.hash())));
        _commit(c, hospital);
        _commit(c, renewed);
        eq("commitments", tasks.get(id).commitments, 1);
    }

    function test_oneLinkPerPeer() public {
        RunCommitment memory c = _commitment(id, bank);
        c.links = _words(3, 1);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("links"), 3, 2, 2));
        _commit(c, bank);
        c.links = _words(1, 1);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("links"), 1, 2, 2));
        _commit(c, bank);
    }

    function test_aRunHasAnId() public {
        RunCommitment memory c = _commitment(id, bank);
        c.runId = 0;
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("runId")));
        _commit(c, bank);
    }

    function test_theLogMustFitTheAnchors() public {
        RunCommitment memory c = _commitment(id, bank);
        c.epoch = 1;
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, bank.id, 1, 0));
        _commit(c, bank);
        c.epoch = 0;
        _commit(c, bank);
        // The same size with another root, in another task: a fork, refused.
        p.nonce = 2;
        bytes32 second = _started(p);
        c = _commitment(second, bank);
        vm.expectRevert(abi.encodeWithSelector(ForkedLog.selector, bank.id, 4, 4));
        _commit(c, bank);
        eq("not committed", tasks.get(second).commitments, 0);
    }

    function test_pauseNeverBlocksCommit() public {
        vm.prank(admin);
        tasks.pause();
        _commit(id, bank);
        _commit(id, exchange);
        _commit(id, hospital);
        _stateIs(id, TaskState.Completed);
    }

    /// @dev The largest committee, all of it in dispute with all of it, still ends within a block's gas.
    function test_theLargestCommitteeFitsABlock() public {
        _publish("wide", CODE, 4, 1, 3, 32);
        Actor[] memory members = new Actor[](32);
        p.computeParties = new bytes32[](32);
        for (uint256 i = 0; i < 32; i++) {
            members[i] = _admit(string(abi.encodePacked("member", i)), 2);
            p.computeParties[i] = members[i].id;
        }
        p.programs = _list("wide");
        id = _started(p);
        uint256 used;
        for (uint256 i = 0; i < 32; i++) {
            RunCommitment memory c = _commitment(id, p.computeParties, members[i].id);
            c.runId = bytes32(i + 1);
            uint256 before = gasleft();
            _commit(c, members[i]);
            used = before - gasleft();
        }
        _stateIs(id, TaskState.Disputed);
        yes("gas", used < 15_000_000);
    }

    function _pairIs(bytes32[] memory left, bytes32[] memory right, uint256 place, bytes32 one, bytes32 other)
        private
        pure
    {
        eq("left", left[place], one);
        eq("right", right[place], other);
    }
}
