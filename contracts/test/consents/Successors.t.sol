// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LevelNotReached, NotCovered, RetiredRelease} from "../../src/Errors.sol";
import {Authorization, Proposal} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Newer programs and engines under an authorization that names older ones.
contract SuccessorsTest is Fixture {
    bytes32 private constant GLM2 = keccak256("glm.logistic@1.1.0");
    bytes32 private constant ALIGN = keccak256("psi.align@1.0.0");
    bytes32 private constant ALIGN2 = keccak256("psi.align@1.1.0");
    bytes32 private constant ENGINE2 = keccak256("engine@1.1.0");

    uint256 private nonces = 100;

    function setUp() public override {
        super.setUp();
        _publish(ALIGN, CODE, 4, 1, 3, 5);
        _publish(GLM2, "its code", 4, 1, 3, 5);
        _publish(ALIGN2, "its code", 4, 1, 3, 5);
        _publishEngine(ENGINE2, "its code");
        _succeed(GLM, GLM2);
        _succeed(ENGINE, ENGINE2);
    }

    /// @dev Only what was signed, unless the owner said otherwise.
    function test_withoutTheFieldNothingStandsIn() public {
        _refused(_signed(false), _asking(_list(ALIGN, GLM2), ENGINE), "programs");
        _refused(_signed(false), _asking(_list(ALIGN, GLM), ENGINE2), "engine");
        _covered(_signed(false), _asking(_list(ALIGN, GLM), ENGINE));
    }

    function test_approvedSuccessorsStandIn() public {
        _covered(_signed(true), _asking(_list(ALIGN, GLM), ENGINE));
        _covered(_signed(true), _asking(_list(ALIGN, GLM2), ENGINE));
        _covered(_signed(true), _asking(_list(ALIGN, GLM), ENGINE2));
        _covered(_signed(true), _asking(_list(ALIGN, GLM2), ENGINE2));
    }

    function test_theRecordKeepsTheList() public {
        Authorization memory a = _signed(true);
        bytes32[] memory kept = consents.get(_submit(a, bank)).programList;
        eq("list", keccak256(abi.encode(kept)), keccak256(abi.encode(a.programs)));
        yes("said", consents.get(_digestOf(a)).approvedSuccessors);
    }

    function test_attack_aReleaseWithoutTheCertifiersYes() public {
        vm.prank(developer.wallet);
        programs.declareSuccessor(ALIGN, ALIGN2);
        _refused(_signed(true), _asking(_list(ALIGN2, GLM), ENGINE), "programs");
    }

    function test_attack_anOlderReleaseThanNamed() public {
        Authorization memory a = _signed(true);
        a.programs = _list(ALIGN, GLM2);
        a.programsDigest = keccak256(abi.encodePacked(CODE, bytes32("its code")));
        _refused(a, _asking(_list(ALIGN, GLM), ENGINE), "programs");
        a = _signed(true);
        a.engine = ENGINE2;
        _refused(a, _asking(_list(ALIGN, GLM), ENGINE), "engine");
    }

    /// @dev The steps are the ask's: none is added, left out, or put in another's place.
    function test_attack_otherSteps() public {
        _refused(_signed(true), _asking(_list(GLM2, ALIGN), ENGINE), "programs");
        _refused(_signed(true), _asking(_list(GLM2), ENGINE), "programs");
        _refused(_signed(true), _asking(_list(ALIGN, GLM2, ALIGN2), ENGINE), "programs");
    }

    /// @dev Between consent and start the successor was withdrawn.
    function test_aRetiredSuccessorStandsInForNothing() public {
        Proposal memory p = _asking(_list(ALIGN, GLM2), ENGINE);
        _propose(p);
        bytes32[] memory authorizations = _both(_signed(true), p);
        vm.prank(developer.wallet);
        programs.retire(GLM2);
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, GLM2));
        _start(p, authorizations);
    }

    /// @dev The older one retired is what successors are for.
    function test_aRetiredReleaseIsStoodInFor() public {
        vm.prank(developer.wallet);
        programs.retire(GLM);
        _covered(_signed(true), _asking(_list(ALIGN, GLM2), ENGINE));
    }

    /// @dev A successor is held to the level of the task like any program.
    function test_theSuccessorItselfMustMayRun() public {
        Proposal memory p = _asking(_list(ALIGN, GLM2), ENGINE);
        p.protectionLevel = 5;
        _propose(p);
        bytes32[] memory authorizations = _both(_signed(true), p);
        vm.expectRevert(abi.encodeWithSelector(LevelNotReached.selector, ALIGN, 4, 5));
        _start(p, authorizations);
    }

    /// @dev Names the older releases.
    function _signed(bool successors) private returns (Authorization memory a) {
        a = _standing(_asking(_list(ALIGN, GLM), ENGINE), 0, 1);
        a.approvedSuccessors = successors;
    }

    function _asking(bytes32[] memory list, bytes32 engine) private returns (Proposal memory p) {
        p = _proposal();
        p.programs = list;
        p.engine = engine;
        p.nonce = ++nonces;
    }

    function _both(Authorization memory a, Proposal memory p) private returns (bytes32[] memory) {
        a.nonce = p.nonce;
        Authorization memory other = _authorization(p, 1);
        other.programsDigest = programs.digestOf(p.programs);
        return _list(_submit(a, bank), _submit(other, hospital));
    }

    function _covered(Authorization memory a, Proposal memory p) private {
        _propose(p);
        bytes32[] memory authorizations = _both(a, p);
        _start(p, authorizations);
        eq("consumed", consents.get(authorizations[0]).usesLeft, 0);
    }

    function _refused(Authorization memory a, Proposal memory p, bytes32 field) private {
        _propose(p);
        bytes32[] memory authorizations = _both(a, p);
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, authorizations[0], field));
        _start(p, authorizations);
    }
}
