"""``atrisk verify``: the installation proves itself against the reference cases of another program."""

from __future__ import annotations

import json
from pathlib import Path

import click

from atrisk.cli.terminal import say


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "form", flag_value="json", help="Everything as JSON, for machines.")
@click.option("--markdown", "form", flag_value="markdown", help="The totals and differences as a page.")
def verify(folder: Path, form: str | None) -> int:
    """Compare this installation with a folder of reference cases (cases/*.json, data/*.csv).

    Prints a line for each statistic and ends with exit code 1 if one disagrees or its method does not exist here.
    """
    from atrisk.verify.verification import verify as verify_folder
    from atrisk.verify.wording import as_json, markdown, table_text

    agreement = verify_folder(folder)
    if form == "json":
        say(json.dumps(as_json(agreement), indent=1, ensure_ascii=True, allow_nan=False))
    elif form == "markdown":
        say(markdown(agreement).rstrip("\n"))
    else:
        say(table_text(agreement))
    return 0 if agreement.ok else 1
