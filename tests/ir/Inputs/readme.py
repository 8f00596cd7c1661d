# readme.py README KERNEL: every line of IR in the README must be what tile-opt makes of the kernel at that stage, and
# every op of ours that it names must exist. Names of values and registers may differ; `...` stands for anything.
import pathlib
import re
import subprocess
import sys

readme = pathlib.Path(sys.argv[1])
kernel = sys.argv[2]
decomposed = ("builtin.module(tile-set-target{arch=sm_90a},canonicalize,cse,func.func(tile-analyze-access),canonicalize,"
              "func.func(tile-assign-layouts),canonicalize,cse,func.func(tile-decompose-reductions))")
STAGES = {
    "tile": ["--pass-pipeline=builtin.module(canonicalize,cse)"],
    "layout": ["--tile-to-layouts=arch=sm_90a"],
    "decomposed": ["--pass-pipeline=" + decomposed],
    "lane": ["--tile-to-lane=arch=sm_90a"],
    "host": ["--tile-to-lane=arch=host"],
    "ptx": ["--tile-to-llvm=arch=sm_90a", "--emit=ptx"],
}


def normal(text):
    text = re.sub(r"%[a-z]*\d+(?:#\d+)?", "%", text)
    return " ".join(text.split())


def holds(line, pieces):
    at = 0
    for piece in pieces:
        at = line.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


wrong = 0
text = readme.read_text()
blocks = re.findall(r"^\*\*(\w+)\.\*\*.*?^```\w*\n(.*?)^```", text, re.M | re.S)
assert [name for name, _ in blocks] == list(STAGES), [name for name, _ in blocks]
for stage, block in blocks:
    run = subprocess.run(["tile-opt", *STAGES[stage], kernel], capture_output=True, text=True, check=True)
    emitted = [normal(line) for line in run.stdout.splitlines()]
    for shown in re.sub(r"\n  +", " ", block).splitlines():
        pieces = [piece.strip() for piece in normal(shown).split("...")]
        if any(holds(line, pieces) for line in emitted):
            continue
        wrong += 1
        print(f"{readme.name}: the {stage} stage has no line\n  {shown}")

sources = "".join(p.read_text() for p in readme.parent.glob("*/*.td")) + (readme.parent / "dialect/TileDialect.h").read_text()
for name in sorted(set(re.findall(r"`(?:tile|lane)\.(\w+)`", text))):
    if f'"{name}"' not in sources and f'"tile.{name}"' not in sources:
        wrong += 1
        print(f"{readme.name}: there is no op or attribute '{name}'")
print(f"{wrong} lines are wrong")
sys.exit(wrong != 0)
