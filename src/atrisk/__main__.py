"""``python -m atrisk``: the command line where scripts are not on the path."""

from atrisk.cli.main import main

if __name__ == "__main__":
    main()
