// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadLength, Duplicate, OutOfRange, UnknownVersion, ZeroValue} from "../../src/Errors.sol";
import {MAX_REVIEW, NOBODY, Proposal} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Lists, numbers and times of a proposal.
contract WellFormedTest is Fixture {
    function test_attack_longLists() public {
        Proposal memory p = _proposal();
        p.computeParties = _words(33, 1);
        _refusedLength(p, "computeParties", 33, 0, 32);
        p = _proposal();
        p.dataSets = _words(101, 1);
        _refusedLength(p, "dataSets", 101, 1, 100);
        p.dataSets = _words(0, 1);
        _refusedLength(p, "dataSets", 0, 1, 100);
        p = _proposal();
        p.dataVersions = new uint32[](3);
        _refusedLength(p, "dataVersions", 3, 2, 2);
        p = _proposal();
        p.epsilonMicros = new uint64[](1);
        _refusedLength(p, "epsilonMicros", 1, 2, 2);
        p = _proposal();
        p.programs = _words(65, 1);
        _refusedLength(p, "programs", 65, 1, 64);
        p.programs = _words(0, 1);
        _refusedLength(p, "programs", 0, 1, 64);
        p = _proposal();
        p.models = _words(17, 1);
        _refusedLength(p, "models", 17, 0, 16);
        p.models = _words(16, 1);
        p.licences = _words(15, 1);
        _refusedLength(p, "licences", 15, 16, 16);
        p = _proposal();
        p.resultUsers = _words(101, 1);
        _refusedLength(p, "resultUsers", 101, 1, 100);
        p.resultUsers = _words(0, 1);
        _refusedLength(p, "resultUsers", 0, 1, 100);
        p = _proposal();
        p.auditors = _words(101, 1);
        _refusedLength(p, "auditors", 101, 0, 100);
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
        p.models = _list("model", "model");
        p.licences = _list("one", "other");
        _refusedDouble(p, "models", "model");
        p = _proposal();
        p.resultUsers = _list(laboratory.id, laboratory.id);
        _refusedDouble(p, "resultUsers", laboratory.id);
        p = _proposal();
        p.auditors = _list(regulator.id, regulator.id);
        _refusedDouble(p, "auditors", regulator.id);
    }

    /// @dev One licence may be for several models, and the empty one always is.
    function test_licencesMayRepeat() public view {
        Proposal memory p = _proposal();
        p.models = _list("one", "other");
        p.licences = _list(NOBODY, NOBODY);
        rules.check(p, NOW, MAX_LIFETIME);
    }

    function test_requiredValues() public {
        Proposal memory p = _proposal();
        p.contractDigest = 0;
        _refused(p, abi.encodeWithSelector(ZeroValue.selector, bytes32("contractDigest")));
        p = _proposal();
        p.uses = 0;
        _refused(p, abi.encodeWithSelector(ZeroValue.selector, bytes32("uses")));
        p = _proposal();
        for (uint8 level = 0; level <= 6; level += 6) {
            p.protectionLevel = level;
            _refused(p, abi.encodeWithSelector(OutOfRange.selector, bytes32("protectionLevel"), level, 1, 5));
        }
    }

    function test_onlyRegisteredDataSets() public {
        Proposal memory p = _proposal();
        p.dataVersions[1] = 2;
        _refused(p, abi.encodeWithSelector(UnknownVersion.selector, diagnoses, 2));
    }

    function test_deadlineEdges() public {
        Proposal memory p = _proposal();
        p.deadline = NOW;
        rules.check(p, NOW, MAX_LIFETIME);
        p.deadline = NOW + MAX_LIFETIME;
        rules.check(p, NOW, MAX_LIFETIME);
        p.deadline = NOW - 1;
        _refusedTime(p, "deadline", p.deadline, NOW, NOW + MAX_LIFETIME);
        p.deadline = NOW + MAX_LIFETIME + 1;
        _refusedTime(p, "deadline", p.deadline, NOW, NOW + MAX_LIFETIME);
    }

    function test_reviewEdges() public {
        Proposal memory p = _reviewed();
        p.reviewBy = DEADLINE;
        rules.check(p, NOW, MAX_LIFETIME);
        p.reviewBy = DEADLINE + MAX_REVIEW;
        rules.check(p, NOW, MAX_LIFETIME);
        p.reviewBy = DEADLINE - 1;
        _refusedTime(p, "reviewBy", p.reviewBy, DEADLINE, DEADLINE + MAX_REVIEW);
        p.reviewBy = DEADLINE + MAX_REVIEW + 1;
        _refusedTime(p, "reviewBy", p.reviewBy, DEADLINE, DEADLINE + MAX_REVIEW);
        p.reviewBy = 0;
        _refusedTime(p, "reviewBy", 0, DEADLINE, DEADLINE + MAX_REVIEW);
    }

    function test_withoutAReviewerNothingIsDue() public {
        Proposal memory p = _proposal();
        p.reviewBy = DEADLINE;
        _refusedTime(p, "reviewBy", DEADLINE, 0, 0);
    }

    /// @dev Whatever the times, what is accepted is in its bounds, and what is in its bounds is accepted.
    function testFuzz_times(uint64 deadline, uint64 reviewBy, uint64 time, bool withReviewer) public view {
        time = uint64(bound(time, 0, 2 ** 40));
        deadline = uint64(bound(deadline, time / 2, uint256(time) + 2 * MAX_LIFETIME));
        Proposal memory p = withReviewer ? _reviewed() : _proposal();
        p.deadline = deadline;
        p.reviewBy = withReviewer ? uint64(bound(reviewBy, deadline / 2, uint256(deadline) + 2 * MAX_REVIEW)) : 0;
        bool lawful = time <= deadline && deadline - time <= MAX_LIFETIME;
        if (withReviewer) lawful = lawful && p.reviewBy >= deadline && p.reviewBy - deadline <= MAX_REVIEW;
        try rules.check(p, time, MAX_LIFETIME) {
            yes("accepted within", lawful);
        } catch {
            no("refused outside", lawful);
        }
    }

    function _refused(Proposal memory p, bytes memory refusal) private {
        vm.expectRevert(refusal);
        rules.check(p, NOW, MAX_LIFETIME);
    }

    function _refusedTime(Proposal memory p, bytes32 field, uint256 value, uint256 min, uint256 max) private {
        _refused(p, abi.encodeWithSelector(OutOfRange.selector, field, value, min, max));
    }

    function _refusedLength(Proposal memory p, bytes32 list, uint256 length, uint256 min, uint256 max) private {
        _refused(p, abi.encodeWithSelector(BadLength.selector, list, length, min, max));
    }

    function _refusedDouble(Proposal memory p, bytes32 list, bytes32 item) private {
        _refused(p, abi.encodeWithSelector(Duplicate.selector, list, item));
    }
}
