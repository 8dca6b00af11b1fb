"""Two ways to say that something cannot be known: a value, and the end of a command."""


class Missing:
    """In place of bytes or a record that cannot be read: where, and why.  It is false."""

    def __init__(self, address, why):
        self.address, self.why = address, why

    def __bool__(self):
        return False

    def __str__(self):
        return f"{self.address:08X} cannot be read: {self.why}"


class Trouble(Exception):
    """A command cannot go on; its text is the sentence that the user reads."""


def need(value):
    """The value; Trouble if it is Missing."""
    if isinstance(value, Missing):
        raise Trouble(str(value))
    return value
