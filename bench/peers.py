#!/usr/bin/env python3
"""Times what else there is for the arena's ops, as JSON lines that stand beside flabench's.

    python3 bench/peers.py [--case N=32768,D=1024 ...] [--op layer_norm,rms_norm] [--pass fwd,bwd]

Providers: torch and torch.compile always; fla (flash-linear-attention) and liger (Liger-Kernel) where Python finds them
(PYTHONPATH). The whole op is captured into a CUDA graph; each replay is timed by events after a flush of the L2 (256 MB
written); the figure is the median. Every output is compared with float64 first, and what is wrong is not timed.
"""
import argparse
import json
import statistics
import sys

import torch
import torch.nn.functional as F

EPS = 1e-5


def cases(text):
    pairs = dict(p.split("=") for p in text.split(","))
    return int(pairs["N"]), int(pairs["D"])


def oracle(op, x, w, b, dy):
    x, w, b, dy = (t.double() for t in (x, w, b, dy))
    mean = x.mean(1, keepdim=True) if op == "layer_norm" else torch.zeros_like(x[:, :1])
    rstd = ((x - mean).square().mean(1, keepdim=True) + EPS).rsqrt()
    xhat, g = (x - mean) * rstd, dy * w
    y = xhat * w + (b if op == "layer_norm" else 0)
    dx = g - xhat * (g * xhat).mean(1, keepdim=True)
    if op == "layer_norm":
        dx = dx - g.mean(1, keepdim=True)
    return {"y": y, "dx": dx * rstd, "dw": (dy * xhat).sum(0), "mean": mean.squeeze(1), "rstd": rstd.squeeze(1)}


def torch_calls(op, x, w, b, dy, truth):
    shape = [x.shape[1]]
    if op == "layer_norm":
        mean, rstd = truth["mean"].float()[:, None], truth["rstd"].float()[:, None]
        backward = lambda: torch.ops.aten.native_layer_norm_backward(dy, x, shape, mean, rstd, w, b, [True] * 3)
        return {"fwd": lambda: {"y": F.layer_norm(x, shape, w, b, EPS)},
                "bwd": lambda: dict(zip(("dx", "dw"), backward()))}
    calls = {"fwd": lambda: {"y": F.rms_norm(x, shape, w, EPS)}}
    if hasattr(torch.ops.aten, "_fused_rms_norm_backward"):
        rstd = truth["rstd"].float()[:, None]
        backward = lambda: torch.ops.aten._fused_rms_norm_backward(dy, x, shape, rstd, w, [True, True])
        calls["bwd"] = lambda: dict(zip(("dx", "dw"), backward()))
    return calls


def compile_calls(op, x, w, b, dy, truth):
    shape = [x.shape[1]]
    if op == "layer_norm":
        forward = torch.compile(lambda x, w, b: F.layer_norm(x, shape, w, b, EPS), dynamic=False)
    else:
        forward = torch.compile(lambda x, w, b: F.rms_norm(x, shape, w, EPS), dynamic=False)

    def both_terms(x, w, b, dy, mean, rstd):
        xf, g = x.float(), dy.float() * w.float()
        xhat = (xf - mean) * rstd if op == "layer_norm" else xf * rstd
        dx = g - xhat * (g * xhat).mean(1, keepdim=True)
        if op == "layer_norm":
            dx = dx - g.mean(1, keepdim=True)
        return (dx * rstd).to(x.dtype), (dy.float() * xhat).sum(0).to(w.dtype), dy.float().sum(0).to(w.dtype)

    backward = torch.compile(both_terms, dynamic=False)
    mean, rstd = truth["mean"].float()[:, None], truth["rstd"].float()[:, None]
    return {"fwd": lambda: {"y": forward(x, w, b)},
            "bwd": lambda: dict(zip(("dx", "dw"), backward(x, w, b, dy, mean, rstd)))}


