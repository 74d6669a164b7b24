"""A result as a page for people: one HTML file in English and Chinese, without script, links or anything from elsewhere.

Fits and evaluations come first, with what follows from them (:mod:`client.inference`, :mod:`client.evaluation`), then every output under its names. All texts of a result are other
people's: they are escaped, and the page's policy allows its own style sheet, by hash, and nothing else.
"""

import base64
import csv
import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from typing import Final

from client import association_page, pictures, query_answer, reconciliation
from client.association import associations
from client.evaluation import Evaluation, evaluations
from client.inference import LEVEL, NOT_GIVEN, Inference, inferences
from client.markup import both, cell, escaped, note, number, plain, table
from client.result_file import NamedOutput, NamedResult, harmless, shown
from protocol.axes import KINDS
from protocol.programs import Words
from protocol.variants import Variant

FORMAT: Final = "tallystick/inference/v1"
_LINES: Final = 1000
"""Of one output on the page; the result's own CSV has all."""
_WIDEST: Final = 12
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}table{border-collapse:collapse;margin:.8rem 0}
th,td{padding:.2rem .7rem;border-bottom:1px solid #ccc;text-align:right;vertical-align:top}th{font-weight:600}
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere;min-width:9rem}caption{text-align:left;font-weight:600;padding:.3rem 0}
.note{border-left:4px solid #9a5b00;padding:.3rem .8rem;background:#fff6e6}.wide{overflow-x:auto}code{overflow-wrap:anywhere}
svg{max-width:100%;height:auto}figure{margin:1rem 0}.pictures{display:flex;flex-wrap:wrap;gap:0 2rem}.pictures figure{max-width:22rem}
"""
_COLUMNS: Final[dict[str, Words]] = {
    "coefficient": Words("Coefficient", "系数"),
    "error": Words("Standard error", "标准误"),
    "statistic": Words("z", "z"),
    "p": Words("p-value", "p 值"),
    "low": Words("95 % from", "95% 区间下限"),
    "high": Words("95 % to", "95% 区间上限"),
    "odds": Words("Odds ratio", "优势比"),
    "odds_low": Words("95 % from", "95% 区间下限"),
    "odds_high": Words("95 % to", "95% 区间上限"),
    "penalty": Words("Penalty's part", "正则项占比"),
    "own": Words("Per own unit", "按原单位的系数"),
    "own_error": Words("Its standard error", "原单位标准误"),
    "own_odds": Words("Odds ratio per own unit", "按原单位的优势比"),
}
"""What stands in the columns beside a coefficient, by the field of :class:`~client.inference.Estimate`."""
_RATIOS: Final[dict[str, dict[str, Words]]] = {
    "rate": {
        "odds": Words("Rate ratio", "率比"),
        "own_odds": Words("Rate ratio per own unit", "按原单位的率比"),
    },
    "hazard": {
        "odds": Words("Hazard ratio", "风险比"),
        "own_odds": Words("Hazard ratio per own unit", "按原单位的风险比"),
    },
}
"""What stands in their place beside a coefficient of counts, or of times, by :attr:`~client.inference.Inference.ratio`."""
FIGURES: Final[dict[str, Words]] = {
    "rows": Words("Rows (n)", "行数 (n)"),
    "events": Words("Events (1)", "事件数（取值为 1）"),
    "counted events": Words("Sum of the counts", "计数之和"),
    "null deviance": Words("Null deviance", "零模型偏差"),
    "null degrees of freedom": Words("Its degrees of freedom", "零模型自由度"),
    "residual deviance": Words("Residual deviance", "残差偏差"),
    "residual degrees of freedom": Words("Residual degrees of freedom", "残差自由度"),
    "log-likelihood": Words("Log-likelihood", "对数似然"),
    "null log partial likelihood": Words("Log partial likelihood without covariates", "无协变量时的对数偏似然"),
    "log partial likelihood": Words("Log partial likelihood", "对数偏似然"),
    "likelihood ratio χ²": Words("Likelihood ratio χ²", "似然比 χ²"),
    "degrees of freedom": Words("Its degrees of freedom", "其自由度"),
    "AIC": Words("AIC", "AIC"),
    "BIC": Words("BIC", "BIC"),
    "McFadden's R²": Words("McFadden's R²", "McFadden R²"),
    "residual standard error": Words("Residual standard error", "残差标准误"),
    "R²": Words("R²", "R²"),
    "adjusted R²": Words("Adjusted R²", "调整后 R²"),
    "AUC": Words("AUC", "AUC"),
    "Gini": Words("Gini", "Gini"),
    "KS": Words("KS", "KS"),
    "expected over observed events": Words("Expected over observed events", "预期与实际事件数之比"),
    "accuracy": Words("Accuracy at the cutoff", "临界值处准确率"),
    "precision": Words("Precision at the cutoff", "临界值处精确率"),
    "recall": Words("Recall (sensitivity) at the cutoff", "临界值处召回率（灵敏度）"),
    "specificity": Words("Specificity at the cutoff", "临界值处特异度"),
    "F1": Words("F1 at the cutoff", "临界值处 F1"),
}
_CALIBRATED: Final = (
    Words("Group, lowest scores first", "分组（分数由低到高）"),
    Words("Rows", "行数"),
    Words("Expected share", "预期比例"),
    Words("Observed share", "实际比例"),
)
_STANDARDISED: Final = Words(
    "Coefficients are as they were fitted: per standard deviation of their column where columns or rows are split, per its own unit of a"
    " secret table.",
    "系数为拟合时的单位：纵向或横向切分时对应各列的一个标准差，秘密表则对应该列的原单位。",
)
_UNCHECKED: Final = Words(
    "UNCHECKED: not all shares have arrived; nothing has confirmed these numbers yet.",
    "尚未核对：份额尚未到齐，以下数字未经确认。",
)


def page(result: NamedResult, variants: Sequence[Variant] = ()) -> str:
    """The whole page; ``variants`` name what a test of association counted."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    body = [
        f"<h1>Result 结果</h1><p><code>{escaped(result.task)}</code></p>",
        f"<p>Run 运行 <code>{escaped(result.run)}</code><br>Result hash 结果哈希 <code>{escaped(result.result_hash or '-')}</code></p>",
    ]
    if not result.checked:
        body.append(note(_UNCHECKED))
    body += [_fit(fit) for fit in inferences(result)]
    body += [_evaluated(each) for each in evaluations(result)]
    body += [association_page.section(each) for each in associations(result, variants)]
    body += [query_answer.section(each) for each in query_answer.answers(result)]
    body += [reconciliation.section(each) for each in reconciliation.reconciliations(result)]
    body += [_output(output) for output in result.outputs]
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(result.task)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def as_json(result: NamedResult) -> str:
    """What follows from the fits, with its reasons; the result's own numbers are in its own file."""
    fits = [
        {**asdict(fit), "withheld": {key: NOT_GIVEN[key].to_json() for key in fit.withheld}}
        for fit in inferences(result)
    ]
    told = {"format": FORMAT, "task": result.task, "checked": result.checked, "level": LEVEL, "fits": _finite(fits)}
    told["evaluations"] = _finite([asdict(each) for each in evaluations(result)])
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def as_csv(result: NamedResult) -> str:
    """A line for each coefficient and each figure; what is not given is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["step", "kind", "name", *_COLUMNS])
    for fit in inferences(result):
        for each in fit.estimates:
            cells = [getattr(each, name) for name in _COLUMNS]
            writer.writerow([harmless(fit.step), "coefficient", harmless(each.name), *map(cell, cells)])
        for name, value in fit.figures.items():
            writer.writerow([harmless(fit.step), "figure", name, cell(value), *[""] * (len(_COLUMNS) - 1)])
    for each in evaluations(result):
        for name, value in each.figures.items():
            writer.writerow([harmless(each.step), "figure", name, cell(value), *[""] * (len(_COLUMNS) - 1)])
    return text.getvalue()


def _finite(value: object) -> object:
    """JSON has no infinity: null in its place."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _fit(fit: Inference) -> str:
    there = [name for name in _COLUMNS if any(getattr(each, name) is not None for each in fit.estimates)]
    words = _COLUMNS | {"statistic": Words(fit.statistic, fit.statistic)} | _RATIOS.get(fit.ratio, {})
    heads = [Words("", ""), *(words[name] for name in there)]
    rows = [[each.name, *(_shown(name, getattr(each, name)) for name in there)] for each in fit.estimates]
    parts = [f"<h2><code>{escaped(fit.step)}</code> {escaped(fit.program)}</h2>"]
    parts += [note(NOT_GIVEN[key]) for key in fit.withheld]
    parts.append(table(heads, rows, Words("Coefficients", "系数表")))
    if fit.ratio:
        parts.append(f"<p>{both(_STANDARDISED)}</p>")
    parts.append(pictures.intervals(fit))
    if fit.figures:
        figures = [[plain(FIGURES[name]), number(value)] for name, value in fit.figures.items()]
        parts.append(table([Words("", ""), Words("Value", "数值")], figures, Words("Figures of the fit", "拟合指标")))
    return "\n".join(part for part in parts if part)


