"""Bytes of every real history, ours and the rivals', and how quickly ours takes them in.

Ours is the file after `compact`, indexes and all, less an empty store. zstd -19 --long=27 packs all versions as one
stream that can only be read from its start; git is one pack without its index; the other rivals are described in
`tests/benchmarks/rivals`.

    python -m tests.benchmarks.sizes [--only NAME…] [--rivals zstd,git,…|none] [--all] [--fresh]
"""

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks import histories
from tests.benchmarks.report import Goal, goals_table, table, write_json
from tests.benchmarks.rivals import RIVALS, Rival, installed, measured, run

FLAGSHIP = "ca-fires-2020"
SMALL = 100_000_000  # bytes of JSON up to which the slow rivals are asked, with --all


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    files = histories.files()
    if not files:
        print("skipped: ../shared/data is missing", file=sys.stderr)
        return 0
    unknown = [name for name in options.only if name not in files]
    if unknown:
        print(f"there is no history {', '.join(unknown)}; there are: {', '.join(files)}", file=sys.stderr)
        return 2
    chosen = {name: file for name, file in files.items() if not options.only or name in options.only}
    results: list[dict[str, Any]] = []
    try:
        for name, file in chosen.items():
            results.append(_one(name, file, options))
            print(_line(results[-1]), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print(f"stopped after {len(results)} of {len(chosen)} histories; this is what they gave", file=sys.stderr)
    return _report(results, options) if results else 3


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these histories only")
    parser.add_argument("--rivals", default=",".join(RIVALS), help=f"of {', '.join(RIVALS)}, or none")
    parser.add_argument("--all", action="store_true", help="slow rivals on every history below 100 MB of JSON")
    parser.add_argument("--fresh", action="store_true", help="measure rivals anew, do not take remembered figures")
    options = parser.parse_args(arguments)
    names = [] if options.rivals == "none" else options.rivals.split(",")
    if unknown := [name for name in names if name not in RIVALS]:
        parser.error(f"there is no rival {', '.join(unknown)}; there are: {', '.join(RIVALS)}, none")
    options.missing = [name for name in names if not installed(RIVALS[name])]
    options.chosen = [RIVALS[name] for name in names if name not in options.missing]
    return options


def _one(name: str, file: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one history."""
    ours = measured("refactory", file)
    result: dict[str, Any] = {"name": name, "ours": ours, "rivals": {}}
    for rival in options.chosen:
        if _asked(rival, name, ours.get("raw_bytes", 0), options):
            figures, now = run(rival, file, options.fresh)
            result["rivals"][rival.name] = {**figures, "measured_now": now}
    if "error" not in ours:
        result["net"] = ours["bytes"] - ours["empty_bytes"]
        result["ratios"] = {
            rival: result["net"] / figures["bytes"] for rival, figures in result["rivals"].items() if "bytes" in figures
        }
    return result


def _asked(rival: Rival, name: str, raw: int, options: argparse.Namespace) -> bool:
    if rival.name == "git-history":  # it needs to be told where the records are
        return name == FLAGSHIP
    return rival.every or name == FLAGSHIP or (options.all and raw < SMALL)


def _line(result: dict[str, Any]) -> str:
    failed = [f"{name}: {each['error']}" for name, each in _all(result).items() if "error" in each]
    wrong = [name for name, each in _all(result).items() if each.get("exact") is False]
    ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in result.get("ratios", {}).items())
    said = [f"net {result.get('net', 0):,}; ours ÷ {ratios}", *failed, *(f"{name} IS NOT EXACT" for name in wrong)]
    return f"{result['name']}: {'; '.join(said)}"


def _all(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"ours": result["ours"], **result["rivals"]}


# ------------------------------------------------------------------------------------------------ the tables


def _report(results: list[dict[str, Any]], options: argparse.Namespace) -> int:
    good = [result for result in results if "net" in result]
    print(_size_table(good))
    print()
    print(_rivals_table(good))
    print()
    print(_import_table(good))
    print()
    goals = _goals(good)
    print(goals_table(goals))
    _print_notes(results, options)
    print(write_json("sizes", {"histories": results, "goals": [goal.figures() for goal in goals]}))
    sound = all(each.get("exact", True) and "error" not in each for r in results for each in [r["ours"]])
    return 0 if sound and all(goal.met for goal in goals) else 1


def _size_table(results: list[dict[str, Any]]) -> str:
    columns = ["history", "versions", "raw MB", "net", "raw:net", "zstd -3", "zstd -19", "git", "patch"]
    rows = []
    for result in results:
        ours, rivals = result["ours"], result["rivals"]
        sizes = [
            rivals.get("zstd", {}).get("bytes_level_3"),
            *(_bytes(rivals, name) for name in ("zstd", "git", "patch")),
        ]
        net = result["net"]
        ratio = ours["raw_bytes"] / net
        rows.append([result["name"], ours["versions"], ours["raw_bytes"] / 1e6, net, ratio, *(s or "-" for s in sizes)])
    ratios = ["ours/zstd19", "ours/git", "ours/patch"]
    for row, result in zip(rows, results, strict=True):
        row += [result["ratios"].get(name, "-") for name in ("zstd", "git", "patch")]
    return table([*columns, *ratios], rows)


def _bytes(rivals: dict[str, Any], name: str) -> int | None:
    return rivals.get(name, {}).get("bytes")


def _rivals_table(results: list[dict[str, Any]]) -> str:
    """Those that keep versions and can be asked for one, a line each."""
    rows = []
    for result in results:
        ours = result["ours"]
        for name, each in result["rivals"].items():
            if RIVALS[name].every:
                continue
            if "error" in each:
                rows.append([result["name"], name, each["error"][:60], "-", "-", "-", "-"])
                continue
            state = {True: "same", False: "DIFFERS", None: "not asked"}[each["exact"]]
            figures = [each["bytes"], each["bytes"] / result["net"], each["seconds"], each["seconds"] / ours["seconds"]]
            rows.append([result["name"], name, *figures, state])
    columns = ["history", "rival", "bytes", "times ours", "write s", "times ours' import", "last state"]
    return table(columns, rows) if rows else "no slow rival was asked"


def _import_table(results: list[dict[str, Any]]) -> str:
    columns = ["import", "s", "MB/s canonical", "× json.loads", "compact s", "bytes before compact", "peak MB", "exact"]
    rows = []
    for result in results:
        ours = result["ours"]
        rate, factor = _speed(ours)
        parts = [ours["seconds"], rate, factor, ours["compact_seconds"], ours["imported_bytes"], ours["peak_mb"]]
        rows.append([result["name"], *parts, "yes" if ours["exact"] else "NO"])
    return table(columns, rows)


def _speed(ours: dict[str, Any]) -> tuple[float, float]:
    """MB of canonical JSON a second, and how many times as long as `json.loads` of the same lines."""
    return ours["raw_bytes"] / 1e6 / ours["seconds"], ours["seconds"] / ours["json_loads_seconds"]


def _goals(results: list[dict[str, Any]]) -> list[Goal]:
    goals = []
    zstd = {r["name"]: r["ratios"]["zstd"] for r in results if "zstd" in r["ratios"]}
    git = [r["ratios"]["git"] for r in results if "git" in r["ratios"]]
    if zstd:
        goals.append(Goal("net ÷ zstd -19 --long, median", statistics.median(zstd.values()), 0.90))
        worst = max(zstd, key=lambda name: zstd[name])
        goals.append(Goal(f"net ÷ zstd -19 --long, worst ({worst})", zstd[worst], 1.2))
    if git:
        goals.append(Goal("net ÷ git's best pack, median", statistics.median(git), 0.25))
    if results:
        every = {key: sum(r["ours"][key] for r in results) for key in ("raw_bytes", "seconds", "json_loads_seconds")}
        for what, speeds in (("all together", [_speed(every)]), ("median", [_speed(r["ours"]) for r in results])):
            rate, factor = (statistics.median(column) for column in zip(*speeds, strict=True))
            goals.append(Goal(f"import, {what}, MB/s of canonical JSON", rate, 40, at_most=False))
            goals.append(Goal(f"import ÷ json.loads, {what}", factor, 4))
    flagship = next((r for r in results if r["name"] == FLAGSHIP), None)
    if flagship:
        goals.append(Goal("CAL FIRE, raw : net", flagship["ours"]["raw_bytes"] / flagship["net"], 400, False))
        rival = flagship["rivals"].get("git-history", {})
        if "seconds" in rival:
            goals.append(
                Goal("CAL FIRE, git-history ÷ import", rival["seconds"] / flagship["ours"]["seconds"], 100, False)
            )
    return goals


def _print_notes(results: list[dict[str, Any]], options: argparse.Namespace) -> None:
    over = [r["name"] for r in results if r.get("ratios", {}).get("zstd", 0) > 1.2]
    if over:
        print(f"above 1.2 of zstd -19: {', '.join(over)}")
    if not all(r["ours"].get("compacted") for r in results):
        print("ours was not compacted: this version of the engine has no compact")
    if options.missing:
        print(f"not installed, so not measured: {', '.join(options.missing)}")
    now = sorted({n for r in results for n, each in r["rivals"].items() if each["measured_now"]})
    kept = sorted({n for r in results for n, each in r["rivals"].items() if not each["measured_now"]})
    print(f"measured in this run: ours{''.join(', ' + name for name in now)}")
    if kept:
        print(f"remembered from an earlier run for some or all histories (--fresh measures anew): {', '.join(kept)}")


if __name__ == "__main__":
    sys.exit(main())
