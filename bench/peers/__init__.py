"""Every program in a module of its own: `TASKS` holds, by name, what makes a computation ready to be timed.

What a program takes for its input (a data frame, say) is made beforehand and not timed; all from there on is.
"""
