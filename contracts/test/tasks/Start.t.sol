// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadLength,
    CommitteeSize,
    DeadlinePassed,
    LevelNotReached,
    MissingRole,
    NotAllowed,
    NotEnoughApprovals,
    PartyNotActive,
    RetiredRelease,
    SameKey,
    VersionRetired,
    WrongState
} from "../../src/Errors.sol";
import {Admission, COMPUTE_PROVIDER, CommitteeKind, Proposal, RESULT_USER, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract StartTest is Fixture {
    function test_startMovesAndEmits() public {
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskStarted(id, authorizations, keccak256(abi.encodePacked(CODE)), NOW);
        _start(p, authorizations);
        _stateIs(id, TaskState.Started);
        eq("started", tasks.get(id).startedAt, NOW);
    }

    function test_proposerAndSchedulerStartByWalletOrNode() public {
        address[4] memory callers = [bank.wallet, bank.node, platform.wallet, platform.node];
        for (uint256 i = 0; i < 4; i++) {
            Proposal memory p = _proposal();
            p.nonce = 100 + i;
            bytes32 id = _propose(p);
            bytes32[] memory authorizations = _consent(p);
            vm.prank(callers[i]);
            tasks.start(p, authorizations);
            _stateIs(id, TaskState.Started);
        }
    }

    function test_attack_startByAStranger() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        address[3] memory callers = [stranger.wallet, hospital.wallet, address(0)];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, callers[i], platform.id));
            tasks.start(p, authorizations);
        }
    }

    function test_attack_doubleStart() public {
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations =
            _list(_submit(_standing(p, 0, 5), bank), _submit(_standing(p, 1, 5), hospital));
        _start(p, authorizations);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Started));
        _start(p, authorizations);
        eq("uses", consents.get(authorizations[0]).usesLeft, 4);
    }

    function test_onlyWhatWasProposed() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        p.deadline += 1;
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, _idOf(p), TaskState.None));
        _start(p, authorizations);
    }

    function test_deadlineEdges() public {
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, id, DEADLINE, DEADLINE + 1));
        _start(p, authorizations);
        vm.warp(DEADLINE);
        _start(p, authorizations);
    }

    function test_proposerAndSchedulerMustBeActive() public {
        Proposal memory p = _proposal();
        p.proposer = laboratory.id;
        bytes32 id = _idOf(p);
        tasks.propose(p, _sign(laboratory.walletKey, id));
        bytes32[] memory authorizations = _consent(p);
        _suspend(laboratory);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, laboratory.id));
        _start(p, authorizations);
        _reinstate(laboratory);
        _suspend(platform);
        vm.prank(laboratory.wallet);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, platform.id));
        tasks.start(p, authorizations);
    }

    // --- who commits ---

    /// @dev Operators are compared at the proposal; keys change, so they are compared here.
    function test_attack_sharedNodeKeys() public {
        Actor memory sameSigner = _actor("same signer");
        (sameSigner.node, sameSigner.nodeKey) = (hospital.node, hospital.nodeKey);
        _admit(sameSigner, COMPUTE_PROVIDER, "another operator");
        (Proposal memory p, bytes32[] memory authorizations) = _withThird(sameSigner.id);
        vm.expectRevert(abi.encodeWithSelector(SameKey.selector, hospital.id, sameSigner.id));
        _start(p, authorizations);

        Actor memory twin = _actor("twin");
        Admission memory application = _application(twin, COMPUTE_PROVIDER, "yet another");
        application.nodeKey = _tls(hospital);
        _admit(twin, application);
        (p, authorizations) = _withThird(twin.id);
        vm.expectRevert(abi.encodeWithSelector(SameKey.selector, hospital.id, twin.id));
        _start(p, authorizations);
    }

    function test_onlyActiveCommitters() public {
        (Proposal memory p, bytes32[] memory authorizations) = _withThird(exchange.id);
        _suspend(exchange);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, exchange.id));
        _start(p, authorizations);
    }

    // --- result users, programs, data sets ---

    function test_onlyActiveResultUsers() public {
        Proposal memory p = _proposal();
        p.resultUsers = _list(exchange.id);
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, exchange.id, RESULT_USER));
        _start(p, authorizations);
        p = _proposal();
        _propose(p);
        authorizations = _consent(p);
        _suspend(laboratory);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, laboratory.id));
        _start(p, authorizations);
    }

    function test_onlyProgramsThatMayRun() public {
        vm.prank(developer.wallet);
        programs.publish("unapproved", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        _publish("weak", CODE, 3, 1, 3, 5);
        _publish("large", CODE, 4, 1, 4, 5);
        _refusedProgram("unapproved", abi.encodeWithSelector(NotEnoughApprovals.selector, bytes32("unapproved"), 0, 1));
        _refusedProgram("weak", abi.encodeWithSelector(LevelNotReached.selector, bytes32("weak"), 3, 4));
        _refusedProgram("large", abi.encodeWithSelector(CommitteeSize.selector, bytes32("large"), 3, 4, 5));
        vm.prank(developer.wallet);
        programs.retire("weak");
        _refusedProgram("weak", abi.encodeWithSelector(RetiredRelease.selector, bytes32("weak")));
    }

    function test_onlyAnEngineThatMayRun() public {
        vm.prank(developer.wallet);
        programs.publishEngine("new engine", "its code");
        Proposal memory p = _proposal();
        p.engine = "new engine";
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughApprovals.selector, bytes32("new engine"), 0, 1));
        _start(p, authorizations);
        _approve("new engine");
        vm.prank(developer.wallet);
        programs.retire("new engine");
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, bytes32("new engine")));
        _start(p, authorizations);
    }

    function test_aRetiredDataSetStartsNothing() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.prank(hospital.wallet);
        dataSets.retire(diagnoses, 1, "");
        vm.expectRevert(abi.encodeWithSelector(VersionRetired.selector, diagnoses, 1));
        _start(p, authorizations);
    }

    function test_oneAuthorizationPerDataSet() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        bytes32[] memory one = _list(authorizations[0]);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("authorizations"), 1, 2, 2));
        _start(p, one);
    }

    function test_pauseStopsStart() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.prank(admin);
        tasks.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        _start(p, authorizations);
        vm.prank(admin);
        tasks.unpause();
        _start(p, authorizations);
    }

    /// @dev A proposal whose third seat is this party, with its authorizations.
    function _withThird(bytes32 third) private returns (Proposal memory p, bytes32[] memory authorizations) {
        p = _proposal();
        p.computeParties = _list(bank.id, hospital.id, third);
        p.nonce = uint256(third);
        _propose(p);
        authorizations = _consent(p);
    }

    function _refusedProgram(bytes32 program, bytes memory refusal) private {
        Proposal memory p = _proposal();
        p.programs = _list(GLM, program);
        p.nonce = uint256(keccak256(abi.encode(refusal)));
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectRevert(refusal);
        _start(p, authorizations);
    }
}
