"""What the tables of the file and the kinds of questions are, in words."""

from __future__ import annotations

from widgets.common.text import count, size

from .latency import span_text
from .load import Loaded
from .rows import Row

#: Each table of the file: what is in it, and where that is seen.
TABLES = {
    "segment": ("transactions in columns", "growth:tier"),
    "hot_transaction": ("the latest transactions, one row each", "growth:tier"),
    "value_block": ("values, each once", "treemap"),
    "path_block": ("paths, each once", "treemap"),
    "checkpoint": ("states to start from", "timeline"),
    "bucket": ("parts of states to start from", "timeline"),
    "history_block": ("index of the changes of each path", "questions"),
    "timeline": ("timelines and where they point", "timeline"),
    "tag": ("tags", "timeline"),
    "oplog": ("actions, for undo", "timeline"),
    "source": ("how far imports have read", "timeline"),
    "statistic": ("counts of questions", "questions"),
    "manifest": ("what must be there", "timeline"),
    "sqlite_schema": ("names of the tables", ""),
    "(unused)": ("free pages, and changes that are not yet in place", ""),
}
TIERS = {
    "hot": "written one by one, not compressed yet",
    "warm": "compressed quickly",
    "cold": "compressed as well as it goes",
    "derived": "checkpoints, indexes, statistics: can be made again",
    "names": "timelines, tags, actions, sources",
}


def table_rows(loaded: Loaded) -> list[Row]:
    """Tables of the file, tiers, and strategies of columns."""
    figures = loaded.figures
    rows = [Row("Tables, with whole pages")]
    tables = sorted(figures.by_table.items(), key=lambda item: -item[1])
    for name, amount in tables:
        what, target = TABLES.get(name, ("", ""))
        share = amount / figures.total if figures.total else 0.0
        rows.append(Row(name, (size(amount), f"{share:.1%}"), share, target, 0, what))
    for title, by in (("Tiers", "tier"), ("How columns are written", "strategy")):
        parts: dict[str, int] = getattr(figures, f"by_{by}")
        whole = sum(parts.values()) or 1
        rows.append(Row(title))
        for hue, (name, amount) in enumerate(parts.items()):
            note = TIERS.get(name, "") if by == "tier" else ""
            rows.append(Row(name, (size(amount), f"{amount / whole:.1%}"), amount / whole, f"growth:{by}", hue, note))
    return rows


def question_rows(loaded: Loaded) -> list[Row]:
    """Kinds of questions, those asked most first."""
    ranked = sorted(loaded.queries.items(), key=lambda item: -item[1].count)
    most = max((histogram.count for _, histogram in ranked), default=1)
    rows = []
    for kind, histogram in ranked:
        times = tuple(span_text(histogram.percentile(share) or 0.0) for share in (0.5, 0.95, 0.99))
        numbers = (count(histogram.count), *times)
        rows.append(Row(kind, numbers, histogram.count / most, f"kind:{kind}", 0, _about(loaded, kind)))
    return rows


def _about(loaded: Loaded, kind: str) -> str:
    """Which parts of the state a kind of question was about."""
    parts = [
        (prefix, histogram.count) for (other, prefix), histogram in loaded.figures.queries.items() if other == kind
    ]
    ranked = sorted(parts, key=lambda item: -item[1])[:6]
    return ", ".join(f"{prefix} {count(number)}" for prefix, number in ranked if prefix)


def ratio_text(ratio: float) -> str:
    """`280 : 1`, `12.5 : 1`."""
    return f"{ratio:.{0 if ratio >= 100 else 1}f} : 1"
