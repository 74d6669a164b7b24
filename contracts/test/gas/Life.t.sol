// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, Authorization, Proposal, REFUSAL, RunCommitment, WITHDRAWAL} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev What each transaction of a task's life costs: three owners, three compute parties, one program. Each test is one
/// call and its calldata, everything before it is done in `setUp`; `.gas-snapshot` holds the figures, and README.md says
/// how they are compared.
contract GasTest is Fixture {
    using Hashing for Abort;
    using Hashing for Authorization;
    using Hashing for RunCommitment;

    Proposal private proposed;
    Proposal private fresh;
    Proposal private session;
    bytes32 private ended;
    Authorization private unsubmitted;
    Authorization private withSuccessors;
    bytes32[] private authorizations;
    bytes32[] private standing;
    RunCommitment private first;
    RunCommitment private last;
    mapping(bytes32 name => bytes) private signatures;

    function setUp() public override {
        super.setUp();
        fresh = _threeOwners(1, 0);
        signatures["propose"] = _sign(bank.walletKey, _idOf(fresh));
        proposed = _threeOwners(2, 0);
        bytes32 id = _propose(proposed);
        authorizations = _consentOfThree(proposed);
        unsubmitted = _authorization(fresh, 0);
        signatures["submit"] = _sign(bank.walletKey, _digestOf(unsubmitted));
        withSuccessors = unsubmitted;
        withSuccessors.approvedSuccessors = true;
        signatures["successors"] = _sign(bank.walletKey, _digestOf(withSuccessors));
        signatures["refuse"] = _sign(hospital.nodeKey, _digest(address(tasks), _abortOf(id, hospital, REFUSAL).hash()));
        signatures["withdraw"] = _sign(bank.walletKey, _digest(address(tasks), _abortOf(id, bank, WITHDRAWAL).hash()));

        session = _threeOwners(3, 1);
        _propose(session);
        standing = _consentOfThree(session);
        _start(session, standing);
        ended = _completedBut(_threeOwners(4, 0));
        first = _next(_startedBy(_threeOwners(5, 0)), bank.id);
        signatures["first"] = _sign(bank.nodeKey, _digest(address(tasks), first.hash()));
        last = _next(ended, hospital.id);
        signatures["last"] = _sign(hospital.nodeKey, _digest(address(tasks), last.hash()));
    }

    function test_propose() public {
        tasks.propose(fresh, signatures["propose"]);
    }

    function test_submit() public {
        consents.submit(unsubmitted, bank.id, signatures["submit"]);
    }

    function test_submitWithSuccessors() public {
        consents.submit(withSuccessors, bank.id, signatures["successors"]);
    }

    function test_start() public {
        vm.prank(platform.node);
        tasks.start(proposed, authorizations);
    }

    function test_reserve() public {
        vm.prank(platform.node);
        tasks.reserve(session, standing);
    }

    function test_commitFirst() public {
        tasks.commit(first, signatures["first"]);
    }

    function test_commitLast() public {
        tasks.commit(last, signatures["last"]);
    }

    function test_refuse() public {
        tasks.abort(_abortOf(_idOf(proposed), hospital, REFUSAL), signatures["refuse"]);
    }

    function test_withdraw() public {
        tasks.abort(_abortOf(_idOf(proposed), bank, WITHDRAWAL), signatures["withdraw"]);
    }

    function test_revokeAll() public {
        vm.prank(bank.wallet);
        consents.revokeAll(bank.id, 1, "");
    }

    function _threeOwners(uint256 nonce, uint32 reserves) private view returns (Proposal memory p) {
        p = _proposal();
        _over(p, _list(cards, diagnoses, visits));
        p.maxReserves = reserves;
        p.nonce = nonce;
    }

    function _consentOfThree(Proposal memory p) private returns (bytes32[] memory) {
        return _list(
            _submit(_standing(p, 0, 9), bank),
            _submit(_standing(p, 1, 9), hospital),
            _submit(_standing(p, 2, 9), clinic)
        );
    }

    function _startedBy(Proposal memory p) private returns (bytes32 id) {
        id = _propose(p);
        _start(p, authorizations);
    }

    function _completedBut(Proposal memory p) private returns (bytes32 id) {
        id = _startedBy(p);
        _commit(id, bank);
        _commit(id, exchange);
    }

    /// @dev A commitment to a log that has grown.
    function _next(bytes32 id, bytes32 party) private view returns (RunCommitment memory c) {
        c = _commitment(id, _list(bank.id, exchange.id, hospital.id), party);
        c.logSize = 9;
    }
}