def _evaluated(evaluation: Evaluation) -> str:
    parts = [f"<h2><code>{escaped(evaluation.step)}</code> {escaped(evaluation.program)}</h2>"]
    if evaluation.figures:
        figures = [[plain(FIGURES[name]), number(value)] for name, value in evaluation.figures.items()]
        parts.append(
            table([Words("", ""), Words("Value", "数值")], figures, Words("Figures of the evaluation", "评估指标"))
        )
    parts.append(f'<div class="pictures">{pictures.evaluated(evaluation)}</div>')
    if evaluation.groups:
        rows = [
            [str(place), number(group.rows), number(group.expected), number(group.observed)]
            for place, group in enumerate(evaluation.groups, 1)
        ]
        parts.append(table(_CALIBRATED, rows, Words("Calibration", "校准")))
    return "\n".join(parts) if evaluation.figures or evaluation.points else ""


def _shown(name: str, value: float | None) -> str:
    if name == "p" and value is not None and value < 1e-4:
        return "< 0.0001"
    return number(value)


def _output(output: NamedOutput) -> str:
    heads = [KINDS[axis.of] for axis in output.axes]
    if len(output.axes) == 2 and len(output.axes[1].names) <= _WIDEST:
        across, lines = output.axes[1].names, output.axes[0].names
        titles = [heads[0], *(Words(name, "") for name in across)]
        cells = list(islice(output.cells(), _LINES * len(across)))
        rows = [
            [name, *(shown(value) for _, value in cells[at * len(across) : (at + 1) * len(across)])]
            for at, name in enumerate(lines[:_LINES])
        ]
        left = len(lines) - _LINES
    else:
        titles = [*heads, Words("Value", "数值")]
        rows = [[*names, shown(value)] for names, value in islice(output.cells(), _LINES)]
        left = len(output.values) - _LINES
    more = f"<p>… {left} more lines 另有 {left} 行</p>" if left > 0 else ""
    return f"<h2><code>{escaped(output.source)}</code></h2>{_roc(output)}{table(titles, rows, None)}{more}"


def _roc(output: NamedOutput) -> str:
    if not output.source.endswith(".roc") or len(output.axes) != 2 or len(output.axes[1].names) != 2:
        return ""
    values = [float(value) for value in output.values]
    return pictures.roc(list(zip(values[1::2], values[::2], strict=True)))
