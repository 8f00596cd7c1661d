#!/usr/bin/env python3
"""Times what else there is for the arena's ops, as JSON lines that stand beside flabench's.

    python3 bench/peers.py [--module layernorm] [--op layer_norm,swish] [--pass fwd,bwd,fwdbwd] [--case N=32768,D=1024]
                           [--grid fla|few] [--provider fla,torch]
    python3 bench/peers.py --warm [...]      compiles Triton's kernels into its cache, on all cores, and measures nothing

Providers: torch and torch.compile always; fla (flash-linear-attention) and liger (Liger-Kernel) where Python finds them
(PYTHONPATH). Every op is written once in plain PyTorch, which, in float64 and through autograd, is also what all outputs
and gradients are compared with; what is wrong is not timed. The forward, or autograd's backward of it, is captured into a
CUDA graph; each replay is timed by events after a flush of the L2 (256 MB written); the figure is the median.

Triton's tuners choose for every case anew, as for someone who has that case alone: nothing that was found for another
size, by this process or by an earlier one, is taken over.
"""
import argparse
import functools
import importlib
import json
import multiprocessing
import os
import statistics
import sys

# Before FLA is imported: its tuners would take what they found for one number of rows, kept on disk, for all.
os.environ["FLA_CACHE_RESULTS"] = os.environ["TRITON_CACHE_AUTOTUNING"] = "0"

import torch
import torch.nn.functional as F

DEVICE = torch.device("cuda")


def imported(name):
    """A function by its full name; ImportError where the package is missing."""
    module, attribute = name.rsplit(".", 1)
    if attribute == "apply":
        module, kind = module.rsplit(".", 1)
        return getattr(importlib.import_module(module), kind).apply
    return getattr(importlib.import_module(module), attribute)


class Op:
    """One op: its inputs by name, the formula, and who else has it.

    inputs(case, draw) -> {name: tensor}; those in `grads` are differentiated. formula and peers take them in order.
    """
    passes = ("fwd", "bwd")

    def __init__(self, module, cases, inputs, formula, grads, torch_call=None, peers=None, passes=None):
        self.module, self.cases, self.inputs, self.formula, self.grads = module, cases, inputs, formula, grads
        self.torch_call = torch_call or formula
        self.peers = peers or {}
        self.passes = passes or self.passes

    def calls(self):
        yield "torch", lambda: self.torch_call
        yield "compile", lambda: torch.compile(self.formula, dynamic=False)
        for provider, make in self.peers.items():
            yield provider, make


# ---- Norms ----------------------------------------------------------------------------------------------------------

EPS = 1e-5
NORM_CASES = [f"N={2048 << i},D=1024" for i in range(8)]


def rows(case, draw):
    n, d = case["N"], case["D"]
    return {"x": draw(n, d), "w": draw(d), "b": draw(d)}


def normed(x, w, b, centered=True, groups=1, eps=EPS):
    t = x.float() if x.dtype != torch.float64 else x
    t = t.unflatten(-1, (groups, -1))
    if centered:
        t = t - t.mean(-1, keepdim=True)
    t = t * (t.square().mean(-1, keepdim=True) + eps).rsqrt()
    y = t.flatten(-2) * w.to(t.dtype)
    if b is not None:
        y = y + b.to(t.dtype)
    return y


def gated(x, g, w, b, centered):
    z = g.to(w.dtype if w.dtype == torch.float64 else torch.float32)
    return (normed(x, w, b, centered) * z * torch.sigmoid(z)).to(x.dtype)


def gated_rows(with_bias):
    def make(case, draw):
        n, d = case["N"], case["D"]
        tensors = {"x": draw(n, d), "g": draw(n, d), "w": draw(d)}
        return {**tensors, "b": draw(d)} if with_bias else tensors
    return make


def liger_layer_norm():
    f = imported("liger_kernel.ops.layer_norm.LigerLayerNormFunction.apply")
    return lambda x, w, b: f(x, w, b, EPS)


