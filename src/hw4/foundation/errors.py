"""The one exception a user is meant to read."""


class UserError(Exception):
    """Something the user can put right.

    The message is one sentence: where (a path), what was found, what was expected, what to do.
    The command line prints it without a traceback and exits with status 1.
    """
