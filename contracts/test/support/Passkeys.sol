// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PasskeyAccount} from "../../src/PasskeyAccount.sol";
import {PasskeyAccounts} from "../../src/PasskeyAccounts.sol";
import {Passkey, PasskeySignature} from "../../src/Types.sol";
import {Check, vm} from "./Vm.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";

/// @dev Authenticators that hold P-256 keys, and what a browser sends of their assertions.
abstract contract Passkeys is Check {
    uint256 private constant ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
    bytes1 internal constant PRESENT_AND_VERIFIED = 0x05;

    function _passkey(uint256 key) internal view returns (Passkey memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return Passkey(bytes32(x), bytes32(y));
    }

    function _passkeys(uint256 first, uint256 count) internal view returns (Passkey[] memory passkeys) {
        passkeys = new Passkey[](count);
        for (uint256 i = 0; i < count; i++) {
            passkeys[i] = _passkey(first + i);
        }
    }

    function _account(PasskeyAccounts factory, uint256 first, uint256 count, uint256 threshold)
        internal
        returns (PasskeyAccount)
    {
        return PasskeyAccount(factory.create(_passkeys(first, count), threshold, 0));
    }

    function _assertion(uint256 key, bytes32 challenge, bytes1 flags) internal pure returns (bytes memory) {
        string memory clientData = string.concat(
            '{"type":"webauthn.get","challenge":"',
            Base64.encodeURL(abi.encodePacked(challenge)),
            '","origin":"https://tallystick.example","crossOrigin":false}'
        );
        bytes memory data = abi.encodePacked(sha256("tallystick.example"), flags, uint32(1));
        (bytes32 r, bytes32 s) = vm.signP256(key, sha256(abi.encodePacked(data, sha256(bytes(clientData)))));
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
        return _encoded(WebAuthn.WebAuthnAuth(r, s, 23, 1, data, clientData));
    }

    /// @dev `abi.encode` of the struct stands behind an offset word that the verifier does not expect.
    function _encoded(WebAuthn.WebAuthnAuth memory auth) internal pure returns (bytes memory) {
        return
            abi.encode(auth.r, auth.s, auth.challengeIndex, auth.typeIndex, auth.authenticatorData, auth.clientDataJSON);
    }

    /// @dev Signed by the passkeys number `first` to `first + count - 1`, in the order of their ids.
    function _signed(PasskeyAccount account, uint256 first, uint256 count, bytes32 challenge)
        internal
        view
        returns (bytes memory)
    {
        PasskeySignature[] memory given = new PasskeySignature[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 place = i;
            PasskeySignature memory next =
                PasskeySignature(_passkey(first + i), _assertion(first + i, challenge, PRESENT_AND_VERIFIED));
            while (place > 0 && account.idOf(given[place - 1].passkey) > account.idOf(next.passkey)) {
                given[place] = given[place - 1];
                place--;
            }
            given[place] = next;
        }
        return abi.encode(given);
    }

    /// @dev Has the account call a contract, by its passkey number `key`.
    function _execute(PasskeyAccount account, uint256 key, address target, bytes memory data)
        internal
        returns (bytes memory)
    {
        uint256 nonce = account.nonce();
        bytes32 challenge = account.executionDigest(target, data, nonce);
        return account.execute(target, data, nonce, _signed(account, key, 1, challenge));
    }
}