def liger_rms_norm():
    f = imported("liger_kernel.ops.rms_norm.LigerRMSNormFunction.apply")
    return lambda x, w: f(x, w, EPS, 0.0, "llama", False)


def fla_norm(name, **options):
    def make():
        f = imported("fla.modules.layernorm." + name)
        return lambda x, w, b=None: f(x, w, b, eps=EPS, **options)
    return make


def fla_gated(name):
    def make():
        f = imported("fla.modules.fused_norm_gate." + name)
        return lambda x, g, w, b=None: f(x, g, w, b, eps=EPS)
    return make


def without_bias(case, draw):
    return {name: t for name, t in rows(case, draw).items() if name != "b"}


OPS = {
    "layer_norm": Op("layernorm", NORM_CASES, rows, lambda x, w, b: normed(x, w, b).to(x.dtype), "xwb",
                     lambda x, w, b: F.layer_norm(x, [x.shape[1]], w, b, EPS),
                     {"fla": fla_norm("layer_norm"), "liger": liger_layer_norm}),
    "rms_norm": Op("layernorm", NORM_CASES, without_bias, lambda x, w: normed(x, w, None, False).to(x.dtype), "xw",
                   lambda x, w: F.rms_norm(x, [x.shape[1]], w, EPS),
                   {"fla": fla_norm("rms_norm"), "liger": liger_rms_norm}),
    "group_norm": Op("layernorm", [c + ",G=4" for c in NORM_CASES], rows,
                     lambda x, w, b: normed(x, w, b, groups=4).to(x.dtype), "xwb",
                     lambda x, w, b: F.group_norm(x, 4, w, b, EPS), {"fla": fla_norm("group_norm", num_groups=4)}),
    "layer_norm_gate": Op("layernorm", NORM_CASES, gated_rows(True), lambda x, g, w, b: gated(x, g, w, b, True), "xgwb",
                          None, {"fla": fla_gated("layer_norm_gated")}),
    "rms_norm_gate": Op("layernorm", NORM_CASES, gated_rows(False), lambda x, g, w: gated(x, g, w, None, False), "xgw",
                        None, {"fla": fla_gated("rms_norm_gated")}),
}

# ---- l2norm ---------------------------------------------------------------------------------------------------------


def l2norm(x):
    t = x if x.dtype == torch.float64 else x.float()
    return (t * (t.square().sum(-1, keepdim=True) + 1e-6).rsqrt()).to(x.dtype)


OPS["l2norm"] = Op("l2norm", [f"N={16 * (128 << i)},D={2048 // h}" for h in (1, 2, 4, 8, 16) for i in range(1, 8)],
                   lambda case, draw: {"x": draw(case["N"], case["D"])}, l2norm, "x", None,
                   {"fla": lambda: imported("fla.modules.l2norm.l2norm")})

# ---- Activations ----------------------------------------------------------------------------------------------------

ACTIVATION_CASES = [f"N={4 * t},D={d}" for t in (512, 1024, 2048, 4096, 8192) for d in (1024, 2048, 4096)]


def wide(f):
    """f in f32 whatever the dtype, as fused kernels compute it."""
    def call(*xs):
        dtype = xs[0].dtype
        return f(*(x if dtype == torch.float64 else x.float() for x in xs)).to(dtype)
    return call


def one(case, draw):
    return {"x": draw(case["N"], case["D"])}


def two(case, draw):
    return {"x": draw(case["N"], case["D"]), "y": draw(case["N"], case["D"])}


def powered(x, y):
    root = torch.sqrt(torch.clamp(x, min=1e-30))
    gate = torch.where(x > 0, torch.clamp(x, min=1e-30) ** (3 / (root + 1)), x)
    return gate * torch.sigmoid(x) * y


def fla_activation(name):
    return lambda: imported("fla.modules.activations." + name)


