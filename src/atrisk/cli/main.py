"""The entry point: every way a command can end, as an exit code and words without a traceback."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from typing import NoReturn

import click

from atrisk.cli.commands import cli
from atrisk.cli.interrupt import noticed_interrupts
from atrisk.cli.terminal import hush, say, settle_encoding
from atrisk.errors import AtriskError, EstimationError

# What OpenBLAS, OpenMP, MKL, BLIS and Apple's Accelerate read.
_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_USAGE, _INTERNAL, _INTERRUPTED = 2, 70, 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code (see ``atrisk --help``).

    The process ends at once: Python would first take apart all that a run has made, for a sixth of a second.
    """
    settle_encoding()
    settle_threads()
    settle_collector()
    code = exit_code(arguments)
    hush()
    os._exit(code)


def settle_threads() -> None:
    """Let linear algebra use one thread, whatever the user's environment says: results must not depend on it.

    A sum split over threads has other last digits with another number of them. The libraries read these variables when
    numpy is imported, which no command has done yet; processes that draw figures inherit them.
    """
    for name in _THREADS:
        os.environ[name] = "1"


def settle_collector() -> None:
    """Let Python look for cycles of objects less often: a tenth of a run's time goes into looking for them.

    Nearly all that a run makes lives until its end or is no part of a cycle.
    """
    gc.set_threshold(400_000, 20, 20)


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it returns or what stopped it, as an exit code."""
    with noticed_interrupts() as noticed:
        try:
            code = cli.main(args=arguments, prog_name="atrisk", standalone_mode=False)
        except SystemExit:  # click's way to say that nobody reads the help any more
            hush()
            return 0
        except click.ClickException as error:
            error.show()
            return _USAGE
        except (KeyboardInterrupt, click.Abort):
            return _interrupted()
        except Exception as error:  # noqa: BLE001 - no traceback reaches a user: it may show patients' values
            return _interrupted() if noticed.is_set() else _stopped(error)
    return code if isinstance(code, int) else 0


def _interrupted() -> int:
    say("Interrupted. Earlier results are unchanged.", error=True)
    return _INTERRUPTED


def _stopped(error: Exception) -> int:
    # An EstimationError here is the program's own wrong call: nothing the user can mend.
    if isinstance(error, AtriskError) and not isinstance(error, EstimationError):
        say(str(error), error=True)
        return error.exit_code
    if isinstance(error, MemoryError):
        say("The computer's memory was too small for this study. Earlier results are unchanged.", error=True)
        return _INTERNAL
    from atrisk.cli.failure import write_failure

    say(
        "atrisk stopped with an internal error; this is a mistake in atrisk. Earlier results are unchanged.", error=True
    )
    report = write_failure(error)
    if report is not None:
        say(f"A report of it, without any data, lies in {report}. Please send it to the developers.", error=True)
    return _INTERNAL
