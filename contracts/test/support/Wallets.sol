// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "../../src/Consents.sol";
import {Authorization} from "../../src/Types.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

// Contract wallets (EIP-1271), honest and not.

/// @dev Accepts what its one owner signed.
contract OwnedWallet {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recoverCalldata(digest, signature) == _owner ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Says yes until told to say no.
contract MoodyWallet {
    bool public willing = true;

    function setWilling(bool willing_) external {
        willing = willing_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return willing ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Tries to submit the same authorization again from inside the check, as a wallet that wants two records would.
contract ReentrantWallet {
    Consents private immutable _consents;
    bytes private _again;

    constructor(Consents consents) {
        _consents = consents;
    }

    function prepare(bytes calldata again) external {
        _again = again;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool success,) = address(_consents).call(_again);
        return success ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Burns whatever it is given.
contract BurningWallet {
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        while (gasleft() > 0) {}
        return this.isValidSignature.selector;
    }
}

/// @dev Answers with far more than a word.
contract LoudWallet {
    function isValidSignature(bytes32, bytes calldata) external pure {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 60000)
        }
    }
}

/// @dev Answers with the four bytes alone, which is not a word.
contract ShortWallet {
    function isValidSignature(bytes32, bytes calldata) external pure {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 4)
        }
    }
}