def add_activation(op, f, torch_call=None, fla=None, inputs=one, grads="x", liger=None):
    peers = {"fla": fla_activation(fla)} if fla else {}
    if liger:
        peers["liger"] = lambda: imported(liger)
    OPS[op] = Op("activations", ACTIVATION_CASES, inputs, wide(f), grads, torch_call, peers)


add_activation("sigmoid", torch.sigmoid, torch.sigmoid, "sigmoid")
add_activation("logsigmoid", F.logsigmoid, F.logsigmoid, "logsigmoid")
add_activation("swish", lambda x: x * torch.sigmoid(x), F.silu, "swish")
add_activation("gelu", lambda x: F.gelu(x, approximate="tanh"), lambda x: F.gelu(x, approximate="tanh"), "fast_gelu_impl")
add_activation("sqrelu", lambda x: torch.relu(x).square(), None, "sqrelu")
add_activation("swiglu", lambda x, y: x * torch.sigmoid(x) * y, None, "swiglu", two, "xy",
               "liger_kernel.ops.swiglu.LigerSiLUMulFunction.apply")
add_activation("powglu", powered, None, "powglu", two, "xy")

# ---- tokenshift and conv --------------------------------------------------------------------------------------------


def shifted(x):
    return F.pad(x, (0, 0, 1, 0))[:, :-1] - x


OPS["token_shift"] = Op("tokenshift", [f"B=8,T={128 << i},D=4096" for i in range(9)],
                        lambda case, draw: {"x": draw(case["B"], case["T"], case["D"])}, shifted, "x", None,
                        {"fla": lambda: imported("fla.modules.token_shift.token_shift")})


def cuts(tokens, sequences):
    """Where packed sequences begin: the places that modules/common/Sequences.cpp cuts at, the same for all providers."""
    word, golden = (1 << 64) - 1, 0x9E3779B97F4A7C15

    def mix(z):
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & word
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & word
        return z ^ (z >> 31)

    key = mix(tokens + golden & word)
    for c in b"sequences":
        key = mix(key ^ (c + golden & word))
    places = [mix(key + (i + 1) * golden & word) % (tokens + 1) for i in range(1, sequences)]
    return sorted([0, tokens, *places])


def conv_inputs(case, draw):
    d, w = case["D"], case["W"]
    tensors = {"x": draw(case["B"], case["T"], d), "w": draw(d, w), "b": draw(d)}
    if case.get("seqs", 0):
        tensors["cu"] = torch.tensor(cuts(case["T"], case["seqs"]), device=DEVICE)
    return tensors


def conv_formula(x, w, b, cu=None):
    parts = [x] if cu is None else [x[:, i:j] for i, j in zip(cu.tolist(), cu.tolist()[1:]) if j > i]
    filtered = [F.conv1d(F.pad(p.transpose(1, 2), (w.shape[1] - 1, 0)), w[:, None], b, groups=w.shape[0]) for p in parts]
    return F.silu(torch.cat(filtered, 2).transpose(1, 2))


def fla_conv():
    f = imported("fla.modules.conv.causal_conv1d.causal_conv1d")
    return lambda x, w, b, cu=None: f(x, w, b, activation="silu", cu_seqlens=cu)[0]


CONV_CASES = [f"B=1,T={128 << i},D={d},W=4" + packed for d in (256, 512, 1024, 2048, 4096) for i in range(1, 10)
              for packed in ("", f",seqs={4 if 128 << i < 2048 else 16}")]
OPS["causal_conv1d"] = Op("conv", CONV_CASES, conv_inputs, conv_formula, "xwb", None, {"fla": fla_conv})

# ---- Cross entropy --------------------------------------------------------------------------------------------------


def logits(case, draw):
    return {"x": draw(case["N"], case["V"]), "t": torch.randint(0, case["V"], (case["N"],), device=DEVICE)}


