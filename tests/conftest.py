"""Every test computes as the command line does: linear algebra on one thread, settled before numpy is imported.

With a thread for each processor in each worker, small matrices take ten times as long.
"""

from __future__ import annotations

from atrisk.cli.main import settle_threads

settle_threads()
