#!/usr/bin/env python3
"""A table, in Markdown, of what flabench and bench/peers.py measured: one row a case, one column a provider.

    python3 bench/compare.py ours.jsonl peers.jsonl > table.md

Files are JSON lines of either program, in any order; the last measurement of a case and provider counts. Times are medians
in ms. `-` is not measured; `wrong` did not agree with double precision, so it was not timed. Below the table stand the cases
in which fused is slower than another provider, by how much, and the totals. Exit code 1 where a fused result was wrong.
"""
import json
import sys


def normal(case):
    """The same case in both programs' words: in the order of keys, and without seqs=0."""
    return ",".join(sorted(part for part in case.split(",") if part != "seqs=0"))


def read(paths):
    """{(module, op, pass, normal case, dtype): {provider: row}}, in the order of the first appearance."""
    table = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    key = (row["module"], row["op"], row["pass"], normal(row["case"]), row["dtype"])
                except (json.JSONDecodeError, KeyError, TypeError) as error:
                    sys.exit(f"compare: {path}:{number}: not a result of flabench or peers.py: {error}")
                table.setdefault(key, {})[row["provider"]] = row
    return table


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


def main(paths, out=sys.stdout):
    if not paths or any(p.startswith("-") for p in paths):
        sys.exit(__doc__)
    table = read(paths)
    others = others_of(table)
    write_table(table, others, out)
    write_totals(table, others, out)
    return int(any(row["fused"].get("ok") is False for row in table.values() if "fused" in row))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
