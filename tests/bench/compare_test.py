"""bench/compare.py on results made up here."""
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import compare  # noqa: E402


def line(provider, ms, case="N=4,D=8", **more):
    return {"module": "m", "op": "norm", "pass": "fwd", "case": case, "dtype": "bf16", "provider": provider, "ms": ms,
            "ok": True, "roof": 0.5, **more}


class Compare(unittest.TestCase):
    def table(self, *lines, raw="", options=()):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("".join(json.dumps(x) + "\n" for x in lines) + raw)
            file.flush()
            out = io.StringIO()
            self.code = compare.main([*options, file.name], out)
            return out.getvalue()

    def test_one_row_for_all_providers_of_a_case(self):
        text = self.table(line("fused", 1), line("unfused", 3), line("fla", 2, case="D=8,N=4"))
        self.assertIn("| norm | fwd | N=4,D=8 | 3.0000 | 1.0000 | 3.00x | 50.0 | 2.0000 |", text)
        self.assertIn("fused against fla: 1 cases, median 2.00x, least 2.00x, most 2.00x; slower in 0", text)
        self.assertEqual(self.code, 0)

    def test_cases_that_are_not_packed_are_the_same_in_both_words(self):
        text = self.table(line("fused", 1, case="B=1,T=2,D=8,seqs=0"), line("fla", 2, case="B=1,T=2,D=8"))
        self.assertIn("2.0000 |", text)

    def test_what_is_slower_is_named(self):
        text = self.table(line("fused", 4), line("fla", 3))
        self.assertIn("slower in 1: norm fwd N=4,D=8 (0.75x)", text)

    def test_one_row_for_all_cases_of_an_op(self):
        small, large = {"case": "N=1", "bytes": 1 << 20}, {"case": "N=2", "bytes": 1 << 30, "roof": 0.9}
        text = self.table(line("fused", 1, **small), line("unfused", 2, **small), line("fused", 2, **large),
                          line("unfused", 8, **large), line("fla", 3, **large), options=["--by-op"])
        self.assertIn("| norm | fwd | 2 | 2.00 | 3.00 | 4.00 | 70 | 90 | 1: 1.50 to 1.50, median 1.50 |", text)

    def test_wrong_results_have_no_time(self):
        text = self.table(line("fused", None, ok=False), line("unfused", 3))
        self.assertIn("| 3.0000 | wrong | - | - |", text)
        self.assertEqual(self.code, 1)

    def test_of_several_measurements_the_median_counts(self):
        text = self.table(line("fused", 1), line("fla", 5), line("fused", 7), line("fla", 4), line("fused", 2), line("fla", 6))
        self.assertIn("| norm | fwd | N=4,D=8 | - | 2.0000 | - | 50.0 | 5.0000 |", text)

    def test_one_wrong_measurement_makes_all_wrong(self):
        text = self.table(line("fused", 1), line("fused", None, ok=False, max_err=9), line("fused", 1))
        self.assertIn("| wrong |", text)
        self.assertEqual(self.code, 1)

    def test_what_failed_once_has_run_if_it_ran_again(self):
        text = self.table(line("fused", 1), line("fla", None, ok=False, note="OutOfMemory"), line("fla", 2))
        self.assertIn("1.0000 | - | 50.0 | 2.0000 |", text)

    def test_other_columns_are_of_the_measurement_in_the_middle(self):
        text = self.table(line("fused", 1, roof=0.9), line("fused", 3, roof=0.3), line("fused", 2, roof=0.5))
        self.assertIn("| 2.0000 | - | 50.0 |", text)

    def test_measurements_of_two_machines_are_refused(self):
        with self.assertRaises(SystemExit) as refused:
            self.table(line("fused", 1, machine="H100"), line("fused", 1, machine="H200"))
        self.assertIn("is of several machines: H100, H200", str(refused.exception))

    def test_what_is_close_comes_as_arguments(self):
        text = self.table(line("fused", 100, case="N=1"), line("fla", 102, case="N=1"), line("fused", 100, case="N=2"),
                          line("fla", 104, case="N=2"), line("fused", 100, case="N=3"), line("fla", 98, case="N=3"),
                          line("fused", 100, case="N=4"), line("unfused", 100, case="N=4"), options=["--close", "3"])
        self.assertEqual(text, "--module m --op norm --pass fwd --dtype bf16 --case N=1 --case N=3\n")

    def test_anything_else_is_refused_with_its_place(self):
        for bad in ('{"op": 1}\n', "no json\n"):
            with self.assertRaises(SystemExit) as refused:
                self.table(line("fused", 1), raw=bad)
            self.assertIn(":2: not a result", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
