"""The exceptions a user is meant to read."""

from hw4.foundation.names import printable


class UserError(Exception):
    """Something the user can put right.

    The message is one sentence: where (a path), what was found, what was expected, what to do.
    The command line prints it without a traceback and exits with status 1. What a message quotes
    from a file can neither steer a terminal nor begin a line: what does not print is shown by its
    code. A message of several lines is given as several arguments.
    """

    def __str__(self) -> str:
        return "\n".join(printable(str(line)) for line in self.args)


class Stopped(UserError):
    """As a UserError, but what went wrong has been said already, by a step that was run."""
