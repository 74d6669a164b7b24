"""`tally node dataset`: a node's data sets - the node reads and commits, the owner's wallet decides what the chain says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.applying import NAME
from cli.confirm import Yes, confirm
from cli.own_node import State, Wallet, WalletPassphrase, wallet_of

if TYPE_CHECKING:
    from client import Signer
    from workers.data_sets import StoredVersion
    from workers.node import Desk
    from workers.openings import Prepared
    from workers.sources.problems import DataError

app = typer.Typer(no_args_is_help=True, help="The node's data sets.")
FILE = "A .csv (.tsv, .txt), .parquet, .xlsx or PLINK .bed file, or a .url file (mode 0600) with the URL of a database."
Reference = Annotated[str, typer.Argument(help="The data set's reference name.")]
Version = Annotated[int, typer.Option(min=1, help="Its version.")]
VisibleTo = Annotated[
    list[str] | None,
    typer.Option(
        "--visible-to",
        help="Who reads the description: public, participants (at first), or a party's name (may be repeated).",
    ),
]


@app.command()
def add(
    state: State,
    file: Annotated[Path, typer.Argument(help=FILE)],
    schema: Annotated[Path, typer.Option(help="The declared schema (.toml or .json).")],
    name: Annotated[str, typer.Option(help=f"Short name ({NAME}); 128 random bits are added.")],
    legal_basis: Annotated[str, typer.Option(help="Legal basis of the source, in words.")],
    reference: Annotated[str, typer.Option(help="Reference name of an existing data set: adds its next version.")] = "",
    wallet: Annotated[
        Path | None,
        typer.Option(envvar="TALLY_WALLET", help="The wallet's folder; without it, `register` must follow."),
    ] = None,
    wallet_passphrase_file: Annotated[
        Path | None, typer.Option(envvar="TALLY_WALLET_PASSPHRASE_FILE", help="The wallet's passphrase (mode 0600).")
    ] = None,
    visible_to: VisibleTo = None,
    yes: Yes = False,
) -> None:
    """Read and check a file and store it encrypted; with a wallet, register its commitment and publish its description."""
    from cli.reading import Shown
    from workers import enrol
    from workers.node import open_desk
    from workers.sources.problems import DataError
    from workers.sources.schema import Schema

    if (wallet is None) != (wallet_passphrase_file is None):
        raise typer.BadParameter("give --wallet and --wallet-passphrase-file, or neither")
    signer = None if wallet is None or wallet_passphrase_file is None else wallet_of(wallet, wallet_passphrase_file)
    try:
        with open_desk(state) as desk:
            stored = enrol.add_data_set(
                desk, file, Schema.read(schema), name, legal_basis, reference=reference or None, listener=Shown()
            )
            typer.echo(f"{stored.data_set} version {stored.version}: {stored.rows} rows")
            if signer is None:
                typer.echo("stored, not registered: let the wallet sign with `tally node dataset register`")
            else:
                _register(desk, stored, signer, visible_to, yes=yes)
    except DataError as error:
        _show(error)
        typer.echo(f"{error.count} problems; nothing was signed or stored", err=True)
        raise typer.Exit(1) from error


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help=FILE)],
    out: Annotated[
        Path | None, typer.Option(help="Where the draft is written (mode 0600); FILE.schema.toml without it.")
    ] = None,
    sheet: Annotated[str, typer.Option(help="The sheet of a workbook; its first without it.")] = "",
    table: Annotated[str, typer.Option(help="The table of a database, as NAME or SCHEMA.NAME.")] = "",
    query: Annotated[str, typer.Option(help="Or one SELECT of it.")] = "",
) -> None:
    """Draft a declared schema from a file: what would read it, and what was seen there, for you to confirm line by line."""
    from protocol.errors import RefusedError
    from workers import disk
    from workers.sources.draft import draft
    from workers.sources.draft_text import text
    from workers.sources.problems import DataError
    from workers.sources.reading import FileForm

    target = out or file.with_suffix(".schema.toml")
    if target.exists():
        raise RefusedError("draft.exists", f"{target} exists.", "Name another file with --out.")
    place = {name: value for name, value in (("sheet", sheet), ("table", table), ("query", query)) if value}
    try:
        drafted = draft(file, FileForm.parse(place, "The command"))
    except DataError as error:
        _show(error)
        raise typer.Exit(1) from error
    disk.write_private(target, text(drafted, file.stem).encode())
    left_out = sum(it.column is None for it in drafted.columns)
    typer.echo(
        f"{target}: {len(drafted.columns) - left_out} columns, {left_out} left out; confirm every line, then add it:"
    )
    typer.echo(f"tally node dataset add {file} --schema {target}")


@app.command()
def register(
    state: State,
    reference: Reference,
    wallet: Annotated[Path | None, typer.Option(envvar="TALLY_WALLET", help="The wallet's folder.")] = None,
    wallet_passphrase_file: Annotated[
        Path | None, typer.Option(envvar="TALLY_WALLET_PASSPHRASE_FILE", help="The wallet's passphrase (mode 0600).")
    ] = None,
    unsigned: Annotated[
        Path | None,
        typer.Option(
            help="Write what a wallet that lies elsewhere has to sign (a passkey, in the browser) to this file."
        ),
    ] = None,
    signed: Annotated[Path | None, typer.Option(help="The file that came back signed, in the wallet's place.")] = None,
    version: Version = 1,
    visible_to: VisibleTo = None,
    yes: Yes = False,
) -> None:
    """Register a stored version, signed by the owner's wallet; repeated, it says anew who reads the description.

    For a wallet that lies elsewhere: once with --unsigned FILE, then with --signed FILE.
    """
    from protocol.errors import RefusedError
    from protocol.registrations import SignedRegistration
    from workers import enrol
    from workers.node import open_desk

    if unsigned is not None and signed is not None:
        raise typer.BadParameter("give --unsigned first, and --signed when the file came back")
    with open_desk(state) as desk:
        stored = desk.store.find(reference, version)
        if stored is None:
            raise RefusedError("data_set.unknown", f"{reference} version {version} is not stored.", "Add it.")
        if unsigned is not None:
            unsigned.write_bytes(SignedRegistration(enrol.registration_of(desk, stored), b"").data())
            typer.echo(
                f"{unsigned} is to be signed: open it on the page “My things” where the wallet is, then come back with --signed.\n"
                f"{unsigned} 待签署：请在钱包所在设备的“我的”页面打开，然后以 --signed 提交。"
            )
            return
        if signed is not None:
            signer = enrol.signed_elsewhere(desk, stored, SignedRegistration.read(signed.read_bytes()))
        elif wallet is not None and wallet_passphrase_file is not None:
            signer = wallet_of(wallet, wallet_passphrase_file)
        else:
            raise typer.BadParameter("give --wallet and --wallet-passphrase-file, or --unsigned, or --signed")
        # what is registered already needs no word of the wallet
        _register(desk, stored, signer, visible_to, yes=yes or enrol.is_registered(desk, stored))


@app.command()
def retire(
    state: State,
    reference: Reference,
    version: Version,
    wallet: Wallet,
    wallet_passphrase_file: WalletPassphrase,
    yes: Yes = False,
) -> None:
    """Take a version back, signed by the owner's wallet: no task starts over it any more."""
    from workers import enrol
    from workers.node import open_desk

    signer = wallet_of(wallet, wallet_passphrase_file)
    with open_desk(state) as desk:
        confirm(
            f"The wallet {signer.address} signs: no task can start over {reference} version {version} any more, for ever; running "
            "tasks end as they were started, and sessions that are answered from it end now. Your stored rows stay at this node.",
            f"钱包 {signer.address} 签署：任何任务都不能再使用 {reference} 第 {version} 版启动，且不可恢复；正在运行的任务照常结束，以其答复的会话即刻结束。"
            "已存储的数据行仍留在本节点。",
            yes=yes,
        )
        typer.echo("retired" if enrol.retire(desk, reference, version, signer) else "retired already")


