#!/usr/bin/env python3
"""A table, in Markdown, of what flabench and bench/peers.py measured: one row a case, one column a provider.

    python3 bench/compare.py ours.jsonl peers.jsonl > table.md
    python3 bench/compare.py --by-op ours.jsonl peers.jsonl      one row an op and pass in place of one a case
    python3 bench/compare.py --close 3 ours.jsonl peers.jsonl    what to measure again, as flabench's arguments

Files are JSON lines of either program, in any order. Of several measurements of a case by a provider, which must be of one
machine, the median counts; one wrong result makes all of them wrong. Times are medians in ms. `-` is not measured; `wrong`
did not agree with double precision, so it was not timed. Below the table stand the cases in which fused is slower than
another provider, by how much, and the totals. Exit code 1 where a fused result was wrong.

--close P: the cases in which fused and another provider differ by P % or less, either way; a line for each op and pass.
"""
import argparse
import json
import statistics
import sys


def normal(case):
    """The same case in both programs' words: in the order of keys, and without seqs=0."""
    return ",".join(sorted(part for part in case.split(",") if part != "seqs=0"))


def read(paths):
    """{(module, op, pass, normal case, dtype): {provider: row}}, in the order of the first appearance."""
    measured = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    key = (row["module"], row["op"], row["pass"], normal(row["case"]), row["dtype"])
                except (json.JSONDecodeError, KeyError, TypeError) as error:
                    sys.exit(f"compare: {path}:{number}: not a result of flabench or peers.py: {error}")
                measured.setdefault(key, {}).setdefault(row["provider"], []).append(row)
    return {key: {name: settled(rows) for name, rows in providers.items()} for key, providers in measured.items()}


def has_failed(row):
    """Not measured at all: a wrong result has an error."""
    return row.get("ok") is False and row.get("err", row.get("max_err")) is None


def settled(rows):
    """One row of several measurements of the same: a wrong one if there is, else the middle one, with the median of all
    times. What failed once and ran at another time has run."""
    machines = {row.get("machine", row.get("device")) for row in rows}
    if len(machines) > 1:
        names = ", ".join(sorted(map(str, machines)))
        sys.exit(f"compare: {rows[0]['op']} {rows[0]['case']} by {rows[0]['provider']} is of several machines: {names}; "
                 "accepted: results of one")
    rows = [row for row in rows if not has_failed(row)] or rows
    for row in rows:
        if row.get("ok") is False:
            return row
    measured = [row for row in rows if row.get("ms")]
    if not measured:
        return rows[-1]
    median = statistics.median(row["ms"] for row in measured)
    return {**min(measured, key=lambda row: abs(row["ms"] - median)), "ms": median}


def cell(row):
    if row is None:
        return "-"
    if row.get("ok") is False:
        return "wrong"
    return "-" if row.get("ms") is None else f"{row['ms']:.4f}"


def time_of(row):
    return row["ms"] if row and row.get("ok") is not False and row.get("ms") else None


def others_of(table):
    names = {name for row in table.values() for name in row} - {"fused", "unfused"}
    return sorted(names)


def write_table(table, others, out):
    titles = ["op", "pass", "case", "unfused", "fused", "speedup", "% roof", *others]
    print("| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles), sep="\n", file=out)
    for (_, op, name, _, _), row in table.items():
        fused, unfused = row.get("fused"), row.get("unfused")
        if not fused:
            continue
        ms, slow = time_of(fused), time_of(unfused)
        speedup = f"{slow / ms:.2f}x" if ms and slow else "-"
        roof = f"{100 * fused['roof']:.1f}" if ms and fused.get("roof") else "-"
        cells = [op, name, fused["case"], cell(unfused), cell(fused), speedup, roof, *(cell(row.get(o)) for o in others)]
        print("| " + " | ".join(cells) + " |", file=out)


LARGE = 64 << 20  # bytes that leave the caches


def write_ops(table, others, out):
    """Speedup over unfused; % of the roof in the median, of all cases and of large ones; each other's time over ours."""
    titles = ["op", "pass", "cases", "least", "median", "most", "% roof", "% roof, large", *(f"{o} / fused" for o in others)]
    print("| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles), sep="\n", file=out)
    ops = {}
    for (_, op, name, _, _), row in table.items():
        if time_of(row.get("fused")):
            ops.setdefault((op, name), []).append(row)

    def ratios(rows, other):
        return sorted(time_of(r[other]) / time_of(r["fused"]) for r in rows if time_of(r.get(other)))

    def roof(rows):
        shares = [100 * r["fused"]["roof"] for r in rows if r["fused"].get("roof")]
        return f"{statistics.median(shares):.0f}" if shares else "-"

    def spread(values):
        if not values:
            return "-"
        return f"{len(values)}: {values[0]:.2f} to {values[-1]:.2f}, median {statistics.median(values):.2f}"

    for (op, name), rows in ops.items():
        speedups = ratios(rows, "unfused")
        three = [f"{v:.2f}" for v in (speedups[0], statistics.median(speedups), speedups[-1])] if speedups else ["-"] * 3
        large = [r for r in rows if (r["fused"].get("bytes") or 0) >= LARGE]
        cells = [op, name, str(len(rows)), *three, roof(rows), roof(large), *(spread(ratios(rows, o)) for o in others)]
        print("| " + " | ".join(cells) + " |", file=out)


def write_totals(table, others, out):
    for other in ["unfused", *others]:
        ratios = []
        for (_, op, name, _, _), row in table.items():
            ours, theirs = time_of(row.get("fused")), time_of(row.get(other))
            if ours and theirs:
                ratios.append((theirs / ours, f"{op} {name} {row['fused']['case']}"))
        if not ratios:
            continue
        ratios.sort()
        slower = [f"{what} ({ratio:.2f}x)" for ratio, what in ratios if ratio < 1]
        print(f"\nfused against {other}: {len(ratios)} cases, median {ratios[len(ratios) // 2][0]:.2f}x, least "
              f"{ratios[0][0]:.2f}x, most {ratios[-1][0]:.2f}x; slower in {len(slower)}"
              + (": " + "; ".join(slower) if slower else ""), file=out)


def write_close(table, others, percent, out):
    close = {}
    for (module, op, name, _, dtype), row in table.items():
        ours = time_of(row.get("fused"))
        theirs = [time_of(row.get(other)) for other in others]
        if ours and any(t and abs(t - ours) <= percent / 100 * ours for t in theirs):
            close.setdefault((module, op, name, dtype), []).append(row["fused"]["case"])
    for (module, op, name, dtype), cases in close.items():
        print(f"--module {module} --op {op} --pass {name} --dtype {dtype}", *(f"--case {c}" for c in cases), file=out)


def main(arguments, out=sys.stdout):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--by-op", action="store_true")
    parser.add_argument("--close", type=float, metavar="P")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args(arguments)
    table = read(options.files)
    others = others_of(table)
    if options.close is not None:
        write_close(table, others, options.close, out)
        return 0
    (write_ops if options.by_op else write_table)(table, others, out)
    write_totals(table, others, out)
    return int(any(row["fused"].get("ok") is False for row in table.values() if "fused" in row))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
