// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    PartyExists,
    UnknownParty,
    WalletIsNodeSigner,
    WalletTaken,
    ZeroValue
} from "../../src/Errors.sol";
import {PartyRegistry} from "../../src/PartyRegistry.sol";
import {
    Admission,
    COMPUTE_PROVIDER,
    DATA_PROVIDER,
    PartyRecord,
    PartyStatus,
    REGULATOR,
    RESULT_USER,
    SCHEDULER
} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";
import {OwnedWallet} from "../support/Wallets.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract AdmitTest is Fixture {
    using RegistrationHashing for Admission;

    function test_admitRecordsAndEmitsEverything() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.PartyAdmitted(
            stranger.id,
            stranger.wallet,
            stranger.node,
            _tls(stranger),
            _seal(stranger),
            "operator",
            DATA_PROVIDER | RESULT_USER,
            keccak256("profile")
        );
        _admit(stranger, DATA_PROVIDER | RESULT_USER, "operator");
        PartyRecord memory r = registry.get(stranger.id);
        eq("wallet", r.wallet, stranger.wallet);
        eq("nodeSigner", r.nodeSigner, stranger.node);
        eq("nodeKey", r.nodeKey, _tls(stranger));
        eq("sealKey", r.sealKey, _seal(stranger));
        eq("operator", r.operator, "operator");
        eq("roles", r.roles, DATA_PROVIDER | RESULT_USER);
        eq("profile", r.profileHash, keccak256("profile"));
        eq("status", uint8(r.status), uint8(PartyStatus.Active));
        eq("party of the wallet", registry.partyOf(stranger.wallet), stranger.id);
        yes("active", registry.isActive(stranger.id));
        eq("first period", registry.keyPeriod(stranger.id), 1);
        eq("its signer", registry.keysOf(stranger.id, 1).nodeSigner, stranger.node);
    }

    function test_onlyTheAdmissionRoleAdmits() public {
        vm.prank(stranger.wallet);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, stranger.wallet, keccak256("ADMISSION_ROLE")
            )
        );
        registry.admit(_application(stranger, SCHEDULER, "o"), "", "");
    }

    function test_whoMayAdmit() public view {
        yes("admin", registry.mayAdmit(admin));
        no("a wallet", registry.mayAdmit(bank.wallet));
    }

    function test_admittingTwiceReverts() public {
        vm.expectRevert(abi.encodeWithSelector(PartyExists.selector, bank.id));
        _admit(bank, SCHEDULER, "operator");
    }

    function test_aWalletBelongsToOneParty() public {
        Actor memory twin = stranger;
        (twin.wallet, twin.walletKey) = (bank.wallet, bank.walletKey);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, bank.wallet, bank.id));
        _admit(twin, SCHEDULER, "operator");
    }

    function test_theWalletIsNeverTheNodeSigner() public {
        Actor memory lazy = stranger;
        (lazy.node, lazy.nodeKey) = (lazy.wallet, lazy.walletKey);
        vm.expectRevert(abi.encodeWithSelector(WalletIsNodeSigner.selector, lazy.wallet));
        _admit(lazy, SCHEDULER, "operator");
    }

    function test_requiredValues() public {
        Admission memory a = _application(stranger, SCHEDULER, "o");
        a.party = 0;
        _refused("party", a);
        a = _application(stranger, SCHEDULER, "o");
        a.wallet = address(0);
        _refused("wallet", a);
        a = _application(stranger, 0, "o");
        _refused("roles", a);
        // Whatever its roles: a party of no operator would be independent of everybody.
        for (uint32 role = 1; role <= 128; role *= 2) {
            a = _application(stranger, role, 0);
            _refused("operator", a);
        }
        a = _application(stranger, RESULT_USER, "o");
        a.sealKey = 0;
        _refused("sealKey", a);
    }

    /// @dev Whoever has data or computes has a node; a node is both keys, whoever has it.
    function test_aNodeIsBothKeys() public {
        uint32[3] memory roles = [DATA_PROVIDER, COMPUTE_PROVIDER, SCHEDULER];
        for (uint256 i = 0; i < 3; i++) {
            Admission memory a = _application(stranger, roles[i], "o");
            a.nodeSigner = address(0);
            _refused("nodeSigner", a);
            a = _application(stranger, roles[i], "o");
            a.nodeKey = 0;
            _refused("nodeKey", a);
        }
    }

    function test_aPartyWithoutANodeNeedsNoNodeKeys() public {
        Admission memory a = _application(stranger, RESULT_USER, "o");
        (a.nodeSigner, a.nodeKey) = (address(0), 0);
        bytes memory signature = _sign(stranger.walletKey, _digest(address(registry), a.hash()));
        vm.prank(admin);
        registry.admit(a, signature, "");
        yes("active", registry.isActive(stranger.id));
    }

    /// @dev Nobody is admitted who did not apply, nor with another's wallet or node.
    function test_attack_admissionWithoutConsent() public {
        Admission memory a = _application(stranger, SCHEDULER, "o");
        bytes32 digest = _digest(address(registry), a.hash());
        bytes memory byWallet = _sign(stranger.walletKey, digest);
        bytes memory byNode = _sign(stranger.nodeKey, digest);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, digest));
        _submit(a, byNode, byNode);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.node, digest));
        _submit(a, byWallet, byWallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, digest));
        _submit(a, "", byNode);
        _submit(a, byWallet, byNode);
    }

    /// @dev Every field is what was signed: the admission role changes none of them on the way.
    function test_attack_anApplicationIsChangedOnTheWay() public {
        Admission memory signed = _application(stranger, SCHEDULER, "o");
        bytes32 digest = _digest(address(registry), signed.hash());
        bytes memory byWallet = _sign(stranger.walletKey, digest);
        bytes memory byNode = _sign(stranger.nodeKey, digest);
        for (uint256 field = 0; field < 6; field++) {
            Admission memory a = _application(stranger, SCHEDULER, "o");
            if (field == 0) a.party = "other";
            if (field == 1) a.nodeKey = "other";
            if (field == 2) a.sealKey = "other";
            if (field == 3) a.operator = "other";
            if (field == 4) a.roles = REGULATOR;
            if (field == 5) a.profileHash = "other";
            bytes32 other = _digest(address(registry), a.hash());
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, other));
            _submit(a, byWallet, byNode);
        }
    }

    function test_anOrganisationsWalletApplies() public {
        Admission memory a = _application(stranger, SCHEDULER, "o");
        a.wallet = address(new OwnedWallet(stranger.wallet));
        bytes32 digest = _digest(address(registry), a.hash());
        _submit(a, _sign(stranger.walletKey, digest), _sign(stranger.nodeKey, digest));
        eq("wallet", registry.get(stranger.id).wallet, a.wallet);
    }

    function test_aRegistryNeedsAnAdmin() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("admin")));
        new PartyRegistry(DEPLOYMENT, address(0));
    }

    function test_unknownPartiesAreNobody() public {
        no("active", registry.isActive(stranger.id));
        no("role", registry.holdsRole(stranger.id, REGULATOR));
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.get(stranger.id);
    }

    function test_holdsRoleAsksForEveryBit() public view {
        yes("one", registry.holdsRole(bank.id, DATA_PROVIDER));
        yes("both", registry.holdsRole(bank.id, DATA_PROVIDER | COMPUTE_PROVIDER));
        no("one of two", registry.holdsRole(bank.id, DATA_PROVIDER | REGULATOR));
    }

    function _refused(bytes32 field, Admission memory a) private {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, field));
        _submit(a, "", "");
    }

    function _submit(Admission memory a, bytes memory walletSignature, bytes memory nodeSignature) private {
        vm.prank(admin);
        registry.admit(a, walletSignature, nodeSignature);
    }
}
