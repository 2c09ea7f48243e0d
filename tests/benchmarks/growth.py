"""How size and latency grow with the length of a history: 10⁴ to 10⁷ transactions, as a table and as a picture.

python -m tests.benchmarks.growth [--longest N] [--paths P]
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.report import ROOT, call, table, write_json

FIELDS = 8
TIMELINES = 100
KINDS = {"state": "any state", "diff": "any diff", "history": "a value and its history", "blame": "blame"}
GOALS_MS = {"state": 5, "diff": 6, "history": 1}
SHORTEST = 10_000
COLORS = ("#3a6ea5", "#c2703d", "#5b8c5a", "#8a5a9e")


def main(arguments: list[str] | None = None) -> int:
    from tests.benchmarks.generate import generated
    from tests.benchmarks.queries import compacted

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--longest", type=int, default=1_000_000, help="up to 10,000,000, which takes a while")
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20, help="a kind of question ends after so long")
    options = parser.parse_args(arguments)
    records = options.paths // FIELDS
    points = []
    length = SHORTEST
    while length <= options.longest:
        file = compacted(generated(length, TIMELINES, records, min(1_000, length // 100)))
        given = {
            "file": str(file),
            "records": records,
            "zipf": False,
            "count": options.count,
            "seconds": options.seconds,
        }
        asked = {kind: call("questions:warm", kind=kind, **given) for kind in KINDS}
        points.append({"transactions": length, "bytes": file.stat().st_size, "asked": asked})
        print(f"{length:,} transactions are done", file=sys.stderr, flush=True)
        length *= 10
    rows = []
    for point in points:
        length, size = point["transactions"], point["bytes"]
        rows.append([length, size / 1e6, size / length, *(point["asked"][kind]["p95"] for kind in KINDS)])
    print(table(["transactions", "MB", "bytes each", *(f"{text}, p95 ms" for text in KINDS.values())], rows))
    if importlib.util.find_spec("matplotlib"):
        print(draw(points, options.paths, ROOT / "out" / "bench" / "growth.png"))
    else:
        print("no picture: matplotlib is not installed (./dev bench installs it)")
    print(write_json("growth", {"paths": options.paths, "timelines": TIMELINES, "points": points}))
    return 0


def draw(points: list[dict[str, Any]], paths: int, target: Path) -> Path:
    """Size on the left, latencies on the right, both against the number of transactions, on logarithmic scales."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 5.2), layout="constrained")
    figure.suptitle(f"Against the length of history: {paths:,} paths, {TIMELINES} timelines", fontsize=13)
    _draw_sizes(left, points)
    _draw_latencies(right, points)
    for axes in (left, right):
        axes.set(xlabel="transactions", xscale="log", yscale="log")
        for axis, spaced in ((axes.xaxis, ticker.LogLocator(10)), (axes.yaxis, ticker.LogLocator(10, (1, 2, 5)))):
            axis.set_major_locator(spaced)
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
            axis.set_minor_locator(ticker.NullLocator())
        axes.grid(True, which="major", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=130)
    pyplot.close(figure)
    return target


def _draw_sizes(axes: Any, points: list[dict[str, Any]]) -> None:
    axes.plot(
        [p["transactions"] for p in points], [p["bytes"] / 1e6 for p in points], "o-", color=COLORS[0], linewidth=2
    )
    for point in points:
        megabytes, each = point["bytes"] / 1e6, point["bytes"] / point["transactions"]
        place = (point["transactions"], megabytes)
        said = f"{megabytes:,.1f} MB\n{each:.1f} B each"
        axes.annotate(said, place, (8, -24), textcoords="offset points", fontsize=9)
    axes.set(title="Size of the store", ylabel="MB")
    axes.margins(x=0.2, y=0.15)


def _draw_latencies(axes: Any, points: list[dict[str, Any]]) -> None:
    lengths = [point["transactions"] for point in points]
    for (kind, text), color in zip(KINDS.items(), COLORS, strict=True):
        for percentile, style, width in (("p95", "o-", 2), ("p50", "o:", 1.2)):
            times = [point["asked"][kind][percentile] for point in points]
            axes.plot(lengths, times, style, color=color, linewidth=width, label=f"{text}, {percentile}")
        if kind in GOALS_MS:
            axes.axhline(GOALS_MS[kind], color=color, linewidth=0.9, alpha=0.7, dashes=(6, 4))
    axes.set(title="Latency in an open store (dashed: goals for p95)", ylabel="ms")
    axes.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)


if __name__ == "__main__":
    sys.exit(main())
