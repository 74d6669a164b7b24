// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ZeroValue} from "../Errors.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title EIP-712 domain with a salt
/// @notice The domain is (name, version, chain id, this contract, deployment id): what is signed for one chain, contract
/// or deployment is worth nothing in another. OpenZeppelin's `EIP712` has no salt, hence this one.
abstract contract Domain is IERC5267 {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    string private constant NAME = "Tallystick";
    string private constant VERSION = "1";

    /// @notice Random number of this deployment, the domain's salt.
    bytes32 public immutable deploymentId;

    uint256 private immutable _chainIdAtDeployment;
    bytes32 private immutable _separatorAtDeployment;

    constructor(bytes32 deploymentId_) {
        if (deploymentId_ == 0) revert ZeroValue("deploymentId");
        deploymentId = deploymentId_;
        _chainIdAtDeployment = block.chainid;
        _separatorAtDeployment = _separator(deploymentId_);
    }

    /// @notice The EIP-712 domain separator, of the chain as it is now: a fork under a new chain id gets a new one.
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == _chainIdAtDeployment ? _separatorAtDeployment : _separator(deploymentId);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"1f", NAME, VERSION, block.chainid, address(this), deploymentId, new uint256[](0));
    }

    /// @dev keccak256(0x19 01 ‖ domain separator ‖ struct hash), EIP-712.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), structHash));
    }

    function _separator(bytes32 salt) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this), salt
            )
        );
    }
}
