// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, PartyNotActive, TaskExists, UnknownRelease} from "../../src/Errors.sol";
import {Authorization, CommitteeKind, Proposal, REGULATOR, Task, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract ProposeTest is Fixture {
    function test_proposeRecordsTheTask() public {
        Proposal memory p = _reviewed();
        bytes32 id = _propose(p);
        Task memory t = tasks.get(id);
        eq("state", uint8(t.state), uint8(TaskState.Proposed));
        eq("level", t.protectionLevel, p.protectionLevel);
        eq("deadline", t.deadline, p.deadline);
        eq("proposer", t.proposer, p.proposer);
        eq("scheduler", t.scheduler, p.scheduler);
        eq("reviewer", t.reviewer, p.reviewer);
        eq("contract", t.contractDigest, p.contractDigest);
        eq("committee", uint8(t.committee), uint8(CommitteeKind.Three));
        eq("committers", keccak256(abi.encode(t.committers)), keccak256(abi.encode(p.computeParties)));
        eq("review by", t.reviewBy, p.reviewBy);
        eq("proposed", t.proposedAt, NOW);
        eq("id", tasks.idOf(p), id);
    }

    function test_theEventCarriesEveryField() public {
        Proposal memory p = _reviewed();
        bytes32 id = _idOf(p);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskProposed(id, bank.wallet, p);
        _propose(p);
    }

    /// @dev The id is the digest that the proposer signed: a squatter would have to forge the signature.
    function test_attack_squattingATaskId() public {
        Proposal memory p = _proposal();
        bytes32 id = _idOf(p);
        bytes memory forged = _sign(stranger.walletKey, id);
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, id));
        tasks.propose(p, forged);
        // Under its own name it gets another id.
        p.proposer = hospital.id;
        yes("another id", _idOf(p) != id);
    }

    function test_aTaskIsProposedOnce() public {
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        vm.expectRevert(abi.encodeWithSelector(TaskExists.selector, id));
        _propose(p);
    }

    function test_onlyAnActiveProposer() public {
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _propose(_proposal());
    }

    /// @dev The longest task there may be is proposed and started within a block's gas (30 million).
    function test_theLongestTaskFitsABlock() public {
        Proposal memory p = _proposal();
        p.programs = _words(64, 1);
        bytes32[] memory codes = new bytes32[](64);
        for (uint256 i = 0; i < 64; i++) {
            _publish(p.programs[i], codes[i] = bytes32(i + 1), 4, 1, 3, 5);
        }
        _over(p, _words(100, 2));
        for (uint256 i = 0; i < 100; i++) {
            _register(bank, p.dataSets[i]);
        }
        p.auditors = new bytes32[](100);
        for (uint256 i = 0; i < 100; i++) {
            p.auditors[i] = _admit(string(abi.encodePacked("auditor", i)), REGULATOR).id;
        }
        p.reviewer = regulator.id;
        p.reviewBy = DEADLINE;
        bytes memory signature = _sign(bank.walletKey, _idOf(p));
        uint256 before = gasleft();
        tasks.propose(p, signature);
        yes("propose", before - gasleft() < 15_000_000);
        bytes32[] memory authorizations = new bytes32[](100);
        for (uint256 i = 0; i < 100; i++) {
            authorizations[i] = _submitCoded(p, i, keccak256(abi.encodePacked(codes)));
        }
        before = gasleft();
        _start(p, authorizations);
        yes("start", before - gasleft() < 15_000_000);
    }

    /// @dev What the rules refuse is not recorded; each rule has its test in test/rules.
    function test_theRulesAreAsked() public {
        Proposal memory p = _proposal();
        p.engine = "nowhere";
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        _propose(p);
        _stateIs(_idOf(p), TaskState.None);
    }

    function test_pauseStopsPropose() public {
        vm.prank(admin);
        tasks.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        _propose(_proposal());
    }

    /// @dev Whatever was signed, its hash on chain is EIP-712's.
    function testFuzz_id(Proposal memory p) public view {
        eq("id", tasks.idOf(p), _idOf(p));
    }

    function _submitCoded(Proposal memory p, uint256 which, bytes32 programsDigest) private returns (bytes32) {
        Authorization memory a = _authorization(p, which);
        a.programsDigest = programsDigest;
        return _submit(a, bank);
    }
}
