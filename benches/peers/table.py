"""From the competitors' lines to the page: medians, ratios, and in words who wins. Pure functions of
their arguments, so that `test_table.py` can hold them to their word."""

from statistics import median

# How far apart the numbers of `check` may be, relative to the largest: the first step's loss, and the
# eleventh's (of what is not trained, the gradient's sum of squares). A plain `f32` sum of a million
# numbers, which some have, is off by 1.5e-5; Adam's first steps enlarge a rounding to 1.5e-4.
TOLERANCES = (1e-4, 1e-3)
# Ratios closer to 1 than this are ties: repeats of one row differ by as much.
TIE = 0.05
# By hand is a measure, not a peer: no engine, and functions that promise less.
ORACLE, OURS = "hand", "gradus"
LABELS = {
    "torch": "PyTorch",
    "jax-called": "JAX, called",
    "jax-looped": "JAX, looped in XLA",
    "candle": "candle",
    "burn": "burn",
    ORACLE: "by hand",
    OURS: "Gradus",
}
# Why a peer is ahead, or code by hand, and what was tried.
WHY = {
    "xor": "With so few numbers a step is what lies between its operations: kernels, each called by way of a list.",
    "chain1e4": "Each function is a pass of its own through the innermost cache, and keeps all digits of its tails; by hand they "
    "are one pass, of functions that are good absolutely alone.",
    "chain1e6": "As `chain1e4`.",
    "wide": "Products whose right side is 16 MB: on AVX2 they run at four fifths of the rate that they have in cache. Shorter cuts of the "
    "sum and lower blocks were tried: both slower.",
    "act:tanh": "On AVX2 a permutation holds eight numbers, so that each of the eight terms of a piece takes two and a choice where AVX-512 "
    "takes one. Loading the terms of a piece side by side and transposing them was tried: a sixth less. What peers compute, an "
    "exponential and a quotient, has other bits than the pieces.",
    "scalar": "Gradus runs short instructions from a list, each with a jump to the next, where XLA and a compiler make code of the "
    "one expression and keep its numbers in registers. The last three results are passed on; the others are written and read "
    "again. Pairs of operations in one were tried: a tenth less for many times the code, not taken. A third of a run is what lies "
    "around the row: feeds that are checked, and outputs.",
    "mnist": "Most of a step is the product that makes the first layer's gradient, on which Adam's update rides (the profile below).",
    "act:sigmoid": "All of the left tail within 2 ulp, down to the smallest subnormal number; by hand the exponent ends at 87.",
    "act:silu": "As `act:sigmoid`.",
    "softmax10": "Loss and gradient keep their digits against any class, confident or not: differences of logits carry what their "
    "rounding left out, and the sum of the other classes stands by itself. By hand both cancel.",
    "softmax1000": "As `softmax10`.",
    "act:gelu": "The peers' error function is good absolutely, so that no digit is left in the left tail. Here all of the tail keeps "
    "its digits ([accuracy](accuracy.md)), which takes an exponential in two parts beside the polynomial. On AVX2 the polynomial "
    "is looked up as that of `act:tanh`.",
    "act:relu": "Traffic alone: with two threads what differs is how long the second one takes to wake. That the caller takes its "
    "share instead of handing all to the pool was tried: beside a busy core that took far longer, since what was handed out "
    "cannot be taken back.",
}
# Code by hand that is so many times as fast is worth a reason.
FAR = 1.1


def collect(lines):
    """{threads: {workload: {competitor: µs}}}: the median over rounds of each round's median."""
    times = {}
    for line in lines:
        row = times.setdefault(line["threads"], {}).setdefault(line["workload"], {})
        row.setdefault(line["competitor"], []).append(line["median_us"])
    return {
        threads: {name: {who: median(us) for who, us in row.items()} for name, row in rows.items()}
        for threads, rows in times.items()
    }


def disagreements(lines):
    """What the competitors of one workload do not agree on, in words; the same work has the same losses."""
    found, checks = [], {}
    for line in lines:
        checks.setdefault(line["workload"], []).append((line["competitor"], line["check"]))
    for workload, results in checks.items():
        for place, tolerance in enumerate(TOLERANCES):
            values = [(check[place], who) for who, check in results]
            missing = [who for value, who in values if value is None]
            if missing:
                found.append(f"{workload}: check {place + 1} of {', '.join(missing)} is not finite")
                continue
            (low, least), (high, most) = min(values), max(values)
            if high - low > tolerance * max(abs(low), abs(high)):
                found.append(f"{workload}: check {place + 1} is {low:.9g} by {least}, {high:.9g} by {most}")
    return found


def microseconds(us):
    """Three digits: 0.327, 54.5, 1 579."""
    if us is None:
        return ""
    digits = 3 if us < 1 else max(0, 3 - len(str(int(us))))
    return f"{us:,.{digits}f}".replace(",", " ")


def ratio(x):
    """Two digits at least: 0.0034, 0.48, 1.32, 19."""
    if x < 0.1:
        return f"{x:.2g}"
    return f"{x:.2f}" if x < 10 else f"{x:,.0f}".replace(",", " ")


def best_peer(row):
    """The fastest of the peers that ran, or None."""
    peers = [who for who in row if who not in (ORACLE, OURS)]
    return min(peers, key=row.get) if peers else None


def markdown(header, rows):
    align = "|---|" + "---:|" * (len(header) - 1)
    return "\n".join(["| " + " | ".join(header) + " |", align, *("| " + " | ".join(row) + " |" for row in rows)])


def times_table(times):
    """Microseconds a step, a row for each workload."""
    shown = [who for who in LABELS if any(who in row for row in times.values())]
    rows = ([name, *(microseconds(row.get(who)) for who in shown)] for name, row in times.items())
    return markdown(["µs a step", *(LABELS[who] for who in shown)], rows)