def ce_formula(x, t):
    return F.cross_entropy(x if x.dtype == torch.float64 else x.float(), t)


def fla_ce():
    f = imported("fla.modules.fused_cross_entropy.cross_entropy_loss")
    return lambda x, t: f(x, t)[0].mean()


def liger_ce():
    f = imported("liger_kernel.ops.cross_entropy.LigerCrossEntropyFunction.apply")
    return lambda x, t: f(x, t, None)[0]


OPS["cross_entropy"] = Op("cross_entropy", [f"N={4 * (128 << i)},V=120000" for i in range(8)], logits, ce_formula, "x",
                          F.cross_entropy, {"fla": fla_ce, "liger": liger_ce}, ("fwd", "bwd", "fwdbwd"))

# ---- Measuring ------------------------------------------------------------------------------------------------------


def leaves(op, tensors, double=False):
    """Copies of the inputs that can be differentiated."""
    made = []
    for name, t in tensors.items():
        t = t.double() if double and t.is_floating_point() else t.clone()
        made.append(t.requires_grad_(name in op.grads))
    return made, [t for t in made if t.requires_grad]


def truth_of(op, tensors, dy):
    inputs, xs = leaves(op, tensors, double=True)
    y = op.formula(*inputs)
    return [y.detach(), *torch.autograd.grad(y, xs, dy.double())]


def error(outputs, truth):
    """The worst norm of a difference relative to the truth's own; NaN counts as infinite."""
    worst = 0.0
    for out, expected in zip(outputs, truth):
        diff = ((out.double() - expected).norm() / expected.norm().clamp(min=1e-30)).item()
        worst = max(worst, float("inf") if diff != diff else diff)
    return worst


class Bound:
    """A provider's op on tensors of its own, on one stream as graphs need it."""

    def __init__(self, op, call, tensors, dy):
        self.call, self.dy, self.stream = call, dy, torch.cuda.Stream()
        self.inputs, self.xs = leaves(op, tensors)
        torch.cuda.synchronize()  # the copies were made on another stream
        with torch.cuda.stream(self.stream):
            self.y = call(*self.inputs)
            self.dy = dy.to(self.y.dtype)
        self.stream.synchronize()

    def fwd(self):
        with torch.no_grad():
            return self.call(*self.inputs)

    def bwd(self):
        return torch.autograd.grad(self.y, self.xs, self.dy, retain_graph=True)

    def fwdbwd(self):
        return torch.autograd.grad(self.call(*self.inputs), self.xs, self.dy)

    def milliseconds(self, name, flush, reps):
        run = getattr(self, name)
        with torch.cuda.stream(self.stream):
            for _ in range(3):
                run()
        self.stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            run()
        starts = [torch.cuda.Event(enable_timing=True) for _ in range(reps)]
        ends = [torch.cuda.Event(enable_timing=True) for _ in range(reps)]
        for start, end in zip(starts, ends):
            flush.zero_()
            start.record()
            graph.replay()
            end.record()
        torch.cuda.synchronize()
        return sorted(s.elapsed_time(e) for s, e in zip(starts, ends))


LARGEST_CHECKED = 1 << 30  # elements: in float64, with all that autograd keeps, more does not fit


def measure(op, bound, truth, name, flush, reps):
    row = {}
    if truth is not None:
        with torch.cuda.stream(bound.stream):
            outputs = [bound.y.detach()] if name == "fwd" else bound.bwd()
        torch.cuda.synchronize()
        row["err"] = error(outputs, truth[:1] if name == "fwd" else truth[1:])
        row["ok"] = row["err"] < 2e-2
        if not row["ok"]:
            return row
    times = bound.milliseconds(name, flush, reps)
    row["ms"] = round(statistics.median(times), 6)
    row["p20"], row["p80"] = (round(times[int(q * len(times))], 6) for q in (0.2, 0.8))
    return row


