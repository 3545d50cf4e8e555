"""What the page says follows from the numbers: `benches/peers/run --self-test`."""

import unittest

import table


def line(who, us, workload="xor", threads=1, check=(0.7, 0.6)):
    return {
        "competitor": who,
        "workload": workload,
        "threads": threads,
        "median_us": us,
        "check": list(check),
    }


PROFILE = {"steps": 8, "share": 0.118, "step": "tanh, mul", "step_time": 0.5, "step_share": 0.09}


class Collecting(unittest.TestCase):
    def test_the_median_over_rounds_is_taken(self):
        lines = [line("gradus", us) for us in (3.0, 1.0, 2.0)] + [line("gradus", 9.0, threads=2)]
        self.assertEqual(table.collect(lines), {1: {"xor": {"gradus": 2.0}}, 2: {"xor": {"gradus": 9.0}}})


class Agreeing(unittest.TestCase):
    def test_rounding_is_no_disagreement(self):
        lines = [line("gradus", 1.0), line("burn", 1.0, check=(0.7000001, 0.6001))]
        self.assertEqual(table.disagreements(lines), [])

    def test_other_work_is_found_at_either_step(self):
        for check, place in (((0.7001, 0.6), 1), ((0.7, 0.61), 2), ((0.7, -0.6), 2)):
            found = table.disagreements([line("gradus", 1.0), line("burn", 1.0, check=check)])
            self.assertEqual(len(found), 1)
            self.assertIn(f"xor: check {place} is ", found[0])
            self.assertIn("by burn", found[0])

    def test_a_loss_that_is_no_number_is_found(self):
        found = table.disagreements([line("gradus", 1.0), line("burn", 1.0, check=(0.7, None))])
        self.assertEqual(found, ["xor: check 2 of burn is not finite"])

    def test_workloads_are_compared_each_by_itself(self):
        lines = [line("gradus", 1.0), line("burn", 1.0, workload="deep", check=(5.0, 4.0))]
        self.assertEqual(table.disagreements(lines), [])


class Words(unittest.TestCase):
    times = {
        "won": {"torch": 97.0, "jax-looped": 10.0, "hand": 2.5, "gradus": 5.0},
        "lost": {"torch": 9.0, "jax-looped": 5.0, "burn": 20.0, "hand": 5.0, "gradus": 10.0},
        "tied": {"torch": 10.3, "gradus": 10.0},
        "alone": {"hand": 1.0, "gradus": 2.0},
    }

    def test_who_wins_follows_from_the_numbers(self):
        ahead, ties, won = table.verdict(self.times)
        wins = "- **lost**: faster than Gradus by JAX, looped in XLA 2.00 times, PyTorch 1.11 times."
        self.assertEqual((ahead, ties, won), ([wins], ["tied"], ["won"]))

    def test_a_loss_and_code_by_hand_that_is_far_ahead_have_their_reason(self):
        times = {"act:gelu": {"torch": 5.0, "gradus": 10.0}, "xor": {"torch": 99.0, "hand": 4.0, "gradus": 10.0}}
        lost, far = table.verdict_text(times), table.verdict_text({"xor": times["xor"]})
        self.assertIn(f"faster than Gradus by PyTorch 2.00 times. {table.WHY['act:gelu']}", lost)
        self.assertTrue(far.endswith(f"- xor: {table.WHY['xor']}"))
        self.assertNotIn(table.WHY["xor"], table.verdict_text({"xor": {"hand": 9.5, "gradus": 10.0}}))

    def test_the_text_names_winners_first(self):
        text = table.verdict_text(self.times)
        self.assertTrue(text.startswith("**Peers win 1 workload:**"))
        self.assertIn("Ties, within 5% of the best peer: tied.", text)
        self.assertIn("Gradus is ahead of every peer on 1 workload: won.", text)
        self.assertTrue(text.endswith("by hand: won 2.00, lost 2.00, alone 2.00."))
        self.assertTrue(table.verdict_text({"won": self.times["won"]}).startswith("No peer wins a workload."))

    def test_code_by_hand_is_no_peer(self):
        self.assertEqual(table.best_peer(self.times["won"]), "jax-looped")
        self.assertIsNone(table.best_peer(self.times["alone"]))

    def test_a_second_thread_that_costs_is_told(self):
        one, two = {"xor": {"gradus": 1.0}, "wide": {"gradus": 9.0}}, {"xor": {"gradus": 1.5}, "wide": {"gradus": 5.0}}
        told = "Gradus is slower with two threads than with one: xor 1.50 times."
        self.assertEqual(table.slower_with_two({1: one, 2: two}), told)
        self.assertEqual(table.slower_with_two({1: one}), "")
        self.assertTrue(table.slower_with_two({1: one, 2: one}).startswith("Nowhere"))


class Tables(unittest.TestCase):
    def test_three_digits(self):
        numbers = [(0.3271, "0.327"), (9.834, "9.83"), (54.46, "54.5"), (604.2, "604"), (88000.4, "88 000"), (None, "")]
        for us, text in numbers:
            self.assertEqual(table.microseconds(us), text)

    def test_a_ratio_never_rounds_to_nothing(self):
        for number, text in [(0.00338, "0.0034"), (0.484, "0.48"), (1.316, "1.32"), (19.4, "19"), (1234.0, "1 234")]:
            self.assertEqual(table.ratio(number), text)

    def test_a_competitor_that_did_not_run_has_no_number(self):
        rows = table.times_table(Words.times).splitlines()
        self.assertEqual(rows[0], "| µs a step | PyTorch | JAX, looped in XLA | burn | by hand | Gradus |")
        self.assertEqual(rows[2], "| won | 97.0 | 10.0 |  | 2.50 | 5.00 |")

    def test_ratios_are_to_gradus_and_name_the_best_peer(self):
        rows = table.ratios_table(Words.times).splitlines()
        self.assertEqual(rows[2], "| won | 19 | 2.00 |  | 0.50 | 2.00 (JAX, looped in XLA) |")
        self.assertEqual(rows[3], "| lost | 0.90 | 0.50 | 2.00 | 0.50 | 0.50 (JAX, looped in XLA) |")
        self.assertEqual(rows[5], "| alone |  |  |  | 0.50 |  |")

    def test_the_profile_is_told_in_percent(self):
        self.assertEqual(table.percent(1.004), "100 %")
        self.assertEqual(len(table.limits_table({}).splitlines()), 2)

    def test_the_page_has_all_parts(self):
        lines = [line("gradus", 1.0), line("torch", 2.0), line("gradus", 1.0, threads=2)]
        text = table.page([("date", "today")], lines, {"gradus": (8.0, 13.9)}, [("ns a node", 86.0)], {"xor": PROFILE})
        for part in ("| xor | 8 | 12 % | tanh, mul | 50 % | 9 % |", "| date | today |", "## 1 thread\n", "## 2 threads\n", "| Gradus | 8.00 | 13.9 |", "ns a node | 86.0"):
            self.assertIn(part, text)
        self.assertLess(text.index("Gradus is ahead of every peer on 1 workload: xor."), text.index("## 2 threads"))


if __name__ == "__main__":
    unittest.main()
