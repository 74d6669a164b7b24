// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budgets} from "../../src/Budgets.sol";
import {Models} from "../../src/Models.sol";
import {BudgetChange, LicenceGrant, LicenceKind, ModelRegistration, NOBODY, Proposal} from "../../src/Types.sol";
import {Actor} from "../support/Fixture.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev Owners, licensees and data owners doing everything in any order. Each action says beforehand, from what it remembers
/// itself, whether the rules allow it; an outcome that differs is recorded as a broken rule.
contract LicensingHandler is LicensingFixture {
    using RegistrationHashing for BudgetChange;
    using RegistrationHashing for LicenceGrant;
    using RegistrationHashing for ModelRegistration;

    struct Licence {
        bytes32 id;
        LicenceKind kind;
        bytes32 licensee;
        uint32 maxUses;
        uint64 notBefore;
        uint64 notAfter;
        uint256 used;
        bool retired;
    }

    uint256 private constant MOST = 24;

    /// @dev Rules seen broken by an action; empty while all is well.
    bytes32 public broken;

    Licence[] private _licences;
    bytes32[] private _modelIds;
    mapping(bytes32 dataSet => uint256) public budgetOf;
    mapping(bytes32 dataSet => uint256) public spentOf;
    bytes32 private _maker;

    function setUp() public override {
        super.setUp();
        _registered();
        _modelIds.push(MODEL);
        _maker = models.get(MODEL).task;
    }

    // --- actions ---

    function register(uint16 first, uint16 second) external {
        if (_modelIds.length == 6) return;
        ModelRegistration memory m = _modelOf(_maker);
        m.model = keccak256(abi.encode("model", _modelIds.length));
        // Each is another output of the same task.
        m.modelHash = m.model;
        (m.shares[0], m.shares[1]) = (uint16(bound(first, 0, 10_001)), uint16(bound(second, 0, 10_001)));
        // Half of the time as it should be.
        if (first % 2 == 0 && m.shares[0] <= 10_000) m.shares[1] = 10_000 - m.shares[0];
        bool expected = m.shares[0] != 0 && m.shares[1] != 0 && uint256(m.shares[0]) + m.shares[1] == 10_000;
        try models.register(m, _proposal(), _byOwners(m.hash())) {
            if (!expected) broken = "shares that do not sum";
            _modelIds.push(m.model);
        } catch {
            if (expected) broken = "a lawful registration refused";
        }
    }

    function grant(uint8 kind, uint16 from, uint16 length, uint8 uses, bool toOwner) external {
        if (_licences.length == MOST) return;
        LicenceKind kind_ = LicenceKind(1 + kind % 3);
        LicenceGrant memory g = _terms(kind_);
        g.licence = bytes32(_licences.length + 1);
        g.licensee = toOwner ? hospital.id : laboratory.id;
        g.maxUses = uint32(bound(uses, 1, 20));
        g.notBefore = uint64(block.timestamp + from % 2000);
        if (g.notBefore > 1000) g.notBefore -= 1000;
        g.notAfter = uint64(g.notBefore + length % 1500);
        bool expected = g.notAfter >= block.timestamp && _fits(g, kind_);
        try models.grant(g, _byOwners(g.hash())) {
            if (!expected) broken = "an unlawful grant";
            _licences.push(Licence(g.licence, kind_, g.licensee, g.maxUses, g.notBefore, g.notAfter, 0, false));
        } catch {
            if (expected) broken = "a lawful grant refused";
        }
    }

    function use(uint256 which, uint8 uses, bool byOwner) external {
        if (_licences.length == 0) return;
        Licence storage it = _licences[which % _licences.length];
        Actor memory user = byOwner ? hospital : laboratory;
        uint32 count = uint32(bound(uses, 1, 12));
        bool expected = !it.retired && _inForce(it) && it.licensee == user.id && it.used + count <= it.maxUses;
        (bool done) = _tryUse(user, it.id, count);
        if (done != expected) broken = done ? bytes32("an unlawful use") : bytes32("a lawful use refused");
        if (done) it.used += count;
    }

    function useAsOwner(bool stranger_) external {
        Actor memory user = stranger_ ? laboratory : bank;
        bool expected = !stranger_;
        for (uint256 i = 0; i < _licences.length; i++) {
            Licence storage it = _licences[i];
            if (it.kind == LicenceKind.Exclusive && !it.retired && _inForce(it)) expected = false;
        }
        if (_tryUse(user, NOBODY, 1) != expected) broken = "an owner's use";
    }

    function retire(uint256 which, bool byLicensee) external {
        // Rarely, or nothing would ever stand.
        if (_licences.length == 0 || which % 3 != 0) return;
        Licence storage it = _licences[(which / 3) % _licences.length];
        bytes32 structHash = RegistrationHashing.licenceRetirement(MODEL, it.id);
        bool done;
        if (byLicensee) {
            Actor memory licensee = it.licensee == hospital.id ? hospital : laboratory;
            bytes memory signature = _sign(licensee.walletKey, _digest(address(models), structHash));
            try models.giveUpLicence(MODEL, it.id, signature) {
                done = true;
            } catch {}
        } else {
            try models.retireLicence(MODEL, it.id, _byOwners(structHash)) {
                done = true;
            } catch {}
        }
        if (done == it.retired) broken = "an end that was none";
        it.retired = true;
    }

    function setBudget(bool ofBank, uint16 epsilonMicros) external {
        (Actor memory owner, bytes32 dataSet) = ofBank ? (bank, cards) : (hospital, diagnoses);
        _setBudget(owner, dataSet, epsilonMicros);
        budgetOf[dataSet] = epsilonMicros;
    }

    /// @dev Of two data sets at once: both or neither.
    function spend(uint16 one, uint16 other) external {
        Proposal memory p = _proposal();
        (p.epsilonMicros[0], p.epsilonMicros[1]) = (one % 4000, other % 4000);
        bool expected = true;
        for (uint256 i = 0; i < 2; i++) {
            uint64 amount = p.epsilonMicros[i];
            if (amount != 0 && spentOf[p.dataSets[i]] + amount > budgetOf[p.dataSets[i]]) expected = false;
        }
        vm.prank(address(tasks));
        try budgets.consume(TASK, p, new bytes32[](0)) {
            if (!expected) broken = "more than the budget spent";
            spentOf[cards] += p.epsilonMicros[0];
            spentOf[diagnoses] += p.epsilonMicros[1];
        } catch {
            if (expected) broken = "lawful spending refused";
        }
    }

    function wait(uint16 time) external {
        vm.warp(block.timestamp + time % 500);
    }

    // --- what should be ---

    function _tryUse(Actor memory user, bytes32 licence, uint32 uses) private returns (bool) {
        Proposal memory p;
        p.proposer = user.id;
        p.models = _list(MODEL);
        p.licences = _list(licence);
        p.uses = uses;
        vm.prank(address(tasks));
        try models.consume(TASK, p, new bytes32[](0)) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Second by second would be the definition; windows are long, so by their ends.
    function _fits(LicenceGrant memory g, LicenceKind kind) private view returns (bool) {
        for (uint256 i = 0; i < _licences.length; i++) {
            Licence storage it = _licences[i];
            if (it.retired || it.notAfter < block.timestamp) continue;
            bool apart = g.notAfter < it.notBefore || it.notAfter < g.notBefore;
            if (!apart && (it.kind != LicenceKind.Ordinary || kind != LicenceKind.Ordinary)) return false;
        }
        return true;
    }

    function _inForce(Licence storage it) private view returns (bool) {
        return it.notBefore <= block.timestamp && block.timestamp <= it.notAfter;
    }

    function licences() external view returns (Licence[] memory) {
        return _licences;
    }

    function modelIds() external view returns (bytes32[] memory) {
        return _modelIds;
    }

    function dataSetIds() external view returns (bytes32[] memory) {
        return _list(cards, diagnoses);
    }

    function model() external pure returns (bytes32) {
        return MODEL;
    }

    function system() external view returns (Models, Budgets) {
        return (models, budgets);
    }
}
