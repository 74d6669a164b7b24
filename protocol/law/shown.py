"""What is declared of a data set, and what the law's gate finds, as people read it before they sign."""

from collections.abc import Iterable
from typing import Final

from protocol.consent_table import Line
from protocol.contract import ZERO32
from protocol.law import codes
from protocol.law.codes import Code
from protocol.law.declared import NOT_DECLARED, ConsentScope, Declaration
from protocol.programs import Words
from protocol.sentences import quoted

_LAW: Final = Words("What the law asks", "法律要求的声明")
_SOURCE: Final = Words("Source", "来源")
_BASIS: Final = Words("Held on", "依据")
_PLACE: Final = Words("Kept in", "所在地")
_AGREED: Final = Words("Individuals agreed to", "个人同意的范围")
_ABROAD: Final = Words("May go to", "可出境至")
_COLUMNS: Final = Words("Columns", "各列")
_SAME: Final = Words("", "")


def declaration_lines(declaration: Declaration | None) -> tuple[Line, ...]:
    """All of a declaration, or that there is none, in plain words."""
    if declaration is None:
        return (Line(_LAW, NOT_DECLARED),)
    return (
        Line(_SOURCE, _source(declaration)),
        *_many(_BASIS, (_held(item.code, item.since, item.until, item.document) for item in declaration.bases)),
        Line(_PLACE, codes.words_of(codes.JURISDICTIONS, declaration.jurisdiction)),
        *(() if declaration.scope is None else _many(_AGREED, _scope(declaration.scope))),
        *_many(
            _ABROAD,
            (
                _joined(
                    codes.words_of(codes.JURISDICTIONS, item.to),
                    codes.words_of(codes.APPROVALS, item.kind),
                    _until(item.until),
                    _document(item.document),
                )
                for item in declaration.approvals
            ),
        ),
        *_many(
            _COLUMNS,
            (
                _joined(Words(item.name, item.name), Words(f"level {item.level}", f"级别 {item.level}"), _listed(codes.KINDS, item.kinds))
                for item in declaration.columns
            ),
        ),
    )  # fmt: skip


def _source(declaration: Declaration) -> Words:
    source = declaration.source
    parts = [codes.words_of(codes.SOURCES, source.kind)]
    if source.supplier:
        parts.append(_same(quoted(source.supplier)))
    if source.necessity:
        parts.append(_same(quoted(source.necessity)))
    if source.signs:
        parts.append(Words("signs are up", "已设置提示标识"))
    if source.proof != ZERO32:
        parts.append(_document(source.proof))
    return _joined(*parts)


def _held(code: str, since: str, until: str, document: bytes) -> Words:
    basis = codes.BASIS[code]
    return _joined(
        basis.words, codes.cited(basis.articles), Words(f"from {since}", f"自 {since}"), _until(until), _document(document)
    )  # fmt: skip


def _scope(scope: ConsentScope) -> Iterable[Words]:
    for item in scope.recipients:
        wallet = (_same(item.wallet),) if item.wallet else ()
        yield _joined(_same(item.party), codes.words_of(codes.STANDINGS, item.standing), codes.words_of(codes.JURISDICTIONS, item.jurisdiction), *wallet)  # fmt: skip
    if scope.others:
        others = _listed(codes.STANDINGS, scope.others)
        yield Words(f"any {others.english}, not named", f"任何{others.chinese}（未具名）")
    yield _about(Words("purposes", "目的"), codes.PURPOSES, scope.purposes)
    yield _about(Words("operations", "处理方式"), codes.OPERATIONS, scope.operations)
    yield _about(Words("sensitive kinds", "敏感种类"), codes.KINDS, scope.kinds)
    yield _about(Words("separate consents", "单独同意"), codes.SEPARATE, scope.separate)
    template = _document(scope.template)
    yield Words(f"template: {template.english}", f"模板：{template.chinese}")


def _about(name: Words, table: tuple[Code, ...], found: tuple[str, ...]) -> Words:
    listed = _listed(table, found) if found else Words("none", "无")
    return Words(f"{name.english}: {listed.english}", f"{name.chinese}：{listed.chinese}")


def _listed(table: tuple[Code, ...], found: tuple[str, ...]) -> Words:
    words = [codes.words_of(table, code) for code in found]
    return Words("; ".join(it.english for it in words), "；".join(it.chinese for it in words))


def _until(day: str) -> Words:
    return Words(f"until {day}", f"至 {day}")


def _document(digest: bytes) -> Words:
    return Words(f"document 0x{digest.hex()}", f"文件 0x{digest.hex()}")


def _same(text: str) -> Words:
    return Words(text, text)


def _joined(*parts: Words) -> Words:
    return Words(", ".join(it.english for it in parts), "，".join(it.chinese for it in parts))


def _many(about: Words, said: Iterable[Words]) -> tuple[Line, ...]:
    return tuple(Line(_SAME if at else about, words) for at, words in enumerate(said))
