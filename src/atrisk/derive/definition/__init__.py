"""One module a clinical definition: its formula as SQL text, and how it meets the study's tables.

Each module has ``named(declared)``, the names it may take from the patient's row, and ``compiled(declared, patients)``.
"""