@app.command()
def attest(
    state: State,
    reference: Annotated[str, typer.Argument(help="Reference name of another party's data set.")],
    version: Version,
    statement: Annotated[Path, typer.Option(help="Your document about it; its SHA-256 goes on chain.")],
    wallet: Wallet,
    wallet_passphrase_file: WalletPassphrase,
    yes: Yes = False,
) -> None:
    """State something about another party's data set (that it comes from its source, say), signed by your wallet."""
    from protocol.canonical import sha256
    from workers import enrol
    from workers.node import open_desk

    digest, signer = sha256(statement.read_bytes()), wallet_of(wallet, wallet_passphrase_file)
    with open_desk(state) as desk:
        confirm(
            f"The wallet {signer.address} signs, and the chain will say for ever, that {desk.party} stated 0x{digest.hex()} about "
            f"{reference} version {version}.",
            f"钱包 {signer.address} 签署，且链上将永久记录：{desk.party} 对 {reference} 第 {version} 版作出声明 0x{digest.hex()}。",
            yes=yes,
        )
        enrol.attest(desk, reference, version, digest, signer)
    typer.echo("attested")


@app.command(name="open")
def open_rows(
    state: State,
    request: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An auditor's signed request.")],
    out: Annotated[Path, typer.Option(help="The answer to write, for the auditor: a new file.")],
    yes: Yes = False,
) -> None:
    """Open single committed rows to an auditor who asks for them: you see every cell before it is sealed, and your log keeps that it was."""
    from cli.reading import Shown
    from protocol.errors import RefusedError
    from workers import disk, openings
    from workers.node import open_desk

    if out.exists():
        raise RefusedError("disk.exists", f"{out} exists already.", "Keep it, or name another path.")
    with open_desk(state) as desk:
        it = openings.prepare(desk, request.read_bytes(), Shown())
        asked = it.message
        _show_rows(it)
        until = datetime.fromtimestamp(asked.not_after, UTC)
        confirm(
            f"{asked.asker} ({it.right.english}) asks, until {until:%Y-%m-%d}, for {it.rows.cells} cells of {len(it.shown)} rows of "
            f"{asked.data_set} version {asked.data_version}: “{asked.purpose}”. The cells above are sealed to the auditor alone, who "
            "can prove to anybody that they are yours; the other cells of these rows stay hidden. This node's log keeps, for ever "
            "and as hashes, that they were opened.",
            f"{asked.asker}（{it.right.chinese}）在{until:%Y-%m-%d}之前请求{asked.data_set}第{asked.data_version}版中"
            f"{len(it.shown)}行的{it.rows.cells}个单元格：“{asked.purpose}”。以上单元格将仅向该审计方加密公开，其可向任何人证明"
            "它们出自您方；这些行的其他单元格仍然隐藏。本节点的日志将永久以哈希形式记录此次公开。",
            yes=yes,
        )
        answer = openings.answer(desk, it)
    disk.create_private(out, answer)
    typer.echo(f"{out}: hand it to {asked.asker}; nobody else can open it")


