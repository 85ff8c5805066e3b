"""The installation proves itself: reference cases of an independent program, and how far we agree."""

from atrisk.verify.agreement import Agreement
from atrisk.verify.verification import verify

__all__ = ["Agreement", "verify"]
