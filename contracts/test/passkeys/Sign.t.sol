// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PasskeyAccount} from "../../src/PasskeyAccount.sol";
import {PasskeyAccounts} from "../../src/PasskeyAccounts.sol";
import {Passkey, PasskeySignature} from "../../src/Types.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {Passkeys} from "../support/Passkeys.sol";
import {vm} from "../support/Vm.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

/// @dev What an account's passkeys agree to (EIP-1271).
contract PasskeySignTest is Passkeys {
    /// @dev A vector of tests/vectors/webauthn.json, its fields named as there.
    struct WebAuthnVector {
        string name;
        bytes32 x;
        bytes32 y;
        bytes32 challenge;
        bytes assertion;
        bool valid;
    }

    string private constant VECTOR =
        "WebAuthnVector(string name,bytes32 x,bytes32 y,bytes32 challenge,bytes assertion,bool valid)";
    bytes32 private constant DEPLOYMENT = keccak256("a deployment");
    bytes32 private constant DIGEST = keccak256("what the registry asks about");

    PasskeyAccounts private factory;
    PasskeyAccount private account;

    function setUp() public {
        factory = new PasskeyAccounts(DEPLOYMENT);
        account = _account(factory, 1, 2, 1);
    }

    /// @dev Assertions of real keys, made by Python's cryptography: the verifier that all accounts use says the same.
    function test_vectors() public view {
        string memory json = vm.readFile("../tests/vectors/webauthn.json");
        WebAuthnVector[] memory vectors =
            abi.decode(vm.parseJsonTypeArray(json, ".vectors", VECTOR), (WebAuthnVector[]));
        eq("cases", vectors.length, 16);
        IERC7913SignatureVerifier verifier = IERC7913SignatureVerifier(factory.verifier());
        for (uint256 i = 0; i < vectors.length; i++) {
            WebAuthnVector memory v = vectors[i];
            bytes4 answer = verifier.verify(abi.encode(v.x, v.y), v.challenge, v.assertion);
            yes(bytes32(bytes(v.name)), (answer == IERC7913SignatureVerifier.verify.selector) == v.valid);
        }
    }

    function test_anyOfItsPasskeysSigns() public view {
        bytes32 challenge = account.digestOf(DIGEST);
        yes("first", this.isWallet(address(account), _signed(account, 1, 1, challenge)));
        yes("second", this.isWallet(address(account), _signed(account, 2, 1, challenge)));
        yes("both", this.isWallet(address(account), _signed(account, 1, 2, challenge)));
        no("a third", this.isWallet(address(account), _signed(account, 3, 1, challenge)));
        no("one of them and a third", this.isWallet(address(account), _signed(account, 2, 2, challenge)));
    }

    function test_refusesWithoutReverting() public view {
        bytes4 no_ = 0xffffffff;
        bytes memory signature = _signed(account, 3, 1, account.digestOf(DIGEST));
        yes("another's", account.isValidSignature(DIGEST, signature) == no_);
        yes("nothing", account.isValidSignature(DIGEST, abi.encode(new PasskeySignature[](0))) == no_);
    }

    /// @dev An account of its own passkeys too agrees to nothing that was signed for another one.
    function test_attack_replayOnAnotherAccount() public {
        PasskeyAccount other = PasskeyAccount(factory.create(_passkeys(1, 2), 1, "other"));
        bytes memory signature = _signed(account, 1, 1, account.digestOf(DIGEST));
        yes("here", this.isWallet(address(account), signature));
        no("there", this.isWallet(address(other), signature));
    }

    function test_attack_replayOnAnotherChainOrDeployment() public {
        bytes memory signature = _signed(account, 1, 1, account.digestOf(DIGEST));
        vm.chainId(731_338);
        no("another chain", this.isWallet(address(account), signature));
        PasskeyAccount elsewhere = _account(new PasskeyAccounts("another"), 1, 2, 1);
        no("another deployment", this.isWallet(address(elsewhere), signature));
    }

    /// @dev A passkey shows no words: what it signed as a message must never be a call, nor the other way round.
    function test_attack_aMessageIsNoCall() public view {
        bytes32 call = account.executionDigest(address(factory), "data", 0);
        bytes memory asCall = _signed(account, 1, 1, call);
        no("a call as message", account.isValidSignature(call, asCall) == account.isValidSignature.selector);
        bytes32 challenge = account.digestOf(call);
        no("another challenge", challenge == call);
        // The bare digest, signed without the account's own words around it.
        no("bare", this.isWallet(address(account), _signed(account, 1, 1, DIGEST)));
    }

    function test_userVerificationIsRequired() public view {
        bytes32 challenge = account.digestOf(DIGEST);
        bytes1[3] memory flags = [bytes1(0x00), 0x01, 0x04];
        for (uint256 i = 0; i < flags.length; i++) {
            no("signed", this.isWallet(address(account), _one(1, _assertion(1, challenge, flags[i]))));
        }
        yes("signed", this.isWallet(address(account), _one(1, _assertion(1, challenge, PRESENT_AND_VERIFIED))));
    }

    function test_severalMustSign() public {
        PasskeyAccount strict = _account(factory, 10, 3, 2);
        bytes32 challenge = strict.digestOf(DIGEST);
        no("one", this.isWallet(address(strict), _signed(strict, 10, 1, challenge)));
        yes("two", this.isWallet(address(strict), _signed(strict, 11, 2, challenge)));
        yes("three", this.isWallet(address(strict), _signed(strict, 10, 3, challenge)));
    }

    /// @dev One passkey is one voice, however often it is shown and in whatever order.
    function test_attack_onePasskeyTwice() public {
        PasskeyAccount strict = _account(factory, 10, 3, 2);
        bytes32 challenge = strict.digestOf(DIGEST);
        PasskeySignature[] memory twice = new PasskeySignature[](2);
        twice[0] = PasskeySignature(_passkey(10), _assertion(10, challenge, PRESENT_AND_VERIFIED));
        twice[1] = twice[0];
        no("twice", this.isWallet(address(strict), abi.encode(twice)));
        PasskeySignature[] memory ordered = abi.decode(_signed(strict, 10, 2, challenge), (PasskeySignature[]));
        yes("in order", this.isWallet(address(strict), abi.encode(ordered)));
        (ordered[0], ordered[1]) = (ordered[1], ordered[0]);
        no("out of order", this.isWallet(address(strict), abi.encode(ordered)));
    }

    /// @dev As many signatures as an account may ask for fit into the gas that a wallet is given, with half to spare.
    function test_theStrictestAccountFitsIntoAWalletsGas() public {
        uint256 most = account.MAX_THRESHOLD();
        PasskeyAccount strict = _account(factory, 10, most, most);
        bytes memory signature = _signed(strict, 10, most, strict.digestOf(DIGEST));
        uint256 before = gasleft();
        yes("signed", this.isWallet(address(strict), signature));
        yes("half to spare", before - gasleft() < Signatures.WALLET_GAS / 2);
    }

    function testFuzz_noRandomBytesSign(bytes calldata signature) public view {
        no("signed", this.isWallet(address(account), signature));
    }

    function isWallet(address wallet, bytes calldata signature) external view returns (bool) {
        return Signatures.isWallet(wallet, DIGEST, signature);
    }

    function _one(uint256 key, bytes memory assertion) private view returns (bytes memory) {
        PasskeySignature[] memory given = new PasskeySignature[](1);
        given[0] = PasskeySignature(_passkey(key), assertion);
        return abi.encode(given);
    }
}
