// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    DeadlinePassed,
    NotInTask,
    PartyNotActive,
    TaskExists,
    UseNotConsumed,
    WrongState
} from "../../src/Errors.sol";
import {ABORT, Abort, Authorization, Proposal, REFUSAL, TaskState, UseState, WITHDRAWAL} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {QuorumWallet} from "../support/QuorumWallet.sol";
import {vm} from "../support/Vm.sol";

/// @dev The bank proposes, and takes its proposal back.
contract WithdrawTest is Fixture {
    using Hashing for Abort;

    Proposal private p;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        p = _proposal();
        id = _propose(p);
    }

    function test_theProposersWalletWithdraws() public {
        Abort memory a = _abortOf(id, bank, WITHDRAWAL);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskAborted(id, bank.id, WITHDRAWAL, a.reason, a.statement, 0);
        _abort(a, bank.walletKey);
        _stateIs(id, TaskState.Aborted);
    }

    /// @dev Its consents start nothing any more, and nothing was taken of them.
    function test_nothingIsTaken() public {
        bytes32[] memory given = _consent(p);
        Authorization memory lasting = _standing(p, 1, 3);
        lasting.nonce = 9;
        bytes32 standing = _submit(lasting, hospital);
        _withdraw();
        for (uint256 i = 0; i < 2; i++) {
            eq("uses", consents.get(given[i]).usesLeft, 1);
            eq("nothing taken", uint8(consents.useOf(id, given[i]).state), uint8(UseState.None));
        }
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Aborted));
        _start(p, given);
        // The standing one is as it was: it starts the next task.
        Proposal memory next = p;
        next.nonce = 77;
        bytes32 other = _propose(next);
        _start(next, _list(_submit(_authorization(next, 0), bank), standing));
        _stateIs(other, TaskState.Started);
        eq("uses", consents.get(standing).usesLeft, 2);
    }

    function test_attack_aUseIsReturnedThatWasNeverTaken() public {
        bytes32[] memory given = _consent(p);
        _withdraw();
        bytes memory signature = _sign(bank.walletKey, _digest(address(consents), Hashing.noInputSent(id, given[0])));
        vm.expectRevert(abi.encodeWithSelector(UseNotConsumed.selector, id, given[0]));
        consents.returnUse(id, given[0], signature);
    }

    function test_attack_withdrawnAfterTheStart() public {
        _start(p, _consent(p));
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Started));
        _withdraw();
        _stateIs(id, TaskState.Started);
    }

    function test_attack_ofWhatWasNeverProposed() public {
        p.nonce = 2;
        bytes32 never = _idOf(p);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, never, TaskState.None));
        _abort(_abortOf(never, bank, WITHDRAWAL), bank.walletKey);
    }

    function test_attack_othersWithdraw() public {
        // An owner, who could refuse; the scheduler, who could start; and one who has no part in it.
        Actor[3] memory others = [hospital, platform, laboratory];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, others[i].id));
            _abort(_abortOf(id, others[i], WITHDRAWAL), others[i].walletKey);
        }
    }

    /// @dev The wallet proposed; a node's key, though it may start the task, does not undo that.
    function test_attack_inTheProposersName() public {
        Abort memory a = _abortOf(id, bank, WITHDRAWAL);
        bytes32 digest = _digest(address(tasks), a.hash());
        uint256[3] memory keys = [bank.nodeKey, hospital.walletKey, stranger.walletKey];
        for (uint256 i = 0; i < keys.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
            _abort(a, keys[i]);
        }
        // Nor does what the wallet signed as something else, or for another task.
        bytes memory refusal = _sign(bank.walletKey, _digest(address(tasks), _abortOf(id, bank, REFUSAL).hash()));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        tasks.abort(a, refusal);
        bytes memory elsewhere = _sign(bank.walletKey, _digest(address(tasks), _abortOf("o", bank, WITHDRAWAL).hash()));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        tasks.abort(a, elsewhere);
    }

    /// @dev A withdrawal is no way round the rules of an abort.
    function test_attack_aWithdrawalPassedOffAsAnAbort() public {
        bytes memory withdrawal = _sign(bank.walletKey, _digest(address(tasks), _abortOf(id, bank, WITHDRAWAL).hash()));
        Abort memory a = _abortOf(id, bank, ABORT);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.node, _digest(address(tasks), a.hash())));
        tasks.abort(a, withdrawal);
    }

    function test_once() public {
        _withdraw();
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Aborted));
        _withdraw();
        vm.expectRevert(abi.encodeWithSelector(TaskExists.selector, id));
        _propose(p);
    }

    function test_deadlineEdges() public {
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, id, DEADLINE, DEADLINE + 1));
        _withdraw();
        vm.warp(DEADLINE);
        _withdraw();
    }

    function test_aPauseStopsNoWithdrawal() public {
        vm.prank(admin);
        tasks.pause();
        _withdraw();
    }

    function test_onlyWhileTheProposerIsActive() public {
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _withdraw();
        _reinstate(bank);
        _withdraw();
    }

    /// @dev A new wallet speaks for the proposer, and the one before it no longer does.
    function test_theWalletOfNow() public {
        Actor memory renewed = _actor("the bank's new wallet");
        _changeWallet(bank, renewed.wallet);
        Abort memory a = _abortOf(id, bank, WITHDRAWAL);
        bytes32 digest = _digest(address(tasks), a.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, renewed.wallet, digest));
        _abort(a, bank.walletKey);
        _abort(a, renewed.walletKey);
        _stateIs(id, TaskState.Aborted);
    }

    /// @dev An organisation's wallet: two of its three holders.
    function test_twoOfThreeWithdraw() public {
        Actor[3] memory holders = [_actor("one"), _actor("two"), _actor("three")];
        address[] memory named = new address[](3);
        for (uint256 i = 0; i < 3; i++) {
            named[i] = holders[i].wallet;
        }
        QuorumWallet wallet = new QuorumWallet(2, named);
        _changeWallet(bank, address(wallet));
        Abort memory a = _abortOf(id, bank, WITHDRAWAL);
        bytes32 digest = _digest(address(tasks), a.hash());
        bytes memory first = _sign(holders[0].walletKey, digest);
        bytes memory third = _sign(holders[2].walletKey, digest);
        bytes[3] memory short = [first, bytes.concat(first, first), bytes.concat(third, first)];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(wallet), digest));
            tasks.abort(a, short[i]);
        }
        tasks.abort(a, bytes.concat(first, third));
        _stateIs(id, TaskState.Aborted);
    }

    /// @dev The holders approved on chain, as a Safe's do: then there is no signature to hand in.
    function test_twoOfThreeApprovedOnChain() public {
        Actor[3] memory holders = [_actor("one"), _actor("two"), _actor("three")];
        address[] memory named = new address[](3);
        for (uint256 i = 0; i < 3; i++) {
            named[i] = holders[i].wallet;
        }
        QuorumWallet wallet = new QuorumWallet(2, named);
        _changeWallet(bank, address(wallet));
        Abort memory a = _abortOf(id, bank, WITHDRAWAL);
        bytes32 digest = _digest(address(tasks), a.hash());
        address[4] memory approving = [holders[1].wallet, holders[1].wallet, stranger.wallet, holders[2].wallet];
        for (uint256 i = 0; i < 4; i++) {
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(wallet), digest));
            tasks.abort(a, "");
            vm.prank(approving[i]);
            wallet.approve(digest);
        }
        tasks.abort(a, "");
        _stateIs(id, TaskState.Aborted);
    }

    /// @dev Whoever signs whatever, in whichever state: only the proposer's wallet withdraws, and only what has not started.
    function testFuzz_onlyTheProposersWalletBeforeTheStart(uint256 who, uint256 key, uint8 stage) public {
        Actor[5] memory named = [bank, hospital, exchange, platform, stranger];
        Actor memory party = named[bound(who, 0, 4)];
        Actor memory signer = named[bound(key, 0, 9) % 5];
        bool byWallet = bound(key, 0, 9) < 5;
        uint8 stand = uint8(bound(stage, 0, 2));
        if (stand == 1) _start(p, _consent(p));
        if (stand == 2) _abort(_abortOf(id, hospital, REFUSAL), hospital.nodeKey);
        TaskState before = tasks.stateOf(id);
        bool lawful = stand == 0 && party.id == bank.id && signer.id == bank.id && byWallet;
        Abort memory a = _abortOf(id, party, WITHDRAWAL);
        bytes memory signature = _sign(byWallet ? signer.walletKey : signer.nodeKey, _digest(address(tasks), a.hash()));
        try tasks.abort(a, signature) {
            yes("lawful", lawful);
            _stateIs(id, TaskState.Aborted);
        } catch {
            yes("unlawful", !lawful);
            _stateIs(id, before);
        }
    }

    function _withdraw() private {
        _abort(_abortOf(id, bank, WITHDRAWAL), bank.walletKey);
    }
}
