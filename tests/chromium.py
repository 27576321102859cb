"""Where the browser is that tests drive, and how it gets there."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = "no Chromium; apt install chromium"


def find() -> str:
    """The path of a Chromium that runs, or nothing. (Ubuntu has a program of that name that only
    says to use a snap.)
    """
    for path in filter(None, map(shutil.which, NAMES)):
        answer = subprocess.run([path, "--version"], capture_output=True, check=False)
        if answer.returncode == 0 and b"snap" not in answer.stdout:
            return path
    return ""


def find_or_install() -> str:
    if (path := find()) or not shutil.which("apt-get") or os.geteuid() != 0:
        return path
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"],
    ):
        print(f"clinic: {' '.join(command)} …", flush=True)
        subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, check=False)
    return find()
