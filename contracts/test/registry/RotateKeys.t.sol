// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    NoSuchPeriod,
    UnknownParty,
    WalletIsNodeSigner,
    WrongOrdinal,
    ZeroValue
} from "../../src/Errors.sol";
import {Admission, KeyPeriod, KeyRotation, PartyRecord, RESULT_USER} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

contract RotateKeysTest is Fixture {
    using RegistrationHashing for Admission;
    using RegistrationHashing for KeyRotation;

    function test_rotateReplacesAllThree() public {
        KeyRotation memory r = _rotation(91, 2);
        vm.expectEmit(address(registry));
        emit IPartyRegistry.KeysRotated(bank.id, 2, r.nodeSigner, r.nodeKey, r.sealKey);
        _rotate(91, 2);
        PartyRecord memory record = registry.get(bank.id);
        eq("nodeSigner", record.nodeSigner, vm.addr(91));
        eq("nodeKey", record.nodeKey, r.nodeKey);
        eq("sealKey", record.sealKey, r.sealKey);
        eq("period", registry.keyPeriod(bank.id), 2);
    }

    function test_theWalletsWordMayBeRelayed() public {
        KeyRotation memory r = _rotation(91, 2);
        bytes32 digest = _digest(address(registry), r.hash());
        vm.prank(stranger.wallet);
        registry.rotateKeys(r, _sign(91, digest), _sign(bank.walletKey, digest));
        eq("nodeSigner", registry.get(bank.id).nodeSigner, vm.addr(91));
    }

    function test_onlyTheWalletDecides() public {
        KeyRotation memory r = _rotation(91, 2);
        bytes32 digest = _digest(address(registry), r.hash());
        bytes memory possession = _sign(91, digest);
        address[3] memory others = [bank.node, hospital.wallet, vm.addr(91)];
        for (uint256 i = 0; i < others.length; i++) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
            registry.rotateKeys(r, possession, "");
        }
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        registry.rotateKeys(r, possession, possession);
        r.party = stranger.id;
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.rotateKeys(r, possession, "");
    }

    /// @dev A wallet cannot take another's node signer for its own, nor one that nobody holds.
    function test_attack_aKeyThatIsNotHeld() public {
        KeyRotation memory r = _rotation(91, 2);
        r.nodeSigner = hospital.node;
        bytes32 digest = _digest(address(registry), r.hash());
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.node, digest));
        registry.rotateKeys(r, _sign(bank.nodeKey, digest), "");
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.node, digest));
        registry.rotateKeys(r, "", "");
    }

    /// @dev What was signed for one party and period is worth nothing for another.
    function test_attack_replayOfARotation() public {
        KeyRotation memory r = _rotation(91, 2);
        bytes32 digest = _digest(address(registry), r.hash());
        bytes memory possession = _sign(91, digest);
        bytes memory decision = _sign(bank.walletKey, digest);
        registry.rotateKeys(r, possession, decision);
        _rotate(92, 3);
        // Back to the keys that were given up.
        vm.expectRevert(abi.encodeWithSelector(WrongOrdinal.selector, bank.id, 2, 4));
        registry.rotateKeys(r, possession, decision);
        r.period = 4;
        vm.expectRevert(
            abi.encodeWithSelector(BadSignature.selector, bank.wallet, _digest(address(registry), r.hash()))
        );
        registry.rotateKeys(r, possession, decision);
        // Another party shows the same key as its own.
        r.party = hospital.id;
        r.period = 2;
        digest = _digest(address(registry), r.hash());
        vm.prank(hospital.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, vm.addr(91), digest));
        registry.rotateKeys(r, possession, "");
    }

    function test_aCompromisedKeyIsReplacedWhileSuspended() public {
        _suspend(bank);
        _rotate(91, 2);
        no("active", registry.isActive(bank.id));
    }

    function test_rolesNeedTheirKeys() public {
        KeyRotation memory r = _rotation(91, 2);
        r.nodeSigner = address(0);
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("nodeSigner")));
        r = _rotation(91, 2);
        r.nodeKey = 0;
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("nodeKey")));
        r = _rotation(91, 2);
        r.sealKey = 0;
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("sealKey")));
        r = _rotation(91, 2);
        r.nodeSigner = bank.wallet;
        _refused(r, abi.encodeWithSelector(WalletIsNodeSigner.selector, bank.wallet));
        r = _rotation(91, 1);
        _refused(r, abi.encodeWithSelector(WrongOrdinal.selector, bank.id, 1, 2));
        r = _rotation(91, 3);
        _refused(r, abi.encodeWithSelector(WrongOrdinal.selector, bank.id, 3, 2));
    }

    function test_aPartyWithoutANodeRotatesItsSealKey() public {
        Admission memory a = _application(stranger, RESULT_USER, "o");
        (a.nodeSigner, a.nodeKey) = (address(0), 0);
        bytes memory signature = _sign(stranger.walletKey, _digest(address(registry), a.hash()));
        vm.prank(admin);
        registry.admit(a, signature, "");
        KeyRotation memory r = KeyRotation(stranger.id, address(0), 0, "seal", 2);
        vm.prank(stranger.wallet);
        registry.rotateKeys(r, "", "");
        eq("sealKey", registry.get(stranger.id).sealKey, "seal");
    }

    /// @dev Three in one block: each has its number, and none is lost.
    function test_everyPeriodIsKept() public {
        vm.roll(1010);
        for (uint256 period = 2; period <= 4; period++) {
            _rotate(90 + period, uint64(period));
        }
        vm.roll(1020);
        _rotate(95, 5);
        _periodIs(1, 1000, bank.node, _tls(bank), _seal(bank));
        for (uint64 period = 2; period <= 5; period++) {
            KeyRotation memory r = _rotation(90 + period, period);
            _periodIs(period, period == 5 ? 1020 : 1010, r.nodeSigner, r.nodeKey, r.sealKey);
        }
        eq("present", registry.keyPeriod(bank.id), 5);
    }

    function test_periodsHaveEdges() public {
        eq("nobody's", registry.keyPeriod(stranger.id), 0);
        vm.expectRevert(abi.encodeWithSelector(NoSuchPeriod.selector, stranger.id, 0));
        registry.keysOf(stranger.id, 0);
        vm.expectRevert(abi.encodeWithSelector(NoSuchPeriod.selector, bank.id, 0));
        registry.keysOf(bank.id, 0);
        vm.expectRevert(abi.encodeWithSelector(NoSuchPeriod.selector, bank.id, 2));
        registry.keysOf(bank.id, 2);
    }

    /// @dev However rotations fall into blocks, the present keys are the last period's, and block numbers only grow.
    function testFuzz_thePresentKeysAreTheLastPeriods(uint8[8] calldata gaps) public {
        uint64 last = 1000;
        for (uint256 i = 0; i < gaps.length; i++) {
            last += gaps[i] % 3;
            vm.roll(last);
            _rotate(100 + i, uint64(i + 2));
            KeyPeriod memory period = registry.keysOf(bank.id, registry.keyPeriod(bank.id));
            eq("signer", period.nodeSigner, registry.get(bank.id).nodeSigner);
            eq("from", period.fromBlock, last);
        }
        eq("count", registry.keyPeriod(bank.id), gaps.length + 1);
    }

    function _rotation(uint256 key, uint64 period) private view returns (KeyRotation memory) {
        return KeyRotation({
            party: bank.id,
            nodeSigner: vm.addr(key),
            nodeKey: keccak256(abi.encode(key, "tls")),
            sealKey: keccak256(abi.encode(key, "seal")),
            period: period
        });
    }

    function _rotate(uint256 key, uint64 period) private {
        KeyRotation memory r = _rotation(key, period);
        bytes memory possession = _sign(key, _digest(address(registry), r.hash()));
        vm.prank(bank.wallet);
        registry.rotateKeys(r, possession, "");
    }

    function _refused(KeyRotation memory r, bytes memory why) private {
        vm.prank(bank.wallet);
        vm.expectRevert(why);
        registry.rotateKeys(r, "", "");
    }

    function _periodIs(uint64 period, uint64 fromBlock, address signer, bytes32 nodeKey, bytes32 sealKey) private view {
        KeyPeriod memory k = registry.keysOf(bank.id, period);
        eq("from", k.fromBlock, fromBlock);
        eq("nodeSigner", k.nodeSigner, signer);
        eq("nodeKey", k.nodeKey, nodeKey);
        eq("sealKey", k.sealKey, sealKey);
    }
}
