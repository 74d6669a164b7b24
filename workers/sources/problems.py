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
    "encoding": ("The bytes are not in the declared encoding (UTF-8 when none is declared).", 'Declare it under [file], as `encoding = "gb18030"`, or save the file as UTF-8.', '字节不符合声明的编码（未声明时为UTF-8）；请在 [file] 中声明，如 encoding = "gb18030"，或另存为UTF-8。'),
    "utf16": ("The file is UTF-16.", 'Declare `encoding = "utf-16"` under [file], or save it as UTF-8.', '文件为UTF-16编码；请在 [file] 中声明 encoding = "utf-16"，或另存为UTF-8。'),
    "workbook": ("The file is an Excel workbook.", "Give it the name that it has (.xlsx), or save the sheet as CSV UTF-8.", "文件是Excel工作簿；请恢复其扩展名（.xlsx），或将工作表另存为CSV UTF-8。"),
    "encrypted": ("The workbook is encrypted, or of the old .xls format.", "Save it as .xlsx without a password.", "工作簿已加密，或为旧的.xls格式；请另存为不带密码的.xlsx。"),
    "macros": ("The workbook has macros.", "Save it as .xlsx without them.", "工作簿含宏；请另存为不含宏的.xlsx。"),
    "too_packed": ("The workbook unpacks to more than {detail}, or to another size than it says.", "Save it again, without what is not needed.", "工作簿解压后超过 {detail}，或与其声明的大小不符；请去掉多余内容后重新保存。"),
    "sheet_missing": ("The workbook has no sheet of the declared name; it has: {detail}.", "Declare `sheet` under [file] with one of them.", "工作簿中没有所声明的工作表；现有：{detail}；请在 [file] 中用 sheet 声明其中之一。"),
    "sheet_hidden": ("The first sheet is hidden, so it may not be the one that is meant; there are: {detail}.", "Declare `sheet` under [file].", "第一个工作表是隐藏的，可能并非所指；现有：{detail}；请在 [file] 中声明 sheet。"),
    "sheet_kind": ("The sheet holds no cells (a chart or a macro).", "Declare another `sheet` under [file].", "该表不含单元格（图表或宏）；请在 [file] 中声明另一个 sheet。"),
    "error_cell": ("The cell holds an error ({detail}).", "Correct its formula, or declare the error in `nulls` if it stands for no value.", "单元格为错误值（{detail}）；请更正公式，若表示空值请在 nulls 中声明。"),
    "formula_value": ("The cell has a formula whose value was never stored.", "Open the workbook in Excel, let it calculate, and save it.", "单元格的公式没有存储结果；请用Excel打开，重新计算后保存。"),
    "merged": ("The cell is merged with others, so one value stands for several rows or columns.", "Unmerge the cells and fill each.", "单元格为合并单元格；请取消合并并逐格填写。"),
    "hidden": ("The sheet has hidden rows or columns; hidden rows are read, too.", "Unhide them (clear the filter) and look at them; delete those that are not meant.", "工作表有隐藏的行或列，隐藏的行也会被读取；请取消隐藏（清除筛选）并核对，删除不应包含的行。"),
    "cell_type": ("The cell is stored as {detail}, which does not fit the declared kind.", "Store it as the declared kind (format the column and enter it again), or declare another kind.", "单元格以“{detail}”存储，与声明的类型不符；请按声明的类型重新录入，或更正声明。"),
    "cut_number": ("The cell is a number of more than 15 digits, whose last ones the spreadsheet has lost.", "Get it from its source again, and store it as text.", "数字超过15位，电子表格已丢失末尾数字；请从源头重新获取，并以文本存储。"),
    "connect": ("The database cannot be reached or does not let this user in ({detail}).", "Check the URL in the file, the server and its certificate.", "无法连接数据库或登录被拒（{detail}）；请检查文件中的URL、服务器及其证书。"),
    "query": ("The database refuses the table or query: {detail}.", "Correct `table` or `query` under [file]: one SELECT, in which each column has one name.", "数据库拒绝该表或查询：{detail}；请更正 [file] 中的 table 或 query：只能是一条SELECT，且列名各不相同。"),
    "broken_off": ("The database ended the reading ({detail}).", "Try again; give the user more time, or read less.", "数据库中断了读取（{detail}）；请重试、延长时限或减少数据。"),
    "zone": ("The column holds points in time ({detail}), which are different days in different time zones.", "Select the day in the zone that is meant, as `(seen AT TIME ZONE 'Asia/Shanghai')::date` or `DATE(CONVERT_TZ(…))`.", "该列存储时间点（{detail}），在不同时区可能是不同日期；请在查询中按所需时区取日期，如 (seen AT TIME ZONE 'Asia/Shanghai')::date 或 DATE(CONVERT_TZ(…))。"),
    "zero_date": ("The date is MySQL's zero date, which is no day.", "Select NULL for it, as `NULLIF(seen, 0)`, or declare its spelling in `nulls`.", "日期为MySQL的零日期，不是有效日期；请在查询中转为NULL，如 NULLIF(seen, 0)，或在 nulls 中声明。"),
    "bed_beside": ("A PLINK data set is three files of one name, and this one is not there.", "Put .bed, .bim and .fam beside each other.", "PLINK数据集由三个同名文件组成，缺少此文件；请将 .bed、.bim 与 .fam 放在一起。"),
    "bed_magic": ("The file does not begin as a .bed file does.", "Export it again with `plink2 --make-bed`.", "文件开头不是 .bed 格式；请用 plink2 --make-bed 重新导出。"),
    "bed_mode": ("The .bed file holds people one after the other, an old mode that is not read.", "Export it again with `plink2 --make-bed`, which writes variants one after the other.", "此 .bed 文件按个体顺序存储，这种旧模式不支持；请用 plink2 --make-bed 重新导出（按位点存储）。"),
    "bed_length": ("The .bed file is cut, or belongs to other .bim and .fam files: these make {detail} bytes.", "Copy or export all three files again.", "此 .bed 文件不完整，或与 .bim、.fam 不匹配：应为 {detail} 字节；请重新复制或导出三个文件。"),
    "bed_bits": ("Bits of the .bed file that stand for nobody are not 0.", "Export it again with `plink2 --make-bed`.", ".bed 文件中不对应任何人的比特位不为0；请用 plink2 --make-bed 重新导出。"),
    "bed_column": ("Genotypes are declared from another column of the files, or another kind from the genotypes.", 'Declare `kind = "genotypes"` with `source = "genotypes"`, or leave both out.', '基因型类型声明在了其他列上，或基因型列声明为了其他类型；请同时声明 kind = "genotypes" 与 source = "genotypes"，或都不声明。'),
    "bim_line": ("The line is not chromosome, id, centimorgans, position and two alleles.", "Export the three files again.", "此行不是染色体、标识、厘摩、位置与两个等位基因；请重新导出三个文件。"),
    "bim_twice": ("The line repeats a variant, or has one allele twice.", "Remove duplicates (`plink2 --rm-dup`) and export the three files again.", "此行的位点重复，或两个等位基因相同；请去重（plink2 --rm-dup）后重新导出三个文件。"),
    "bim_none": ("The file has no variants.", "Export the three files again.", "文件不含任何位点；请重新导出三个文件。"),
    "bim_many": ("The file has more than 2,000,000 variants.", "Split the data set by chromosome.", "文件超过200万个位点；请按染色体拆分数据集。"),
    "bim_other": ("The .bim file is not the list of variants that is declared.", "Draft the schema anew (`tally node dataset draft`), or export the files from the agreed list with its counted alleles.", ".bim 文件与声明的位点列表不符；请重新起草声明（tally node dataset draft），或按约定的列表与计数等位基因重新导出。"),
    "fam_case": ("The phenotype is no case (2), control (1) or missing (0 or -9).", "Export a case/control phenotype, or leave `case` out of the schema.", "表型既非病例（2）、对照（1），也非缺失（0 或 -9）；请导出病例/对照表型，或从声明中去掉 case。"),
    "unreadable": ("The file does not follow its format.", "Export it again.", "文件格式损坏；请重新导出。"),
    "quoting": ("A quote is opened or closed wrongly in the row that begins here.", 'Write "" for a quote inside quotes (RFC 4180).', "从此行开始的记录引号有误；引号内的引号请写作两个引号（RFC 4180）。"),
    "quote_open": ("A quote is opened in the row that begins here and never closed.", 'Close it, or write "" for a quote inside quotes (RFC 4180).', "从此行开始的记录中有引号未闭合；请闭合，引号内的引号请写作两个引号（RFC 4180）。"),
    "too_large": ("The file exceeds the limit.", "Split the data set.", "文件超出上限；请拆分数据集。"),
    "separator": ("The header is separated by {detail}, not by the declared separator.", "Declare `separator = {detail}` under [file].", "表头的分隔符是 {detail}，与声明不一致；请在 [file] 中声明 separator = {detail}。"),
    "sep_line": ("The first line is Excel's `sep=` line, not the header.", "Remove the first line.", "第一行是Excel的 sep= 行而非表头；请删除第一行。"),
    "header_none": ("The first line has none of the declared columns.", "Put the header there, or name the columns as the file does with `source`.", "第一行没有任何已声明的列；请补上表头，或用 source 写明文件中的列名。"),
    "header_missing": ("A declared column is not in the header.", "Add it, correct the declared schema, or name it as the file does with `source`.", "缺少已声明的列；请补充、更正声明，或用 source 写明文件中的列名。"),
    "header_extra": ("The file has a column that is not declared.", 'Remove it, declare it, or declare `undeclared = "ignore"` under [file].', '存在未声明的列；请删除、补充声明，或在 [file] 中声明 undeclared = "ignore"。'),
    "header_duplicate": ("A column stands twice in the header.", "Remove one.", "列名重复；请删除其一。"),
    "cell_count": ("The row has more or fewer cells than the header.", "Look for an extra or missing separator, or a cell that has one and is not in quotes.", "单元格数与表头不符；请检查多余或缺失的分隔符，以及含分隔符而未加引号的单元格。"),
    "empty_row": ("The row is empty.", "Remove it.", "空行；请删除。"),
    "end_mark": ("The last line is the end mark (Ctrl-Z) of old programs.", "Remove it.", "最后一行是旧程序的结束符（Ctrl-Z）；请删除。"),
    "missing_value": ("The cell is empty and the column allows no nulls.", "Fill it, or declare `null = true`.", "该列不允许空值；请补全或声明 null = true。"),
    "null_word": ("The cell looks like a spelling of no value.", "Declare it in `nulls` with `null = true`, or leave the cell empty.", "单元格像是空值的写法；请在 nulls 中声明并设 null = true，或留空。"),
    "not_a_number": ("The cell is no plain number.", "Write digits with '.' as decimal point: no spaces, separators or exponents.", "不是纯数字；请只写数字与小数点，不含空格、千分位与指数。"),
    "exponent": ("The number has an exponent.", "Declare `floats = true`, or write it without.", "数字使用了指数写法；请声明 floats = true，或改为普通写法。"),
    "thousands": ("The number has marks between its thousands.", 'Declare `thousands = ","` (or the mark that stands there), or remove them.', '数字含千分位；请声明 thousands = ","（或实际使用的符号），或将其删除。'),
    "decimal_mark": ("The number has another decimal mark than the declared one.", 'Declare `decimal = ","` (or "."), or write the declared one.', '小数点与声明不一致；请声明 decimal = ","（或 "."），或改用声明的小数点。'),
    "unit": ("The number has a sign or unit beside it (+, %, a currency).", "Write the number alone; say its unit in `about`.", "数字带有符号或单位（+、%、货币符号）；请只写数字，单位写在 about 中。"),
    "full_width": ("The cell has full-width digits or letters.", "Declare `half_width = true`, or write them half-width.", "单元格含全角数字或字母；请声明 half_width = true，或改为半角。"),
    "spaces": ("The cell begins or ends with a space.", "Declare `trim = true`, or remove the space.", "单元格首尾有空格；请声明 trim = true，或删除空格。"),
    "control": ("The cell has a control character (a line break, tab or zero byte).", "Remove it; for line breaks in texts declare `newlines = true`.", "单元格含控制字符（换行、制表符或零字节）；请删除，文本中的换行可声明 newlines = true。"),
    "invisible": ("The id has an invisible character, by which it would match no other party's.", "Remove it (zero-width spaces and byte order marks come with copied text).", "标识含不可见字符，将无法与其他参与方匹配；请删除（零宽空格等常随复制粘贴带入）。"),
    "too_long": ("The text is longer than 200 characters.", "Shorten it, or leave the column out.", "文本超过200个字符；请缩短，或不使用该列。"),
    "empty_text": ("The text is empty but not null.", "Store a null, or a text.", "文本为空但不是空值；请存为空值或文本。"),
    "not_finite": ("The cell is NaN or infinite.", "Replace it by a number, leave it empty, or declare its spelling in `nulls`.", "数值为NaN或无穷；请更正、留空，或在 nulls 中声明其写法。"),
    "too_precise": ("The number has more decimals than the column's scale.", "Round it, or declare a larger scale; for whole numbers written 34.0 declare `floats = true`.", "小数位数超过声明；请四舍五入或加大scale；整数写作34.0时请声明 floats = true。"),
    "out_of_range": ("The number is outside the declared range.", "Correct it, or declare the true range.", "数值超出声明范围；请更正数据或声明。"),
    "not_boolean": ("The cell is none of the declared spellings of true and false.", 'Declare them, as `yes = ["是"]` and `no = ["否"]`; without a word they are true and false.', '不是已声明的真假写法；请声明，如 yes = ["是"]、no = ["否"]，未声明时为 true 和 false。'),
    "not_a_choice": ("The text is none of the declared choices.", "Correct it, or declare it.", "取值不在声明的选项中；请更正或声明。"),
    "not_a_date": ("The cell is no day in a declared pattern (YYYY-MM-DD when none is declared).", 'Correct it, or declare the pattern, as `dates = ["YYYY/M/D"]`.', '不是符合声明格式的日期（未声明时为YYYY-MM-DD）；请更正，或声明格式，如 dates = ["YYYY/M/D"]。'),
    "time_of_day": ("The stored time is not midnight, so it is no day.", "Store dates: decide the time zone and cut the time off.", "存储的时间不是零点，不能作为日期；请确定时区并只保留日期。"),
    "not_digits": ("The id has other characters than digits and the marks between them.", 'Correct it, or remove "digits" from `clean`.', '标识含数字与分隔符以外的字符；请更正，或从 clean 中删除 "digits"。'),
    "duplicate_id": ("The id occurs more than once.", "Keep one row per id.", "标识重复；每个标识只保留一行。"),
    "wrong_type": ("The stored type ({detail}) does not fit the declared kind.", "Store the column as the kind that is declared, or declare the kind that is stored.", "存储类型（{detail}）与声明不符；请按声明的类型存储，或更正声明。"),
    "nested": ("The column is nested ({detail}).", "Store one value per cell: flatten it into columns of its own.", "该列为嵌套类型（{detail}）；请展开为普通列。"),
    "id_number": ("Ids look like numbers that a spreadsheet changed (an exponent, a decimal, a tail of zeros).", "Export them as text again: their last digits are lost.", "标识像是被电子表格改写的数字（指数、小数或尾部为零）；末位已丢失，请以文本格式重新导出。"),
    "id_stored_number": ("The ids are stored as numbers.", "If any begins with 0, store them as text: leading zeros are lost.", "标识以数字类型存储；若有以0开头的标识，请改存为文本，否则前导零会丢失。"),
    "id_apostrophe": ("Ids begin with an apostrophe, as Excel marks texts.", "Remove it, or the ids match no other party's.", "标识以单引号开头（Excel的文本标记）；请删除，否则无法与其他参与方匹配。"),
    "id_case": ("Two ids differ only in upper and lower case.", 'If they are one, declare `clean = ["upper"]` and keep one row; agree on it with the other owners.', '有标识仅大小写不同；若为同一标识，请声明 clean = ["upper"] 并只保留一行，且与其他数据方约定一致。'),
    "id_zeros": ("Two ids differ only in leading zeros.", "If they are one, write both in full length.", "有标识仅前导零不同；若为同一标识，请统一补足长度。"),
    "id_script": ("Ids mix Latin letters with look-alikes of another alphabet (Cyrillic or Greek).", "Check them: А and A are two letters.", "标识混用拉丁字母与形近的西里尔或希腊字母；请核对。"),
}  # fmt: skip
"""Stable suffix of the code → what happened, what to do, both in Chinese; ``{detail}`` is a word of the format, never a value."""


