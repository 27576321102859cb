"""What the database itself refuses: a status that moves along no arrow, and a log that is rewritten.

A migration calls `create_triggers`. SQLite loses a table's triggers when Django remakes the table, so a later
migration that changes `intake_enquiry` or `intake_accessevent` calls it again at its end; a test looks whether
the database agrees with `Enquiry.MOVES`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

# As Enquiry.MOVES says; a staying status is no move.
MOVES = {
    "new": ("in_review", "contacted", "booked", "closed"),
    "in_review": ("contacted", "booked", "closed"),
    "contacted": ("booked", "closed"),
    "booked": ("closed",),
    "closed": ("in_review",),
}
NOT_A_MOVE = "a request can not move from this status to that one"
NOT_REWRITTEN = "what was opened is not rewritten"
NOT_DELETED = "what was opened is deleted by the retention command only"

MOVES_FUNCTION, LOG_FUNCTION = "intake_enquiry_moves", "intake_accessevent_stays"
TRIGGERS = {
    "intake_enquiry_moves": "intake_enquiry",
    "intake_accessevent_update": "intake_accessevent",
    "intake_accessevent_delete": "intake_accessevent",
}


def create_triggers(connection: BaseDatabaseWrapper) -> None:
    drop_triggers(connection)
    statements = _sqlite() if connection.vendor == "sqlite" else _postgres()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name, table in TRIGGERS.items():
            on_table = "" if connection.vendor == "sqlite" else f" ON {table}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
        if connection.vendor != "sqlite":
            cursor.execute(f"DROP FUNCTION IF EXISTS {MOVES_FUNCTION}()")
            cursor.execute(f"DROP FUNCTION IF EXISTS {LOG_FUNCTION}()")


def _is_a_move() -> str:
    return " OR ".join(
        f"(OLD.status = '{before}' AND NEW.status IN ({', '.join(map(repr, after))}))"
        for before, after in MOVES.items()
    ).replace(",)", ")")


def _sqlite() -> list[str]:
    return [
        f"""
        CREATE TRIGGER intake_enquiry_moves BEFORE UPDATE OF status ON intake_enquiry
        WHEN OLD.status <> NEW.status AND NOT ({_is_a_move()})
        BEGIN SELECT RAISE(ABORT, '{NOT_A_MOVE}'); END
        """,
        f"""
        CREATE TRIGGER intake_accessevent_update BEFORE UPDATE ON intake_accessevent
        BEGIN SELECT RAISE(ABORT, '{NOT_REWRITTEN}'); END
        """,
        f"""
        CREATE TRIGGER intake_accessevent_delete BEFORE DELETE ON intake_accessevent
        WHEN NOT EXISTS (SELECT 1 FROM intake_retentionpass)
        BEGIN SELECT RAISE(ABORT, '{NOT_DELETED}'); END
        """,
    ]


def _postgres() -> list[str]:
    return [
        f"""
        CREATE FUNCTION {MOVES_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{NOT_A_MOVE}' USING ERRCODE = 'check_violation';
        END $$
        """,
        f"""
        CREATE TRIGGER intake_enquiry_moves BEFORE UPDATE OF status ON intake_enquiry
        FOR EACH ROW WHEN (OLD.status <> NEW.status AND NOT ({_is_a_move()}))
        EXECUTE FUNCTION {MOVES_FUNCTION}()
        """,
        f"""
        CREATE FUNCTION {LOG_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                RAISE EXCEPTION '{NOT_REWRITTEN}' USING ERRCODE = 'check_violation';
            ELSIF NOT EXISTS (SELECT 1 FROM intake_retentionpass) THEN
                RAISE EXCEPTION '{NOT_DELETED}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN OLD;
        END $$
        """,
        f"""
        CREATE TRIGGER intake_accessevent_update BEFORE UPDATE ON intake_accessevent
        FOR EACH ROW EXECUTE FUNCTION {LOG_FUNCTION}()
        """,
        f"""
        CREATE TRIGGER intake_accessevent_delete BEFORE DELETE ON intake_accessevent
        FOR EACH ROW EXECUTE FUNCTION {LOG_FUNCTION}()
        """,
    ]
