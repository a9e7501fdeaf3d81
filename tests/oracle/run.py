"""Random requests through Hearth and through Heat's own code, side by side (make check-oracle).

  run.py --program build/oracle/evaluate [--cases N] [--seed S] [--subject NAME] [--only NUMBER] [--keep-going]

What differs is made smaller as long as it still differs, looked up in explained.tsv, and printed unless it stands there.
The exit status is 1 when anything unexplained is left."""
import argparse
import collections
import json
import os
import subprocess
import sys
import time

import cases
import compare
import heat_side
import shrink


class Hearth:
    """The program under test: one case a line, one answer a line."""

    def __init__(self, program):
        self.program = program
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def evaluate(self, case):
        try:
            self.process.stdin.write(json.dumps(case).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            status = self.process.wait()
            self.start()
            return {"error": {"type": "the program died", "message": "exit status %s" % status, "status": 500}}
        return json.loads(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--subject", help="cases of one subject alone: " + ", ".join(s.__name__ for s, _ in cases.SUBJECTS))
    parser.add_argument("--only", type=int, help="one case by its number")
    parser.add_argument("--most", type=int, default=25, help="stop after that many unexplained differences")
    arguments = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    explained = compare.read_explained(os.path.join(here, "explained.tsv"))
    heat_side.start()
    hearth = Hearth(arguments.program)
    numbers = range(arguments.cases) if arguments.only is None else [arguments.only]
    return run(arguments, numbers, hearth, explained)


def run(arguments, numbers, hearth, explained):
    counts, reasons, seen, started, told = collections.Counter(), collections.Counter(), set(), time.time(), time.time()

    def differs(case):
        """Differences that nothing explains."""
        found = compare.differences(hearth.evaluate(case), heat_side.evaluate(case), case["kind"])
        return [difference for difference in found if not explained.reason(difference)]

    for number in numbers:
        subject, case = cases.make(arguments.seed, number, heat_side.functions, arguments.subject)
        counts[subject] += 1
        ours, heats = hearth.evaluate(case), heat_side.evaluate(case)
        counts["accepted"] += "error" not in heats
        found = compare.differences(ours, heats, case["kind"])
        left = [difference for difference in found if not explained.reason(difference)]
        for difference in found:
            if explained.reason(difference):
                reasons[explained.reason(difference)] += 1
        if left:
            counts["unexplained"] += 1
            small = shrink.smallest(case, differs)
            report(number, subject, small, differs(small), seen)
            if len(seen) >= arguments.most:
                break
        if time.time() - told > 10:
            told = time.time()
            print("… %d cases, %d unexplained" % (number + 1, counts["unexplained"]), file=sys.stderr, flush=True)
    return summary(counts, reasons, time.time() - started)


def report(number, subject, case, found, seen):
    known = json.dumps([d.signature() for d in found])
    if known in seen:
        return
    seen.add(known)
    print("not ok - case %s (%s)" % (number, subject))
    shown = {key: value for key, value in case.items() if key != "world"}
    print("  " + json.dumps(shown, ensure_ascii=False))
    for difference in found:
        print("  at %s\n    heat:   %s\n    hearth: %s" % (difference.where, difference.heat, difference.hearth))
    sys.stdout.flush()


def summary(counts, reasons, seconds):
    total = sum(counts[maker.__name__] for maker, _ in cases.SUBJECTS)
    print("%d cases in %d s: %s; Heat accepts %d" % (
        total, seconds, ", ".join("%d %s" % (counts[m.__name__], m.__name__) for m, _ in cases.SUBJECTS), counts["accepted"]))
    for reason, count in reasons.most_common():
        print("  explained %5d times: %s" % (count, reason))
    print("%d passed, %d failed" % (total - counts["unexplained"], counts["unexplained"]))
    return 1 if counts["unexplained"] or not total else 0


if __name__ == "__main__":
    sys.exit(main())
