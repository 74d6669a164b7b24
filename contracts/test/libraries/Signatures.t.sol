// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature} from "../../src/Errors.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {Check, vm} from "../support/Vm.sol";
import {BurningWallet, LoudWallet, MoodyWallet, OwnedWallet, ShortWallet} from "../support/Wallets.sol";

contract SignaturesTest is Check {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant KEY = 0xB0B;
    bytes32 private constant DIGEST = keccak256("digest");

    function test_anAccountSigns() public view {
        yes("signed", this.isWallet(vm.addr(KEY), DIGEST, _sign(KEY)));
        no("another key", this.isWallet(vm.addr(KEY), DIGEST, _sign(KEY + 1)));
        no("another digest", this.isWallet(vm.addr(KEY), keccak256("other"), _sign(KEY)));
    }

    /// @dev (r, n - s) is the same signature to the curve and another to a naive check (EIP-2).
    function test_attack_malleability() public view {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, DIGEST);
        bytes memory other = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        no("high s", this.isWallet(vm.addr(KEY), DIGEST, other));
        no("compact", this.isWallet(vm.addr(KEY), DIGEST, abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255)));
        no("one byte more", this.isWallet(vm.addr(KEY), DIGEST, abi.encodePacked(r, s, v, v)));
        no("v of 0 or 1", this.isWallet(vm.addr(KEY), DIGEST, abi.encodePacked(r, s, v - 27)));
        no("nothing", this.isWallet(vm.addr(KEY), DIGEST, ""));
    }

    /// @dev ecrecover answers zero for rubbish: nobody is the zero address.
    function test_theZeroAddressSignsNothing() public view {
        no("rubbish", this.isKey(address(0), DIGEST, new bytes(65)));
        no("rubbish", this.isWallet(address(0), DIGEST, new bytes(65)));
    }

    function test_aContractWalletSignsByItsOwnRule() public {
        address wallet = address(new OwnedWallet(vm.addr(KEY)));
        yes("owner", this.isWallet(wallet, DIGEST, _sign(KEY)));
        no("another", this.isWallet(wallet, DIGEST, _sign(KEY + 1)));
        no("not a key", this.isKey(wallet, DIGEST, _sign(KEY)));
        MoodyWallet moody = new MoodyWallet();
        yes("willing", this.isWallet(address(moody), DIGEST, ""));
        moody.setWilling(false);
        no("unwilling", this.isWallet(address(moody), DIGEST, ""));
    }

    function test_aContractThatIsNoWallet() public {
        no("no such function", this.isWallet(address(this), DIGEST, _sign(KEY)));
        no("four bytes", this.isWallet(address(new ShortWallet()), DIGEST, ""));
    }

    function test_attack_aWalletThatBurnsGas() public {
        address wallet = address(new BurningWallet());
        uint256 before = gasleft();
        no("signed", this.isWallet(wallet, DIGEST, ""));
        yes("bounded", before - gasleft() < Signatures.WALLET_GAS + 50_000);
    }

    function test_attack_aWalletThatAnswersAtLength() public {
        address wallet = address(new LoudWallet());
        uint256 before = gasleft();
        yes("signed", this.isWallet(wallet, DIGEST, ""));
        yes("bounded", before - gasleft() < 50_000);
    }

    function test_requireSaysWho() public {
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, vm.addr(KEY), DIGEST));
        this.requireWallet(vm.addr(KEY), DIGEST, "");
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, vm.addr(KEY), DIGEST));
        this.requireKey(vm.addr(KEY), DIGEST, "");
    }

    function testFuzz_noRandomBytesSign(bytes calldata signature) public view {
        no("signed", this.isWallet(vm.addr(KEY), DIGEST, signature));
    }

    function isWallet(address wallet, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Signatures.isWallet(wallet, digest, signature);
    }

    function isKey(address signer, bytes32 digest, bytes calldata signature) external pure returns (bool) {
        return Signatures.isKey(signer, digest, signature);
    }

    function requireWallet(address wallet, bytes32 digest, bytes calldata signature) external view {
        Signatures.requireWallet(wallet, digest, signature);
    }

    function requireKey(address signer, bytes32 digest, bytes calldata signature) external pure {
        Signatures.requireKey(signer, digest, signature);
    }

    function _sign(uint256 key) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, DIGEST);
        return abi.encodePacked(r, s, v);
    }
}
