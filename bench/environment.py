"""The peers' own environment, and which of them are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.task import CMPRSK, LIFELINES, OURS, SCIKIT_SURVIVAL, STATSMODELS, SURPYVAL, R

ROOT = Path(__file__).parents[1]
_FOLDER = ROOT / ".venv" / "peers"
_PINNED = ROOT / "bench" / "peers" / "requirements.txt"
_PYTHON_PEERS = {
    LIFELINES: "lifelines",
    SURPYVAL: "surpyval",
    SCIKIT_SURVIVAL: "scikit_survival",
    STATSMODELS: "statsmodels",
}


@dataclass(frozen=True, slots=True)
class Peers:
    """`commands`: how to start each program that is there; `missing`: why another is not."""

    commands: Mapping[str, list[str]]
    missing: Mapping[str, str]


def prepare() -> Peers:
    """Install what can be installed, wheels only, and look for R and its packages."""
    commands, missing = {OURS: [sys.executable, "-m", "bench.worker", "atrisk"]}, {}
    python = _environment()
    for requirement in _PINNED.read_text(encoding="utf-8").splitlines():
        name = requirement.split("==")[0]
        if name not in _PYTHON_PEERS:
            continue
        reason = _install(python, requirement)
        if reason:
            missing[name] = reason
        else:
            commands[name] = [str(python), "-m", "bench.worker", _PYTHON_PEERS[name]]
    script = str(ROOT / "bench" / "peers" / "r_peer.R")
    for name, package in ((R, "survival"), (CMPRSK, "cmprsk")):
        reason = _without_r(package)
        if reason:
            missing[name] = reason
        else:
            commands[name] = ["Rscript", "--vanilla", script, package]
    return Peers(commands, missing)


def _environment() -> Path:
    folder = "Scripts" if os.name == "nt" else "bin"
    python = _FOLDER / folder / ("python.exe" if os.name == "nt" else "python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_FOLDER)], check=True)
    return python


def _install(python: Path, requirement: str) -> str:
    """Install one program; the reason in words if that fails."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    done = subprocess.run([*pip, requirement], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return said[-1].removeprefix("ERROR: ") if said else f"pip ended with {done.returncode}"


def _without_r(package: str) -> str:
    if shutil.which("Rscript") is None:
        return "Rscript is not installed"
    there = f'quit(status = as.integer(!requireNamespace("{package}", quietly = TRUE)))'
    done = subprocess.run(["Rscript", "--vanilla", "-e", there], capture_output=True, check=False)
    return "" if done.returncode == 0 else f"R's package {package} is not installed"
