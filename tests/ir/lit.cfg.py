# The lit suite of the IR. Tests find tile-opt, flabench, FileCheck, not, count and split-file on their PATH.
# Feature `ptxas` and the substitution %ptxas: the CUDA assembler, where the toolkit is installed. %python: what runs lit.
import os
import sys

import lit.formats

config.name = "ir"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.build_dir

dirs = [d for d in config.tool_dirs if d]
config.environment["PATH"] = os.pathsep.join(dirs + [os.environ.get("PATH", "")])
config.environment["FILECHECK_OPTS"] = "--dump-input=fail"
for name in ("HOME", "XDG_CACHE_HOME"):
    config.environment[name] = config.build_dir

config.substitutions.append(("%python", sys.executable))
if config.ptxas and not config.ptxas.endswith("NOTFOUND"):
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", config.ptxas))
