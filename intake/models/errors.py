class NotAllowed(Exception):
    """A verb was refused; the text says why, for the person who asked for it."""


class Stale(NotAllowed):
    """Somebody else changed the row since it was read."""

    def __init__(self) -> None:
        super().__init__("Someone changed this while you had it open. Look again, then decide.")
