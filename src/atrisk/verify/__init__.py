"""The installation proves itself: reference cases of an independent program, and how far we agree."""
