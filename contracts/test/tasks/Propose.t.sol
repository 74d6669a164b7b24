// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AuditorOnCommittee,
    BadLength,
    BadSignature,
    DeadlinePassed,
    Duplicate,
    OutOfRange,
    PartyNotActive,
    TaskExists,
    UnknownParty,
    UnknownVersion,
    ZeroValue
} from "../../src/Errors.sol";
import {Authorization, NOBODY, Proposal, Task, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {Vm, vm} from "../support/Vm.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract ProposeTest is Fixture {
    function test_proposeRecordsTheTask() public {
        Proposal memory p = _proposal();
        p.reviewer = hospital.id;
        bytes32 id = _propose(p);
        Task memory t = tasks.get(id);
        eq("state", uint8(t.state), uint8(TaskState.Proposed));
        eq("level", t.protectionLevel, p.protectionLevel);
        eq("deadline", t.deadline, p.deadline);
        eq("proposer", t.proposer, p.proposer);
        eq("scheduler", t.scheduler, p.scheduler);
        eq("reviewer", t.reviewer, p.reviewer);
        eq("contract", t.contractDigest, p.contractDigest);
        eq("committee", keccak256(abi.encode(t.computeParties)), keccak256(abi.encode(p.computeParties)));
        eq("id", tasks.idOf(p), id);
    }

    function test_theEventCarriesEveryField() public {
        Proposal memory p = _proposal();
        vm.recordLogs();
        bytes32 id = _propose(p);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        eq("one event", logs.length, 1);
        eq("topics", logs[0].topics.length, 2);
        eq("topic", logs[0].topics[0], ITasks.TaskProposed.selector);
        eq("task", logs[0].topics[1], id);
        (bytes32 proposer, bytes32 scheduler, bytes32 digest, bytes32[] memory committee, bytes32[] memory sets) =
            abi.decode(logs[0].data, (bytes32, bytes32, bytes32, bytes32[], bytes32[]));
        eq("proposer", proposer, p.proposer);
        eq("scheduler", scheduler, p.scheduler);
        eq("contract", digest, p.contractDigest);
        eq("committee", keccak256(abi.encode(committee)), keccak256(abi.encode(p.computeParties)));
        eq("data sets", keccak256(abi.encode(sets)), keccak256(abi.encode(p.dataSets)));
        // The whole: fourteen heads, then the lists; a struct's encoding without its offset word.
        eq("all", keccak256(bytes.concat(bytes32(uint256(32)), logs[0].data)), keccak256(abi.encode(p)));
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

    function test_committeeSize() public {
        Proposal memory p = _proposal();
        p.computeParties = _list(bank.id, hospital.id);
        _refusedLength(p, "computeParties", 2, 3, 32);
        p.computeParties = _words(33, 1);
        _refusedLength(p, "computeParties", 33, 3, 32);
        p.computeParties = _words(32, 1);
        _propose(p);
    }

    function test_attack_longLists() public {
        Proposal memory p = _proposal();
        p.dataSets = _words(101, 1);
        _refusedLength(p, "dataSets", 101, 1, 100);
        p.dataSets = _words(0, 1);
        _refusedLength(p, "dataSets", 0, 1, 100);
        p = _proposal();
        p.dataVersions = new uint32[](3);
        _refusedLength(p, "dataVersions", 3, 2, 2);
        p = _proposal();
        p.programs = _words(65, 1);
        _refusedLength(p, "programs", 65, 1, 64);
        p.programs = _words(0, 1);
        _refusedLength(p, "programs", 0, 1, 64);
        p = _proposal();
        p.resultUsers = _words(101, 1);
        _refusedLength(p, "resultUsers", 101, 1, 100);
        p.resultUsers = _words(0, 1);
        _refusedLength(p, "resultUsers", 0, 1, 100);
        p = _proposal();
        p.auditors = _words(101, 1);
        _refusedLength(p, "auditors", 101, 0, 100);
    }

    /// @dev The longest task there may be is proposed and started within a block's gas (30 million).
    function test_theLongestTaskFitsABlock() public {
        Proposal memory p = _proposal();
        p.programs = _words(64, 1);
        bytes32[] memory codes = new bytes32[](64);
        for (uint256 i = 0; i < 64; i++) {
            _publish(p.programs[i], codes[i] = bytes32(i + 1), 4, 1, 3, 5);
        }
        p.dataSets = _words(100, 2);
        p.dataVersions = new uint32[](100);
        for (uint256 i = 0; i < 100; i++) {
            _register(bank, p.dataSets[i]);
            p.dataVersions[i] = 1;
        }
        p.auditors = _words(100, 3);
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

    function test_noDoubles() public {
        Proposal memory p = _proposal();
        p.computeParties = _list(bank.id, exchange.id, bank.id);
        _refusedDouble(p, "computeParties", bank.id);
        p = _proposal();
        p.dataSets = _list(cards, cards);
        _refusedDouble(p, "dataSets", cards);
        p = _proposal();
        p.programs = _list(GLM, GLM);
        _refusedDouble(p, "programs", GLM);
        p = _proposal();
        p.resultUsers = _list(laboratory.id, laboratory.id);
        _refusedDouble(p, "resultUsers", laboratory.id);
        p = _proposal();
        p.auditors = _list(regulator.id, regulator.id);
        _refusedDouble(p, "auditors", regulator.id);
    }

    function test_attack_auditorOnTheCommittee() public {
        Proposal memory p = _proposal();
        p.auditors = _list(regulator.id, exchange.id);
        vm.expectRevert(abi.encodeWithSelector(AuditorOnCommittee.selector, exchange.id));
        _propose(p);
    }

    function test_onlyRegisteredDataSets() public {
        Proposal memory p = _proposal();
        p.dataVersions[1] = 2;
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, diagnoses, 2));
        _propose(p);
    }

    function test_theReviewerMustBeKnown() public {
        Proposal memory p = _proposal();
        p.reviewer = stranger.id;
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        _propose(p);
        // Zero is not "nobody": that is the hash of the empty name.
        p.reviewer = 0;
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, bytes32(0)));
        _propose(p);
        eq("nobody", NOBODY, keccak256(bytes("")));
    }

    function test_requiredValues() public {
        Proposal memory p = _proposal();
        p.contractDigest = 0;
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("contractDigest")));
        _propose(p);
        p = _proposal();
        for (uint8 level = 0; level <= 6; level += 6) {
            p.protectionLevel = level;
            vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("protectionLevel"), level, 1, 5));
            _propose(p);
        }
    }

    function test_deadlineEdges() public {
        Proposal memory p = _proposal();
        p.deadline = NOW;
        _propose(p);
        p.deadline = NOW - 1;
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, _idOf(p), NOW - 1, NOW));
        _propose(p);
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

    function _refusedLength(Proposal memory p, bytes32 list, uint256 length, uint256 min, uint256 max) private {
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, list, length, min, max));
        _propose(p);
    }

    function _refusedDouble(Proposal memory p, bytes32 list, bytes32 item) private {
        vm.expectRevert(abi.encodeWithSelector(Duplicate.selector, list, item));
        _propose(p);
    }
}
