"""`make audit`: whether holes are known in the packages of requirements.lock, or that nobody can say.

Exit status 0: none is known; 1: some are; 2: the advisories could not be asked, which is no good news.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"


def main(command: list[str]) -> int:
    asked = [*command, "--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    done = subprocess.run([*asked, "--format", "json", "--requirement", str(LOCK)], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = done.stderr.strip().splitlines()[-1:] or ["pip-audit said nothing."]
        print("NOT AUDITED: the advisories could not be asked, so nothing is known.", *last, sep="\n", file=sys.stderr)
        return 2
    holes = [(package, hole) for package in packages for hole in package.get("vulns", ())]
    for package, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}")
    print(f"{len(packages)} packages looked up, {len(holes)} known holes")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
