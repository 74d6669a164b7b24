// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budgets} from "../../src/Budgets.sol";
import {Models} from "../../src/Models.sol";
import {
    BudgetChange,
    DataSetVersion,
    EXCLUSIVE,
    LicenceGrant,
    LicenceKind,
    ModelRegistration,
    NOBODY,
    ORDINARY,
    PartyRecord,
    PartyStatus,
    Proposal,
    SOLE
} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {vm} from "../support/Vm.sol";

/// @dev For halmos: `check_` functions hold for every value of their arguments, not for some. This contract stands for the
/// registry, the data sets and Tasks, and is every party's wallet, so that every decision is a call and no signature has to be
/// solved for. What is checked is the accounting; who may do what is for the other tests.
contract SymbolicLicensing {
    bytes32 private constant PARTY = "party";
    bytes32 private constant DATA_SET = "data set";
    bytes32 private constant OTHER_DATA_SET = "other data set";
    bytes32 private constant MODEL = "model";
    bytes32 private constant ONE = "one";
    bytes32 private constant TWO = "two";

    Budgets private budgets;
    Models private models;

    function setUp() public {
        budgets = new Budgets("deployment", IPartyRegistry(address(this)), IDataSets(address(this)), address(this));
        models = new Models("deployment", IPartyRegistry(address(this)), IDataSets(address(this)), address(this));
        ModelRegistration memory m;
        (m.model, m.modelHash) = (MODEL, "hash");
        m.owners = new bytes32[](1);
        m.owners[0] = PARTY;
        m.shares = new uint16[](1);
        m.shares[0] = 10_000;
        Proposal memory maker;
        maker.proposer = PARTY;
        models.register(m, maker, new bytes[](1));
    }

    // --- budgets ---

    function check_spendingNeverExceedsTheBudget(uint64 whole, uint64 a, uint64 b, uint64 c) external {
        _set(whole, 1);
        uint256 spent = 0;
        if (_spend(a, 0)) spent += a;
        if (_spend(b, 0)) spent += b;
        if (_spend(c, 0)) spent += c;
        assert(spent <= whole);
        assert(budgets.get(DATA_SET).spent == spent);
    }

    /// @dev Refused only when it does not fit.
    function check_whatFitsIsSpent(uint64 whole, uint64 a, uint64 b) external {
        _set(whole, 1);
        if (!_spend(a, 0)) assert(a > whole);
        else if (!_spend(b, 0)) assert(uint256(a) + b > whole);
    }

    /// @dev However a budget is changed in between, each step stays within the budget of its time, and nothing comes back.
    function check_changesGiveNothingBack(uint64 first, uint64 second, uint64 a, uint64 b) external {
        _set(first, 1);
        bool one = _spend(a, 0);
        uint64 before = budgets.get(DATA_SET).spent;
        _set(second, 2);
        assert(budgets.get(DATA_SET).spent == before);
        if (_spend(b, 0) && b != 0) assert(uint256(before) + b <= second);
        assert(budgets.get(DATA_SET).spent >= before);
        assert(one == (a <= first));
    }

    /// @dev The second data set has no budget: the first one's is spent only if the second spends nothing.
    function check_allDataSetsOrNone(uint64 whole, uint64 a, uint64 b) external {
        _set(whole, 1);
        bool done = _spend(a, b);
        if (b != 0) assert(!done);
        assert(budgets.get(DATA_SET).spent == (done ? a : 0));
    }

    // --- licences ---

    function check_usesNeverExceed(uint32 maxUses, uint32 a, uint32 b, uint32 c) external {
        if (!_grant(ONE, 3, maxUses, 0, type(uint64).max)) return;
        uint256 used = 0;
        if (_use(ONE, a)) used += a;
        if (_use(ONE, b)) used += b;
        if (_use(ONE, c)) used += c;
        assert(used <= maxUses);
        assert(models.licenceOf(MODEL, ONE).usesLeft == maxUses - used);
    }

    /// @dev Both were granted, the second one later: then both are ordinary, or they share no second that was yet to come.
    function check_exclusiveAndSoleStandAlone(
        uint8 kind,
        uint64 from,
        uint64 to,
        uint8 otherKind,
        uint64 otherFrom,
        uint64 otherTo,
        uint64 time,
        uint32 later
    ) external {
        vm.assume(time < type(uint64).max - later);
        vm.warp(time);
        if (!_grant(ONE, kind, 1, from, to)) return;
        vm.warp(time + later);
        if (!_grant(TWO, otherKind, 1, otherFrom, otherTo)) return;
        bool ordinary = kind == uint8(LicenceKind.Ordinary) && otherKind == uint8(LicenceKind.Ordinary);
        assert(ordinary || to < otherFrom || otherTo < from || to < time + later);
    }

    /// @dev Granted only with well-formed terms, and well-formed terms are granted.
    function check_termsAreGrantedExactlyWhenWellFormed(uint8 kind, uint32 maxUses, uint64 from, uint64 to, uint64 time)
        external
    {
        vm.warp(time);
        bool wellFormed = kind >= 1 && kind <= 3 && maxUses != 0 && from <= to && to >= time;
        assert(_grant(ONE, kind, maxUses, from, to) == wellFormed);
    }

    /// @dev An owner uses its model exactly when no exclusive licence is in force.
    function check_ownersAreKeptOutByExclusiveOnly(uint8 kind, uint64 from, uint64 to, uint64 time, uint32 later)
        external
    {
        vm.assume(time < type(uint64).max - later);
        vm.warp(time);
        bool granted = _grant(ONE, kind, 1, from, to);
        vm.warp(time + later);
        bool exclusive = kind == uint8(LicenceKind.Exclusive) && from <= time + later && time + later <= to;
        assert(_use(NOBODY, 1) == !(granted && exclusive));
    }

    /// @dev A licence is used exactly in its window and up to its uses.
    function check_aLicenceIsUsedExactlyInItsWindow(uint32 maxUses, uint64 from, uint64 to, uint32 uses, uint64 time)
        external
    {
        vm.warp(0);
        if (!_grant(ONE, 2, maxUses, from, to)) return;
        vm.warp(time);
        assert(_use(ONE, uses) == (from <= time && time <= to && uses <= maxUses));
    }

    function check_retiredLicencesAreUsedByNobody(uint32 maxUses, uint32 uses) external {
        if (!_grant(ONE, 3, maxUses, 0, type(uint64).max)) return;
        models.giveUpLicence(MODEL, ONE, "");
        assert(!_use(ONE, uses));
    }

    // --- steps ---

    function _set(uint64 epsilonMicros, uint64 change) private {
        budgets.set(BudgetChange(DATA_SET, epsilonMicros, change), "");
    }

    function _spend(uint64 amount, uint64 other) private returns (bool) {
        Proposal memory p;
        p.dataSets = new bytes32[](2);
        (p.dataSets[0], p.dataSets[1]) = (DATA_SET, OTHER_DATA_SET);
        p.epsilonMicros = new uint64[](2);
        (p.epsilonMicros[0], p.epsilonMicros[1]) = (amount, other);
        try budgets.consume("task", p, new bytes32[](0)) {
            return true;
        } catch {
            return false;
        }
    }

    function _grant(bytes32 licence, uint8 kind, uint32 maxUses, uint64 from, uint64 to) private returns (bool) {
        bytes32 word = bytes32(uint256(kind));
        if (kind == uint8(LicenceKind.Exclusive)) word = EXCLUSIVE;
        if (kind == uint8(LicenceKind.Sole)) word = SOLE;
        if (kind == uint8(LicenceKind.Ordinary)) word = ORDINARY;
        LicenceGrant memory g = LicenceGrant(MODEL, licence, word, PARTY, maxUses, from, to);
        try models.grant(g, new bytes[](1)) {
            return true;
        } catch {
            return false;
        }
    }

    function _use(bytes32 licence, uint32 uses) private returns (bool) {
        Proposal memory p;
        p.proposer = PARTY;
        p.models = new bytes32[](1);
        p.models[0] = MODEL;
        p.licences = new bytes32[](1);
        p.licences[0] = licence;
        p.uses = uses;
        try models.consume("task", p, new bytes32[](0)) {
            return true;
        } catch {
            return false;
        }
    }

    // --- what the contracts ask ---

    function get(bytes32) external view returns (PartyRecord memory party) {
        party.wallet = address(this);
        party.status = PartyStatus.Active;
    }

    function get(bytes32, uint32) external pure returns (DataSetVersion memory version) {
        version.owner = PARTY;
    }

    function latest(bytes32) external pure returns (uint32) {
        return 1;
    }

    function idOf(Proposal calldata) external pure returns (bytes32) {
        return 0;
    }

    function isReleasable(bytes32) external pure returns (bool) {
        return true;
    }
}
