// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadLength,
    BadSignature,
    Duplicate,
    ModelExists,
    NotReleased,
    OutOfRange,
    PartyNotActive,
    WrongMaker,
    ZeroValue
} from "../../src/Errors.sol";
import {Models} from "../../src/Models.sol";
import {ModelRecord, ModelRegistration, Proposal, VersionStatus} from "../../src/Types.sol";
import {IModels} from "../../src/interfaces/IModels.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";
import {OwnedWallet} from "../support/Wallets.sol";

contract RegisterModelTest is LicensingFixture {
    using RegistrationHashing for ModelRegistration;

    function test_registerRecordsAndEmitsEverything() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        bytes[] memory signatures = _byOwners(m.hash());
        vm.expectEmit(address(models));
        emit IModels.ModelRegistered(MODEL, m.task, m.modelHash, m.owners, m.shares);
        models.register(m, maker, signatures);
        ModelRecord memory r = models.get(MODEL);
        eq("hash", r.modelHash, m.modelHash);
        eq("task", r.task, m.task);
        eq("status", uint8(r.status), uint8(VersionStatus.Active));
        eq("owners", keccak256(abi.encode(r.owners)), keccak256(abi.encode(m.owners)));
        eq("shares", keccak256(abi.encode(r.shares)), keccak256(abi.encode(m.shares)));
    }

    /// @dev One owner calls and so decides; the other signed.
    function test_anOwnerMayCall() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        bytes[] memory signatures = _byOwners(m.hash());
        signatures[0] = "";
        bytes32 digest = _digest(address(models), m.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        models.register(m, maker, signatures);
        vm.prank(bank.wallet);
        models.register(m, maker, signatures);
    }

    function test_anOrganisationsWalletSigns() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        _changeWallet(hospital, address(new OwnedWallet(hospital.wallet)));
        models.register(m, maker, _byOwners(m.hash()));
    }

    /// @dev Owners, then the proposer, then the owners of the data, each once and in order.
    function test_everybodyWhoMadeItSigns() public {
        Proposal memory maker = _proposal();
        bytes32 task = _completed(maker);
        ModelRegistration memory m = _modelOf(task);
        m.owners = _list(laboratory.id, hospital.id);
        eq(
            "signers",
            keccak256(abi.encode(models.signersOf(m, maker))),
            keccak256(abi.encode(_list(laboratory.id, hospital.id, bank.id)))
        );
        bytes32 digest = _digest(address(models), m.hash());
        bytes[] memory signatures = new bytes[](3);
        signatures[0] = _sign(laboratory.walletKey, digest);
        signatures[1] = _sign(hospital.walletKey, digest);
        signatures[2] = _sign(bank.walletKey, digest);
        models.register(m, maker, signatures);
    }

    /// @dev A party that had no part in the task takes its model for its own: those who made it have not signed.
    function test_attack_aModelIsTakenBehindItsMakersBack() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        m.owners = _list(laboratory.id);
        m.shares = new uint16[](1);
        m.shares[0] = 10_000;
        bytes32 digest = _digest(address(models), m.hash());
        bytes[] memory alone = new bytes[](1);
        alone[0] = _sign(laboratory.walletKey, digest);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("signatures"), 1, 3, 3));
        models.register(m, maker, alone);
        bytes[] memory thrice = new bytes[](3);
        (thrice[0], thrice[1], thrice[2]) = (alone[0], alone[0], alone[0]);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        models.register(m, maker, thrice);
    }

    /// @dev With another task's proposal the signers would be others.
    function test_attack_anotherTasksMakers() public {
        Proposal memory maker = _proposal();
        bytes32 task = _completed(maker);
        Proposal memory other = _proposal();
        other.dataSets = _list(cards, visits);
        other.nonce = 2;
        ModelRegistration memory m = _modelOf(task);
        bytes[] memory signatures = _byOwners(m.hash());
        vm.expectRevert(abi.encodeWithSelector(WrongMaker.selector, _idOf(other), task));
        models.register(m, other, signatures);
    }

    function test_sharesSumToAll() public {
        Proposal memory maker = _proposal();
        bytes32 task = _completed(maker);
        ModelRegistration memory m = _modelOf(task);
        m.shares[1] = 3999;
        _refused(m, maker, abi.encodeWithSelector(OutOfRange.selector, bytes32("shares"), 9999, 10_000, 10_000));
        m.shares[1] = 4001;
        _refused(m, maker, abi.encodeWithSelector(OutOfRange.selector, bytes32("shares"), 10_001, 10_000, 10_000));
        (m.shares[0], m.shares[1]) = (10_000, 0);
        _refused(m, maker, abi.encodeWithSelector(ZeroValue.selector, bytes32("shares")));
        m.shares = new uint16[](1);
        m.shares[0] = 10_000;
        _refused(m, maker, abi.encodeWithSelector(BadLength.selector, bytes32("shares"), 1, 2, 2));
        m = _modelOf(task);
        m.owners[1] = bank.id;
        _refused(m, maker, abi.encodeWithSelector(Duplicate.selector, bytes32("owners"), bank.id));
        m.owners = new bytes32[](0);
        _refused(m, maker, abi.encodeWithSelector(BadLength.selector, bytes32("owners"), 0, 1, 100));
        m.owners = _words(101, 1);
        _refused(m, maker, abi.encodeWithSelector(BadLength.selector, bytes32("owners"), 101, 1, 100));
    }

    /// @dev Sixteen-bit shares that wrap around do not sum to all.
    function testFuzz_onlyWholesAreShared(uint16[7] calldata shares) public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_idOf(maker));
        m.owners = _words(7, 1);
        m.shares = new uint16[](7);
        uint256 sum = 0;
        for (uint256 i = 0; i < 7; i++) {
            m.shares[i] = shares[i] == 0 ? 1 : shares[i];
            sum += m.shares[i];
        }
        vm.assume(sum != 10_000);
        _refused(m, maker, abi.encodeWithSelector(OutOfRange.selector, bytes32("shares"), sum, 10_000, 10_000));
    }

    function test_requiredValues() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_idOf(maker));
        m.model = 0;
        _refused(m, maker, abi.encodeWithSelector(ZeroValue.selector, bytes32("model")));
        m = _modelOf(_idOf(maker));
        m.modelHash = 0;
        _refused(m, maker, abi.encodeWithSelector(ZeroValue.selector, bytes32("modelHash")));
    }

    /// @dev Only what was released is a model: completed, and approved where somebody reviews.
    function test_onlyOfAReleasedTask() public {
        Proposal memory maker = _reviewed();
        bytes32 task = _completed(maker);
        ModelRegistration memory m = _modelOf(task);
        _refused(m, maker, abi.encodeWithSelector(NotReleased.selector, task));
        vm.prank(regulator.wallet);
        tasks.review(task, true, "fine");
        models.register(m, maker, _byOwners(m.hash()));
        maker = _proposal();
        maker.nonce = 2;
        m = _modelOf(_propose(maker));
        m.model = "other";
        _refused(m, maker, abi.encodeWithSelector(NotReleased.selector, m.task));
    }

    function test_onlyActiveParties() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        _suspend(hospital);
        _refused(m, maker, abi.encodeWithSelector(PartyNotActive.selector, hospital.id));
    }

    /// @dev A model is registered under one id, and an id names one model.
    function test_attack_oneModelSoldTwice() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        models.register(m, maker, _byOwners(m.hash()));
        _refused(m, maker, abi.encodeWithSelector(ModelExists.selector, MODEL));
        m.model = "another name";
        _refused(m, maker, abi.encodeWithSelector(ModelExists.selector, MODEL));
        m.model = MODEL;
        m.modelHash = "another model";
        _refused(m, maker, abi.encodeWithSelector(ModelExists.selector, MODEL));
        // A second output that the same task kept is another model.
        m.model = "another name";
        models.register(m, maker, _byOwners(m.hash()));
    }

    function test_attack_replayOnAnotherContract() public {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        bytes[] memory signatures = _byOwners(m.hash());
        Models twin = new Models(DEPLOYMENT, registry, dataSets, address(tasks));
        bytes32 digest = _digest(address(twin), m.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        twin.register(m, maker, signatures);
    }

    function test_aContractForNoTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("tasks")));
        new Models(DEPLOYMENT, registry, dataSets, address(0));
        eq("tasks", models.tasks(), address(tasks));
    }

    function _refused(ModelRegistration memory m, Proposal memory maker, bytes memory why) private {
        bytes[] memory signatures = _byOwners(m.hash());
        vm.expectRevert(why);
        models.register(m, maker, signatures);
    }
}
