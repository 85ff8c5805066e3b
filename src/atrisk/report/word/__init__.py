"""The document model as a Word file: native styles, tables and figures, ready to be worked on by co-authors."""
