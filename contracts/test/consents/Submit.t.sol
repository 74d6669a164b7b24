// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "../../src/Consents.sol";
import {
    BadLength,
    BadSignature,
    NoLongerValid,
    NotCovered,
    NotOwner,
    OutOfRange,
    PartyNotActive,
    Paused,
    RevokedAuthorization,
    UnknownRelease,
    UnknownVersion,
    VersionRetired,
    WrongKind,
    ZeroValue
} from "../../src/Errors.sol";
import {Authorization, AuthorizationRecord, AuthorizationStatus, ReleaseKind} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract SubmitTest is Fixture {
    function test_submitRecordsEverything() public {
        Authorization memory a = _standing(_proposal(), 0, 5);
        bytes32 digest = _submit(a, bank);
        AuthorizationRecord memory r = consents.get(digest);
        eq("owner", r.owner, bank.id);
        eq("uses", r.usesLeft, 5);
        eq("max", r.maxUses, 5);
        eq("status", uint8(r.status), uint8(AuthorizationStatus.Active));
        eq("data set", r.dataSet, a.dataSet);
        eq("version", r.dataVersion, a.dataVersion);
        eq("root", r.inputRoot, a.inputRoot);
        eq("programs", r.programs, keccak256(abi.encodePacked(a.programs)));
        eq("engine", r.engine, a.engine);
        no("no successors", r.approvedSuccessors);
        eq("no list", r.programList.length, 0);
        eq("wallet", r.wallet, bank.wallet);
        eq("sequence", r.sequence, 1);
        eq("proposer", r.proposer, a.proposer);
        eq("purpose", r.purpose, a.purpose);
        eq("users", r.resultUsers, keccak256(abi.encodePacked(a.resultUsers)));
        eq("committee", r.computeParties, keccak256(abi.encodePacked(a.computeParties)));
        eq("policy", r.policy, a.policy);
        eq("task", r.task, 0);
        eq("from", r.notBefore, a.notBefore);
        eq("to", r.notAfter, a.notAfter);
        eq("level", r.minProtectionLevel, a.minProtectionLevel);
        eq("epsilon", r.epsilonMicros, a.epsilonMicros);
        eq("digest", consents.digestOf(a), digest);
    }

    function test_theEventCarriesEveryField() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        vm.expectEmit(address(consents));
        emit IConsents.AuthorizationSubmitted(digest, bank.id, bank.wallet, 1, a);
        _submit(a, bank);
        a.nonce = 8;
        digest = _digestOf(a);
        vm.expectEmit(address(consents));
        emit IConsents.AuthorizationSubmitted(digest, bank.id, bank.wallet, 2, a);
        _submit(a, bank);
        eq("sequence", consents.get(digest).sequence, 2);
        eq("submissions", consents.submissions(bank.id), 2);
    }

    function test_anyoneRelays() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        bytes memory signature = _sign(bank.walletKey, digest);
        vm.prank(stranger.wallet);
        consents.submit(a, bank.id, signature);
        eq("owner", consents.get(digest).owner, bank.id);
    }

    /// @dev A front-runner copies the transaction from the pool: the owner's own then does nothing, and does not fail.
    function test_attack_frontRunOfSubmitSpoilsNothing() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        bytes memory signature = _sign(bank.walletKey, digest);
        vm.prank(stranger.wallet);
        consents.submit(a, bank.id, signature);
        vm.recordLogs();
        vm.prank(bank.wallet);
        consents.submit(a, bank.id, signature);
        eq("no second event", vm.getRecordedLogs().length, 0);
        eq("uses", consents.get(digest).usesLeft, 1);
    }

    function test_submittingAgainDoesNotRefillUses() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 id = _started(_proposal());
        yes("started", id != 0);
        bytes32 digest = _submit(a, bank);
        eq("uses", consents.get(digest).usesLeft, 0);
    }

    function test_equalWordsWithAnotherNonceAreAnotherAuthorization() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 one = _submit(a, bank);
        a.nonce = 0;
        yes("differs", _submit(a, bank) != one);
    }

    function test_revokedFirstIsNeverSubmitted() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        vm.prank(bank.wallet);
        consents.revoke(digest, bank.id, "");
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, digest, bank.id));
        _submit(a, bank);
    }

    function test_onlyTheOwnersWalletSigns() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        consents.submit(a, bank.id, _sign(bank.nodeKey, digest));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        consents.submit(a, bank.id, "");
    }

    function test_onlyTheOwnerOfTheDataSet() public {
        Authorization memory a = _authorization(_proposal(), 0);
        vm.expectRevert(abi.encodeWithSelector(NotOwner.selector, cards, hospital.id));
        _submit(a, hospital);
        _submit(a, bank);
        vm.expectRevert(abi.encodeWithSelector(NotOwner.selector, cards, hospital.id));
        _submit(a, hospital);
    }

    function test_onlyAnActiveOwner() public {
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _submit(_authorization(_proposal(), 0), bank);
    }

    function test_onlyARegisteredVersionAsItIs() public {
        Authorization memory a = _authorization(_proposal(), 0);
        a.dataVersion = 2;
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, cards, 2));
        _submit(a, bank);
        a.dataVersion = 1;
        a.inputRoot = "other rows";
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, _digestOf(a), bytes32("inputRoot")));
        _submit(a, bank);
        vm.prank(bank.wallet);
        dataSets.retire(cards, 1, "");
        vm.expectRevert(abi.encodeWithSelector(VersionRetired.selector, cards, 1));
        _submit(_authorization(_proposal(), 0), bank);
    }

    function test_windowEdges() public {
        Authorization memory a = _authorization(_proposal(), 0);
        a.notBefore = NOW - 10;
        a.notAfter = NOW;
        _submit(a, bank);
        a.nonce = 8;
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(NoLongerValid.selector, _digestOf(a), NOW, NOW + 1));
        _submit(a, bank);
        a.notBefore = NOW + 5;
        a.notAfter = NOW + 4;
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("notBefore"), NOW + 5, 0, NOW + 4));
        _submit(a, bank);
        a.notAfter = NOW + 5;
        _submit(a, bank);
    }

    function test_limits() public {
        Authorization memory a = _authorization(_proposal(), 0);
        a.maxUses = 0;
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("maxUses")));
        _submit(a, bank);
        a.maxUses = 1;
        a.minProtectionLevel = 0;
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("minProtectionLevel"), 0, 1, 5));
        _submit(a, bank);
        a.minProtectionLevel = 6;
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("minProtectionLevel"), 6, 1, 5));
        _submit(a, bank);
        a.minProtectionLevel = 5;
        _submit(a, bank);
    }

    function test_thereIsAlwaysAPolicy() public {
        Authorization memory a = _standing(_proposal(), 0, 1);
        a.policy = 0;
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("policy")));
        _submit(a, bank);
        a.task = "one task";
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("policy")));
        _submit(a, bank);
    }

    /// @dev From then on the ids stand for what was signed.
    function test_programsAndEngineAreWhatWasSigned() public {
        Authorization memory a = _authorization(_proposal(), 0);
        a.programsDigest = "other code";
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, _digestOf(a), bytes32("programsDigest")));
        _submit(a, bank);
        a = _authorization(_proposal(), 0);
        a.programs = _list("nowhere");
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        _submit(a, bank);
        a.programs = _list(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(WrongKind.selector, ENGINE, ReleaseKind.Engine));
        _submit(a, bank);
        a = _authorization(_proposal(), 0);
        a.engine = "nowhere";
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        _submit(a, bank);
        a.engine = GLM;
        vm.expectRevert(abi.encodeWithSelector(WrongKind.selector, GLM, ReleaseKind.Program));
        _submit(a, bank);
    }

    function test_attack_longLists() public {
        Authorization memory a = _authorization(_proposal(), 0);
        a.programs = _words(65, 1);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("programs"), 65, 1, 64));
        _submit(a, bank);
        a.programs = _list(GLM);
        a.resultUsers = _words(101, 2);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("resultUsers"), 101, 1, 100));
        _submit(a, bank);
        a.resultUsers = _words(0, 2);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("resultUsers"), 0, 1, 100));
        _submit(a, bank);
        a.resultUsers = _words(100, 2);
        a.computeParties = _words(101, 3);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("computeParties"), 101, 0, 100));
        _submit(a, bank);
        a.computeParties = _words(100, 3);
        _submit(a, bank);
    }

    function test_pauseStopsSubmit() public {
        vm.prank(admin);
        tasks.pause();
        vm.expectRevert(abi.encodeWithSelector(Paused.selector));
        _submit(_authorization(_proposal(), 0), bank);
    }

    function test_consentsNeedTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("tasks")));
        new Consents(DEPLOYMENT, registry, dataSets, programs, address(0));
    }

    /// @dev Whatever was signed, its hash on chain is EIP-712's.
    function testFuzz_digest(Authorization memory a) public view {
        eq("digest", consents.digestOf(a), _digestOf(a));
    }
}
