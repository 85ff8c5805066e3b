"""How fast the program is and how much memory it needs, beside the programs that people use today."""
