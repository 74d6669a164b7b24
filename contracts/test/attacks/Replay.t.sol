// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature} from "../../src/Errors.sol";
import {Abort, AnchorUpdate, Authorization, Proposal, REFUSAL, TaskState} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev What was signed for one world is shown in another: same parties, keys and data sets, so only the domain differs.
contract ReplayTest is Fixture {
    using Hashing for Abort;
    using Hashing for AnchorUpdate;
    using Hashing for Authorization;

    function test_attack_replayOnAnotherChain() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes memory signature = _sign(bank.walletKey, _digestOf(a));
        Proposal memory p = _proposal();
        bytes memory proposal = _sign(bank.walletKey, _idOf(p));
        // The chain forks, keeps every contract and record, and takes another chain id.
        vm.chainId(731_338);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _digestOf(a)));
        consents.submit(a, bank.id, signature);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _idOf(p)));
        tasks.propose(p, proposal);
    }

    function test_attack_replayOnAnotherContract() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes memory signature = _sign(bank.walletKey, _digestOf(a));
        // The same deployment id on a second set of contracts.
        _deploy(DEPLOYMENT);
        _admitEverybody();
        _register(bank, cards);
        _publishEverything();
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _digestOf(a)));
        consents.submit(a, bank.id, signature);
    }

    function test_attack_replayInAnotherDeployment() public {
        Authorization memory a = _authorization(_proposal(), 0);
        // Signed for this very address, on a network with another deployment id.
        bytes32 elsewhere = keccak256(
            abi.encodePacked(
                hex"1901", Hashing.separator(block.chainid, address(consents), keccak256("other")), a.hash()
            )
        );
        bytes memory signature = _sign(bank.walletKey, elsewhere);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _digestOf(a)));
        consents.submit(a, bank.id, signature);
    }

    /// @dev A refusal is for one task: it does not end another, and not the same one twice.
    function test_attack_replayOnAnotherTask() public {
        Proposal memory p = _proposal();
        bytes32 first = _propose(p);
        p.nonce = 2;
        bytes32 second = _propose(p);
        Abort memory a = _abortOf(first, hospital, REFUSAL);
        bytes memory signature = _sign(hospital.nodeKey, _digest(address(tasks), a.hash()));
        tasks.abort(a, signature);
        a.task = second;
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.node, _digest(address(tasks), a.hash())));
        tasks.abort(a, signature);
        _stateIs(second, TaskState.Proposed);
    }

    function test_attack_replayOfAnAnchorInAnotherEpoch() public {
        AnchorUpdate memory u = AnchorUpdate({party: bank.id, epoch: 0, size: 3, root: "root"});
        bytes memory signature = _sign(bank.nodeKey, _digest(address(anchors), u.hash()));
        anchors.anchor(u, signature, new bytes32[](0), new bytes32[][](0));
        vm.prank(bank.wallet);
        anchors.openEpoch(bank.id, 1);
        u.epoch = 1;
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.node, _digest(address(anchors), u.hash())));
        anchors.anchor(u, signature, new bytes32[](0), new bytes32[][](0));
    }
}
