"""Texts of joining and signing with a passkey on participants' pages, in English and 中文.

They travel into the bundle with the others of participants' pages (:mod:`audit_explorer.desk_words`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Words

JOIN: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "join_account": Words("Account that these passkeys own", "这些通行密钥所有的账户"),
        "join_account_about": Words(
            "This page derived the address from the passkeys; it is the same on every device. Give it to the engineer who sets up your"
            " node (tally node init --wallet-address), or who writes your application (tally passkey prepare --address).",
            "该地址由本页根据通行密钥推导得出，在任何设备上都相同。请将其交给为贵机构设置节点的工程师（tally node init --wallet-address），"
            "或代为填写申请的人员（tally passkey prepare --address）。",
        ),
        "join_another": Words("Make a second passkey on another device", "在另一设备上再创建一个通行密钥"),
        "join_another_about": Words(
            "Each of them signs alone. One that is lost cannot be replaced by anybody: have two, kept apart. Passkeys can be added here only"
            " until the account is made.",
            "其中任何一个均可单独签署。遗失的通行密钥无人能代为恢复：请准备两个并分开保管。仅可在账户创建之前于此添加。",
        ),
        "join_apply": Words("Sign the application with my passkey", "用通行密钥签署申请"),
        "join_applied": Words(
            "{party} has applied. Tell the admission office this fingerprint by a way of your own: only the application that bears it is"
            " yours. Once you are admitted, sign in with the passkey.",
            "{party} 已提交申请。请通过您自己的途径把此指纹告知准入方：只有与之相符的申请才是您的。获准后即可用通行密钥登录。",
        ),
        "join_contact": Words("Contact", "联系方式"),
        "join_file": Words(
            "The application's file, from tally node prepare or tally passkey prepare",
            "申请文件（由 tally node prepare 或 tally passkey prepare 生成）",
        ),
        "join_fingerprint": Words("Fingerprint", "指纹"),
        "join_intro": Words(
            "For people who have no wallet: a passkey of your telephone, computer or security key speaks for your organisation. You need an"
            " invitation of the admission office.",
            "适用于没有钱包的人员：由手机、电脑或安全密钥中的通行密钥代表贵机构。您需要准入方的邀请。",
        ),
        "join_invitation": Words("Invitation", "邀请码"),
        "join_link": Words("I was invited and have no wallet", "我受到邀请且没有钱包"),
        "join_load": Words("Passkeys of another browser of mine (their file)", "我在另一浏览器中的通行密钥（文件）"),
        "join_made": Words("The chain has the account.", "账户已上链。"),
        "join_make": Words("Make a passkey", "创建通行密钥"),
        "join_make_account": Words("Have the account made", "请求创建账户"),
        "join_make_account_about": Words(
            "The coordinator sends this to the chain and pays for it. It can make no other account of your passkeys than this one.",
            "由协调方发送上链并承担费用。它只能为您的通行密钥创建此账户，不能创建其他账户。",
        ),
        "join_making": Words("Waiting until the chain has the account…", "正在等待账户上链…"),
        "join_node": Words("Node signer", "节点签名地址"),
        "join_no_node": Words("none", "无"),
        "join_operator": Words("Operator", "运营主体"),
        "join_party": Words("Name under which you were invited", "受邀时使用的名称"),
        "join_passkey": Words("Passkey {number}", "通行密钥 {number}"),
        "join_passkeys": Words("1. Your passkeys", "1. 您的通行密钥"),
        "join_roles": Words("Roles", "角色"),
        "join_save": Words("Save a copy for my other browsers", "保存副本供其他浏览器使用"),
        "join_save_about": Words(
            "The copy holds no secret: public keys, and by which numbers the browser finds the passkeys.",
            "副本不含秘密：仅含公钥及浏览器查找通行密钥所用的编号。",
        ),
        "join_step_account": Words("2. The account on chain", "2. 链上账户"),
        "join_step_apply": Words("3. Your application", "3. 您的申请"),
        "join_title": Words("I was invited", "我受到邀请"),
        "join_title_of": Words("Title", "名称"),
        "paper_about": Words(
            "Your node writes what it has to have signed into a file (tally node dataset register --unsigned). Open it here, read it, sign"
            " it, and take the signed file back to the node (--signed).",
            "您的节点会将待签内容写入文件（tally node dataset register --unsigned）。请在此打开、阅读并签署，再将签好的文件带回节点（--signed）。",
        ),
        "paper_done": Words("Signed. Take the saved file back to the node.", "已签署。请将保存的文件带回节点。"),
        "paper_file": Words("The node's file", "节点生成的文件"),
        "paper_registers": Words(
            "You register version {version} of the data set {data_set}: {rows} rows, data level {level}, legal basis “{basis}”. The chain"
            " keeps it for ever; names and legal basis as hashes.",
            "您登记数据集 {data_set} 第 {version} 版：{rows} 行，数据级别 {level}，合法性基础“{basis}”。链上将永久保存，其中名称与合法性基础"
            "只保存哈希值。",
        ),
        "paper_sign": Words("Sign it and save the file", "签署并保存文件"),
        "paper_title": Words("Something to sign for my node", "为我的节点签署"),
        "passkey_name": Words("Passkey of {party}", "{party} 的通行密钥"),
        "passkey_shows": Words(
            "Your device will ask for your fingerprint, face or PIN and show the name {host}. It shows none of the words: what you sign is"
            " what this page shows, for this account and this deployment alone. Where the device shows another name, do not go on.",
            "您的设备将要求指纹、面容或 PIN，并显示名称 {host}。设备不显示任何文字内容：您所签的即本页所示，且仅对该账户与该部署有效。"
            "如设备显示其他名称，请勿继续。",
        ),
    }
)

_NOT_GOOD: Final = Words(
    "What the device gave is no good signature of this passkey. Nothing was handed in: try again on this page.",
    "设备给出的并非该通行密钥的有效签名。未提交任何内容：请在本页重试。",
)

JOIN_PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("passkey.authenticator", "passkey.challenge", "passkey.kind", "passkey.malformed", "passkey.malleable"),
            _NOT_GOOD,
        ),
        "enrolment.other_deployment": Words(
            "The application is for another deployment. Have it written anew with this deployment's file.",
            "该申请属于另一部署。请使用本部署的文件重新生成。",
        ),
        "invitation.not_good": Words(
            "This invitation cannot be used now: another name, used before, or too old. Ask the admission office for a new one.",
            "该邀请现不可用：名称不符、已使用或已过期。请向准入方索取新的邀请。",
        ),
        "join.not_application": Words(
            "This is no application's file, or it was changed. Take the one that tally node prepare or tally passkey prepare wrote.",
            "这不是申请文件，或已被改动。请使用 tally node prepare 或 tally passkey prepare 生成的文件。",
        ),
        "join.other_party": Words(
            "The application is for another party than the one you were invited as. Do not sign it.",
            "该申请的参与方与您受邀的名称不同。请勿签署。",
        ),
        "join.other_wallet": Words(
            "The application names another account than that of your passkeys. Do not sign it: give your engineer the address above.",
            "该申请所载账户并非您的通行密钥的账户。请勿签署：请将上方地址交给工程师。",
        ),
        "join.party": Words(
            "Write the name under which you were invited: small letters, digits and hyphens.",
            "请填写受邀时使用的名称：小写字母、数字与连字符。",
        ),
        "join.signed": Words(
            "A wallet has signed this application already. Take the file that tally node prepare wrote.",
            "该申请已由某钱包签署。请使用 tally node prepare 生成的文件。",
        ),
        "paper.none": Words(
            "This is no file of a node that waits for a signature. Take the one that it wrote with --unsigned.",
            "这不是节点的待签文件。请使用其以 --unsigned 生成的文件。",
        ),
        "paper.other_party": Words(
            "The file registers another party's data. Do not sign it.", "该文件登记的是另一参与方的数据。请勿签署。"
        ),
        "paper.signed": Words(
            "A wallet has signed this file already: take it back to the node.", "该文件已由钱包签署：请带回节点。"
        ),
        "passkey.count": Words(
            "An account has one to five passkeys at its beginning.", "账户创建时可有一至五个通行密钥。"
        ),
        "passkey.file": Words(
            "This is no copy of passkeys. Take the file that this page saved in your other browser.",
            "这不是通行密钥副本。请使用本页在另一浏览器中保存的文件。",
        ),
        "passkey.no_transactions": Words(
            "This act is a transaction of the wallet's own, which a passkey cannot send from this page. Use a wallet, or the command line.",
            "该操作须由钱包自行发送交易，通行密钥无法在本页发送。请使用钱包或命令行。",
        ),
        "passkey.nobody_there": Words(
            "The device does not say that anybody was there. Nothing was handed in: try again.",
            "设备未确认有人在场。未提交任何内容：请重试。",
        ),
        "passkey.not_made": Words(
            "The chain does not have the account yet. Nothing is lost: ask again, or have the operator look.",
            "链上尚无该账户。未丢失任何内容：请重试，或请运营方查看。",
        ),
        "passkey.not_recognised": Words(
            "The device recognised nobody. Set up a PIN, fingerprint or face on it, and try again.",
            "设备未识别到使用者。请先在设备上设置 PIN、指纹或面容后重试。",
        ),
        "passkey.off": Words(
            "This deployment makes no accounts for passkeys. Ask its operator, or use a wallet.",
            "该部署不支持通行密钥账户。请联系运营方，或使用钱包。",
        ),
        "passkey.origin": Words(
            "The passkey's signature was made for another site's pages. Nothing was handed in.",
            "该通行密钥签名并非为本站页面所作。未提交任何内容。",
        ),
        "passkey.other_account": Words(
            "The coordinator named another account than the one that follows from your passkeys. Do not go on; tell its operator.",
            "协调方给出的账户与由您的通行密钥推导所得的不同。请勿继续，并告知其运营方。",
        ),
        "passkey.other_key": Words(
            "Another passkey answered than one of this account. Nothing was handed in.",
            "作出响应的并非该账户的通行密钥。未提交任何内容。",
        ),
        "passkey.rejected": Words(
            "You rejected it on the device, or time ran out. Nothing was signed.",
            "您已在设备上拒绝，或已超时。未签署任何内容。",
        ),
        "passkey.same_device": Words(
            "This device holds one of these passkeys already. Make the other one on another device.",
            "该设备已持有其中一个通行密钥。请在另一设备上创建。",
        ),
        "passkey.site": Words(
            "The passkey belongs to another site than this page's. Nothing was handed in.",
            "该通行密钥属于另一站点。未提交任何内容。",
        ),
        "passkey.too_many": Words(
            "Too many accounts were made for this invitation. Use one of them, or ask the operator.",
            "该邀请已创建过多账户。请使用其中之一，或联系运营方。",
        ),
        "passkey.unable": Words(
            "This browser makes no passkeys on this page. They need https (or localhost), a name instead of a number as the address, and a"
            " device with PIN, fingerprint or face.",
            "该浏览器无法在本页创建通行密钥：需要 https（或 localhost）、以域名而非 IP 数字访问，并需设备设有 PIN、指纹或面容。",
        ),
        "signature.not_node": Words(
            "The node that the application names did not sign it. Have it written anew on that node.",
            "申请所载节点未签署该申请。请在该节点上重新生成。",
        ),
    }
)
