"""The command `stats`."""

from typing import Any

from app.cli import output
from app.cli.parser import Options
from app.cli.stores import existing

_MOST = 12  # lines of a list for people


def stats(options: Options) -> None:
    """Print the figures of a store."""
    with existing(options.store) as store:
        found = store.stats(exact=options.exact)
    if options.json:
        output.print_json(found)
        return
    style = output.styler()
    sizes = found["bytes"]
    transactions = output.plural(found["transactions"], "transaction")
    operations, paths = output.plural(found["operations"], "operation"), output.plural(found["paths"], "path")
    output.write(f"{transactions}, {operations}, {paths}\n")
    about = "about " if found["estimated"] else ""
    output.write(f"{_size(sizes['total'])} in the file, {about}{_size(found['raw_bytes'])} as JSON of every version: ")
    output.write(style(f"{found['ratio']:.1f} : 1", "bold") + "\n")
    for title, name in (
        ("by table, with its pages", "by_table"),
        ("by tier", "by_tier"),
        ("by strategy", "by_strategy"),
        ("by part of the state", "by_path_prefix"),
    ):
        _table(style, title, sizes[name])
    if found["estimated"]:
        output.write("\nestimated from a sample: strategies, parts of the state, JSON; --exact looks at everything\n")
    _queries(style, found["queries"])
    cache = found["cache"]
    asked = cache["hits"] + cache["misses"]
    if asked:
        output.write(f"\ncaches: {cache['hits'] / asked:.1%} of {asked:,} found\n")


def _table(style: output.Style, title: str, sizes: dict[str, int]) -> None:
    """The largest of some sizes, and the rest in one line."""
    ranked = sorted(sizes.items(), key=lambda item: -item[1])
    shown, rest = ranked[:_MOST], ranked[_MOST:]
    if rest:
        shown.append((f"{len(rest)} more", sum(size for _, size in rest)))
    if shown:
        output.write("\n" + style(title, "dim") + "\n")
    for name, size in shown:
        output.write(f"{_size(size):>12}  {name}\n")


def _queries(style: output.Style, queries: dict[str, dict[str, Any]]) -> None:
    if queries:
        output.write("\n" + style(f"{'questions':<12}{'count':>10}{'p50':>12}{'p95':>12}{'p99':>12}", "dim") + "\n")
    for kind, row in queries.items():
        times = "".join(f"{row[name]:>9.2f} ms" for name in ("p50_ms", "p95_ms", "p99_ms"))
        output.write(f"{kind:<12}{row['count']:>10,}{times}\n")


def _size(octets: int) -> str:
    """A size in powers of 1000, as `4.2 MB`."""
    value, unit = float(octets), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{octets} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
