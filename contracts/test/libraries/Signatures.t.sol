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

    /// @dev A vector of tests/vectors/signatures.json, its fields named as there.
    struct SignatureVector {
        string name;
        address wallet;
        bytes code;
        address implementation;
        bytes implementation_code;
        bytes32 storage_word;
        bytes32 digest;
        bytes signature;
        bool valid;
        bytes canonical;
    }

    string private constant VECTOR =
        "SignatureVector(string name,address wallet,bytes code,address implementation,bytes implementation_code,bytes32 storage_word,bytes32 digest,bytes signature,bool valid,bytes canonical)";

    /// @dev The rule that every client shares: what the chain takes, and what a client makes of another form.
    function test_vectors() public {
        string memory json = vm.readFile("../tests/vectors/signatures.json");
        SignatureVector[] memory vectors =
            abi.decode(vm.parseJsonTypeArray(json, ".vectors", VECTOR), (SignatureVector[]));
        eq("cases", vectors.length, 30);
        for (uint256 i = 0; i < vectors.length; i++) {
            SignatureVector memory v = vectors[i];
            bytes32 name = bytes32(bytes(v.name));
            vm.etch(v.wallet, v.code);
            vm.etch(v.implementation, v.implementation_code);
            vm.store(v.wallet, 0, v.storage_word);
            uint256 before = gasleft();
            yes(name, this.isWallet(v.wallet, v.digest, v.signature) == v.valid);
            yes(name, before - gasleft() < Signatures.WALLET_GAS + 100_000);
            if (v.canonical.length != 0) yes(name, this.isWallet(v.wallet, v.digest, v.canonical));
        }
    }

    /// @dev The same by a real delegation (EIP-7702) rather than by its bytes.
    function test_aDelegatedAccountKeepsItsKey() public {
        MoodyWallet code = new MoodyWallet();
        vm.signAndAttachDelegation(address(code), KEY);
        // The delegation takes effect with a transaction: any call.
        code.setWilling(true);
        address wallet = vm.addr(KEY);
        yes("delegated", wallet.code.length == 23);
        yes("its key", this.isWallet(wallet, DIGEST, _sign(KEY)));
        no("its own storage is empty", this.isWallet(wallet, DIGEST, _sign(KEY + 1)));
        MoodyWallet(wallet).setWilling(true);
        yes("willing as a contract", this.isWallet(wallet, DIGEST, _sign(KEY + 1)));
    }

    function test_aDecisionIsACallOrASignature() public {
        address wallet = vm.addr(KEY);
        vm.prank(wallet);
        this.requireDecision(wallet, DIGEST, "");
        this.requireDecision(wallet, DIGEST, _sign(KEY));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, wallet, DIGEST));
        this.requireDecision(wallet, DIGEST, "");
        // A caller who shows a signature is judged by it.
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, wallet, DIGEST));
        this.requireDecision(wallet, DIGEST, _sign(KEY + 1));
    }

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

    function requireDecision(address wallet, bytes32 digest, bytes calldata signature) external view {
        Signatures.requireDecision(wallet, digest, signature);
    }

    function requireKey(address signer, bytes32 digest, bytes calldata signature) external pure {
        Signatures.requireKey(signer, digest, signature);
    }

    function _sign(uint256 key) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, DIGEST);
        return abi.encodePacked(r, s, v);
    }
}
