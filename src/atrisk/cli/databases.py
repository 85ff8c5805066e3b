"""The databases that the user knows by name: from ``--database`` and from the profile."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrisk.errors import DataError

if TYPE_CHECKING:
    from atrisk.read.database_address import DatabaseAddress

_MOST_BYTES = 1_000_000


def known_databases(given: Sequence[str], *, with_profile: bool) -> Mapping[str, DatabaseAddress]:
    """Addresses by name; one on the command line (``NAME=URL``) comes before the profile's of that name.

    Raises UsageError for an option that is not of that form, and DataError for an address or a profile that cannot be
    used. No message repeats a URL, which might hold a password.
    """
    from atrisk.read.database_address import database_address

    known = dict(_profile(profile_path())) if with_profile else {}
    for option in given:
        name, sign, url = option.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(
                "--database is written NAME=URL, such as registry=postgresql://reader@host/registry."
            )
        known[name.strip()] = database_address(name.strip(), url)
    return known


def profile_path() -> Path:
    """Where the user's profile lies: in the folder the system keeps for the settings of programs."""
    return Path(click.get_app_dir("atrisk")) / "profile.toml"


def _profile(path: Path) -> Mapping[str, DatabaseAddress]:
    """The databases of a profile; none where there is no profile."""
    from atrisk.read.database_address import database_address

    try:
        with path.open("rb") as stream:
            content = tomllib.loads(stream.read(_MOST_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise DataError(
            f"The profile {path} cannot be read. It is a TOML file; see docs/reading_databases.md."
        ) from None
    databases = content.get("databases", {})
    known = {}
    for name, entry in databases.items() if isinstance(databases, dict) else ():
        words = entry if isinstance(entry, dict) else {}
        url, variable = words.get("url"), words.get("password_from", "PGPASSWORD")
        if not isinstance(url, str) or not isinstance(variable, str) or set(words) - {"url", "password_from"}:
            raise DataError(
                f"The profile {path}: [databases.{name}] needs 'url', may have 'password_from' (the name of a variable "
                "of the environment), and nothing else; a password never stands in it."
            )
        known[name] = database_address(name, url, password_from=variable)
    return known
