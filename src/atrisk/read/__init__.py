"""Files become tables that keep the raw cell text beside the parsed value."""
