// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature} from "../../src/Errors.sol";
import {ABORT, Abort, Proposal, ResultAttestation, RunCommitment} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev Keys change between two signatures, all within one block: what the chain prints says which key each was made
/// with, where "the keys at the end of the block" would call the first one forged.
contract KeyPeriodsTest is Fixture {
    using Hashing for RunCommitment;

    Actor private renewed;

    function setUp() public override {
        super.setUp();
        renewed = _actor("the bank's new node");
    }

    function test_attack_aCommitmentAndARotationInOneBlock() public {
        bytes32 first = _started(_proposal());
        Proposal memory p = _proposal();
        p.nonce = 2;
        bytes32 second = _started(p);
        RunCommitment memory c = _commitment(first, bank);
        _expectCommitted(c, 1);
        _commit(c, bank);
        _rotate();
        c = _commitment(second, bank);
        c.logSize = 5;
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, renewed.node, _digest(address(tasks), c.hash())));
        _commit(c, bank);
        _expectCommitted(c, 2);
        _commit(c, renewed);
    }

    function test_abortsAndAttestationsLikewise() public {
        bytes32 id = _started(_proposal());
        _rotate();
        Abort memory a = _abortOf(id, bank, ABORT);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskAborted(id, bank.id, ABORT, a.reason, a.statement, 2);
        _abort(a, renewed.nodeKey);

        Proposal memory p = _proposal();
        p.nonce = 2;
        p.resultUsers = _list(bank.id);
        id = _started(p);
        _commit(_commitment(id, bank), renewed);
        _commit(id, exchange);
        _commit(id, hospital);
        ResultAttestation memory r = _attestation(id, bank);
        vm.expectEmit(address(tasks));
        emit ITasks.ResultAttested(id, RUN, bank.id, r.resultHash, 2);
        _attest(r, renewed.nodeKey);
    }

    function _rotate() private {
        _rotateKeys(bank, renewed);
    }

    function _expectCommitted(RunCommitment memory c, uint64 keyPeriod) private {
        vm.expectEmit(address(tasks));
        emit ITasks.RunCommitted(
            c.task, c.runId, c.party, c.inputRoot, c.epoch, c.logSize, c.logRoot, c.links, c.outputShares, keyPeriod
        );
    }
}