class Listener:
    """What a reader tells while it reads. This one stays silent; commands give one that shows it."""

    def progress(self, step: str, done: int, total: int) -> None:
        """So much of a step (``read``, ``commit``) is done, in units of its own."""

    def warn(self, problem: "Problem") -> None:
        """Something that is accepted, and that the owner ought to look at."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``row`` is the line in the file (1 is the header) and 0 where the whole file is meant."""

    code: str
    file: str
    row: int
    column: str
    detail: str = ""

    @property
    def _sentence(self) -> tuple[str, str, str]:
        what, fix, chinese = SENTENCES[self.code.partition(".")[2]]
        return what.format(detail=self.detail), fix.format(detail=self.detail), chinese.format(detail=self.detail)

    @property
    def what(self) -> str:
        """What happened."""
        return self._sentence[0]

    @property
    def fix(self) -> str:
        """What to do."""
        return self._sentence[1]

    @property
    def english(self) -> str:
        """``file:row column: what happened. What to do.``"""
        return f"{self.place()}: {self.what} {self.fix}"

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
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(
            first.code, f"{first.place()}: {first.what}{more}", first.fix,
            file=first.file, row=first.row, column=first.column, count=count,
        )  # fmt: skip
        self.problems: Final = problems
        self.count: Final = count


class Problems:
    """Collects problems of one file while it is read to its end."""

    def __init__(self, kind: str, file: Path, listener: Listener) -> None:
        self.listener: Final = listener
        self._kind = kind
        self._file = file.name
        self._found: list[Problem] = []
        self.count = 0

    def add(self, code: str, row: int = 0, column: str = "", detail: str = "") -> None:
        """Note one problem; ``code`` is the suffix in :data:`SENTENCES`."""
        self.count += 1
        if len(self._found) < SHOWN:
            self._found.append(Problem(f"{self._kind}.{code}", self._file, row, column, detail))

    def warn(self, code: str, row: int, column: str) -> None:
        """Tell the listener of something that is accepted; ``row`` is the first place."""
        self.listener.warn(Problem(f"{self._kind}.{code}", self._file, row, column))

    def stop_if_any(self) -> None:
        """Raise :class:`DataError` when something was noted, sorted by row."""
        if self.count:
            raise DataError(tuple(sorted(self._found, key=lambda p: (p.row, p.column))), self.count)
