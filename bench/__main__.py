"""`python -m bench [authoring] [calls] [tools] [voice] [review]`: print what was measured on this machine, now.

Without a name all but the last, which has to make a million utterances first.
"""

import argparse

from bench import authoring, calls, review, tools, voice
from bench.figures import show

QUICK = {"authoring": authoring.measure, "calls": calls.measure, "tools": tools.measure, "voice": voice.measure}
PARTS = {**QUICK, "review": review.measure}


def main() -> None:
    """Measure the parts that were named, or all the quick ones."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Viva on this machine.")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; all but review without a name")
    names = parser.parse_args().parts or list(QUICK)
    if unknown := set(names) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in names:
        print(f"\n{name}")
        show(PARTS[name]())


if __name__ == "__main__":
    main()
