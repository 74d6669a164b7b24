// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadLength, CommitteeSize, NotInTask} from "../../src/Errors.sol";
import {ABORT, CommitteeKind, DATA_PROVIDER, Proposal, RunCommitment, Task, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Tasks without a committee: owners who compute with each other, and owners who answer each for itself.
contract CommitKindsTest is Fixture {
    // --- Owners ---

    function test_twoOwnersCompleteWithTheirLink() public {
        Proposal memory p = _betweenOwners();
        bytes32 id = _started(p);
        eq("committee", uint8(tasks.get(id).committee), uint8(CommitteeKind.Owners));
        _commitBoth(id, p, _of(id, p, hospital));
        _stateIs(id, TaskState.Completed);
    }

    function test_aContradictedLinkDisputes() public {
        Proposal memory p = _betweenOwners();
        bytes32 id = _started(p);
        RunCommitment memory c = _of(id, p, hospital);
        c.links[0] = "what the bank did not see";
        _commit(_of(id, p, bank), bank);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskDisputed(id, _list(hospital.id), _list(bank.id));
        _commit(c, hospital);
        _stateIs(id, TaskState.Disputed);
    }

    function test_ownersNeedTheirLinks() public {
        Proposal memory p = _betweenOwners();
        bytes32 id = _started(p);
        RunCommitment memory c = _of(id, p, bank);
        c.links = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("links"), 0, 1, 1));
        _commit(c, bank);
    }

    // --- None ---

    function test_eachOwnerCommitsForItself() public {
        Proposal memory p = _session();
        bytes32 id = _started(p);
        Task memory t = tasks.get(id);
        eq("committee", uint8(t.committee), uint8(CommitteeKind.None));
        eq("committers", keccak256(abi.encode(t.committers)), keccak256(abi.encode(_list(bank.id, hospital.id))));
        _commitBoth(id, p, _of(id, p, hospital));
        _stateIs(id, TaskState.Completed);
        eq("run", tasks.get(id).runId, RUN);
    }

    function test_oneOwnerCompletesAlone() public {
        Proposal memory p = _session();
        _over(p, _list(cards));
        bytes32 id = _propose(p);
        _start(p, _list(_submit(_authorization(p, 0), bank)));
        _commit(_of(id, p, bank), bank);
        _stateIs(id, TaskState.Completed);
    }

    function test_anotherRunDisputes() public {
        Proposal memory p = _session();
        bytes32 id = _started(p);
        RunCommitment memory c = _of(id, p, hospital);
        c.runId = "another run";
        _commit(_of(id, p, bank), bank);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskDisputed(id, _list(bank.id), _list(hospital.id));
        _commit(c, hospital);
        _stateIs(id, TaskState.Disputed);
    }

    function test_thereAreNoLinks() public {
        Proposal memory p = _session();
        bytes32 id = _started(p);
        RunCommitment memory c = _of(id, p, bank);
        c.links = _list("a link");
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("links"), 1, 0, 0));
        _commit(c, bank);
    }

    function test_onlyOwnersCommit() public {
        Proposal memory p = _session();
        bytes32 id = _started(p);
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, exchange.id));
        _commit(_of(id, p, exchange), exchange);
    }

    function test_anOwnerAborts() public {
        bytes32 id = _started(_session());
        _abort(_abortOf(id, hospital, ABORT), hospital.nodeKey);
        _stateIs(id, TaskState.Aborted);
    }

    function test_expiryNamesTheSilentOwner() public {
        Proposal memory p = _session();
        bytes32 id = _started(p);
        _commit(_of(id, p, bank), bank);
        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskExpired(id, _list(hospital.id));
        tasks.expire(id);
    }

    /// @dev So many owners as the program takes, however few compute parties are named.
    function test_theProgramsBoundsAreOfThoseWhoCommit() public {
        _publish("two at least", CODE, CommitteeKind.None, 4, 1, 2, 32);
        Proposal memory p = _session();
        p.programs = _list("two at least");
        _over(p, _list(cards));
        _propose(p);
        bytes32[] memory authorizations = _list(_submit(_authorization(p, 0), bank));
        vm.expectRevert(abi.encodeWithSelector(CommitteeSize.selector, bytes32("two at least"), 1, 2, 32));
        _start(p, authorizations);
    }

    /// @dev The most owners there may be, all in dispute with all, end within a block's gas.
    function test_theMostOwnersFitABlock() public {
        Proposal memory p = _session();
        _over(p, _words(32, 1));
        bytes32[] memory authorizations = new bytes32[](32);
        Actor[] memory owners = new Actor[](32);
        for (uint256 i = 0; i < 32; i++) {
            owners[i] = _admit(string(abi.encodePacked("owner", i)), DATA_PROVIDER);
            _register(owners[i], p.dataSets[i]);
        }
        bytes32 id = _propose(p);
        for (uint256 i = 0; i < 32; i++) {
            authorizations[i] = _submit(_authorization(p, i), owners[i]);
        }
        _start(p, authorizations);
        uint256 used;
        for (uint256 i = 0; i < 32; i++) {
            RunCommitment memory c = _of(id, p, owners[i]);
            c.runId = bytes32(i + 1);
            uint256 before = gasleft();
            _commit(c, owners[i]);
            used = before - gasleft();
        }
        _stateIs(id, TaskState.Disputed);
        yes("gas", used < 15_000_000);
    }

    function _of(bytes32 id, Proposal memory p, Actor memory member) private pure returns (RunCommitment memory) {
        return _commitment(id, p.computeParties, member.id);
    }

    function _commitBoth(bytes32 id, Proposal memory p, RunCommitment memory last) private {
        _commit(_of(id, p, bank), bank);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskCompleted(id, RUN);
        _commit(last, hospital);
    }
}