def compiled_soon(tuner):
    """Without configurations that Triton takes minutes to compile: more than 32 elements of powglu a lane, more than 64
    rows of l2norm a warp."""
    most = {"powglu": ("B", 32 * 32), "l2norm": ("BT", 64)}
    name = tuner.base_fn.__name__.split("_")[0]
    if name not in most:
        return tuner.configs
    parameter, of_warp = most[name]
    return [c for c in tuner.configs if c.kwargs.get(parameter, 0) <= of_warp * c.num_warps] or tuner.configs[:1]


class Tuners:
    """All of Triton's tuners: what they go over, and for how long they remember what they found."""

    def __init__(self):
        self.round, self.shard, self.shards = 0, 0, 1
        try:
            import triton.testing
            from triton.runtime.autotuner import Autotuner
        except ImportError:
            return
        # Each configuration is measured for 2 + 8 ms of the kernel's own time, not 25 + 100: there are thousands, and
        # for the smallest kernels that is ten times as long with the flush before each of hundreds of runs.
        triton.testing.do_bench = functools.partial(triton.testing.do_bench, warmup=2, rep=8)
        self.kind, run = Autotuner, Autotuner.run

        def run_anew(tuner, *args, **kwargs):
            if getattr(tuner, "round", None) != self.round:
                tuner.round, tuner.every = self.round, getattr(tuner, "every", compiled_soon(tuner))
                tuner.configs = tuner.every[self.shard::self.shards] or tuner.every[:1]
                tuner.cache.clear()
            return run(tuner, *args, **kwargs)

        Autotuner.run = run_anew

    def forget(self, shard=0, shards=1):
        """Tunes anew from now on, over every `shards`-th configuration from number `shard` on."""
        self.round, self.shard, self.shards = self.round + 1, shard, shards

    def only_compile(self):
        """The first configuration is as good as any, and all of them are compiled."""
        def once(call, quantiles=None):
            call()
            return [1.0, 1.0, 1.0]

        if hasattr(self, "kind"):
            self.kind.do_bench = property(lambda tuner: once)


def drawn(op, case):
    """The inputs of a case, the same in every process, and what draws more of the kind."""
    generator = torch.Generator(DEVICE).manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, device=DEVICE, generator=generator).bfloat16()
    return op.inputs({k: int(v) for k, v in (p.split("=") for p in case.split(","))}, draw), draw


def run_case(name, op, case, args, flush, tuners):
    tensors, draw = drawn(op, case)
    with torch.no_grad():
        shape = op.torch_call(*tensors.values()).shape
    dy = draw(*shape) if shape else torch.ones((), device=DEVICE)
    truth = truth_of(op, tensors, dy) if max(t.numel() for t in tensors.values()) <= LARGEST_CHECKED else None
    passes = [p for p in args.passes.split(",") if p in op.passes]
    for provider, make in op.calls():
        if args.provider and provider not in args.provider.split(","):
            continue
        bound = None
        tuners.forget()
        for p in passes:
            row = {"module": op.module, "op": name, "pass": p, "case": case, "dtype": "bf16", "provider": provider,
                   "device": torch.cuda.get_device_name()}
            try:
                bound = bound or Bound(op, make(), tensors, dy)
                row |= measure(op, bound, truth, p, flush, args.reps)
            except ImportError as missing:
                print(f"peers: no {provider}: {missing}", file=sys.stderr)
                break
            except Exception as failure:  # a peer that fails is a row, not the end of the run
                row["ok"], row["note"] = False, f"{type(failure).__name__}: {failure}"[:200]
                bound = None
            print(json.dumps(row), flush=True)
        del bound
        torch._dynamo.reset()
    torch.cuda.empty_cache()


# ---- Warming up -----------------------------------------------------------------------------------------------------


SHARDS = 10  # of a tuner's configurations, each compiled by a process of its own