@app.command()
def opened(state: State) -> None:
    """To whom rows were opened, as this node's log keeps it."""
    from protocol import dsse
    from protocol.openings import RowsOpened
    from workers.state import read_state

    with read_state(state) as found:
        for envelope in found.openings():
            it = RowsOpened.read(dsse.parse(envelope).payload)
            at = datetime.fromtimestamp(it.time, UTC)
            typer.echo(
                f"{at:%Y-%m-%d %H:%M UTC} {it.asker}: {it.cells} cells 单元格, {it.rows} rows 行, "
                f"version 版本 {it.version} of 0x{it.data_set.hex()}, request 请求 0x{it.request.hex()}"
            )


@app.command(name="list")
def list_data_sets(state: State) -> None:
    """The stored versions, and in how many tasks their rows were used for whom."""
    from workers.read_before import before
    from workers.state import read_state

    with read_state(state) as found:
        rows = found.data_sets()
        for row in rows:
            mark = "registered" if row["registered"] else "not registered"
            typer.echo(f"{row['data_set']} version {row['version']}: {row['rows']} rows, {mark}")
        for data_set in sorted({row["data_set"] for row in rows}):
            for words in (read.words(data_set) for read in before(found, data_set)):
                typer.echo(f"{words.english} {words.chinese}")


def _show_rows(it: "Prepared") -> None:
    """What the auditor would read, for the owner: numbers count from 1 as in the file, places as the auditor names them."""
    from cli.layout import columns

    heads = ["row 行", "place 位置", *it.message.columns]
    rows = [
        [str(row.number + 1), str(row.position), *("-" if cell is None else cell for _, cell in row.cells)]
        for row in it.shown
    ]
    for line in columns([heads, *rows]):
        typer.echo(line)
    for key in it.rows.absent:
        typer.echo(f"no such row 无此行: {key}")


def _show(error: "DataError") -> None:
    for problem in error.problems:
        typer.echo(f"{problem.code}  {problem.english}\n    {problem.chinese}", err=True)


def _show_declared(stored: "StoredVersion") -> None:
    """What the description will say of the law, before the wallet signs its hash; that nothing is said, where nothing is."""
    from cli.layout import columns
    from protocol.law.shown import declaration_lines

    lines = declaration_lines(stored.schema.law)
    for rows in (
        [(it.about.english, it.said.english) for it in lines],
        [(it.about.chinese, it.said.chinese) for it in lines],
    ):
        for line in columns(rows):
            typer.echo(line)


def _register(
    desk: "Desk", stored: "StoredVersion", signer: "Signer", visible_to: list[str] | None, *, yes: bool
) -> None:
    from protocol.catalogue import Audience
    from workers import enrol

    audience = Audience.of(visible_to) if visible_to else None
    it = enrol.registration_of(desk, stored)
    _show_declared(stored)
    confirm(
        f"The wallet {signer.address} signs that {it.owner} registers {it.data_set} version {it.version}: {it.rows} rows, data "
        f"level {it.data_level}, legal basis “{it.legal_basis}”, input root 0x{it.input_root.hex()}, description "
        f"0x{it.schema_hash.hex()}. The chain keeps it for ever; names and legal basis as hashes.",
        f"钱包 {signer.address} 签署：{it.owner} 登记 {it.data_set} 第 {it.version} 版：{it.rows} 行，数据级别 {it.data_level}，"
        f"合法性基础“{it.legal_basis}”，输入根 0x{it.input_root.hex()}，描述 0x{it.schema_hash.hex()}。"
        "链上将永久保存，其中名称与合法性基础只保存哈希值。",
        yes=yes,
    )
    enrol.register(desk, stored, signer, audience)
    typer.echo(f"registered, input root 0x{stored.input_root.hex()}")
