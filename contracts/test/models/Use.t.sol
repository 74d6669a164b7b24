// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ExclusivelyLicensed,
    LicenceNoLongerValid,
    LicenceNotYetValid,
    NotEnoughLicensedUses,
    NotLicensee,
    NotModelOwner,
    OnlyTasks,
    RetiredModel,
    UnknownLicence,
    UnknownModel
} from "../../src/Errors.sol";
import {Authorization, LicenceGrant, LicenceKind, NOBODY, Proposal, TaskState} from "../../src/Types.sol";
import {IModels} from "../../src/interfaces/IModels.sol";
import {Actor} from "../support/Fixture.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Models as a start condition.
contract UseModelTest is LicensingFixture {
    function setUp() public override {
        super.setUp();
        _registered();
    }

    function test_aLicenceIsUsedUp() public {
        _grant(_terms(LicenceKind.Ordinary));
        vm.expectEmit(address(models));
        emit IModels.ModelUsed(MODEL, TASK, LICENCE, laboratory.id, 4, 6);
        _use(laboratory, LICENCE, 4);
        _use(laboratory, LICENCE, 6);
        eq("left", models.licenceOf(MODEL, LICENCE).usesLeft, 0);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughLicensedUses.selector, MODEL, LICENCE, 0, 1));
        _use(laboratory, LICENCE, 1);
    }

    function test_aBlockIsTakenWholeOrNotAtAll() public {
        _grant(_terms(LicenceKind.Ordinary));
        vm.expectRevert(abi.encodeWithSelector(NotEnoughLicensedUses.selector, MODEL, LICENCE, 10, 11));
        _use(laboratory, LICENCE, 11);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughLicensedUses.selector, MODEL, LICENCE, 10, type(uint32).max));
        _use(laboratory, LICENCE, type(uint32).max);
        eq("left", models.licenceOf(MODEL, LICENCE).usesLeft, 10);
    }

    function testFuzz_usesNeverExceed(uint32 maxUses, uint32[6] calldata blocks) public {
        LicenceGrant memory g = _terms(LicenceKind.Ordinary);
        g.maxUses = uint32(bound(maxUses, 1, type(uint32).max));
        _grant(g);
        uint256 used = 0;
        for (uint256 i = 0; i < blocks.length; i++) {
            uint32 left = uint32(g.maxUses - used);
            if (used + blocks[i] > g.maxUses) {
                vm.expectRevert(abi.encodeWithSelector(NotEnoughLicensedUses.selector, MODEL, LICENCE, left, blocks[i]));
            } else {
                used += blocks[i];
            }
            _use(laboratory, LICENCE, blocks[i]);
        }
        eq("left", models.licenceOf(MODEL, LICENCE).usesLeft, g.maxUses - used);
    }

    function test_onlyTheLicensee() public {
        _grant(_terms(LicenceKind.Ordinary));
        vm.expectRevert(abi.encodeWithSelector(NotLicensee.selector, MODEL, LICENCE, bank.id));
        _use(bank, LICENCE, 1);
        vm.expectRevert(abi.encodeWithSelector(NotLicensee.selector, MODEL, LICENCE, clinic.id));
        _use(clinic, LICENCE, 1);
    }

    function test_onlyInItsWindow() public {
        _grant(_terms(LicenceKind.Ordinary, LICENCE, NOW + 10, NOW + 20));
        vm.expectRevert(abi.encodeWithSelector(LicenceNotYetValid.selector, MODEL, LICENCE, NOW + 10, NOW));
        _use(laboratory, LICENCE, 1);
        vm.warp(NOW + 10);
        _use(laboratory, LICENCE, 1);
        vm.warp(NOW + 20);
        _use(laboratory, LICENCE, 1);
        vm.warp(NOW + 21);
        vm.expectRevert(abi.encodeWithSelector(LicenceNoLongerValid.selector, MODEL, LICENCE, NOW + 20, NOW + 21));
        _use(laboratory, LICENCE, 1);
    }

    function test_ownersUseTheirOwn() public {
        vm.expectEmit(address(models));
        emit IModels.ModelUsed(MODEL, TASK, NOBODY, hospital.id, 3, 0);
        _use(hospital, NOBODY, 3);
        _useAsOwner(bank);
        vm.expectRevert(abi.encodeWithSelector(NotModelOwner.selector, MODEL, laboratory.id));
        _useAsOwner(laboratory);
    }

    /// @dev An exclusive licence keeps out the owners, and only while it lasts; a sole or ordinary one does not.
    function test_anExclusiveLicenceKeepsOwnersOut() public {
        _grant(_terms(LicenceKind.Exclusive, LICENCE, NOW + 10, NOW + 20));
        _useAsOwner(bank);
        bytes memory refusal = abi.encodeWithSelector(ExclusivelyLicensed.selector, MODEL, LICENCE);
        for (uint64 time = NOW + 10; time <= NOW + 20; time += 10) {
            vm.warp(time);
            vm.expectRevert(refusal);
            _useAsOwner(bank);
            _use(laboratory, LICENCE, 1);
        }
        vm.warp(NOW + 21);
        _useAsOwner(bank);
        _grant(_terms(LicenceKind.Sole, OTHER, NOW + 21, NOW + 30));
        _useAsOwner(bank);
        _retireLicence(OTHER);
        _grant(_terms(LicenceKind.Ordinary, "third", NOW + 21, NOW + 30));
        _useAsOwner(bank);
    }

    /// @dev An owner that holds the exclusive licence uses the model by naming it.
    function test_anOwnerMayBeTheLicensee() public {
        LicenceGrant memory g = _terms(LicenceKind.Exclusive);
        g.licensee = hospital.id;
        _grant(g);
        _use(hospital, LICENCE, 1);
        vm.expectRevert(abi.encodeWithSelector(ExclusivelyLicensed.selector, MODEL, LICENCE));
        _useAsOwner(hospital);
    }

    function test_unknownOnes() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownLicence.selector, MODEL, LICENCE));
        _use(laboratory, LICENCE, 1);
        Proposal memory p = _proposal();
        p.models = _list("unknown");
        p.licences = _list(NOBODY);
        vm.prank(address(tasks));
        vm.expectRevert(abi.encodeWithSelector(UnknownModel.selector, bytes32("unknown")));
        models.consume(TASK, p, new bytes32[](0));
        p.licences = _list(LICENCE);
        vm.prank(address(tasks));
        vm.expectRevert(abi.encodeWithSelector(UnknownModel.selector, bytes32("unknown")));
        models.consume(TASK, p, new bytes32[](0));
    }

    function test_attack_onlyTasksUseAnythingUp() public {
        _grant(_terms(LicenceKind.Ordinary));
        Proposal memory p = _proposal();
        p.proposer = laboratory.id;
        p.models = _list(MODEL);
        p.licences = _list(LICENCE);
        address[3] memory others = [laboratory.wallet, bank.wallet, address(consents)];
        for (uint256 i = 0; i < others.length; i++) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(OnlyTasks.selector, others[i]));
            models.consume(TASK, p, new bytes32[](0));
        }
    }

    /// @dev Two models of one task: both are there, or the task does not start.
    function test_everyModelOfATaskIsAsked() public {
        _grant(_terms(LicenceKind.Ordinary));
        Proposal memory p = _proposal();
        p.proposer = laboratory.id;
        p.models = _list(MODEL, "unknown");
        p.licences = _list(LICENCE, NOBODY);
        vm.prank(address(tasks));
        vm.expectRevert(abi.encodeWithSelector(UnknownModel.selector, bytes32("unknown")));
        models.consume(TASK, p, new bytes32[](0));
        eq("left", models.licenceOf(MODEL, LICENCE).usesLeft, 10);
    }

    // --- with Tasks ---

    /// @dev A session of the licensee: start and reserve take from licence and authorizations together, and end together.
    function test_startAndReserveTakeUses() public {
        LicenceGrant memory g = _terms(LicenceKind.Ordinary);
        g.maxUses = 250;
        _grant(g);
        Proposal memory p = _predictions(laboratory, LICENCE);
        bytes32[] memory authorizations = _authorized(p, laboratory, 1000);
        vm.expectEmit(address(models));
        emit IModels.ModelUsed(MODEL, _idOf(p), LICENCE, laboratory.id, 100, 150);
        _start(p, authorizations);
        _reserve(p, authorizations);
        uint32 left = consents.get(authorizations[0]).usesLeft;
        vm.prank(platform.node);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughLicensedUses.selector, MODEL, LICENCE, 50, 100));
        tasks.reserve(p, authorizations);
        eq("no use is lost", consents.get(authorizations[0]).usesLeft, left);
    }

    /// @dev Retiring is for the future: what a running session took it keeps, and it gets no more.
    function test_retiringEndsTheNextBlock() public {
        _grant(_terms(LicenceKind.Ordinary));
        LicenceGrant memory g = _terms(LicenceKind.Ordinary, OTHER, NOW, NOW + 1 days);
        g.maxUses = 1000;
        _grant(g);
        Proposal memory p = _predictions(laboratory, OTHER);
        bytes32[] memory authorizations = _authorized(p, laboratory, 1000);
        _start(p, authorizations);
        _retireModel();
        _stateIs(_idOf(p), TaskState.Started);
        vm.prank(platform.node);
        vm.expectRevert(abi.encodeWithSelector(RetiredModel.selector, MODEL));
        tasks.reserve(p, authorizations);
    }

    function test_attack_startWithoutALicence() public {
        Proposal memory p = _predictions(laboratory, NOBODY);
        bytes32[] memory authorizations = _authorized(p, laboratory, 1000);
        vm.prank(platform.node);
        vm.expectRevert(abi.encodeWithSelector(NotModelOwner.selector, MODEL, laboratory.id));
        tasks.start(p, authorizations);
        // The same by an owner starts.
        p = _predictions(bank, NOBODY);
        _start(p, _authorized(p, bank, 1000));
    }

    function _predictions(Actor memory proposer, bytes32 licence) private view returns (Proposal memory p) {
        p = _session();
        p.proposer = proposer.id;
        p.models = _list(MODEL);
        p.licences = _list(licence);
        p.nonce = 5;
    }

    function _authorized(Proposal memory p, Actor memory proposer, uint32 uses) private returns (bytes32[] memory) {
        tasks.propose(p, _sign(proposer.walletKey, _idOf(p)));
        Authorization memory one = _authorization(p, 0);
        Authorization memory other = _authorization(p, 1);
        (one.maxUses, other.maxUses) = (uses, uses);
        return _list(_submit(one, bank), _submit(other, hospital));
    }
}
