// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../../src/Types.sol";
import {IStartCondition} from "../../src/interfaces/IStartCondition.sol";
import {Check} from "./Vm.sol";

// Start conditions, lenient and not.

/// @dev Gives so many uses to all tasks together, and says who asked for what.
contract Quota is IStartCondition {
    event Asked(bytes32 task, bytes32 contractDigest, uint32 uses, bytes32[] authorizations);

    error QuotaExceeded(uint256 left);

    address private immutable _tasks;
    uint256 public left;

    constructor(address tasks, uint256 uses) {
        _tasks = tasks;
        left = uses;
    }

    function consume(bytes32 task, Proposal calldata p, bytes32[] calldata authorizations) external {
        require(msg.sender == _tasks, "only tasks");
        if (left < p.uses) revert QuotaExceeded(left);
        left -= p.uses;
        emit Asked(task, p.contractDigest, p.uses, authorizations);
    }
}

/// @dev Takes anything, and remembers that it came after another one.
contract Follower is IStartCondition, Check {
    Quota private immutable _first;
    uint256 private _before;

    constructor(Quota first) {
        _first = first;
        _before = first.left();
    }

    function consume(bytes32, Proposal calldata p, bytes32[] calldata) external {
        eq("asked after the first", _first.left(), _before - p.uses);
        _before -= p.uses;
    }
}

/// @dev Counts how often it was asked for each task.
contract Ledger is IStartCondition {
    address private immutable _tasks;
    mapping(bytes32 task => uint256) public asked;

    constructor(address tasks) {
        _tasks = tasks;
    }

    function consume(bytes32 task, Proposal calldata, bytes32[] calldata) external {
        require(msg.sender == _tasks, "only tasks");
        asked[task]++;
    }
}

/// @dev From inside a start it tries to start, or to reserve, once more.
contract ReentrantCondition is IStartCondition {
    bytes public again;
    bool public succeeded;

    function prepare(bytes calldata again_) external {
        again = again_;
    }

    function consume(bytes32, Proposal calldata, bytes32[] calldata) external {
        bytes memory call_ = again;
        again = "";
        if (call_.length == 0) return;
        (succeeded,) = msg.sender.call(call_);
    }
}