def representatives(jobs):
    """A job, the smallest, for each set of kernels: how many rows there are is a constant of some of FLA's kernels."""
    chosen = {}
    for name, case in jobs:
        c = {k: int(v) for k, v in (p.split("=") for p in case.split(","))}
        columns = tuple(c.get(k) for k in ("D", "V", "W", "G")) + (c.get("seqs", 0) > 0,)
        rows = c.get("N", 0) or c["B"] * c["T"]
        blocks = {"group_norm": rows, "token_shift": rows, "causal_conv1d": -(-rows // 1024)}.get(name, 0)
        if name == "l2norm" and c["D"] <= 512:
            blocks = -(-rows // 65536)
        key = (name, columns, blocks)
        if key not in chosen or rows < chosen[key][0]:
            chosen[key] = (rows, case)
    return [(key[0], case) for key, (_, case) in chosen.items()]


def warm_up(job):
    """Runs one case once. Triton's tuner compiles its share of the configurations; the fastest is found when measuring."""
    name, case, providers, shard = job
    warming.forget(shard, SHARDS)
    op = OPS[name]
    for provider, make in op.calls():
        if provider == "torch" or providers and provider not in providers or provider == "compile" and shard > 0:
            continue
        try:
            tensors, _ = drawn(op, case)
            bound = Bound(op, make(), tensors, torch.ones((), device=DEVICE).expand(op.formula(*tensors.values()).shape))
            bound.bwd()
            torch.cuda.synchronize()
        except Exception as failure:  # the measuring run reports it
            print(f"peers: {name} {case} {provider}: {failure}"[:300], file=sys.stderr)
    tensors = bound = None
    torch.cuda.empty_cache()  # many processes share a GPU


def begin(counter):
    """A process of the pool: it takes the next GPU."""
    global warming
    with counter.get_lock():
        number, counter.value = counter.value, counter.value + 1
    os.environ["CUDA_VISIBLE_DEVICES"] = str(number % max(1, torch.cuda.device_count()))
    warming = Tuners()
    warming.only_compile()


def warm_all(jobs):
    spawn = multiprocessing.get_context("spawn")
    processes = max(1, min(len(jobs), os.cpu_count() - 2))
    with spawn.Pool(processes, begin, (spawn.Value("i", 0),)) as pool:
        pool.map(warm_up, jobs, chunksize=1)


# ---- The program ----------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--op", default=",".join(OPS))
    parser.add_argument("--module", help="only the ops of these modules")
    parser.add_argument("--pass", dest="passes", default="fwd,bwd,fwdbwd")
    parser.add_argument("--case", action="append")
    parser.add_argument("--dtype", choices=("bf16",), default="bf16", help="for arguments of flabench to be taken here")
    parser.add_argument("--grid", choices=("fla", "few"), default="fla", help="few: each op's last case and the middle one")
    parser.add_argument("--provider", help="only these: torch,compile,fla,liger")
    parser.add_argument("--reps", type=int, default=15)
    parser.add_argument("--warm", action="store_true")
    args = parser.parse_args()
    jobs = []
    for name in args.op.split(","):
        if name not in OPS:
            print(f"peers: nobody else has {name}", file=sys.stderr)
            continue
        op = OPS[name]
        if args.module and op.module not in args.module.split(","):
            continue
        cases = args.case or (op.cases if args.grid == "fla" else [op.cases[len(op.cases) // 2], op.cases[-1]])
        jobs += [(name, case) for case in cases]
    if args.warm:
        providers = tuple(args.provider.split(",")) if args.provider else ()
        chosen = representatives(jobs)
        warm_all([(name, case, providers, shard) for shard in range(SHARDS) for name, case in chosen])
        return
    tuners = Tuners()
    flush = torch.empty(256 << 20, dtype=torch.uint8, device=DEVICE)
    for name, case in jobs:
        run_case(name, OPS[name], case, args, flush, tuners)


if __name__ == "__main__":
    main()
