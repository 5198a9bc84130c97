"""`python -m bench [authoring] [calls] [tools] [voice]`: print what was measured on this machine, now."""

import argparse

from bench import authoring, calls, tools, voice
from bench.figures import show

PARTS = {"authoring": authoring.measure, "calls": calls.measure, "tools": tools.measure, "voice": voice.measure}


def main() -> None:
    """Measure the parts that were named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Viva on this machine.")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; all without a name")
    names = parser.parse_args().parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in names:
        print(f"\n{name}")
        show(PARTS[name]())


if __name__ == "__main__":
    main()
