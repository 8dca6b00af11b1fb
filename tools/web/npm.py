"""What the pages take from npm: web/package-lock.json, installed below BUILD/npm/web.

    python3 -m web.npm BUILD

Nothing is asked of the network if the same packages are there already.  No script of a package
runs.
"""
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = ("package.json", "package-lock.json")
QUIET = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
PATIENCE = ["timeout", "300"]  # seconds for a registry that answers and then falls silent


def text(folder):
    """What is asked for there; None: nothing."""
    try:
        parts = [open(os.path.join(folder, name), encoding="utf-8").read() for name in FILES]
    except OSError:
        return None
    return "\n".join(parts)


def main(build):
    """Why they cannot be had; None: they are there."""
    wanted, folder = os.path.join(TOP, "web"), os.path.join(build, "npm", "web")
    done = os.path.join(folder, "installed")
    if os.path.exists(done) and text(wanted) == text(folder):
        return None
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} missing: install nodejs and npm"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in FILES:
        shutil.copy(os.path.join(wanted, name), folder)
    if subprocess.run(
        [*PATIENCE, "npm", "ci", *QUIET, "--prefix", folder], stdin=subprocess.DEVNULL
    ).returncode:
        return (
            "npm could not bring the packages of web/package-lock.json: it needs its registry once"
        )
    open(done, "w", encoding="utf-8").close()
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
