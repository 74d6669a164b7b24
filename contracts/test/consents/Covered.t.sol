// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "../../src/Consents.sol";
import {NotCovered} from "../../src/Errors.sol";
import {Authorization, Proposal, TaskFacts} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev Consents with this test in the place of Tasks: it must not rely on what Tasks checks before.
contract CoveredTest is Fixture {
    using Hashing for Authorization;

    Consents private alone;
    Authorization private a;
    bytes32 private digest;

    /// @dev What Consents asks of Tasks.
    bool public paused;

    function setUp() public override {
        super.setUp();
        alone = new Consents(DEPLOYMENT, registry, dataSets, programs, address(this));
        a = _standing(_proposal(), 0, 9);
        digest = _digest(address(alone), a.hash());
        alone.submit(a, bank.id, _sign(bank.walletKey, digest));
    }

    function test_theVeryFactsAreCovered() public {
        alone.consume(digest, _facts());
        eq("uses", alone.get(digest).usesLeft, 8);
    }

    function test_rootVersionAndDataSetAreComparedHereToo() public {
        TaskFacts memory facts = _facts();
        facts.inputRoot = "other";
        _refused(facts, "inputRoot");
        facts = _facts();
        facts.dataVersion = 2;
        _refused(facts, "dataVersion");
        facts = _facts();
        facts.dataSet = diagnoses;
        _refused(facts, "dataSet");
    }

    /// @dev Any one word changed anywhere in the facts, and nothing is consumed.
    function testFuzz_noOtherWordIsCovered(uint256 place, bytes32 other) public {
        TaskFacts memory facts = _facts();
        place = bound(place, 1, 10);
        if (place == 4) {
            facts.programs[0] = other;
        } else {
            // The tenth word, the level, may be higher than asked; the eleventh, the budget, may not.
            if (place == 10) place = 11;
            bytes32 was;
            assembly {
                was := mload(add(facts, mul(32, place)))
            }
            if (place == 2) other = bytes32(uint256(uint32(uint256(other))));
            if (place == 11) other = bytes32(uint256(uint64(uint256(other))));
            vm.assume(other != was);
            assembly {
                mstore(add(facts, mul(32, place)), other)
            }
        }
        (bool success,) = address(alone).call(abi.encodeCall(Consents.consume, (digest, facts)));
        no("consumed", success);
    }

    function _refused(TaskFacts memory facts, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, digest, field));
        alone.consume(digest, facts);
    }

    function _facts() private view returns (TaskFacts memory) {
        return TaskFacts({
            task: "any",
            dataSet: a.dataSet,
            dataVersion: a.dataVersion,
            inputRoot: a.inputRoot,
            programs: a.programs,
            engine: a.engine,
            proposer: a.proposer,
            purpose: a.purpose,
            resultUsers: Hashing.list(a.resultUsers),
            computeParties: Hashing.list(a.computeParties),
            protectionLevel: 4,
            epsilonMicros: a.epsilonMicros,
            uses: 1
        });
    }
}
