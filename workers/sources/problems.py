"""What is wrong with an owner's file: every problem with file, row, column and what to do, in both languages.

A problem never quotes the cell: the row and column find it, and no value reaches a log or a screen that is shared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.errors import TallyError

SHOWN: Final = 100
"""Problems kept in full; the rest is counted."""

SENTENCES: Final[dict[str, tuple[str, str, str]]] = {
    "missing": ("The file does not exist.", "Correct the path.", "文件不存在；请更正路径。"),
    "empty": ("The file has no data rows.", "Export the table again.", "文件没有数据行；请重新导出。"),
    "encoding": ("The bytes are not UTF-8.", "Save the file as UTF-8 without BOM.", "编码不是UTF-8；请另存为无BOM的UTF-8。"),
    "bom": ("The file begins with a byte order mark.", "Save it as UTF-8 without BOM.", "文件带有BOM；请另存为无BOM的UTF-8。"),
    "unreadable": ("The file does not follow its format.", "Export it again.", "文件格式损坏；请重新导出。"),
    "quoting": ("A quote is opened or closed wrongly.", 'Write "" for a quote inside quotes (RFC 4180).', "引号不匹配；请按RFC 4180书写。"),
    "too_large": ("The file exceeds the limit.", "Split the data set.", "文件超出上限；请拆分数据集。"),
    "header_missing": ("A declared column is not in the header.", "Add it, or correct the declared schema.", "缺少已声明的列；请补充该列或更正声明。"),
    "header_extra": ("The header has a column that is not declared.", "Remove it, or declare it.", "存在未声明的列；请删除或补充声明。"),
    "header_order": ("The header's order differs from the schema's.", "Use the declared order.", "列顺序与声明不一致；请按声明排列。"),
    "header_duplicate": ("A column stands twice in the header.", "Remove one.", "列名重复；请删除其一。"),
    "cell_count": ("The row has more or fewer cells than the header.", "Look for an extra or missing comma.", "单元格数与表头不符；请检查多余或缺失的逗号。"),
    "empty_row": ("The row is empty.", "Remove it.", "空行；请删除。"),
    "missing_value": ("The cell is empty and the column allows no nulls.", "Fill it, or declare `null = true`.", "该列不允许空值；请补全或声明 null = true。"),
    "not_a_number": ("The cell is no plain number.", "Write digits with '.' as decimal point: no spaces, separators or exponents.", "不是纯数字；请去除空格、千分位与指数写法。"),
    "not_finite": ("The cell is NaN or infinite.", "Replace it by a number, or leave it empty if nulls are allowed.", "数值为NaN或无穷；请更正或留空。"),
    "too_precise": ("The number has more decimals than the column's scale.", "Round it, or declare a larger scale.", "小数位数超过声明；请四舍五入或加大scale。"),
    "out_of_range": ("The number is outside the declared range.", "Correct it, or declare the true range.", "数值超出声明范围；请更正数据或声明。"),
    "not_boolean": ("The cell is not `true` or `false`.", "Write true or false.", "布尔值须为true或false。"),
    "not_a_choice": ("The text is none of the declared choices.", "Correct it, or declare it.", "取值不在声明的选项中；请更正或声明。"),
    "bad_text": ("The text is too long, has control characters or surrounding spaces.", "Clean it.", "文本过长、含控制字符或首尾空格；请清理。"),
    "duplicate_id": ("The id occurs more than once.", "Keep one row per id.", "标识重复；每个标识只保留一行。"),
    "wrong_type": ("The stored type does not fit the declared kind.", "Store integers, decimals, booleans or text as declared.", "存储类型与声明不符；请按声明的类型存储。"),
}  # fmt: skip
"""Stable suffix of the code → what happened, what to do, both in Chinese."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``row`` is the line in the file (1 is the header) and 0 where the whole file is meant."""

    code: str
    file: str
    row: int
    column: str

    @property
    def _sentence(self) -> tuple[str, str, str]:
        return SENTENCES[self.code.partition(".")[2]]

    @property
    def english(self) -> str:
        """``file:row column: what happened. What to do.``"""
        what, fix, _ = self._sentence
        return f"{self.place()}: {what} {fix}"

    @property
    def chinese(self) -> str:
        """The same in Chinese."""
        return f"{self.place()}：{self._sentence[2]}"

    def place(self) -> str:
        """``file:row column``."""
        row = f":{self.row}" if self.row else ""
        return f"{self.file}{row}" + (f" {self.column}" if self.column else "")


class DataError(TallyError):
    """The file is refused; ``problems`` holds the first :data:`SHOWN`, ``count`` says how many there are."""

    def __init__(self, problems: tuple[Problem, ...], count: int) -> None:
        first = problems[0]
        what, fix, _ = SENTENCES[first.code.partition(".")[2]]
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(
            first.code, f"{first.place()}: {what}{more}", fix,
            file=first.file, row=first.row, column=first.column, count=count,
        )  # fmt: skip
        self.problems: Final = problems
        self.count: Final = count


class Problems:
    """Collects problems of one file while it is read to its end."""

    def __init__(self, kind: str, file: Path) -> None:
        self._kind = kind
        self._file = file.name
        self._found: list[Problem] = []
        self.count = 0

    def add(self, code: str, row: int = 0, column: str = "") -> None:
        """Note one problem; ``code`` is the suffix in :data:`SENTENCES`."""
        self.count += 1
        if len(self._found) < SHOWN:
            self._found.append(Problem(f"{self._kind}.{code}", self._file, row, column))

    def stop_if_any(self) -> None:
        """Raise :class:`DataError` when something was noted, sorted by row."""
        if self.count:
            raise DataError(tuple(sorted(self._found, key=lambda p: (p.row, p.column))), self.count)
