"""Workbooks of spreadsheet programs: sheets of typed cells."""
