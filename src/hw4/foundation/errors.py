"""The exceptions a user is meant to read."""


class UserError(Exception):
    """Something the user can put right.

    The message is one sentence: where (a path), what was found, what was expected, what to do.
    The command line prints it without a traceback and exits with status 1. What a message quotes
    from a file cannot steer a terminal: characters that do not print are shown by their codes.
    """

    def __str__(self) -> str:
        return "".join(
            letter if letter.isprintable() or letter in "\n\t" else ascii(letter)[1:-1]
            for letter in super().__str__()
        )


class Stopped(UserError):
    """As a UserError, but what went wrong has been said already, by a step that was run."""
