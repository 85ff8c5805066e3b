"""The address of a database, which only the user gives: on the command line or in a profile, never in a study file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit

from atrisk.errors import DataError

SSL_MODES = ("disable", "require", "verify-full")
_SCHEMES = ("postgresql", "postgres")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_EXAMPLE = "postgresql://reader@db.hospital.example/registry"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a PostgreSQL database is and as whom to read it; ``password_from`` names a variable of the environment.

    ``host`` beginning with a slash is the folder of a Unix socket. ``ssl_mode``: ``disable`` (the default on this very
    machine), ``require`` (encrypted, the server's certificate not checked) or ``verify-full`` (checked against the
    system's authorities or ``root_certificate``; the default elsewhere).
    """

    host: str
    port: int
    database: str
    user: str
    ssl_mode: str
    root_certificate: str | None = None
    password_from: str = "PGPASSWORD"  # noqa: S105 (the name of a variable)


NO_DATABASES: Mapping[str, DatabaseAddress] = MappingProxyType({})


def database_address(name: str, url: str, *, password_from: str = "PGPASSWORD") -> DatabaseAddress:  # noqa: S107
    """The address that a URL gives, such as ``postgresql://reader@db.hospital.example:5432/registry``.

    After ``?`` may stand ``sslmode=`` and ``sslrootcert=``, and ``host=`` with the folder of a Unix socket.
    Raises DataError, which never repeats the URL, for another kind of URL and for one with a password.
    """
    place = f"The address of database '{name}'"
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        options = {key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    except ValueError:
        raise DataError(f"{place} is not a URL such as {_EXAMPLE}.") from None
    if parts.scheme not in _SCHEMES:
        raise DataError(f"{place} is not a URL of PostgreSQL, such as {_EXAMPLE}.")
    if parts.password is not None or "password" in options:
        raise DataError(
            f"{place} holds a password, which others could read there. Take it out, and put it into the environment's "
            f"variable {password_from}."
        )
    unknown = sorted(set(options) - {"sslmode", "sslrootcert", "host"})
    if unknown:
        raise DataError(f"{place} has the option '{unknown[0]}'; there are sslmode, sslrootcert and host.")
    host = options.get("host") or unquote(parts.hostname or "")
    database, user = unquote(parts.path.lstrip("/")), unquote(parts.username or "")
    for what, value in (("host", host), ("user", user), ("database", database)):
        if not value or "\x00" in value:
            raise DataError(f"{place} names no {what}. Write it as {_EXAMPLE}.")
    local = host in _LOCAL or host.startswith("/")
    mode = options.get("sslmode", "disable" if local else "verify-full")
    if mode not in SSL_MODES:
        raise DataError(f"{place}: sslmode is one of {', '.join(SSL_MODES)}.")
    return DatabaseAddress(host, port, database, user, mode, options.get("sslrootcert"), password_from)
