// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budgets} from "../../src/Budgets.sol";
import {Models} from "../../src/Models.sol";
import {BudgetChange, LicenceGrant, LicenceKind, ModelRegistration, NOBODY, Proposal} from "../../src/Types.sol";
import {Actor, Fixture} from "./Fixture.sol";
import {RegistrationHashing} from "./RegistrationHashing.sol";
import {vm} from "./Vm.sol";

/// @dev A deployment whose starts ask Models and Budgets. Bank and hospital trained a model and own it, 60 to 40.
abstract contract LicensingFixture is Fixture {
    using RegistrationHashing for BudgetChange;
    using RegistrationHashing for LicenceGrant;
    using RegistrationHashing for ModelRegistration;

    bytes32 internal constant MODEL = keccak256("scores-00000000000000000000000000000006");
    bytes32 internal constant LICENCE = keccak256("licence-00000000000000000000000000000007");
    bytes32 internal constant OTHER = keccak256("licence-00000000000000000000000000000008");
    bytes32 internal constant TASK = keccak256("a task that uses the model");

    Models internal models;
    Budgets internal budgets;

    function _firstConditions() internal override returns (address[] memory first) {
        address tasksAddress = consents.tasks();
        bytes32 deployment = consents.deploymentId();
        models = new Models(deployment, registry, dataSets, tasksAddress);
        budgets = new Budgets(deployment, registry, dataSets, tasksAddress);
        first = new address[](2);
        (first[0], first[1]) = (address(models), address(budgets));
    }

    function _offset() internal pure override returns (uint64) {
        return 8;
    }

    // --- models ---

    function _modelOf(bytes32 task) internal view returns (ModelRegistration memory m) {
        m.model = MODEL;
        m.modelHash = keccak256("the kept model");
        m.task = task;
        m.owners = _list(bank.id, hospital.id);
        m.shares = new uint16[](2);
        (m.shares[0], m.shares[1]) = (6000, 4000);
    }

    /// @dev The training is completed and the model registered.
    function _registered() internal {
        Proposal memory maker = _proposal();
        ModelRegistration memory m = _modelOf(_completed(maker));
        models.register(m, maker, _byOwners(m.hash()));
    }

    function _byOwners(bytes32 structHash) internal view returns (bytes[] memory signatures) {
        bytes32 digest = _digest(address(models), structHash);
        signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (_sign(bank.walletKey, digest), _sign(hospital.walletKey, digest));
    }

    /// @dev As a wallet shows it, hashed.
    function _word(LicenceKind kind) internal pure returns (bytes32) {
        string[4] memory words = ["", "exclusive", "sole", "ordinary"];
        return keccak256(bytes(words[uint8(kind)]));
    }

    /// @dev For the laboratory, ten uses, from now for a day.
    function _terms(LicenceKind kind) internal view returns (LicenceGrant memory g) {
        g.model = MODEL;
        g.licence = LICENCE;
        g.kind = _word(kind);
        g.licensee = laboratory.id;
        g.maxUses = 10;
        g.notBefore = NOW;
        g.notAfter = NOW + 1 days;
    }

    function _terms(LicenceKind kind, bytes32 licence, uint64 notBefore, uint64 notAfter)
        internal
        view
        returns (LicenceGrant memory g)
    {
        g = _terms(kind);
        (g.licence, g.notBefore, g.notAfter) = (licence, notBefore, notAfter);
    }

    function _grant(LicenceGrant memory g) internal {
        models.grant(g, _byOwners(g.hash()));
    }

    function _retireModel() internal {
        models.retire(MODEL, _byOwners(RegistrationHashing.modelRetirement(MODEL)));
    }

    function _retireLicence(bytes32 licence) internal {
        models.retireLicence(MODEL, licence, _byOwners(RegistrationHashing.licenceRetirement(MODEL, licence)));
    }

    /// @dev What Tasks would ask for a task of this proposer, with a licence or as an owner.
    function _use(Actor memory proposer, bytes32 licence, uint32 uses) internal {
        Proposal memory p;
        p.proposer = proposer.id;
        p.models = _list(MODEL);
        p.licences = _list(licence);
        p.uses = uses;
        vm.prank(address(tasks));
        models.consume(TASK, p, new bytes32[](0));
    }

    function _useAsOwner(Actor memory owner) internal {
        _use(owner, NOBODY, 1);
    }

    // --- budgets ---

    function _budget(bytes32 dataSet, uint64 epsilonMicros) internal view returns (BudgetChange memory) {
        return BudgetChange(dataSet, epsilonMicros, budgets.get(dataSet).change + 1);
    }

    function _setBudget(Actor memory owner, bytes32 dataSet, uint64 epsilonMicros) internal {
        BudgetChange memory b = _budget(dataSet, epsilonMicros);
        budgets.set(b, _sign(owner.walletKey, _digest(address(budgets), b.hash())));
    }

    function _spend(bytes32 dataSet, uint64 epsilonMicros) internal {
        Proposal memory p;
        p.dataSets = _list(dataSet);
        p.epsilonMicros = new uint64[](1);
        p.epsilonMicros[0] = epsilonMicros;
        vm.prank(address(tasks));
        budgets.consume(TASK, p, new bytes32[](0));
    }
}
