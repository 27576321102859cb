from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "Requests and emails"

    def ready(self) -> None:
        from intake import attendance, canary, dead_mail, delivery, overdue, replies

        delivery.EVERY_MINUTE += [
            attendance.tell_owner,
            replies.count_accepted,
            overdue.tell_again,
            dead_mail.tell_owners,
            canary.send_when_due,
        ]