def fla_calls(op, x, w, b, dy, truth):
    from fla.modules.layernorm import layer_norm_bwd, layer_norm_fwd
    rms = op == "rms_norm"
    bias = None if rms else b
    mean, rstd = None if rms else truth["mean"].float(), truth["rstd"].float()
    return {"fwd": lambda: {"y": layer_norm_fwd(x, w, bias, EPS, is_rms_norm=rms)[0]},
            "bwd": lambda: dict(zip(("dx", "dw"), layer_norm_bwd(dy, x, w, bias, mean, rstd, is_rms_norm=rms)))}


def liger_calls(op, x, w, b, dy, truth):
    if op != "layer_norm":
        return {}
    from liger_kernel.ops.layer_norm import layer_norm_backward, layer_norm_forward
    mean, rstd = truth["mean"].float(), truth["rstd"].float()
    return {"fwd": lambda: {"y": layer_norm_forward(x, w, b, EPS)[0]},
            "bwd": lambda: dict(zip(("dx", "dw"), layer_norm_backward(dy, x, w, b, mean, rstd)[:2]))}


PROVIDERS = {"torch": torch_calls, "compile": compile_calls, "fla": fla_calls, "liger": liger_calls}


def error(outputs, truth):
    """The worst |out - truth| relative to the truth's own size, over all outputs; NaN counts as infinite."""
    worst = 0.0
    for name, out in outputs.items():
        diff = (out.double() - truth[name]).norm() / truth[name].norm()
        worst = max(worst, float("inf") if torch.isnan(diff) else diff.item())
    return worst


def graph_of(call):
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            call()
    side.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph


def milliseconds(call, flush, reps):
    graph = graph_of(call)
    starts = [torch.cuda.Event(enable_timing=True) for _ in range(reps)]
    ends = [torch.cuda.Event(enable_timing=True) for _ in range(reps)]
    for start, end in zip(starts, ends):
        flush.zero_()
        start.record()
        graph.replay()
        end.record()
    torch.cuda.synchronize()
    return sorted(s.elapsed_time(e) for s, e in zip(starts, ends))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append")
    parser.add_argument("--op", default="layer_norm,rms_norm")
    parser.add_argument("--pass", dest="passes", default="fwd,bwd")
    parser.add_argument("--reps", type=int, default=21)
    args = parser.parse_args()
    device = torch.device("cuda")
    flush = torch.empty(256 << 20, dtype=torch.uint8, device=device)
    generator = torch.Generator(device).manual_seed(1)
    for case in args.case or [f"N={2048 << i},D=1024" for i in range(8)]:
        n, d = cases(case)
        draw = lambda *s: torch.randn(*s, device=device, generator=generator).bfloat16()
        x, w, b, dy = draw(n, d), draw(d), draw(d), draw(n, d)
        for op in args.op.split(","):
            truth = oracle(op, x, w, b, dy)
            for provider, make in PROVIDERS.items():
                try:
                    calls = make(op, x, w, b, dy, truth)
                except ImportError as missing:
                    print(f"peers: no {provider}: {missing}", file=sys.stderr)
                    continue
                for name in args.passes.split(","):
                    if name not in calls:
                        continue
                    row = {"module": "layernorm", "op": op, "pass": name, "case": case, "dtype": "bf16",
                           "provider": provider, "device": torch.cuda.get_device_name()}
                    try:
                        row["err"] = error(calls[name](), truth)
                        row["ok"] = row["err"] < 1e-2
                        if row["ok"]:
                            times = milliseconds(calls[name], flush, args.reps)
                            row["ms"] = round(statistics.median(times), 6)
                            row["p20"], row["p80"] = (round(times[int(q * len(times))], 6) for q in (0.2, 0.8))
                    except Exception as failure:  # a peer that fails is a row, not the end of the run
                        row["ok"], row["note"] = False, f"{type(failure).__name__}: {failure}"[:200]
                    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
