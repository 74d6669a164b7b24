// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AuditorOnCommittee,
    BadLength,
    CommitteeNotOwners,
    MissingRole,
    MixedCommittees,
    SameOperator,
    UnknownParty,
    UnknownRelease,
    WrongKind
} from "../../src/Errors.sol";
import {
    CERTIFIER,
    COMPUTE_PROVIDER,
    CommitteeKind,
    DATA_PROVIDER,
    Proposal,
    REGULATOR,
    ReleaseKind
} from "../../src/Types.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Who commits, by what the programs declare.
contract CommittersTest is Fixture {
    bytes32 private ofBank = keccak256(abi.encode("bank", "operator"));

    // --- Three ---

    function test_theNamedComputePartiesCommit() public view {
        _commit(_proposal(), CommitteeKind.Three, _list(bank.id, exchange.id, hospital.id), _list(bank.id, hospital.id));
    }

    function test_attack_twoComputeParties() public {
        Proposal memory p = _proposal();
        p.computeParties = _list(bank.id, hospital.id);
        _refused(p, abi.encodeWithSelector(BadLength.selector, bytes32("computeParties"), 2, 3, 32));
        p.computeParties = new bytes32[](0);
        _refused(p, abi.encodeWithSelector(BadLength.selector, bytes32("computeParties"), 0, 3, 32));
    }

    /// @dev Both data owners, and a third who is one of them under another name.
    function test_attack_sameOperatorTwice() public {
        Actor memory twin = _twin(COMPUTE_PROVIDER);
        Proposal memory p = _withThird(twin.id);
        _refused(p, abi.encodeWithSelector(SameOperator.selector, bank.id, twin.id, ofBank));
    }

    /// @dev Three distinct operators are not enough when a fourth seat is one of them again.
    function test_attack_fourSeatsThreeOperators() public {
        Actor memory twin = _twin(COMPUTE_PROVIDER);
        Proposal memory p = _proposal();
        p.computeParties = _words(4, 0);
        (p.computeParties[0], p.computeParties[1]) = (bank.id, exchange.id);
        (p.computeParties[2], p.computeParties[3]) = (hospital.id, twin.id);
        _refused(p, abi.encodeWithSelector(SameOperator.selector, bank.id, twin.id, ofBank));
    }

    function test_attack_regulatorOrCertifierOnTheCommittee() public {
        Actor memory watcher = _admit("computing regulator", COMPUTE_PROVIDER | REGULATOR);
        _refused(_withThird(watcher.id), abi.encodeWithSelector(AuditorOnCommittee.selector, watcher.id));
        watcher = _admit("computing certifier", COMPUTE_PROVIDER | CERTIFIER);
        _refused(_withThird(watcher.id), abi.encodeWithSelector(AuditorOnCommittee.selector, watcher.id));
    }

    function test_onlyComputeProvidersComputeForOthers() public {
        _refused(_withThird(clinic.id), abi.encodeWithSelector(MissingRole.selector, clinic.id, COMPUTE_PROVIDER));
        _refused(_withThird(stranger.id), abi.encodeWithSelector(UnknownParty.selector, stranger.id));
    }

    // --- Owners ---

    function test_theOwnersComputeWithEachOther() public {
        Proposal memory p = _betweenOwners();
        // In the proposal's order, which need not be that of the data.
        _commit(p, CommitteeKind.Owners, _list(hospital.id, bank.id), _list(bank.id, hospital.id));
        // Several data sets of one owner make it one owner.
        _register(bank, "more cards");
        _over(p, _list(cards, diagnoses, "more cards"));
        _commit(p, CommitteeKind.Owners, _list(hospital.id, bank.id), _list(bank.id, hospital.id));
    }

    /// @dev Its own data set may be all that an owner needs to compute on it with the others.
    function test_anOwnerThatComputesForNobodyElse() public view {
        Proposal memory p = _betweenOwners();
        p.dataSets = _list(cards, visits);
        p.computeParties = _list(bank.id, clinic.id);
        _commit(p, CommitteeKind.Owners, p.computeParties, p.computeParties);
    }

    function test_attack_somebodyElseAmongTheOwners() public {
        Proposal memory p = _betweenOwners();
        p.computeParties = _list(bank.id, hospital.id, exchange.id);
        _refused(p, abi.encodeWithSelector(CommitteeNotOwners.selector, exchange.id));
        p.computeParties = _list(bank.id, exchange.id);
        _refused(p, abi.encodeWithSelector(CommitteeNotOwners.selector, exchange.id));
    }

    function test_attack_anOwnerLeftOut() public {
        Proposal memory p = _betweenOwners();
        _over(p, _list(cards, diagnoses, visits));
        _refused(p, abi.encodeWithSelector(CommitteeNotOwners.selector, clinic.id));
    }

    function test_oneOwnerAloneComputesWithNobody() public {
        Proposal memory p = _betweenOwners();
        _over(p, _list(cards));
        p.computeParties = _list(bank.id);
        _refused(p, abi.encodeWithSelector(BadLength.selector, bytes32("computeParties"), 1, 2, 32));
    }

    function test_attack_oneOperatorOwnsBothSides() public {
        Actor memory twin = _twin(DATA_PROVIDER);
        _register(twin, "its other data");
        Proposal memory p = _betweenOwners();
        p.dataSets = _list(cards, "its other data");
        p.computeParties = _list(bank.id, twin.id);
        _refused(p, abi.encodeWithSelector(SameOperator.selector, bank.id, twin.id, ofBank));
    }

    function test_attack_anOwnerWithAuditRightsComputes() public {
        Actor memory watcher = _admit("regulator with data", DATA_PROVIDER | REGULATOR);
        _register(watcher, "returns");
        Proposal memory p = _betweenOwners();
        p.dataSets = _list(cards, "returns");
        p.computeParties = _list(bank.id, watcher.id);
        _refused(p, abi.encodeWithSelector(AuditorOnCommittee.selector, watcher.id));
    }

    // --- None ---

    function test_eachOwnerCommitsForItself() public {
        Proposal memory p = _session();
        _commit(p, CommitteeKind.None, _list(bank.id, hospital.id), _list(bank.id, hospital.id));
        // One alone may, and so may one with audit rights over others: nobody computes with anybody.
        Actor memory court = _admit("court", DATA_PROVIDER | REGULATOR);
        _register(court, "judgments");
        _over(p, _list("judgments"));
        _commit(p, CommitteeKind.None, _list(court.id), _list(court.id));
    }

    function test_noComputePartiesWhereNobodyComputes() public {
        Proposal memory p = _session();
        p.computeParties = _list(bank.id, hospital.id);
        _refused(p, abi.encodeWithSelector(BadLength.selector, bytes32("computeParties"), 2, 0, 0));
    }

    function test_soManyOwnersAsACommitteeMayHave() public {
        Proposal memory p = _session();
        _over(p, _words(33, 1));
        for (uint256 i = 0; i < 33; i++) {
            _register(_admit(string(abi.encodePacked("owner", i)), DATA_PROVIDER), p.dataSets[i]);
        }
        _refused(p, abi.encodeWithSelector(BadLength.selector, bytes32("owners"), 33, 1, 32));
    }

    // --- releases ---

    function test_allProgramsDeclareTheSame() public {
        Proposal memory p = _proposal();
        p.programs = _list(GLM, PSI);
        _refused(p, abi.encodeWithSelector(MixedCommittees.selector, PSI, CommitteeKind.Owners, CommitteeKind.Three));
        p.programs = _list(LOOKUP, GLM);
        _refused(p, abi.encodeWithSelector(MixedCommittees.selector, GLM, CommitteeKind.Three, CommitteeKind.None));
    }

    function test_onlyPublishedReleasesInTheirPlaces() public {
        Proposal memory p = _proposal();
        p.programs = _list(GLM, "nowhere");
        _refused(p, abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        p.programs = _list(GLM, ENGINE);
        _refused(p, abi.encodeWithSelector(WrongKind.selector, ENGINE, ReleaseKind.Engine));
        p = _proposal();
        p.engine = "nowhere";
        _refused(p, abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        p.engine = GLM;
        _refused(p, abi.encodeWithSelector(WrongKind.selector, GLM, ReleaseKind.Program));
    }

    /// @dev An engine's kind of committee is nobody's: it runs programs of every kind.
    function test_anEngineRunsEveryKind() public view {
        rules.check(_proposal(), NOW, MAX_LIFETIME);
        rules.check(_betweenOwners(), NOW, MAX_LIFETIME);
        rules.check(_session(), NOW, MAX_LIFETIME);
    }

    function _commit(Proposal memory p, CommitteeKind kind, bytes32[] memory wanted, bytes32[] memory wantedOwners)
        private
        view
    {
        (CommitteeKind got, bytes32[] memory committers, bytes32[] memory owners) = rules.check(p, NOW, MAX_LIFETIME);
        eq("kind", uint8(got), uint8(kind));
        eq("committers", keccak256(abi.encode(committers)), keccak256(abi.encode(wanted)));
        eq("owners", keccak256(abi.encode(owners)), keccak256(abi.encode(wantedOwners)));
    }

    function _refused(Proposal memory p, bytes memory refusal) private {
        vm.expectRevert(refusal);
        rules.check(p, NOW, MAX_LIFETIME);
    }

    function _withThird(bytes32 third) private view returns (Proposal memory p) {
        p = _proposal();
        p.computeParties = _list(bank.id, hospital.id, third);
    }

    function _twin(uint32 roles) private returns (Actor memory twin) {
        twin = _actor("bank under another name");
        _admit(twin, roles, ofBank);
    }
}
