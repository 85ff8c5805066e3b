"""The address of a database, which only the user gives: on the command line or in a profile, never in a study file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is."""


NO_DATABASES: Mapping[str, DatabaseAddress] = MappingProxyType({})