def ratios_table(times):
    """How many times as long as Gradus each takes: above 1 Gradus is faster."""
    shown = [who for who in LABELS if who != OURS and any(who in row for row in times.values())]
    rows = []
    for name, row in times.items():
        ours, best = row.get(OURS), best_peer(row)
        if ours is None:
            continue
        each = [ratio(row[who] / ours) if who in row else "" for who in shown]
        rows.append([name, *each, f"{ratio(row[best] / ours)} ({LABELS[best]})" if best else ""])
    return markdown(["times as long as Gradus", *(LABELS[who] for who in shown), "best peer"], rows)


def verdict(times):
    """Who wins, in words: (peers ahead of Gradus, ties, rows that Gradus wins)."""
    ahead, ties, won = [], [], []
    for name, row in times.items():
        ours, best = row.get(OURS), best_peer(row)
        if ours is None or best is None:
            continue
        advantage = ours / row[best]
        if abs(advantage - 1) <= TIE:
            ties.append(name)
        elif advantage < 1:
            won.append(name)
        else:
            winners = sorted((who for who in row if who not in (ORACLE, OURS)), key=row.get)
            winners = [who for who in winners if ours / row[who] > 1 + TIE]
            each = ", ".join(f"{LABELS[who]} {ratio(ours / row[who])} times" for who in winners)
            ahead.append(f"- **{name}**: faster than Gradus by {each}. {WHY.get(name, '')}".rstrip())
    return ahead, ties, won


def verdict_text(times):
    ahead, ties, won = verdict(times)
    lines = []
    if ahead:
        lines += [f"**Peers win {count(len(ahead), 'workload')}:**", "", *ahead, ""]
    else:
        lines += ["No peer wins a workload.", ""]
    if ties:
        lines += [f"Ties, within {TIE:.0%} of the best peer: {', '.join(ties)}.", ""]
    if won:
        lines += [f"Gradus is ahead of every peer on {count(len(won), 'workload')}: {', '.join(won)}.", ""]
    behind = [f"{name} {ratio(row[OURS] / row[ORACLE])}" for name, row in times.items() if {OURS, ORACLE} <= set(row)]
    if behind:
        lines += [f"Times as long as code written by hand: {', '.join(behind)}.", ""]
    told = [line.split("**")[1] for line in ahead]
    far = [name for name, row in times.items() if {OURS, ORACLE} <= set(row) and row[OURS] > FAR * row[ORACLE]]
    lines += [f"- {name}: {WHY[name]}" for name in far if name in WHY and name not in told]
    return "\n".join(lines).rstrip()


def slower_with_two(times):
    """Where Gradus with two threads takes longer than with one, in words."""
    one, two = times.get(1, {}), times.get(2, {})
    both = [name for name in one if OURS in one[name] and OURS in two.get(name, {})]
    slower = [name for name in both if two[name][OURS] > one[name][OURS] * (1 + TIE)]
    if not both:
        return ""
    if not slower:
        return "Nowhere is Gradus slower with two threads than with one."
    each = (f"{name} {ratio(two[name][OURS] / one[name][OURS])} times" for name in slower)
    return f"Gradus is slower with two threads than with one: {', '.join(each)}."


def count(n, thing):
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def start_table(starts):
    """From process start to the end of the first step of mnist: {competitor: (ms, MB)}."""
    rows = ([LABELS[who], microseconds(ms), microseconds(mb)] for who, (ms, mb) in starts.items())
    return markdown(["first step of mnist", "ms from process start", "peak memory, MB"], rows)


def percent(share):
    return f"{100 * share:.0f} %"


def limits_table(profiles):
    """{workload: what `peer-gradus profile` says}: how far each is from the machine's limit."""
    rows = (
        [name, str(told["steps"]), percent(told["share"]), told["step"], percent(told["step_time"]), percent(told["step_share"])]
        for name, told in profiles.items()
    )
    return markdown(["", "steps", "of the limit", "the costliest step", "its time", "of its limit"], rows)


def page(about, lines, starts, costs, profiles):
    """The whole of docs/benchmarks.md. `about` is a list of (what, which) for the head."""
    times = collect(lines)
    parts = [
        "# Measured beside its peers",
        "<!-- Written by benches/peers/run: do not edit. -->",
        "Medians of one interleaved run, microseconds a training step, or value and gradient; `act:` rows are the\n"
        "value of a million elements. All start from the same bits, and their losses agree. What counts are the\n"
        "ratios: another machine has other microseconds. [How it is measured](../benches/peers/README.md).",
        markdown(["", ""], ([what, which] for what, which in about)),
    ]
    for threads, rows in sorted(times.items()):
        parts += [
            f"## {count(threads, 'thread').capitalize()}",
            verdict_text(rows),
            times_table(rows),
            ratios_table(rows),
        ]
    parts.append(slower_with_two(times))
    if starts:
        parts += ["## Before the first step is done", start_table(starts)]
    if costs:
        parts += [
            "## What a graph costs",
            markdown(["", ""], ([what, microseconds(x)] for what, x in costs)),
            "A level line is linear growth; one that rises is more.\n\n"
            "![Cost per unit as batch, width, depth and graph grow](plots/growth.svg)",
        ]
    if profiles:
        parts += [
            "## How far from the machine's limit",
            "By the program's own profile, with one thread, times of its steps included: the least time that the operations of a\n"
            "step take at the core's peak, or its bytes from beyond the core's cache, whichever is longer, over the time that it took. An\n"
            "exponential counts as one operation, so steps of such functions are far from it; what stays in the cache may pass it.",
            limits_table(profiles),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"
