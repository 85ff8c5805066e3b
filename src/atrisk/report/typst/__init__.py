"""The document model as a PDF, set by typst: tables and figures in vector, fonts embedded."""
