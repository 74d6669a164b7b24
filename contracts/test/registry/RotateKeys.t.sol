// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FutureBlock, NoKeysAt, NotAllowed, UnknownParty, WalletIsNodeSigner, ZeroValue} from "../../src/Errors.sol";
import {PartyRecord} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract RotateKeysTest is Fixture {
    function test_rotateReplacesAllThree() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.KeysRotated(bank.id, address(1), "tls", "seal");
        _rotate(address(1), "tls", "seal");
        PartyRecord memory r = registry.get(bank.id);
        eq("nodeSigner", r.nodeSigner, address(1));
        eq("nodeKey", r.nodeKey, "tls");
        eq("sealKey", r.sealKey, "seal");
    }

    function test_onlyTheWalletRotates() public {
        vm.prank(bank.node);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.node, bank.id));
        registry.rotateKeys(bank.id, address(1), "tls", "seal");
        vm.prank(hospital.wallet);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, hospital.wallet, bank.id));
        registry.rotateKeys(bank.id, address(1), "tls", "seal");
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.rotateKeys(stranger.id, address(1), "tls", "seal");
    }

    function test_aCompromisedKeyIsReplacedWhileSuspended() public {
        _suspend(bank);
        _rotate(address(1), "tls", "seal");
        no("active", registry.isActive(bank.id));
    }

    function test_rolesNeedTheirKeys() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("nodeSigner")));
        _rotate(address(0), "tls", "seal");
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("nodeKey")));
        _rotate(address(1), 0, "seal");
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("sealKey")));
        _rotate(address(1), "tls", 0);
        vm.expectRevert(abi.encodeWithSelector(WalletIsNodeSigner.selector, bank.wallet));
        _rotate(bank.wallet, "tls", "seal");
    }

    function test_historyGivesTheKeysAtTheEndOfEachBlock() public {
        vm.roll(1010);
        _rotate(address(1), "k1", "s1");
        vm.roll(1020);
        _rotate(address(2), "k2", "s2");
        // Two in one block: the last counts.
        _rotate(address(3), "k3", "s3");
        vm.roll(1030);
        _keysAre(1000, bank.node, _tls(bank), _seal(bank));
        _keysAre(1009, bank.node, _tls(bank), _seal(bank));
        _keysAre(1010, address(1), "k1", "s1");
        _keysAre(1019, address(1), "k1", "s1");
        _keysAre(1020, address(3), "k3", "s3");
        _keysAre(1030, address(3), "k3", "s3");
    }

    function test_historyHasEdges() public {
        vm.expectRevert(abi.encodeWithSelector(NoKeysAt.selector, bank.id, 999));
        registry.keysAt(bank.id, 999);
        vm.expectRevert(abi.encodeWithSelector(FutureBlock.selector, 1001, 1000));
        registry.keysAt(bank.id, 1001);
        vm.expectRevert(abi.encodeWithSelector(NoKeysAt.selector, stranger.id, 1000));
        registry.keysAt(stranger.id, 1000);
    }

    /// @dev The binary search against plain counting.
    function testFuzz_historyIsTheLastRotationNotAfterTheBlock(uint8[12] calldata gaps, uint16 asked) public {
        uint256[] memory blocks = new uint256[](13);
        blocks[0] = 1000;
        for (uint256 i = 0; i < 12; i++) {
            blocks[i + 1] = blocks[i] + 1 + gaps[i];
            vm.roll(blocks[i + 1]);
            _rotate(address(uint160(i + 1)), bytes32(i + 1), bytes32(i + 1));
        }
        uint256 target = bound(asked, 1000, blocks[12]);
        uint256 wanted = 0;
        while (wanted < 12 && blocks[wanted + 1] <= target) wanted++;
        (, bytes32 key,) = registry.keysAt(bank.id, target);
        eq("key", key, wanted == 0 ? _tls(bank) : bytes32(wanted));
    }

    function _rotate(address signer, bytes32 nodeKey, bytes32 sealKey) private {
        vm.prank(bank.wallet);
        registry.rotateKeys(bank.id, signer, nodeKey, sealKey);
    }

    function _keysAre(uint256 blockNumber, address signer, bytes32 nodeKey, bytes32 sealKey) private view {
        (address gotSigner, bytes32 gotNodeKey, bytes32 gotSealKey) = registry.keysAt(bank.id, blockNumber);
        eq("nodeSigner", gotSigner, signer);
        eq("nodeKey", gotNodeKey, nodeKey);
        eq("sealKey", gotSealKey, sealKey);
    }
}
